#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/app/refund_world.hpp"

namespace purser::app::testing {
namespace {

class BillingWorld : public RefundWorld {
 public:
  std::optional<IdempotencyScope> scope(const std::string& key) {
    if (key.empty()) return std::nullopt;
    return IdempotencyScope{project, key, crypto::sha256("billing")};
  }
  /// "has" or "none", and the default method's id.
  std::string billing_of(const CustomerKey& customer) {
    const auto found = billing->billing(*context(), customer);
    if (!found) return called(found.error());
    const std::string has = found->has_customer ? "has" : "none";
    const auto& method = found->default_payment_method;
    return method ? has + " " + method->id : has;
  }
  /// "<client secret> <account>", or what the refusal is called.
  std::string setup_intent(const CustomerKey& customer, const std::string& key = "") {
    const auto reply = billing->create_setup_intent(
        context(), scope(key), customer, [](const Result<SetupIntentForClient>& intent) {
          if (!intent) return StoredReply{400, called(intent.error())};
          return StoredReply{200, intent->client_secret.reveal() + " " + intent->account_id};
        });
    return reply ? reply->reply.body : called(reply.error());
  }
  /// The id of a new intent that the buyer has confirmed or not.
  std::string intent_of(const CustomerKey& customer, bool confirmed = true) {
    const std::string secret = setup_intent(customer);
    std::string id = secret.substr(0, secret.find("_secret"));
    if (confirmed) provider.confirm_setup_intent(id);
    return id;
  }
  /// "pm_… visa 4242", or what the refusal is called.
  std::string make_default(const CustomerKey& customer, const std::string& intent,
                           const std::string& key = "") {
    const auto reply = billing->set_default_payment_method(
        context(), scope(key), customer, intent, [](const Result<RemotePaymentMethod>& method) {
          if (!method) return StoredReply{400, called(method.error())};
          return StoredReply{200, method->id + " " + method->brand + " " + method->last4};
        });
    return reply ? reply->reply.body : called(reply.error());
  }
  std::string remote_customer(const CustomerKey& customer) {
    const auto found = *store->view()->remote(project, provider.account_id, RemoteKind::kCustomer,
                                              "user/" + customer.id);
    return found.value_or("");
  }
  std::string method_of(const domain::Purchase& bought) {
    return provider.subscription_now(bought.subscription->remote_ref).default_payment_method;
  }
};

class BillingTest : public ::testing::Test {
 protected:
  BillingWorld world_;
};

TEST_F(BillingTest, WithoutAProviderThereIsNoCustomer) {
  SettingsChange change;
  change.stripe_secret_key = Secret("");
  world_.settings(change);
  EXPECT_EQ(world_.billing_of(world_.user()), "none");
  EXPECT_EQ(world_.provider.calls(), 0);
  EXPECT_EQ(world_.setup_intent(world_.user()), "PAYMENTS_NOT_CONFIGURED");
  EXPECT_EQ(world_.make_default(world_.user(), "seti_1"), "PAYMENTS_NOT_CONFIGURED");
}

TEST_F(BillingTest, ACustomerIsKnownOnceItWasNeeded) {
  EXPECT_EQ(world_.billing_of(world_.user()), "none");
  EXPECT_EQ(world_.provider.customers(), 0U) << "looking makes nothing";
  world_.open_session("license");
  EXPECT_EQ(world_.billing_of(world_.user()), "has");
  const std::string customer = world_.remote_customer(world_.user());
  const std::string method = world_.provider.add_default_method(customer);
  EXPECT_EQ(world_.billing_of(world_.user()), "has " + method);
  world_.provider.delete_customer(customer);
  EXPECT_EQ(world_.billing_of(world_.user()), "none");
}

TEST_F(BillingTest, WhoDoesNotExistHasNoBilling) {
  EXPECT_EQ(world_.billing_of(world_.user("nobody")), "USER_NOT_FOUND");
  EXPECT_EQ(world_.billing_of(world_.team("nobody")), "TEAM_NOT_FOUND");
  EXPECT_EQ(world_.setup_intent(world_.user("nobody")), "USER_NOT_FOUND");
  EXPECT_EQ(world_.make_default(world_.user("nobody"), "seti_1"), "USER_NOT_FOUND");
  EXPECT_EQ(world_.billing_of({ProjectId("other"), CustomerType::kUser, "alice"}),
            "USER_NOT_FOUND");
  EXPECT_EQ(world_.provider.customers(), 0U);
  EXPECT_EQ(world_.billing_of(world_.custom("anything")), "none");
}

TEST_F(BillingTest, AProviderThatDoesNotAnswerIsNotAnEmptyAnswer) {
  world_.open_session("license");
  world_.provider.fault_at(1, FakeProvider::Fault::kUnavailable);
  EXPECT_EQ(world_.billing_of(world_.user()), "PAYMENT_PROVIDER_UNAVAILABLE");
}

TEST_F(BillingTest, ASetupIntentIsOnePerKey) {
  const std::string first = world_.setup_intent(world_.user(), "key");
  EXPECT_TRUE(first.ends_with("_secret acct_1")) << first;
  EXPECT_EQ(world_.setup_intent(world_.user(), "key"), first);
  EXPECT_NE(world_.setup_intent(world_.user(), "another"), first);
  EXPECT_EQ(world_.provider.customers(), 1U);
}

TEST_F(BillingTest, ManyFirstIntentsMakeOneCustomer) {
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const std::string answer = world_.setup_intent(world_.user());
      EXPECT_TRUE(answer.ends_with("acct_1")) << answer;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world_.provider.customers(), 1U);
}

TEST_F(BillingTest, TheMethodOfASucceededIntentBecomesTheDefaultEverywhere) {
  const auto plan = world_.subscribe("plan");
  const auto weekly = world_.subscribe("weekly");
  world_.provider.end(weekly.subscription->remote_ref);
  ASSERT_TRUE(
      world_.subscriptions->sync(world_.project, weekly.subscription->remote_ref).has_value());
  world_.add_user("bob");
  const auto theirs = world_.subscribe("plan", "", "bob");
  const std::string before = world_.method_of(theirs);

  const std::string intent = world_.intent_of(world_.user());
  const std::string answer = world_.make_default(world_.user(), intent, "key");
  ASSERT_TRUE(answer.ends_with(" visa 4242")) << answer;
  const std::string method = answer.substr(0, answer.find(' '));
  EXPECT_EQ(world_.billing_of(world_.user()), "has " + method);
  EXPECT_EQ(world_.method_of(plan), method);
  EXPECT_NE(world_.method_of(weekly), method) << "it has ended";
  EXPECT_EQ(world_.method_of(theirs), before);
  const int calls = world_.provider.calls();
  EXPECT_EQ(world_.make_default(world_.user(), intent, "key"), answer) << "replayed";
  EXPECT_EQ(world_.provider.calls(), calls);
}

TEST_F(BillingTest, AnIntentThatDidNotSucceedChangesNothing) {
  const std::string intent = world_.intent_of(world_.user(), false);
  EXPECT_EQ(world_.make_default(world_.user(), intent), "SETUP_INTENT_NOT_SUCCEEDED");
  EXPECT_EQ(world_.billing_of(world_.user()), "has");
  EXPECT_EQ(world_.provider.calls("set_default_payment_method"), 0);
}

TEST_F(BillingTest, AnotherCustomersIntentLooksLikeNone) {
  world_.add_user("bob");
  const std::string theirs = world_.intent_of(world_.user("bob"));
  const std::string unconfirmed = world_.intent_of(world_.user("bob"), false);
  EXPECT_EQ(world_.make_default(world_.user(), theirs), "SETUP_INTENT_NOT_FOUND")
      << "the provider does not know alice at all";
  (void)world_.intent_of(world_.user());
  const auto refusal = [&](const std::string& id) {
    std::string text;
    (void)world_.billing->set_default_payment_method(
        world_.context(), std::nullopt, world_.user(), id,
        [&](const Result<RemotePaymentMethod>& method) {
          text = called(method.error()) + " " + method.error().message;
          return StoredReply{404, ""};
        });
    return text;
  };
  const std::string absent = refusal("seti_unknown");
  EXPECT_TRUE(absent.starts_with("SETUP_INTENT_NOT_FOUND"));
  for (const std::string& id : {theirs, unconfirmed, std::string(), std::string("../customers"),
                                std::string("seti_1?expand=x"), std::string(300, 'a')}) {
    EXPECT_EQ(refusal(id), absent) << id;
  }
  EXPECT_EQ(world_.provider.calls("set_default_payment_method"), 0);
}

TEST_F(BillingTest, ASubscriptionThatEndedUnheardOfDoesNotStandInTheWay) {
  const auto plan = world_.subscribe("plan");
  const std::string intent = world_.intent_of(world_.user());
  world_.provider.plan = [](const std::string& call) {
    return call == "set_subscription_payment_method" ? FakeProvider::Fault::kRefuse
                                                     : FakeProvider::Fault::kNone;
  };
  EXPECT_EQ(world_.make_default(world_.user(), intent), "PAYMENT_PROVIDER_REFUSED")
      << "it still runs";
  world_.provider.end(plan.subscription->remote_ref);
  EXPECT_TRUE(world_.make_default(world_.user(), intent).ends_with(" visa 4242"));
}

/// As lose_each_answer, for billing.
template <class Prepare, class Attempt, class Check>
int lose_each(const Prepare& prepare, const Attempt& attempt, const Check& check) {
  for (int n = 1;; ++n) {
    BillingWorld world;
    const auto subject = prepare(world);
    world.provider.fault_at(n, FakeProvider::Fault::kLoseAnswer);
    bool done = attempt(world, subject);
    const std::string faulted = world.provider.faulted();
    world.provider.fault_at(1, FakeProvider::Fault::kNone);  // what follows is no part of the flow
    if (!done) {
      world.reopen();
      done = attempt(world, subject);
    }
    EXPECT_TRUE(done) << "call " << n << " (" << faulted << ")";
    check(world, subject);
    if (faulted.empty()) return n - 1;
  }
}

TEST(BillingCrashTest, WhateverAnswerIsLostThereIsOneCustomerAndOneIntent) {
  const int calls =
      lose_each([](BillingWorld&) { return 0; },
                [](BillingWorld& world, int) {
                  return world.setup_intent(world.user(), "key").ends_with("_secret acct_1");
                },
                [](BillingWorld& world, int) {
                  EXPECT_EQ(world.provider.customers(), 1U);
                  const std::string kept = world.setup_intent(world.user(), "key");
                  // Ids are counted: one customer and one intent were made.
                  EXPECT_EQ(std::stoi(kept.substr(std::string_view("seti_").size())), 2) << kept;
                });
  EXPECT_EQ(calls, 3) << "account, customer, intent";
}

TEST(BillingCrashTest, WhateverAnswerIsLostTheDefaultIsSetEverywhere) {
  struct Subject {
    domain::Purchase plan;
    domain::Purchase weekly;
    std::string intent;
  };
  const int calls = lose_each(
      [](BillingWorld& world) {
        Subject subject{world.subscribe("plan"), world.subscribe("weekly"), ""};
        subject.intent = world.intent_of(world.user());
        return subject;
      },
      [](BillingWorld& world, const Subject& subject) {
        return world.make_default(world.user(), subject.intent, "key").ends_with(" visa 4242");
      },
      [](BillingWorld& world, const Subject& subject) {
        const std::string answer = world.make_default(world.user(), subject.intent, "key");
        const std::string method = answer.substr(0, answer.find(' '));
        EXPECT_EQ(world.billing_of(world.user()), "has " + method);
        EXPECT_EQ(world.method_of(subject.plan), method);
        EXPECT_EQ(world.method_of(subject.weekly), method);
      });
  EXPECT_EQ(calls, 4) << "the intent, the customer's default, two subscriptions'";
}

TEST_F(BillingTest, InvoicesComeInPages) {
  std::vector<std::string> bought;
  for (int i = 0; i < 5; ++i) bought.insert(bought.begin(), world_.buy("pack").id.str());
  std::vector<std::string> listed;
  std::string after;
  int pages = 0;
  for (;;) {
    const auto page = world_.billing->invoices(*world_.context(), world_.user(), after, 2);
    ASSERT_TRUE(page.has_value());
    ++pages;
    for (const Invoice& invoice : page->items) listed.push_back(invoice.id);
    if (!page->next_after) break;
    after = *page->next_after;
    EXPECT_EQ(after, listed.back());
  }
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(listed, bought) << "newest first";
  EXPECT_EQ(world_.billing->invoices(*world_.context(), world_.user("nobody"), "", 2).error().code,
            ErrorCode::kUserNotFound);
  world_.add_user("bob");
  EXPECT_EQ(
      world_.billing->invoices(*world_.context(), world_.user("bob"), bought[2], 2).error().code,
      ErrorCode::kInvalidCursor)
      << "another customer's row is no place in this list";
}

TEST_F(BillingTest, TransactionsComeInPagesAfterWhatIsDue) {
  world_.buy("pack");
  world_.grant("basic", "monthly");
  world_.advance(Millis{63 * kDay.count});
  std::vector<std::string> kinds;
  std::set<std::string> ids;
  std::string after;
  for (;;) {
    const auto page = world_.billing->transactions(*world_.context(), world_.user(), after, 1);
    ASSERT_TRUE(page.has_value());
    ASSERT_EQ(page->items.size(), 1U);
    kinds.emplace_back(to_string(page->items[0].kind));
    ids.insert(page->items[0].id.str());
    if (!page->next_after) break;
    after = *page->next_after;
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"renewal", "renewal", "grant", "purchase"}))
      << "renewed twice, though no worker looked";
  EXPECT_EQ(ids.size(), 4U);
  EXPECT_EQ(world_.verify(), std::vector<std::string>());
}

}  // namespace
}  // namespace purser::app::testing
