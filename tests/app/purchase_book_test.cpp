// What passing time does to purchases, and what belongs to a purchase's beginning and end.

#include "app/purchase_book.hpp"

#include "tests/app/subscription_world.hpp"

namespace purser::app::testing {
namespace {

using domain::PurchaseStatus;
using Taken = std::vector<TakenLot>;

class BookWorld : public SubscriptionWorld {
 public:
  template <class T>
  Result<T> with_book(const std::function<Result<T>(PurchaseBook&)>& work) {
    return write<T>([&](StoreBatch& batch, AfterCommit&) -> Result<T> {
      PurchaseBook book(batch, ids, grace_of(context()->project.settings));
      return work(book);
    });
  }
  std::vector<domain::Purchase> look() {
    return *with_book<std::vector<domain::Purchase>>(
        [&](PurchaseBook& book) { return book.owned(user()); });
  }
  Taken revoke(const PurchaseId& id) {
    return *with_book<Taken>([&](PurchaseBook& book) { return book.revoke(purchase(id)); });
  }
  bool restore(const PurchaseId& id, const Taken& taken) {
    return with_book<bool>([&](PurchaseBook& book) -> Result<bool> {
             PURSER_CHECK_OK(book.restore(purchase(id), taken, true));
             return true;
           })
        .has_value();
  }
  std::vector<Timestamp> instants(TransactionKind kind) {
    std::vector<Timestamp> found;
    const std::vector<Transaction> all = *store->view()->transactions(user(), {"", 1000});
    for (const Transaction& one : all) {
      if (one.kind == kind) found.insert(found.begin(), one.at);
    }
    return found;
  }
  std::vector<Intention> intentions_due() {
    return *store->view()->due_intentions(clock.now() + kDay, 100);
  }
};

TEST(Due, ThreePeriodsOfSilenceAreThreeRenewalsDatedAsTheyWereDue) {
  BookWorld world;
  const auto bought = world.grant("basic", "monthly");
  world.advance(days(95));
  EXPECT_EQ(world.credits(), 100);
  world.work_off();
  EXPECT_EQ(world.kinds(), "grant renewal renewal renewal");
  std::vector<Timestamp> expected;
  for (int n = 1; n <= 3; ++n) expected.push_back(nth_boundary(bought.created_at, kMonth, n));
  EXPECT_EQ(world.instants(TransactionKind::kRenewal), expected);
  EXPECT_EQ(count(world.outbox_types(), "subscription.renewed"), 3);
  world.reopen();
  world.work_off();
  EXPECT_EQ(world.kinds(), "grant renewal renewal renewal") << "each once";
  EXPECT_TRUE(world.verify().empty());
}

TEST(Due, DecadesOfSilenceTakeMoreThanOneRound) {
  BookWorld world;
  domain::Catalog catalog = make_catalog();
  catalog.products["plan"].prices[0].interval = CalendarInterval{IntervalUnit::kDay, 1};
  world.put_catalog(catalog);
  world.grant("plan", "monthly");
  world.advance(days(2500));
  ASSERT_EQ(world.look().size(), 1U);
  EXPECT_EQ(world.instants(TransactionKind::kRenewal).size(), 1000U) << "of one page";
  EXPECT_EQ(world.look().front().subscription->current_period_start, world.clock.now());
}

TEST(Due, TheWorkerIsWokenInTimeAndNotForNothing) {
  BookWorld world;
  const auto bought = world.grant("basic", "monthly");
  EXPECT_TRUE(world.store->view()->due_purchases(world.clock.now(), 10)->empty());
  world.pass(bought);
  EXPECT_EQ(world.store->view()->due_purchases(world.clock.now(), 10)->size(), 1U);
  EXPECT_EQ(world.subscriptions->sweep(10).value_or(-1), 1);
  EXPECT_EQ(world.subscriptions->sweep(10).value_or(-1), 0);
  EXPECT_EQ(world.cancel("basic", true), "canceled basic/monthly");
  world.advance(days(100));
  EXPECT_EQ(world.subscriptions->sweep(10).value_or(-1), 0) << "what has ended is never due";
}

TEST(Due, AnEndComesBeforeWhatItWouldHavePrevented) {
  BookWorld world;
  const auto base = world.grant("basic", "monthly");
  world.advance(days(3));
  const auto extra = world.grant("extra", "monthly");
  EXPECT_EQ(world.cancel("basic"), "active basic/monthly canceling");
  EXPECT_EQ(world.storage(), 20);
  // Both the base's end and the add-on's next two periods are due.
  world.advance(days(80));
  EXPECT_EQ(world.storage(), 0) << "before any worker has seen it";
  world.work_off();
  const auto ended = world.purchase(extra.id);
  EXPECT_EQ(ended.status, PurchaseStatus::kEnded);
  EXPECT_EQ(ended.subscription->ended_at, base.subscription->current_period_end);
  EXPECT_EQ(world.kinds(), "grant grant cancel end end") << "it was never renewed";
  EXPECT_TRUE(world.verify().empty());
}

TEST(Due, AnAddOnThatEndsFirstIsRenewedUntilThen) {
  BookWorld world;
  world.grant("basic", "monthly");
  world.advance(days(3));
  const auto extra = world.grant("extra", "monthly");
  EXPECT_EQ(world.cancel("extra"), "active extra/monthly canceling");
  world.advance(days(40));
  world.work_off();
  EXPECT_EQ(world.purchase(extra.id).status, PurchaseStatus::kEnded);
  EXPECT_TRUE(world.has_access(world.user(), "basic"));
  EXPECT_EQ(world.kinds(), "grant grant cancel end renewal");
}

TEST(AddOns, FollowTheirBaseAndItsChangeOfMind) {
  BookWorld world;
  const auto base = world.grant("basic", "monthly");
  world.grant("extra", "monthly");
  EXPECT_EQ(world.cancel("basic"), "active basic/monthly canceling");
  EXPECT_EQ(world.resume(base.id), "active basic/monthly");
  world.pass(base);
  EXPECT_EQ(world.storage(), 20) << "its end is called off with its base's";
  EXPECT_EQ(world.change({"basic", "free", "", {}, false}), "active free/monthly");
  EXPECT_FALSE(world.has_access(world.user(), "extra")) << "free is no base of it";
  EXPECT_EQ(world.storage(), 0);
  EXPECT_TRUE(world.verify().empty());
}

TEST(AddOns, StayWhenTheirBaseBecomesAnotherBase) {
  BookWorld world;
  world.grant("basic", "monthly");
  world.grant("extra", "monthly");
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, false}), "active pro/monthly");
  EXPECT_TRUE(world.has_access(world.user(), "extra"));
  EXPECT_EQ(world.storage(), 70);
  EXPECT_EQ(world.cancel("pro", true), "canceled pro/monthly");
  EXPECT_FALSE(world.has_access(world.user(), "extra"));
  EXPECT_EQ(world.storage(), 0);
}

