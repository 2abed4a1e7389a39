// The inbox: who hears of an event, and what operators see and can do.

#include "app/inbox.hpp"
#include "tests/app/subscription_world.hpp"

namespace purser::app::testing {
namespace {

using domain::SubscriptionStatus;
using Fault = FakeProvider::Fault;

const std::string& ref(const domain::Purchase& bought) { return bought.subscription->remote_ref; }

class InboxWorld : public SubscriptionWorld {
 public:
  InboxEvent event(const std::string& id) { return **store->view()->inbox_event(project, id); }
  Result<InboxEvent> retry(const std::string& id) {
    return write<InboxEvent>([&](StoreBatch& batch, AfterCommit& after) {
      return webhooks->retry(batch, project, id, after);
    });
  }
  std::vector<std::string> listed(std::optional<InboxState> state) {
    std::vector<std::string> found;
    std::string after;
    for (;;) {
      const auto page = webhooks->inbox(project, state, after, 2);
      if (!page) std::abort();
      for (const InboxEvent& one : page->items) found.push_back(one.event_id);
      if (!page->next_after) return found;
      after = *page->next_after;
    }
  }
};

TEST(Routing, EachKindOfEventGoesToWhoItConcerns) {
  InboxWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  const std::string payment = world.provider.payments()[0].id;
  world.provider.refund_at_provider(payment, 1500);
  ASSERT_TRUE(world.deliver("evt_refund", "charge.refunded", "ch_1", "", false, payment));
  world.work_off();
  EXPECT_EQ(world.transactions(TransactionKind::kRefund), 1);
  const std::string dispute = world.provider.dispute(payment);
  ASSERT_TRUE(world.deliver("evt_dispute", "charge.dispute.created", dispute));
  world.work_off();
  EXPECT_EQ(world.transactions(TransactionKind::kDispute), 1);
  const int calls = world.provider.calls();
  ASSERT_TRUE(world.deliver("evt_account", "account.updated", "acct_1"));
  ASSERT_TRUE(world.deliver("evt_other", "payment_intent.created", "pi_9"));
  world.work_off();
  EXPECT_EQ(world.provider.calls(), calls) << "nothing to be asked";
  EXPECT_EQ(world.event("evt_refund").object_id, payment) << "what it is about";
  EXPECT_EQ(world.event("evt_refund").state, InboxState::kDone);
  EXPECT_EQ(world.event("evt_dispute").state, InboxState::kDone);
  EXPECT_EQ(world.event("evt_account").state, InboxState::kDone);
  EXPECT_EQ(world.event("evt_other").state, InboxState::kIgnored);
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kRefunded);
}

TEST(Routing, AllEventsOfOneObjectAreOneLook) {
  InboxWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.pass(bought);
  world.provider.renew(ref(bought));
  const std::string invoice = world.provider.invoices_now(ref(bought))[0].id;
  for (const char* type : {"invoice.created", "invoice.finalized", "invoice.paid"}) {
    ASSERT_TRUE(world.deliver(std::string("evt_") + type, type, invoice));
  }
  EXPECT_EQ(world.webhooks->process(10).value_or(-1), 3);
  EXPECT_EQ(world.provider.calls("invoice"), 1);
  EXPECT_EQ(world.kinds(), "purchase renewal");
  EXPECT_TRUE(world.listed(InboxState::kPending).empty()) << "each of them is done";
}

TEST(Routing, AnInvoiceThatNamesNoSubscriptionInItsEventIsLookedUp) {
  InboxWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.pass(bought);
  world.provider.renew(ref(bought));
  const std::string invoice = world.provider.invoices_now(ref(bought))[0].id;
  ASSERT_TRUE(world.deliver("evt_1", "invoice.paid", invoice));
  world.work_off();
  EXPECT_EQ(world.provider.calls("invoice"), 1);
  EXPECT_EQ(world.kinds(), "purchase renewal");
}

TEST(Routing, DuplicatesAndAnyOrderAreOneEffect) {
  InboxWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.pass(bought);
  world.provider.renew(ref(bought));
  const char* const types[] = {"customer.subscription.updated", "invoice.payment_succeeded",
                               "invoice.paid", "invoice.created"};
  for (int round = 0; round < 3; ++round) {
    int n = 0;
    for (const char* type : types) {
      // The same event again, and others about the same.
      const std::string id = "evt_" + std::to_string(round == 2 ? n : 10 * round + n);
      ASSERT_TRUE(world.deliver(id, type, "obj", "", false, ref(bought)));
      ++n;
    }
    world.work_off();
  }
  EXPECT_EQ(world.kinds(), "purchase renewal");
  EXPECT_EQ(world.credits(), 500);
  EXPECT_EQ(world.listed(std::nullopt).size(), 8U);
}

TEST(Poison, IsQuarantinedAndRetriedByAnOperatorWhileOthersGoOn) {
  InboxWorld world;
  const auto good = world.subscribe("pro", "monthly");
  world.pass(good);
  world.provider.renew(ref(good));
  ASSERT_TRUE(world.deliver("evt_poison", "customer.subscription.updated", "sub_nowhere"));
  ASSERT_TRUE(world.deliver("evt_good", "customer.subscription.updated", ref(good)));
  ASSERT_TRUE(world.webhooks->process(10));
  EXPECT_EQ(world.event("evt_good").state, InboxState::kDone);
  EXPECT_EQ(world.kinds(), "purchase renewal");
  for (int i = 0; i < 12; ++i) {
    world.advance(kHour);
    ASSERT_TRUE(world.webhooks->process(10));
  }
  EXPECT_EQ(world.event("evt_poison").state, InboxState::kQuarantined);
  EXPECT_EQ(world.event("evt_poison").attempts, 10);
  EXPECT_NE(world.event("evt_poison").error, "");
  EXPECT_EQ(world.listed(InboxState::kQuarantined), std::vector<std::string>{"evt_poison"});
  const auto again = world.retry("evt_poison");
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->state, InboxState::kPending);
  EXPECT_EQ(again->attempts, 0);
  EXPECT_EQ(again->error, "");
  EXPECT_EQ(world.webhooks->process(10).value_or(-1), 1) << "at once";
  EXPECT_EQ(world.event("evt_poison").attempts, 1);
}

