#include <gtest/gtest.h>

#include "tests/contract/subscription_records.hpp"
#include "tests/sqlite/lives.hpp"

// What a purchase promises of an item changes in ways that ledger lines do not tell. Each such
// change must be there after a kill, and lines that were written after it must be folded onto it.

namespace purser::sqlite {
namespace {

using contract::amount;
using contract::at;

constexpr std::int64_t kStart = 1'000'000;
constexpr std::int64_t kDay = 86'400'000;
const CustomerKey kAnn = contract::customer_of("p", CustomerType::kCustom, "ann");
const ItemKey kCredits = contract::item_of(kAnn, "credits");
const PurchaseId kPlan("s1");

/// No row of a balance is written but those that must be.
SqliteOptions rows_stay_behind() {
  SqliteOptions options;
  options.background = false;
  options.dirty_limit = 1'000'000;
  return options;
}

class TermsRecovery : public testing::Test {
 protected:
  using Decide = std::function<Result<domain::Change>(domain::ItemAccount account, Timestamp now)>;

  void SetUp() override {
    lives_.clock().set(kStart);
    PURSER_ASSERT_OK(lives_.store().commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(contract::project_of("p")));
      domain::Purchase purchase = contract::subscription_of(kAnn, kPlan.str());
      purchase.product.included_items.push_back({ItemId("credits"), amount(10),
                                                 CalendarInterval{IntervalUnit::kDay, 1},
                                                 domain::Expiry::kWhenPurchaseExpires});
      purchase.anchor = at(kStart);
      return batch.insert_purchase(purchase, std::nullopt);
    }));
    step([](domain::ItemAccount account, Timestamp now) {
      return domain::grant_included(std::move(account), grant(now), now);
    });
  }

  /// Ten credits each day until they are not paid any more.
  static domain::IncludedGrant grant(Timestamp now) {
    domain::IncludedGrant grant;
    grant.source = kPlan;
    grant.quantity = amount(10);
    grant.repeat = CalendarInterval{IntervalUnit::kDay, 1};
    grant.expires = domain::Expiry::kWhenPurchaseExpires;
    grant.anchor = now;
    grant.keeps_term = true;
    grant.until = at(kStart + 30 * kDay);
    return grant;
  }

  /// Changes the account, kills the process, and expects the account as it was.
  void step(const Decide& decide) {
    PURSER_ASSERT_OK(lives_.store().commit([&](app::StoreBatch& batch) -> Status {
      PURSER_TRY(auto account, batch.item(kCredits));
      PURSER_TRY(const auto change, decide(std::move(account), batch.now()));
      lines_ += change.entries.size();
      expected_ = change.account;
      return batch.put_item(kCredits, change.account, change.entries);
    }));
    ASSERT_EQ(lives_.store().view()->item(kCredits).value(), expected_);
    lives_.crash();
    const auto found = lives_.store().view()->item(kCredits);
    PURSER_ASSERT_OK(found);
    ASSERT_EQ(*found, expected_);
    ASSERT_EQ(lives_.store().view()->ledger(kCredits, std::nullopt, 1'000)->size(), lines_);
    const auto report = lives_.store().verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }
  void apply_due_on_day(int day) {
    lives_.clock().set(kStart + day * kDay);
    step([](domain::ItemAccount account, Timestamp now) {
      return domain::apply_due(std::move(account), now);
    });
  }
  void extend(std::optional<Timestamp> until, std::optional<Timestamp> ends_at) {
    step([&](domain::ItemAccount account, Timestamp now) {
      return domain::extend_source(std::move(account), kPlan, {until, ends_at}, now);
    });
  }
  const domain::Term& term() const { return expected_.terms.at(0); }

  Lives lives_{rows_stay_behind()};
  domain::ItemAccount expected_;
  std::size_t lines_ = 0;
};

TEST_F(TermsRecovery, LimitsThatMoveWithoutALine) {
  const std::size_t before = lines_;
  extend(at(kStart + 60 * kDay), at(kStart + 67 * kDay));
  EXPECT_EQ(lines_, before) << "only the term changed";
  EXPECT_EQ(term().until, at(kStart + 60 * kDay));
  EXPECT_EQ(term().ends_at, at(kStart + 67 * kDay));
  extend(at(kStart + 60 * kDay), at(kStart + 67 * kDay));  // the same again
  EXPECT_EQ(lines_, before);
}

TEST_F(TermsRecovery, RepeatsAreFoldedOntoTheTerm) {
  extend(at(kStart + 60 * kDay), std::nullopt);
  apply_due_on_day(3);
  EXPECT_EQ(term().next, 4);
  EXPECT_EQ(expected_.quantity(), amount(40));
  step([](domain::ItemAccount account, Timestamp now) {
    return domain::decrease(std::move(account), amount(15), "", now);
  });
  apply_due_on_day(5);
  EXPECT_EQ(term().next, 6);
  EXPECT_EQ(expected_.quantity(), amount(45));
}

TEST_F(TermsRecovery, ALapseAndTheReturnFromIt) {
  extend(at(kStart + 2 * kDay), at(kStart + 3 * kDay));
  apply_due_on_day(4);
  EXPECT_TRUE(term().lapsed);
  EXPECT_EQ(expected_.quantity(), amount(0));
  lives_.clock().set(kStart + 5 * kDay);
  extend(at(kStart + 30 * kDay), std::nullopt);
  EXPECT_FALSE(term().lapsed);
  EXPECT_TRUE(expected_.quantity().is_positive());
  apply_due_on_day(6);
}

TEST_F(TermsRecovery, ASwitchOfPlans) {
  lives_.clock().set(kStart + kDay / 2);
  step([](domain::ItemAccount account, Timestamp now) {
    return domain::decrease(std::move(account), amount(4), "", now);
  });
  step([](domain::ItemAccount account, Timestamp now) {
    domain::IncludedGrant bigger = grant(now);
    bigger.quantity = amount(25);
    return domain::switch_source(std::move(account), kPlan, bigger, {bigger.until, {}}, now);
  });
  EXPECT_EQ(expected_.quantity(), amount(21)) << "less what was consumed";
  EXPECT_FALSE(term().carried.empty());
  apply_due_on_day(2);
  step([](domain::ItemAccount account, Timestamp now) {
    return domain::switch_source(std::move(account), kPlan, std::nullopt, {}, now);
  });
  EXPECT_EQ(term().quantity, amount(0)) << "it only remembers";
}

TEST_F(TermsRecovery, ASwitchThatHasNothingToGrant) {
  step([](domain::ItemAccount account, Timestamp now) {
    return domain::decrease(std::move(account), amount(10), "", now);
  });
  const std::size_t before = lines_;
  step([](domain::ItemAccount account, Timestamp now) {
    domain::IncludedGrant smaller = grant(now);
    smaller.quantity = amount(5);
    return domain::switch_source(std::move(account), kPlan, smaller, {smaller.until, {}}, now);
  });
  EXPECT_EQ(lines_, before) << "all of the new allowance was consumed already";
  EXPECT_EQ(term().quantity, amount(5));
}

TEST_F(TermsRecovery, TheEndOfAPurchase) {
  apply_due_on_day(1);
  step([](domain::ItemAccount account, Timestamp now) {
    return domain::end_source(std::move(account), kPlan, now);
  });
  EXPECT_TRUE(expected_.terms.empty());
  EXPECT_EQ(expected_.quantity(), amount(0));
  apply_due_on_day(9);
  EXPECT_EQ(expected_.quantity(), amount(0)) << "nothing repeats any more";
}

TEST_F(TermsRecovery, ARefundOfAll) {
  apply_due_on_day(1);
  step([](domain::ItemAccount account, Timestamp now) {
    return domain::revoke_source(std::move(account), kPlan, now);
  });
  EXPECT_TRUE(expected_.terms.empty());
}

TEST_F(TermsRecovery, ATermWithoutALineInACommandThatIsUndone) {
  PURSER_ASSERT_OK(lives_.store().commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    PURSER_TRY(auto account, batch.item(kCredits));
    PURSER_TRY(const auto change,
               domain::extend_source(std::move(account), kPlan, {std::nullopt, at(kStart + 1)},
                                     batch.now()));
    PURSER_CHECK_OK(batch.put_item(kCredits, change.account, change.entries));
    EXPECT_EQ(*batch.item(kCredits), change.account);
    PURSER_CHECK_OK(batch.undo_command());
    EXPECT_EQ(*batch.item(kCredits), expected_);
    return {};
  }));
  lives_.crash();
  EXPECT_EQ(*lives_.store().view()->item(kCredits), expected_);
}

}  // namespace
}  // namespace purser::sqlite