TEST(AddOns, AOneTimeAddOnEndsWithItsBaseBeforeAnyWorkerHasSeenIt) {
  BookWorld world;
  domain::Catalog catalog = make_catalog();
  catalog.products["extra"].prices[0].interval.reset();
  world.put_catalog(catalog);
  const auto base = world.grant("basic", "monthly");
  const auto extra = world.grant("extra", "monthly");
  EXPECT_EQ(extra.type, domain::PurchaseType::kOneTime);
  EXPECT_EQ(world.cancel("basic"), "active basic/monthly canceling");
  EXPECT_EQ(world.storage(), 20);
  world.pass(base);
  EXPECT_EQ(world.storage(), 0);
  world.work_off();
  EXPECT_EQ(world.purchase(extra.id).status, PurchaseStatus::kEnded);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Ends, LeaveNothingOfAnEarlierPlan) {
  BookWorld world;
  domain::Catalog catalog = make_catalog();
  // Every month more, until the plan is over.
  domain::Product& pro = catalog.products["pro"];
  pro.included_items[1].repeat = kMonth;
  world.put_catalog(catalog);
  const auto bought = world.grant("pro", "monthly");
  world.advance(days(40));
  EXPECT_EQ(world.storage(), 100);
  EXPECT_EQ(world.change({"pro", "basic", "monthly", {}, false}), "active basic/monthly");
  EXPECT_EQ(world.storage(), 50) << "what earlier months gave stays with the subscription";
  EXPECT_EQ(world.cancel("basic", true), "canceled basic/monthly");
  EXPECT_EQ(world.storage(), 0) << "though basic does not include it";
  EXPECT_EQ(world.purchase(bought.id).status, PurchaseStatus::kEnded);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Ends, ASubscriptionThatRunsAtTheProviderIsEndedThereOnce) {
  BookWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  const auto ended = world.with_book<bool>([&](PurchaseBook& book) -> Result<bool> {
    PURSER_CHECK_OK(book.end(world.purchase(bought.id), world.clock.now(), true));
    return true;
  });
  ASSERT_TRUE(ended.has_value());
  ASSERT_EQ(world.intentions_due().size(), 1U);
  EXPECT_EQ(world.intentions_due()[0].kind, kEndSubscriptionWithCredit);
  world.work_off();
  EXPECT_TRUE(world.provider.subscription_now(bought.subscription->remote_ref).ended_at);
  EXPECT_EQ(world.provider.calls("end_subscription"), 1);
  world.hear(bought.subscription->remote_ref, "customer.subscription.deleted");
  EXPECT_EQ(world.kinds(), "purchase end");
}