TEST(Poison, WhatIsNotQuarantinedStaysAsItIs) {
  InboxWorld world;
  ASSERT_TRUE(world.deliver("evt_1", "something.else", "x_1"));
  EXPECT_EQ(world.retry("evt_1")->state, InboxState::kIgnored);
  EXPECT_EQ(called(world.retry("evt_2").error()), "INBOX_EVENT_NOT_FOUND");
}

TEST(Poison, AnEventOfAnotherAccountIsCheckedAgainOnRetry) {
  InboxWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.provider.set_cancel(ref(bought), true);
  ASSERT_TRUE(world.deliver("evt_1", "customer.subscription.updated", ref(bought), "acct_2"));
  ASSERT_TRUE(world.deliver("evt_2", "customer.subscription.updated", ref(bought), "", true));
  world.work_off();
  for (const char* id : {"evt_1", "evt_2"}) {
    EXPECT_EQ(world.event(id).state, InboxState::kQuarantined);
    EXPECT_EQ(world.retry(id)->state, InboxState::kQuarantined) << "still another's";
  }
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly");
  SettingsChange change;
  change.stripe_secret_key = Secret("sk_test_2");
  world.settings(change);
  world.provider.account_id = "acct_2";
  ASSERT_TRUE(world.payments->connect(*world.context()));
  EXPECT_EQ(world.retry("evt_1")->state, InboxState::kPending) << "it is the project's by now";
  EXPECT_EQ(world.retry("evt_2")->state, InboxState::kQuarantined);
}

TEST(List, IsNewestFirstInPagesAndByState) {
  InboxWorld world;
  for (const char* id : {"evt_b", "evt_d", "evt_a", "evt_c", "evt_e"}) {
    ASSERT_TRUE(world.deliver(id, "something.else", "x_1"));
  }
  ASSERT_TRUE(world.deliver("evt_f", "checkout.session.completed", "cs_other"));
  EXPECT_EQ(world.listed(std::nullopt),
            (std::vector<std::string>{"evt_f", "evt_e", "evt_c", "evt_a", "evt_d", "evt_b"}));
  EXPECT_EQ(world.listed(InboxState::kPending), std::vector<std::string>{"evt_f"});
  EXPECT_EQ(world.listed(InboxState::kIgnored).size(), 5U);
  EXPECT_TRUE(world.listed(InboxState::kQuarantined).empty());
}

TEST(About, AgreesWithTheProvidersOwnWord) {
  FakeProvider provider;
  struct Kind {
    const char* type;
    const char* object;
    const char* subject;
  };
  for (const Kind& kind :
       {Kind{"checkout.session.completed", "cs_1", ""},
        Kind{"customer.subscription.deleted", "sub_1", ""}, Kind{"invoice.paid", "in_1", "sub_1"},
        Kind{"invoice.paid", "in_1", ""}, Kind{"charge.refunded", "ch_1", "pi_1"},
        Kind{"refund.updated", "re_1", "pi_1"}, Kind{"charge.dispute.closed", "dp_1", ""},
        Kind{"account.updated", "acct_1", ""}, Kind{"payment_intent.succeeded", "pi_1", ""},
        Kind{"charge.succeeded", "ch_1", ""}}) {
    const std::string payload =
        std::string("evt_1|") + kind.type + "|" + kind.object + "||test|" + kind.subject;
    const auto event = provider.verify_event(payload, "signed:s", {Secret("s")}, {});
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(about(event->type, event->subject), event->about) << kind.type;
  }
}

TEST(ForeignNote, IsReadAgainAsItWasWritten) {
  for (const EventOrigin& origin :
       {EventOrigin{"", true}, EventOrigin{"", false}, EventOrigin{"acct_1", true},
        EventOrigin{"acct_1", false}, EventOrigin{"acct in live mode.", false}}) {
    EXPECT_EQ(parse_foreign_note(foreign_note(origin)), origin);
  }
  for (const char* other :
       {"", "The provider did not answer. ", "The event is not the project's"}) {
    EXPECT_EQ(parse_foreign_note(other), std::nullopt);
  }
}

}  // namespace
}  // namespace purser::app::testing
