#include "domain/refund.hpp"

#include <utility>

#include "domain/wide_int.hpp"

namespace purser::domain {
namespace {

Error bad_fields(std::vector<FieldError> fields) {
  std::string message = "The field " + fields.front().path + " " + fields.front().message + ".";
  return {ErrorCode::kSchemaError, std::move(message), {{"fields", std::move(fields)}}};
}

Error not_possible(const char* reason, std::string message, Details more = {}) {
  Details details = {{"reason", std::string(reason)}};
  details.insert(details.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  return {ErrorCode::kRefundNotPossible, std::move(message), std::move(details)};
}

// floor(total × part / whole), for 0 ≤ part ≤ whole, whole > 0, total ≥ 0.
std::int64_t share_of(std::int64_t total, std::int64_t part, std::int64_t whole) {
  return static_cast<std::int64_t>(static_cast<WideInt>(total) * part / whole);
}

Status check_shape(const RefundOrder& order) {
  if (order.amount && order.quantity) {
    return bad_fields({{"amount", "must not stand beside quantity"},
                       {"quantity", "must not stand beside amount"}});
  }
  if (order.amount && *order.amount <= 0) return bad_fields({{"amount", "must be positive"}});
  if (order.quantity && !order.quantity->is_positive()) {
    return bad_fields({{"quantity", "must be positive"}});
  }
  return {};
}

// What the units cost that are to be given back.
Result<std::int64_t> price_of_units(const Purchase& purchase, const Paid& paid, Quantity units) {
  if (purchase.type != PurchaseType::kOneTime || !purchase.product.stackable) {
    return not_possible("quantity_not_refundable",
                        "Only one-time purchases of stackable products are refunded by quantity.");
  }
  const std::int64_t all = purchase.quantity.value();
  const std::int64_t already = purchase.refunded_quantity.value();
  if (units.value() > all - already) {
    return not_possible("exceeds_quantity",
                        "The purchase has " + std::to_string(all - already) + " units left.",
                        {{"refundable_quantity", all - already}});
  }
  const std::int64_t total = paid.amount.minor_units();
  return share_of(total, already + units.value(), all) - share_of(total, already, all);
}

}  // namespace

Result<RefundPlan> plan_refund(const Purchase& purchase, const Paid& paid,
                               const RefundOrder& order) {
  PURSER_CHECK_OK(check_shape(order));
  const std::int64_t total = paid.amount.minor_units();
  const std::int64_t left = total - paid.refunded;
  if (total <= 0) return not_possible("not_paid", "Nothing was paid.");
  if (left <= 0) return not_possible("already_refunded", "All of it was given back already.");

  RefundPlan plan;
  plan.amount = order.amount.value_or(left);
  if (order.quantity) {
    PURSER_TRY(plan.amount, price_of_units(purchase, paid, *order.quantity));
    plan.quantity = *order.quantity;
  }
  if (plan.amount > left) {
    return not_possible(
        "exceeds_paid",
        "At most " + Money(left, paid.amount.currency()).to_decimal() + " can still be given back.",
        {{"refundable", left}});
  }
  if (plan.amount == 0) return not_possible("not_paid", "Nothing was paid for so few units.");
  plan.full = plan.amount == left;
  if (plan.full) {
    plan.quantity =
        Quantity::of(purchase.quantity.value() - purchase.refunded_quantity.value()).value();
  }
  return plan;
}

Quantity revoked_share(Quantity granted, std::int64_t refunded_before, std::int64_t refunded_after,
                       std::int64_t amount) {
  return Quantity::of(share_of(granted.value(), refunded_after, amount) -
                      share_of(granted.value(), refunded_before, amount))
      .value();
}

}  // namespace purser::domain