TEST(Revoke, TakesAllAndARestoreGivesItBackOnce) {
  BookWorld world;
  const auto bought = world.grant("pack", "once", 2);
  world.use_credits(500);
  const Taken taken = world.revoke(bought.id);
  EXPECT_EQ(world.credits(), 0);
  EXPECT_EQ(world.purchase(bought.id).status, PurchaseStatus::kRefunded);
  EXPECT_EQ(world.kinds(), "grant end");
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].quantity.value(), 1500);
  ASSERT_TRUE(world.restore(bought.id, taken));
  EXPECT_EQ(world.credits(), 1500);
  EXPECT_EQ(world.purchase(bought.id).status, PurchaseStatus::kActive);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Revoke, ARestoreResumesRepeatsWithoutAGap) {
  BookWorld world;
  const auto bought = world.grant("daily");
  world.advance(days(2));
  const Taken taken = world.revoke(bought.id);
  EXPECT_EQ(world.quantity(world.user(), "days"), 0);
  world.advance(days(3));
  EXPECT_EQ(world.quantity(world.user(), "days"), 0);
  ASSERT_TRUE(world.restore(bought.id, taken));
  EXPECT_EQ(world.quantity(world.user(), "days"), 60) << "each of the days once";
  world.advance(days(1));
  EXPECT_EQ(world.quantity(world.user(), "days"), 70);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Revoke, WhatTheCustomerHasBoughtAnewStaysAlone) {
  BookWorld world;
  const auto bought = world.grant("lifetime", "once");
  const Taken taken = world.revoke(bought.id);
  const auto plan = world.grant("basic", "monthly");
  ASSERT_TRUE(world.restore(bought.id, taken));
  EXPECT_EQ(world.purchase(bought.id).status, PurchaseStatus::kRefunded) << "one plan of a line";
  EXPECT_EQ(world.purchase(plan.id).status, PurchaseStatus::kActive);
}

TEST(Revoke, ASubscriptionsItemsComeBackForTheTimeThatWasPaid) {
  BookWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  const Taken taken = world.revoke(bought.id);
  EXPECT_EQ(world.credits(), 0);
  EXPECT_EQ(world.storage(), 0);
  world.work_off();
  EXPECT_TRUE(world.provider.subscription_now(bought.subscription->remote_ref).ended_at);
  ASSERT_TRUE(world.restore(bought.id, taken));
  EXPECT_EQ(world.purchase(bought.id).status, PurchaseStatus::kRefunded);
  EXPECT_EQ(world.storage(), 50);
  EXPECT_EQ(world.credits(), 500);
  world.pass(bought);
  EXPECT_EQ(world.storage(), 0);
  EXPECT_EQ(world.credits(), 0);
  EXPECT_TRUE(world.verify().empty());
}

