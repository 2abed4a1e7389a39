#include "sandbox/billing.hpp"
#include "sandbox/proration.hpp"
#include "sandbox/subscriptions.hpp"

// The invoice that a customer would get next, after a change or without one. Nothing is stored.
// Source: https://docs.stripe.com/api/invoices/create_preview

namespace purser::sandbox {
namespace {

struct Preview {
  Change change;
  std::vector<json::Value> new_prices;  // dropped with it
  bool has_change = false;
  bool cancels_now = false;
  std::optional<bool> cancels_at_end;
};

Failure no_upcoming(const std::string& customer) {
  Failure failure =
      invalid("No upcoming invoices for customer: " + customer, {}, "invoice_upcoming_none");
  failure.status = 404;
  return failure;
}

Preview read_preview(Call& call, const json::Value& subscription) {
  Preview preview;
  preview.change.items = items_of(subscription);
  auto details = call.params.group("subscription_details");
  if (!details) return preview;
  preview.change.items = read_items(call, *details, preview.change.items, preview.new_prices);
  read_change(call, *details, preview.change);
  preview.has_change =
      details->has("items") || details->has("trial_end") || preview.change.anchor_now;
  preview.cancels_now = details->boolean("cancel_now").value_or(false);
  preview.cancels_at_end = details->boolean("cancel_at_period_end");
  if (auto failure = check_items(preview.change.items)) details->complain(*std::move(failure));
  return preview;
}

Answer show(Call& call, const Record& customer, InvoiceOrder order,
            const std::optional<std::int64_t>& proration_date) {
  order.reason = "upcoming";
  order.auto_advance = false;
  const std::string id = call.world.new_id("upcoming_in_1");
  json::Value invoice = invoice_document(call.world, id, customer, order);
  set(invoice, "next_payment_attempt", order.period_end);
  const std::int64_t balance = int_at(customer.doc, "balance");
  set(invoice, "ending_balance",
      balance + int_at(invoice, "total") - int_at(invoice, "amount_due"));
  if (proration_date) set(invoice, "subscription_proration_date", *proration_date);
  return invoice;
}

// The renewal that comes after `plan`; the period that it ends is the order's.
void add_renewal(const Scene& scene, const json::Value& subscription,
                 const std::vector<Item>& items, std::int64_t from, InvoiceOrder& order) {
  order.period_start = int_at(subscription, "current_period_start");
  order.period_end = from;
  json::Value later = subscription;
  if (text_at(subscription, "status") == "trialing") set(later, "billing_cycle_anchor", from);
  const auto lines = renewal_lines(scene, later, items, from);
  order.lines.insert(order.lines.end(), lines.begin(), lines.end());
}

Answer preview_change(Call& call, const Record& customer, const json::Value& subscription,
                      const Preview& preview) {
  const Scene scene = call.scene();
  InvoiceOrder order;
  order.subscription = text_at(subscription, "id");
  order.currency = text_at(subscription, "currency");
  order.subscription_metadata = at(subscription, "metadata");
  order.lines = pending_lines(scene, customer.id(), order.subscription, order.currency);
  const std::int64_t now = scene.world.now_seconds();
  const auto& date = preview.change.proration_date;
  if (preview.cancels_now) {
    const auto credit =
        preview.change.proration == "none"
            ? std::vector<Line>()
            : unused_time(scene, subscription, items_of(subscription), date.value_or(now));
    order.lines.insert(order.lines.end(), credit.begin(), credit.end());
    order.period_start = int_at(subscription, "current_period_start");
    order.period_end = now;
    return show(call, customer, std::move(order), date);
  }
  ChangePlan plan;
  plan.end = int_at(subscription, "current_period_end");
  if (preview.has_change) {
    auto planned = plan_change(scene, subscription, preview.change);
    if (auto* failure = std::get_if<Failure>(&planned)) return std::move(*failure);
    plan = std::get<ChangePlan>(std::move(planned));
  }
  order.lines.insert(order.lines.end(), plan.prorations.begin(), plan.prorations.end());
  if (plan.invoice_now) {
    order.lines.insert(order.lines.end(), plan.period_lines.begin(), plan.period_lines.end());
    order.period_start = plan.start;
    order.period_end = now;
    return show(call, customer, std::move(order), date.value_or(now));
  }
  const bool ends = preview.cancels_at_end.value_or(bool_at(subscription, "cancel_at_period_end"));
  if (ends) {
    if (order.lines.empty()) return no_upcoming(customer.id());
    order.period_start = int_at(subscription, "current_period_start");
    order.period_end = plan.end;
  } else {
    add_renewal(scene, subscription, preview.change.items, plan.end, order);
  }
  return show(call, customer, std::move(order),
              preview.has_change ? std::optional(date.value_or(now)) : date);
}

// The first invoice of a subscription that does not exist yet.
Answer preview_new(Call& call, const Record& customer, const Preview& preview) {
  SubscriptionOrder made;
  made.items = preview.change.items;
  made.trial_end = preview.change.trial_end;
  if (made.trial_end == call.world.now_seconds()) made.trial_end.reset();
  const Scene scene = call.scene();
  InvoiceOrder order;
  order.currency = text_at(made.items[0].price, "currency");
  order.lines = first_lines(scene, "", made);
  const auto waiting = pending_lines(scene, customer.id(), "", order.currency);
  order.lines.insert(order.lines.end(), waiting.begin(), waiting.end());
  order.period_start = order.period_end = scene.world.now_seconds();
  return show(call, customer, std::move(order), {});
}

Answer preview_invoice(Call& call) {
  const Scene scene = call.scene();
  const auto customer_id = call.params.text("customer");
  const auto subscription_id = call.params.text("subscription");
  const Record* subscription =
      subscription_id ? scene.find(kSubscription, *subscription_id) : nullptr;
  if (subscription_id && subscription == nullptr) {
    return no_such("subscription", *subscription_id, "subscription");
  }
  if (subscription != nullptr && customer_id &&
      text_at(subscription->doc, "customer") != *customer_id) {
    return invalid("The subscription does not belong to the customer.", "customer");
  }
  const std::string owner =
      subscription != nullptr ? text_at(subscription->doc, "customer") : customer_id.value_or("");
  const Record* customer = enter_customer(scene, owner);
  const Preview preview =
      read_preview(call, subscription == nullptr ? json::Value() : subscription->doc);
  if (const auto failure = call.params.finish()) return *failure;
  if (customer == nullptr) {
    if (owner.empty()) {
      return invalid("You must specify `customer` or `subscription`.", "customer",
                     "parameter_missing");
    }
    return no_such("customer", owner, "customer");
  }
  if (subscription != nullptr) {
    if (!is_live(subscription->doc)) return no_upcoming(owner);
    return preview_change(call, *customer, subscription->doc, preview);
  }
  if (preview.change.items.empty()) return no_upcoming(owner);
  return preview_new(call, *customer, preview);
}

// The older way to ask for what comes next: its answer has no id.
Answer upcoming_invoice(Call& call) {
  Answer answer = preview_invoice(call);
  if (auto* invoice = std::get_if<json::Value>(&answer)) invoice->erase("id");
  return answer;
}

}  // namespace

std::vector<Route> preview_routes() {
  return {{"POST", "/v1/invoices/create_preview", preview_invoice},
          {"GET", "/v1/invoices/upcoming", upcoming_invoice}};
}

}  // namespace purser::sandbox
