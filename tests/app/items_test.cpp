#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

constexpr Millis kDay{24LL * 3'600'000};

Quantity q(std::int64_t value) { return *Quantity::of(value); }

class ItemsTest : public ::testing::Test {
 protected:
  ItemKey credits(const std::string& user = "alice") {
    return {world_.user(user), ItemId("credits")};
  }

  Result<Quantity> change(const ItemKey& key, std::int64_t by,
                          std::optional<Timestamp> expires = std::nullopt) {
    return world_.write<Quantity>([&](StoreBatch& batch, AfterCommit&) {
      return Items::change(*world_.context(), batch, {key, q(by), expires, "test"});
    });
  }
  Result<TryDecreaseReply> take(const ItemKey& key, std::int64_t amount) {
    return world_.write<TryDecreaseReply>([&](StoreBatch& batch, AfterCommit&) {
      return Items::try_decrease(*world_.context(), batch, {key, q(amount), "test"});
    });
  }
  Result<std::vector<BatchResult>> run(const std::vector<BatchCommand>& commands, bool atomic) {
    std::optional<Result<std::vector<BatchResult>>> results;
    (void)world_.engine->execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
      Decision decision;
      results = Items::batch(*world_.context(), batch, commands, atomic, decision.accepted);
      return decision;
    });
    return *std::move(results);
  }
  LedgerPage ledger(const ItemKey& key, std::optional<std::int64_t> before = std::nullopt,
                    int limit = 100) {
    return *world_.items->ledger(*world_.context(), key, before, limit);
  }

  World world_;
};

TEST_F(ItemsTest, IncreasesDecreasesIntoDebtAndTriesOnlyWhatIsThere) {
  EXPECT_EQ(change(credits(), 10)->value(), 10);
  EXPECT_TRUE(take(credits(), 4)->success);
  EXPECT_FALSE(take(credits(), 7)->success);
  EXPECT_EQ(take(credits(), 7)->quantity.value(), 6);
  EXPECT_EQ(change(credits(), -9)->value(), -3);
  EXPECT_FALSE(take(credits(), 1)->success);
  EXPECT_EQ(change(credits(), 5)->value(), 2) << "a grant pays the debt first";
  EXPECT_EQ(world_.quantity(world_.user(), "credits"), 2);
  EXPECT_EQ(ledger(credits()).lines.size(), 4U) << "a refused try leaves no line";
  EXPECT_EQ(world_.verify(), std::vector<std::string>());
}

TEST_F(ItemsTest, WhatIsDueHappensBeforeWhatLooks) {
  const auto tomorrow = world_.clock.now() + kDay;
  ASSERT_TRUE(change(credits(), 10, tomorrow).has_value());
  ASSERT_TRUE(change(credits(), 1).has_value());
  world_.advance(kDay);
  EXPECT_EQ(world_.quantity(world_.user(), "credits"), 1);
  EXPECT_FALSE(take(credits(), 2)->success);
  EXPECT_TRUE(take(credits(), 1)->success);
  EXPECT_EQ(world_.verify(), std::vector<std::string>());
}

TEST_F(ItemsTest, RefusalsChangeNothing) {
  world_.add_team("crew");
  EXPECT_EQ(change({world_.user(), ItemId("unknown")}, 1).error().code, ErrorCode::kItemNotFound);
  EXPECT_EQ(change({world_.user(), ItemId("seats")}, 1).error().code,
            ErrorCode::kItemCustomerTypeDoesNotMatch);
  EXPECT_EQ(change(credits("nobody"), 1).error().code, ErrorCode::kUserNotFound);
  EXPECT_EQ(change({world_.team("nobody"), ItemId("seats")}, 1).error().code,
            ErrorCode::kTeamNotFound);
  EXPECT_EQ(change(credits(), 0).error().code, ErrorCode::kSchemaError);
  EXPECT_EQ(change(credits(), -1, world_.clock.now() + kDay).error().code, ErrorCode::kSchemaError);
  EXPECT_EQ(change(credits(), 1, world_.clock.now()).error().code, ErrorCode::kSchemaError);
  EXPECT_EQ(take(credits(), -1).error().code, ErrorCode::kSchemaError);
  ASSERT_TRUE(change(credits(), Quantity::kMax).has_value());
  EXPECT_EQ(change(credits(), 1).error().code, ErrorCode::kQuantityOutOfRange);
  EXPECT_EQ(ledger(credits()).lines.size(), 1U);
}

TEST_F(ItemsTest, ReadsRefuseAsWritesDo) {
  const auto get = [&](const ItemKey& key) {
    std::optional<Result<ItemView>> result;
    world_.items->get(*world_.context(), key, [&](Result<ItemView> view) { result = view; });
    return *result;
  };
  EXPECT_EQ(get({world_.user(), ItemId("x")}).error().code, ErrorCode::kItemNotFound);
  EXPECT_EQ(get({world_.user(), ItemId("seats")}).error().code,
            ErrorCode::kItemCustomerTypeDoesNotMatch);
  EXPECT_EQ(get(credits("nobody")).error().code, ErrorCode::kUserNotFound);
  const auto fresh = get({world_.custom("new"), ItemId("calls")});
  ASSERT_TRUE(fresh.has_value()) << "custom customers exist as soon as they are named";
  EXPECT_EQ(fresh->quantity.value(), 0);
  EXPECT_EQ(fresh->display_name, "Some calls");
}

