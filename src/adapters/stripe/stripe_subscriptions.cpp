#include <algorithm>

#include "adapters/stripe/calls.hpp"
#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"
#include "adapters/stripe/stripe.hpp"

namespace purser::stripe {
namespace {

constexpr std::string_view kSubscriptions = "/subscriptions";
constexpr std::string_view kInvoices = "/invoices";

std::string_view text_of(bool flag) { return flag ? "true" : "false"; }

Form expanded_invoice() {
  Form query;
  query.add({"expand", ""}, "latest_invoice");
  return query;
}

bool has_plan(const app::RemoteSubscription& subscription, const app::PlanChange& change) {
  return subscription.price == change.price && subscription.quantity == change.quantity;
}

// With error_if_incomplete a payment that fails changes nothing and is told at once. Source:
// https://docs.stripe.com/api/subscriptions/update (payment_behavior, proration_behavior)
Form plan_form(const app::PlanChange& change) {
  Form form;
  form.add({"items", "0", "id"}, change.item)
      .add({"items", "0", "price"}, change.price)
      .add({"items", "0", "quantity"}, change.quantity)
      .add({"proration_behavior"}, change.prorate ? "always_invoice" : "none");
  if (!change.prorate) return form;
  form.add({"payment_behavior"}, "error_if_incomplete");
  if (change.asked_at != Timestamp{}) form.add({"proration_date"}, to_seconds(change.asked_at));
  return form;
}

// Prorations that are invoiced at once may not show together with the next renewal, so the preview
// asks for prorations that wait for it: the amounts are the same. Source:
// https://docs.stripe.com/api/invoices/upcoming (version 2024-06-20)
Form preview_query(const app::PlanChange& change) {
  constexpr std::string_view kDetails = "subscription_details";
  Form query;
  query.add({"subscription"}, change.subscription)
      .add({kDetails, "items", "0", "id"}, change.item)
      .add({kDetails, "items", "0", "price"}, change.price)
      .add({kDetails, "items", "0", "quantity"}, change.quantity)
      .add({kDetails, "proration_behavior"}, change.prorate ? "create_prorations" : "none");
  if (change.prorate && change.asked_at != Timestamp{}) {
    query.add({kDetails, "proration_date"}, to_seconds(change.asked_at));
  }
  return query;
}

bool is_trialing(const json::Value& subscription) {
  return subscription.string_at("status") == "trialing";
}

bool has_ended(const json::Value& subscription) {
  const auto status = subscription.string_at("status");
  return status == "canceled" || status == "incomplete_expired";
}

}  // namespace

Result<json::Value> Stripe::fetch_subscription(const app::ProviderCredentials& as,
                                               const std::string& id) {
  return fetch(as, kSubscriptions, id, expanded_invoice());
}

Result<app::RemoteSubscription> Stripe::subscription(const app::ProviderCredentials& as,
                                                     const std::string& id) {
  PURSER_TRY(const json::Value object, fetch_subscription(as, id));
  return read_subscription(object);
}

// `what` without its path.
Result<json::Value> Stripe::change_subscription(const app::ProviderCredentials& as,
                                                const std::string& id, Post what,
                                                const LookUp& look_up) {
  PURSER_TRY(what.path, path_with_id(kSubscriptions, id));
  what.form.add({"expand", ""}, "latest_invoice");
  PURSER_TRY(json::Value object, make(as, what, look_up));
  if (object.string_at("id") != id) return odd_answer("another subscription than " + id);
  return object;
}

Result<app::RemoteSubscription> Stripe::change_plan(const app::ProviderCredentials& as,
                                                    const app::PlanChange& change,
                                                    const std::string& idempotency_key) {
  const LookUp look_up = [&]() -> Result<std::optional<json::Value>> {
    PURSER_TRY(json::Value object, fetch_subscription(as, change.subscription));
    PURSER_TRY(const app::RemoteSubscription now, read_subscription(object));
    if (!has_plan(now, change)) return std::optional<json::Value>();
    return std::optional(std::move(object));
  };
  if (may_be_forgotten(change.asked_at, clock_.now())) {
    PURSER_TRY(const auto found, look_up());
    if (found) return read_subscription(*found);
  }
  Post post{"", plan_form(change), idempotency_key, true};
  PURSER_TRY(const json::Value object,
             change_subscription(as, change.subscription, std::move(post), look_up));
  PURSER_TRY(app::RemoteSubscription changed, read_subscription(object));
  if (!has_plan(changed, change)) {
    return odd_answer("subscription " + changed.id + " without the plan that was asked for");
  }
  return changed;
}

Result<app::PlanPreview> Stripe::preview_plan(const app::ProviderCredentials& as,
                                              const app::PlanChange& change) {
  PURSER_TRY(const json::Value now, fetch(as, kSubscriptions, change.subscription));
  Fields fields(now, "subscription");
  const Timestamp period_end = fields.time("current_period_end");
  PURSER_CHECK_OK(fields.status());
  PURSER_TRY(const json::Value object,
             client_.get(as, with_query("/invoices/upcoming", preview_query(change))));
  return read_preview(object, change.prorate, period_end);
}

Result<app::RemoteSubscription> Stripe::set_cancel_at_period_end(
    const app::ProviderCredentials& as, const std::string& subscription, bool cancel,
    const std::string& idempotency_key) {
  Form form;
  form.add({"cancel_at_period_end"}, text_of(cancel));
  PURSER_TRY(const json::Value object,
             change_subscription(as, subscription, {"", form, idempotency_key}));
  return read_subscription(object);
}

// Stripe ignores the key of a DELETE; that it has happened shows in the subscription. The credit
// becomes a balance through the last invoice, which is below zero. Source:
// https://docs.stripe.com/api/subscriptions/cancel
Status Stripe::end_subscription(const app::ProviderCredentials& as, const std::string& subscription,
                                bool credit_unused, const std::string& /*idempotency_key*/) {
  PURSER_TRY(const std::string path, path_with_id(kSubscriptions, subscription));
  Form query;
  query.add({"invoice_now"}, text_of(credit_unused)).add({"prorate"}, text_of(credit_unused));
  const auto ended = client_.remove(as, with_query(path, query));
  if (ended) {
    if (has_ended(*ended) && ended->string_at("id") == subscription) return {};
    return odd_answer("subscription " + subscription + " goes on after it was ended");
  }
  if (ended.error().code != ErrorCode::kPaymentProviderRefused) return ended.error();
  // Refused for one that has ended already, perhaps by an earlier call whose answer was lost.
  PURSER_TRY(const json::Value now, fetch_subscription(as, subscription));
  if (has_ended(now)) return {};
  return ended.error();
}

// Never asked of one that is not trialing: its period would begin anew and be charged.
Status Stripe::end_trial(const app::ProviderCredentials& as, const std::string& subscription,
                         const std::string& idempotency_key) {
  const LookUp look_up = [&]() -> Result<std::optional<json::Value>> {
    PURSER_TRY(json::Value object, fetch_subscription(as, subscription));
    if (is_trialing(object)) return std::optional<json::Value>();
    return std::optional(std::move(object));
  };
  PURSER_TRY(const auto over, look_up());
  if (over) return {};
  // It ends whether its first period can be paid or not: unpaid it is past due, and Stripe asks the
  // customer. https://docs.stripe.com/api/subscriptions/update#update_subscription-payment_behavior
  Form form;
  form.add({"trial_end"}, "now").add({"payment_behavior"}, "allow_incomplete");
  PURSER_TRY(const json::Value object,
             change_subscription(as, subscription, {"", form, idempotency_key, true}, look_up));
  if (is_trialing(object)) return odd_answer("a trial of " + subscription + " that did not end");
  return {};
}

Result<app::RemoteInvoice> Stripe::invoice(const app::ProviderCredentials& as,
                                           const std::string& id) {
  PURSER_TRY(const json::Value object, fetch(as, kInvoices, id));
  return read_invoice(object);
}

Result<std::vector<app::RemoteInvoice>> Stripe::invoices_of(const app::ProviderCredentials& as,
                                                            const std::string& subscription,
                                                            int limit) {
  Form query;
  query.add({"subscription"}, subscription)
      .add({"limit"}, std::clamp<std::int64_t>(limit, 1, kPageSize));
  PURSER_TRY(const json::Value list, client_.get(as, with_query(std::string(kInvoices), query)));
  PURSER_TRY(const json::Array* rows, rows_of(&list, "a list of invoices"));
  std::vector<app::RemoteInvoice> invoices;
  for (const json::Value& row : *rows) {
    PURSER_TRY(app::RemoteInvoice invoice, read_invoice(row));
    if (invoice.subscription != subscription) return odd_answer("another subscription's invoice");
    invoices.push_back(std::move(invoice));
  }
  return invoices;
}

}  // namespace purser::stripe