TEST(RevokePart, TakesSharesThatAddUpToAll) {
  BookWorld world;
  const auto bought = world.grant("pack", "once", 3);
  std::int64_t before = 0;
  for (const std::int64_t after : {333, 1000, 2999, 3000}) {
    const auto taken = world.with_book<Taken>([&](PurchaseBook& book) {
      return book.revoke_part(bought, {before, after, 3000, Quantity()});
    });
    ASSERT_TRUE(taken.has_value());
    before = after;
    EXPECT_EQ(world.credits(), 3000 - after);
  }
  EXPECT_TRUE(world.verify().empty());
}

TEST(RevokePart, ByQuantityTakesWhatTheUnitsGave) {
  BookWorld world;
  const auto bought = world.grant("pack", "once", 3);
  const auto taken = world.with_book<Taken>([&](PurchaseBook& book) {
    return book.revoke_part(bought, {0, 0, 0, *Quantity::of(2)});
  });
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(world.credits(), 1000);
  EXPECT_EQ(world.purchase(bought.id).status, PurchaseStatus::kActive);
}

TEST(Open, RefusesBeforeItWritesAnything) {
  BookWorld world;
  auto bought = world.grant("pack", "once");
  bought.id = PurchaseId("second");
  bought.quantity = *Quantity::of(Quantity::kMax / 1000);
  const auto opened = world.with_book<bool>([&](PurchaseBook& book) -> Result<bool> {
    const Status refused = book.open(bought, {TransactionKind::kGrant});
    return !refused && refused.error().code == ErrorCode::kQuantityOutOfRange;
  });
  EXPECT_TRUE(*opened);
  EXPECT_EQ(world.kinds(), "grant");
  EXPECT_FALSE(world.store->view()->purchase(world.project, bought.id)->has_value());
}

TEST(Intend, OfOneIdIsAskedForOnce) {
  BookWorld world;
  for (int i = 0; i < 2; ++i) {
    const auto asked = world.with_book<bool>([&](PurchaseBook& book) -> Result<bool> {
      PURSER_CHECK_OK(book.intend(world.project, "purser-x", kExpireSession, "cs_1"));
      PURSER_CHECK_OK(book.intend(world.project, "purser-x", kExpireSession, "cs_1"));
      return true;
    });
    ASSERT_TRUE(asked.has_value());
  }
  EXPECT_EQ(world.intentions_due().size(), 1U);
}

TEST(NextLook, ComesSeldomerAndSeldomer) {
  const Timestamp begin = *Timestamp::from_millis(1'760'000'000'000);
  domain::Subscription subscription;
  subscription.current_period_start = begin;
  subscription.current_period_end = begin + days(30);
  subscription.paid_through = subscription.current_period_end;
  const Timestamp end = subscription.current_period_end;
  EXPECT_EQ(next_look(subscription, begin), end + Millis{2 * kMinute.count});
  EXPECT_EQ(next_look(subscription, end + Millis{4 * kMinute.count}),
            end + Millis{8 * kMinute.count});
  EXPECT_EQ(next_look(subscription, end + days(2)), end + days(2) + kHour);
  EXPECT_EQ(next_look(subscription, end + days(40)), end + days(40) + Millis{6 * kHour.count});
  // A period that has begun and is not paid is asked for at once.
  subscription.paid_through = begin;
  EXPECT_EQ(next_look(subscription, begin), begin + Millis{2 * kMinute.count});
  subscription.paid_through = end;
  subscription.switching = domain::PendingSwitch{};
  subscription.switching->at = begin + days(1);
  EXPECT_EQ(next_look(subscription, begin + days(1)), begin + days(1) + Millis{2 * kMinute.count});
}

}  // namespace
}  // namespace purser::app::testing