TEST_F(ItemsTest, TheListHasEveryItemOfTheTypeZeroIncluded) {
  ASSERT_TRUE(change(credits(), 3).has_value());
  std::vector<ItemView> views;
  world_.items->list(*world_.context(), world_.user(),
                     [&](Result<std::vector<ItemView>> all) { views = *all; });
  ASSERT_EQ(views.size(), 3U);
  EXPECT_EQ(views[2].id.str(), "storage");
  EXPECT_EQ(views[0].id.str(), "credits");
  EXPECT_EQ(views[0].quantity.value(), 3);
  EXPECT_EQ(views[1].id.str(), "days");
  EXPECT_EQ(views[1].quantity.value(), 0);
  std::optional<Error> error;
  world_.items->list(*world_.context(), world_.user("nobody"),
                     [&](const auto& all) { error = all.error(); });
  EXPECT_EQ(error->code, ErrorCode::kUserNotFound);
}

TEST_F(ItemsTest, TheLedgerPagesNewestFirst) {
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(change(credits(), i).has_value());
  const LedgerPage first = ledger(credits(), std::nullopt, 2);
  ASSERT_EQ(first.lines.size(), 2U);
  EXPECT_EQ(first.lines[0].entry.change.value(), 5);
  EXPECT_EQ(first.lines[0].entry.quantity_after.value(), 15);
  EXPECT_EQ(first.lines[0].entry.description, "test");
  const LedgerPage second = ledger(credits(), first.next_before, 2);
  EXPECT_EQ(second.lines[0].entry.change.value(), 3);
  const LedgerPage third = ledger(credits(), second.next_before, 2);
  ASSERT_EQ(third.lines.size(), 1U);
  EXPECT_FALSE(third.next_before.has_value());
  EXPECT_FALSE(ledger(credits(), std::nullopt, 5).next_before.has_value()) << "a full last page";
}

TEST_F(ItemsTest, TheLedgersFirstPageShowsWhatIsDueButNotRecordedYet) {
  ASSERT_TRUE(change(credits(), 10, world_.clock.now() + kDay).has_value());
  ASSERT_TRUE(change(credits(), 1).has_value());
  world_.advance(kDay);
  const LedgerPage page = ledger(credits(), std::nullopt, 1);
  ASSERT_EQ(page.lines.size(), 2U);
  EXPECT_EQ(page.lines[0].id, 0);
  EXPECT_EQ(page.lines[0].entry.cause, domain::Cause::kExpiry);
  EXPECT_EQ(page.lines[0].entry.quantity_after.value(), 1);
  ASSERT_TRUE(page.next_before.has_value());
  EXPECT_EQ(ledger(credits(), page.next_before, 10).lines.size(), 1U);
  EXPECT_FALSE(take(credits(), 5)->success);  // records it
  const LedgerPage recorded = ledger(credits());
  ASSERT_EQ(recorded.lines.size(), 3U);
  EXPECT_NE(recorded.lines[0].id, 0);
}

TEST_F(ItemsTest, AnAtomicBatchIsAllOrNothingAndNamesTheFirstThatFailed) {
  ASSERT_TRUE(change(credits(), 10).has_value());
  const std::vector<BatchCommand> commands = {
      TryDecreaseQuantity{credits(), q(6), ""},
      TryDecreaseQuantity{credits(), q(6), ""},
      ChangeQuantity{credits(), q(100), std::nullopt, ""},
  };
  const auto refused = run(commands, true);
  ASSERT_EQ(refused->size(), 2U);
  EXPECT_TRUE((*refused)[0].success);
  EXPECT_FALSE((*refused)[1].success);
  EXPECT_EQ(world_.quantity(world_.user(), "credits"), 10);
  const auto each = run(commands, false);
  ASSERT_EQ(each->size(), 3U);
  EXPECT_FALSE((*each)[1].success);
  EXPECT_EQ((*each)[2].quantity.value(), 104);
  EXPECT_EQ(world_.quantity(world_.user(), "credits"), 104);
  EXPECT_EQ(world_.verify(), std::vector<std::string>());
}

TEST_F(ItemsTest, ABatchOnItsOwnReportsErrorsInTheirPlaces) {
  const auto results = run({ChangeQuantity{credits(), q(5), std::nullopt, ""},
                            ChangeQuantity{{world_.user(), ItemId("x")}, q(1), std::nullopt, ""},
                            ChangeQuantity{{world_.user(), ItemId("days")}, q(2), std::nullopt, ""},
                            ChangeQuantity{credits(), q(Quantity::kMax), std::nullopt, ""}},
                           false);
  ASSERT_EQ(results->size(), 4U);
  EXPECT_TRUE((*results)[0].success);
  EXPECT_EQ((*results)[1].error->code, ErrorCode::kItemNotFound);
  EXPECT_TRUE((*results)[2].success);
  EXPECT_EQ((*results)[3].error->code, ErrorCode::kQuantityOutOfRange);
  EXPECT_EQ(world_.quantity(world_.user(), "credits"), 5);
  EXPECT_EQ(world_.quantity(world_.user(), "days"), 2);
  EXPECT_EQ(run({ChangeQuantity{credits("nobody"), q(5), std::nullopt, ""}}, false).error().code,
            ErrorCode::kUserNotFound);
  EXPECT_EQ(run({ChangeQuantity{credits(), q(1), std::nullopt, ""},
                 ChangeQuantity{credits("bob"), q(1), std::nullopt, ""}},
                false)
                .error()
                .code,
            ErrorCode::kInternalError);
}

TEST_F(ItemsTest, AThousandAtOnceOnAHundredTakeExactlyAHundred) {
  ASSERT_TRUE(change(credits(), 100).has_value());
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  threads.reserve(20);
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        if (take(credits(), 1)->success) ++taken;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 100);
  EXPECT_EQ(world_.quantity(world_.user(), "credits"), 0);
  EXPECT_EQ(world_.verify(), std::vector<std::string>());
}

}  // namespace
}  // namespace purser::app::testing
