#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"

namespace purser::stripe {
namespace {

Result<std::optional<CalendarInterval>> read_interval(const json::Value& price) {
  const json::Value* recurring = price.find("recurring");
  if (recurring == nullptr || recurring->is_null()) return std::optional<CalendarInterval>();
  const auto unit = parse_interval_unit(recurring->string_at("interval").value_or(""));
  const std::int64_t count = recurring->int_at("interval_count").value_or(0);
  if (!unit || count < 1 || count > CalendarInterval::kMaxCount) {
    return odd_answer("the interval of a price");
  }
  return std::optional(CalendarInterval{*unit, static_cast<int>(count)});
}

// We sell subscriptions of one item. Which of several was ours, nobody can tell.
Result<const json::Value*> only_item(const json::Value& subscription, const std::string& id) {
  PURSER_TRY(const json::Array* rows,
             rows_of(subscription.find("items"), "the items of a subscription"));
  if (rows->size() != 1) {
    return odd_answer("subscription " + id + " has " + std::to_string(rows->size()) +
                      " items where one was sold");
  }
  return &rows->front();
}

Status read_item(const json::Value& item, app::RemoteSubscription& out) {
  Fields fields(item, "subscription_item");
  out.item = fields.id();
  out.quantity = fields.amount("quantity");
  PURSER_CHECK_OK(fields.status());
  const json::Value* price = item.find("price");
  if (price == nullptr) return odd_answer("a subscription's item without price");
  Fields of_price(*price, "price");
  out.price = of_price.id();
  of_price.amount("unit_amount");
  out.unit_amount = of_price.money("unit_amount");
  PURSER_CHECK_OK(of_price.status());
  PURSER_TRY(out.interval, read_interval(*price));
  return {};
}

// None: no invoice yet, or it was a draft that somebody deleted.
Result<std::optional<app::RemoteInvoice>> read_latest_invoice(const json::Value& subscription) {
  const json::Value* latest = subscription.find("latest_invoice");
  if (latest == nullptr || latest->is_null() || latest->bool_at("deleted").value_or(false)) {
    return std::optional<app::RemoteInvoice>();
  }
  PURSER_TRY(auto invoice, read_invoice(*latest));
  return std::optional(std::move(invoice));
}

domain::SubscriptionStatus read_status(Fields& fields) {
  const auto status = domain::parse_subscription_status(fields.text("status"));
  if (!status) fields.refuse("status");
  return status.value_or(domain::SubscriptionStatus::kIncomplete);
}

}  // namespace

Result<app::RemoteSubscription> read_subscription(const json::Value& object) {
  Fields fields(object, "subscription");
  app::RemoteSubscription out;
  out.id = fields.id();
  out.customer = fields.needed_reference("customer");
  out.status = read_status(fields);
  out.billing_anchor = fields.time("billing_cycle_anchor");
  out.current_period_start = fields.time("current_period_start");
  out.current_period_end = fields.time("current_period_end");
  if (out.current_period_end < out.current_period_start) fields.refuse("current_period_end");
  out.trial_end = fields.time_if_any("trial_end");
  out.cancel_at_period_end = fields.flag("cancel_at_period_end");
  out.ended_at = fields.time_if_any("ended_at");
  out.default_payment_method = fields.reference("default_payment_method");
  out.reference = fields.metadata("purser_checkout");
  out.livemode = fields.flag("livemode");
  PURSER_CHECK_OK(fields.status());
  PURSER_TRY(const json::Value* item, only_item(object, out.id));
  PURSER_CHECK_OK(read_item(*item, out));
  PURSER_TRY(out.latest_invoice, read_latest_invoice(object));
  return out;
}

}  // namespace purser::stripe
