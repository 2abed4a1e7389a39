#include "domain/refund.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace purser::domain {
namespace {

Quantity q(std::int64_t value) { return Quantity::of(value).value(); }
Money usd(std::int64_t cents) { return {cents, Currency::parse("usd").value()}; }

Purchase seats(std::int64_t quantity, std::int64_t refunded = 0) {
  Purchase purchase;
  purchase.id = PurchaseId("purchase");
  purchase.product.id = ProductId("seats");
  purchase.product.stackable = true;
  purchase.quantity = q(quantity);
  purchase.refunded_quantity = q(refunded);
  return purchase;
}

RefundOrder by_amount(std::int64_t amount) { return {amount, std::nullopt}; }
RefundOrder by_quantity(std::int64_t quantity) { return {std::nullopt, q(quantity)}; }

std::string refusal(const Purchase& purchase, const Paid& paid, const RefundOrder& order) {
  const auto plan = plan_refund(purchase, paid, order);
  if (plan) return {};
  const Error& error = plan.error();
  if (error.code != ErrorCode::kRefundNotPossible) return std::string(error_row(error.code).name);
  EXPECT_EQ(error.details.at(0).first, "reason");
  return std::get<std::string>(error.details.at(0).second);
}

TEST(PlanRefund, WithoutAnAmountIsAllThatIsLeft) {
  const RefundPlan plan = plan_refund(seats(3), {usd(1000), 200}, {}).value();
  EXPECT_EQ(plan.amount, 800);
  EXPECT_EQ(plan.quantity, q(3));
  EXPECT_TRUE(plan.full);
}

TEST(PlanRefund, ByAmount) {
  const RefundPlan part = plan_refund(seats(3), {usd(1000), 200}, by_amount(799)).value();
  EXPECT_EQ(part.amount, 799);
  EXPECT_EQ(part.quantity, q(0));
  EXPECT_FALSE(part.full);
  const RefundPlan rest = plan_refund(seats(3, 1), {usd(1000), 200}, by_amount(800)).value();
  EXPECT_TRUE(rest.full);
  EXPECT_EQ(rest.quantity, q(2));
}

TEST(PlanRefund, ByQuantityTheUnitsGiveExactlyTheAmount) {
  std::int64_t refunded = 0;
  std::vector<std::int64_t> amounts;
  for (int unit = 0; unit < 3; ++unit) {
    const RefundPlan plan =
        plan_refund(seats(3, unit), {usd(1000), refunded}, by_quantity(1)).value();
    EXPECT_EQ(plan.quantity, q(1));
    EXPECT_EQ(plan.full, unit == 2);
    refunded += plan.amount;
    amounts.push_back(plan.amount);
  }
  EXPECT_EQ(amounts, (std::vector<std::int64_t>{333, 333, 334}));
}

TEST(PlanRefund, AmountsAndQuantitiesMustBePositiveAndNotBoth) {
  const Paid paid{usd(1000), 0};
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}}) {
    EXPECT_EQ(refusal(seats(3), paid, by_amount(bad)), "SCHEMA_ERROR");
    EXPECT_EQ(refusal(seats(3), paid, by_quantity(bad)), "SCHEMA_ERROR");
  }
  const auto both = plan_refund(seats(3), paid, {5, q(1)});
  const auto& fields = std::get<std::vector<FieldError>>(both.error().details.at(0).second);
  EXPECT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields.at(0).path, "amount");
  EXPECT_EQ(fields.at(1).path, "quantity");
}

TEST(PlanRefund, NothingWasPaid) { EXPECT_EQ(refusal(seats(3), {usd(0), 0}, {}), "not_paid"); }

TEST(PlanRefund, AllWasRefunded) {
  EXPECT_EQ(refusal(seats(3), {usd(1000), 1000}, {}), "already_refunded");
  EXPECT_EQ(refusal(seats(3), {usd(1000), 1000}, by_amount(1)), "already_refunded");
}

TEST(PlanRefund, NeverMoreThanWasPaid) {
  const auto refused = plan_refund(seats(3), {usd(1000), 200}, by_amount(801));
  EXPECT_EQ(refusal(seats(3), {usd(1000), 200}, by_amount(801)), "exceeds_paid");
  const Details& details = refused.error().details;
  EXPECT_EQ(details.at(1).first, "refundable");
  EXPECT_EQ(std::get<std::int64_t>(details.at(1).second), 800);
  EXPECT_EQ(refusal(seats(3), {usd(1000), 0}, by_amount(std::numeric_limits<std::int64_t>::max())),
            "exceeds_paid");
  // Units whose money went with refunds by amount.
  EXPECT_EQ(refusal(seats(3), {usd(1000), 800}, by_quantity(1)), "exceeds_paid");
}

TEST(PlanRefund, ByQuantityOnlyOfStackableOneTimePurchases) {
  const Paid paid{usd(1000), 0};
  Purchase single = seats(1);
  single.product.stackable = false;
  EXPECT_EQ(refusal(single, paid, by_quantity(1)), "quantity_not_refundable");
  Purchase subscription = seats(3);
  subscription.type = PurchaseType::kSubscription;
  EXPECT_EQ(refusal(subscription, paid, by_quantity(1)), "quantity_not_refundable");
  EXPECT_EQ(refusal(subscription, paid, by_amount(1)), "");
}

TEST(PlanRefund, NeverMoreUnitsThanAreLeft) {
  EXPECT_EQ(refusal(seats(3, 1), {usd(1000), 333}, by_quantity(3)), "exceeds_quantity");
  EXPECT_EQ(refusal(seats(3, 1), {usd(1000), 333}, by_quantity(Quantity::kMax)),
            "exceeds_quantity");
  EXPECT_EQ(refusal(seats(3, 1), {usd(1000), 333}, by_quantity(2)), "");
}

TEST(PlanRefund, UnitsThatCostNothingAlone) {
  EXPECT_EQ(refusal(seats(3), {usd(2), 0}, by_quantity(1)), "not_paid");
  EXPECT_EQ(plan_refund(seats(3), {usd(2), 0}, by_quantity(2)).value().amount, 1);
}

TEST(PlanRefund, OfTheLastMoneyIsFull) {
  const RefundPlan plan = plan_refund(seats(2), {usd(1000), 500}, by_quantity(1)).value();
  EXPECT_TRUE(plan.full);
  EXPECT_EQ(plan.quantity, q(2));
}

TEST(PlanRefund, IsExactForTheLargestAmounts) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const std::int64_t most = Quantity::kMax;
  // 2^63-1 over 2^53-1 units are 1024 and a little each; all but the last one have cost the floor.
  const RefundPlan last =
      plan_refund(seats(most, most - 1), {usd(huge), huge - 1025}, by_quantity(1)).value();
  EXPECT_EQ(last.amount, 1025);
  EXPECT_TRUE(last.full);
}

TEST(RevokedShare, IsTheShareOfWhatWasPaid) {
  EXPECT_EQ(revoked_share(q(100), 0, 500, 1000), q(50));
  EXPECT_EQ(revoked_share(q(100), 500, 1000, 1000), q(50));
  EXPECT_EQ(revoked_share(q(1), 0, 999, 1000), q(0));
  EXPECT_EQ(revoked_share(q(1), 999, 1000, 1000), q(1));
  EXPECT_EQ(revoked_share(q(0), 0, 1000, 1000), q(0));
  EXPECT_EQ(revoked_share(q(7), 300, 300, 1000), q(0));
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(revoked_share(q(Quantity::kMax), 0, huge, huge), q(Quantity::kMax));
}

// Random refunds of one purchase, by amount, by quantity and of the rest, each as a caller records
// it; refused ones change nothing.
RC_GTEST_PROP(RefundProperty, RefundsNeverExceedWhatWasPaidNorRevocationsWhatWasGranted, ()) {
  const std::int64_t total = *rc::gen::inRange<std::int64_t>(1, 5000);
  const std::int64_t units = *rc::gen::inRange<std::int64_t>(1, 20);
  const Quantity granted = q(*rc::gen::inRange<std::int64_t>(0, 1'000'000));
  Purchase purchase = seats(units);
  std::int64_t refunded = 0;
  std::int64_t revoked = 0;
  bool full = false;
  const auto count = *rc::gen::inRange(1, 30);
  for (int i = 0; i < count && !full; ++i) {
    RefundOrder order = by_amount(*rc::gen::inRange<std::int64_t>(1, total + 1));
    if (*rc::gen::arbitrary<bool>()) {
      order = by_quantity(*rc::gen::inRange<std::int64_t>(1, units + 1));
    }
    const auto plan = plan_refund(purchase, {usd(total), refunded}, order);
    if (!plan) continue;
    RC_ASSERT(plan->amount > 0);
    revoked += revoked_share(granted, refunded, refunded + plan->amount, total).value();
    refunded += plan->amount;
    purchase.refunded_quantity = purchase.refunded_quantity.plus(plan->quantity).value();
    full = plan->full;
    RC_ASSERT(refunded <= total);
    RC_ASSERT(purchase.refunded_quantity <= purchase.quantity);
    RC_ASSERT(revoked <= granted.value());
    RC_ASSERT(full == (refunded == total));
    if (full) RC_ASSERT(purchase.refunded_quantity == purchase.quantity);
  }
  if (!full) {
    const RefundPlan rest = plan_refund(purchase, {usd(total), refunded}, {}).value();
    RC_ASSERT(rest.full);
    RC_ASSERT(refunded + rest.amount == total);
    RC_ASSERT(purchase.refunded_quantity.plus(rest.quantity) == purchase.quantity);
    revoked += revoked_share(granted, refunded, total, total).value();
  }
  RC_ASSERT(revoked == granted.value());
}

RC_GTEST_PROP(RefundProperty, AllUnitsTogetherAreTheFullRefund, ()) {
  const std::int64_t units = *rc::gen::inRange<std::int64_t>(1, 20);
  const std::int64_t total = *rc::gen::inRange<std::int64_t>(units, 1'000'000);
  Purchase purchase = seats(units);
  std::int64_t refunded = 0;
  while (purchase.refunded_quantity < purchase.quantity) {
    const std::int64_t left = units - purchase.refunded_quantity.value();
    const auto some = by_quantity(*rc::gen::inRange<std::int64_t>(1, left + 1));
    const RefundPlan plan = plan_refund(purchase, {usd(total), refunded}, some).value();
    RC_ASSERT(plan.quantity == *some.quantity);
    refunded += plan.amount;
    purchase.refunded_quantity = purchase.refunded_quantity.plus(plan.quantity).value();
    RC_ASSERT(plan.full == (purchase.refunded_quantity == purchase.quantity));
  }
  RC_ASSERT(refunded == total);
}

}  // namespace
}  // namespace purser::domain
