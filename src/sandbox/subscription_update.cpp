#include "sandbox/billing.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/subscriptions.hpp"

namespace purser::sandbox {
namespace {

void read_end(Call& call, json::Value& doc) {
  const auto at_period_end = call.params.boolean("cancel_at_period_end");
  if (!at_period_end || *at_period_end == bool_at(doc, "cancel_at_period_end")) return;
  set(doc, "cancel_at_period_end", *at_period_end);
  set(doc, "canceled_at", *at_period_end ? Any(call.world.now_seconds()) : Any(nullptr));
  set(doc, "cancel_at", *at_period_end ? Any(at(doc, "current_period_end")) : Any(nullptr));
  set(*doc.find("cancellation_details"), "reason",
      *at_period_end ? Any("cancellation_requested") : Any(nullptr));
}

Update read_update(Call& call, const Record& subscription) {
  Params& params = call.params;
  Update update;
  update.doc = subscription.doc;
  Change& change = update.change;
  change.items = read_items(call, params, items_of(subscription.doc), update.new_prices);
  if (auto failure = check_items(change.items)) params.complain(*std::move(failure));
  const bool asks = params.has("items") || params.has("trial_end");
  read_change(call, params, change);
  update.changes_billing = asks || change.anchor_now;
  read_payment(params, update);
  update.method = params.clearable_text("default_payment_method");
  read_end(call, update.doc);
  if (const auto text = params.clearable_text("description", 500)) {
    set(update.doc, "description", *text);
  }
  if (auto details = params.group("cancellation_details")) {
    for (const char* field : {"comment", "feedback"}) {
      if (const auto text = details->clearable_text(field)) {
        set(*update.doc.find("cancellation_details"), field, *text);
      }
    }
  }
  params.apply_metadata(*update.doc.find("metadata"));
  return update;
}

std::optional<Failure> check_state(const Record& subscription, const Update& update) {
  const std::string status = text_at(subscription.doc, "status");
  if (!is_live(subscription.doc)) {
    const bool only_words =
        !update.changes_billing && !update.method &&
        at(update.doc, "cancel_at_period_end") == at(subscription.doc, "cancel_at_period_end");
    if (only_words) return std::nullopt;
    return invalid(
        "A canceled subscription can only update its cancellation_details and metadata.");
  }
  if (status == "incomplete" && update.changes_billing) {
    return invalid(
        "This subscription's first payment has not been made: its items cannot be changed until "
        "then.",
        "items");
  }
  if (text_at(update.change.items[0].price, "currency") != text_at(subscription.doc, "currency")) {
    return invalid("The price's currency must be that of the subscription: " +
                       text_at(subscription.doc, "currency") + ".",
                   "items");
  }
  return std::nullopt;
}

InvoiceOrder update_order(const Scene& scene, const json::Value& doc, const ChangePlan& plan) {
  InvoiceOrder order;
  order.subscription = text_at(doc, "id");
  order.reason = "subscription_update";
  order.currency = text_at(doc, "currency");
  order.period_start = plan.start;
  order.period_end = plan.new_period ? plan.start : scene.world.now_seconds();
  order.subscription_metadata = at(doc, "metadata");
  order.lines = pending_lines(scene, text_at(doc, "customer"), order.subscription, order.currency);
  order.lines.insert(order.lines.end(), plan.prorations.begin(), plan.prorations.end());
  order.lines.insert(order.lines.end(), plan.period_lines.begin(), plan.period_lines.end());
  return order;
}

void apply_plan(const Scene& scene, json::Value& doc, Change& change, const ChangePlan& plan) {
  show_items(scene.world, doc, change.items);
  if (plan.new_period) {
    set(doc, "billing_cycle_anchor", plan.start);
    set(doc, "current_period_start", plan.start);
    if (text_at(doc, "status") == "trialing") {
      set(doc, "status", "active");
      set(doc, "trial_end", plan.start);
    }
  } else if (change.trial_end && text_at(doc, "status") == "trialing") {
    set(doc, "trial_end", plan.end);
    set(doc, "billing_cycle_anchor", plan.end);
  }
  set(doc, "current_period_end", plan.end);
  if (bool_at(doc, "cancel_at_period_end")) set(doc, "cancel_at", plan.end);
}

// The items get their ids while the plan is applied; its lines were made before.
void name_items(ChangePlan& plan, const std::vector<Item>& items) {
  for (auto* lines : {&plan.prorations, &plan.period_lines}) {
    for (Line& line : *lines) {
      if (!line.item.empty()) continue;
      for (const Item& item : items) {
        if (text_at(item.price, "id") == text_at(line.price, "id")) line.item = item.id;
      }
    }
  }
}

// Everything was agreed to: changes the subscription, invoices what has to be, and collects.
void carry_out(const Scene& scene, Record& subscription, Update& update, ChangePlan& plan,
               Record* method) {
  Record& customer = *scene.find(kCustomer, text_at(subscription.doc, "customer"));
  put_prices(scene, update.new_prices);
  apply_plan(scene, update.doc, update.change, plan);
  name_items(plan, update.change.items);
  if (!plan.invoice_now) {
    for (const Line& line : plan.prorations) add_pending(scene, customer, line);
    return save(scene, kSubscription, subscription, std::move(update.doc),
                "customer.subscription.updated");
  }
  const InvoiceOrder order = update_order(scene, update.doc, plan);
  Record& invoice = add_invoice(scene, customer, order);
  set(update.doc, "latest_invoice", invoice.id());
  save(scene, kSubscription, subscription, std::move(update.doc), "customer.subscription.updated");
  finalize_invoice(scene, invoice);
  if (text_at(invoice.doc, "status") != "open") return;
  if (update.behavior == "default_incomplete") {
    json::Value doc = subscription.doc;
    set(doc, "status", "past_due");
    return save(scene, kSubscription, subscription, std::move(doc),
                "customer.subscription.updated");
  }
  collect_invoice(scene, invoice, method,
                  update.off_session ? Presence::kOffSession : Presence::kOnSession, true);
}

// Whether the payment that the plan asks for would be made; asked before anything is changed.
std::optional<Failure> check_payment(const Scene& scene, const Record& customer,
                                     const Update& update, const ChangePlan& plan,
                                     const Record* method) {
  if (!plan.invoice_now || update.behavior != "error_if_incomplete") return std::nullopt;
  const json::Value draft =
      invoice_document(scene.world, "", customer, update_order(scene, update.doc, plan));
  if (int_at(draft, "amount_due") == 0) return std::nullopt;
  if (method == nullptr) {
    return invalid(
        "This customer has no attached payment source or default payment method. Please consider "
        "adding a default payment method.",
        {}, "resource_missing");
  }
  return refusal_of(*method, update.off_session ? Presence::kOffSession : Presence::kOnSession);
}

}  // namespace

void read_payment(Params& params, Update& update) {
  if (params.is("payment_behavior", "pending_if_incomplete")) {
    params.complain(
        invalid("The sandbox does not have pending updates: use allow_incomplete, "
                "default_incomplete or error_if_incomplete.",
                "payment_behavior"));
  }
  update.behavior = params
                        .one_of("payment_behavior",
                                {"allow_incomplete", "default_incomplete", "error_if_incomplete"})
                        .value_or("allow_incomplete");
  update.off_session = params.boolean("off_session").value_or(false);
}

std::optional<Failure> apply_update(const Scene& scene, Record& subscription, Update& update) {
  if (auto failure = check_state(subscription, update)) return failure;
  const Record& customer = *scene.find(kCustomer, text_at(subscription.doc, "customer"));
  std::optional<ChangePlan> plan;
  if (update.changes_billing) {
    auto planned = plan_change(scene, subscription.doc, update.change);
    if (auto* failure = std::get_if<Failure>(&planned)) return std::move(*failure);
    plan = std::get<ChangePlan>(std::move(planned));
  }
  if (update.method) {
    if (auto failure = set_default_method(scene, customer, update.doc, "default_payment_method",
                                          *update.method, "default_payment_method")) {
      return failure;
    }
  }
  Record* method = default_method(scene, customer, update.doc);
  if (!plan) {
    save(scene, kSubscription, subscription, std::move(update.doc),
         "customer.subscription.updated");
    return std::nullopt;
  }
  if (auto failure = check_payment(scene, customer, update, *plan, method)) return failure;
  carry_out(scene, subscription, update, *plan, method);
  return std::nullopt;
}

Answer update_subscription(Call& call) {
  const Scene scene = call.scene();
  Record* subscription = scene.find(kSubscription, call.id());
  if (subscription == nullptr) return no_such("subscription", call.id());
  enter_time_of(scene, subscription->doc);
  Update update = read_update(call, *subscription);
  if (const auto failure = call.params.finish()) return *failure;
  if (auto failure = apply_update(scene, *subscription, update)) return *std::move(failure);
  return subscription->doc;
}

}  // namespace purser::sandbox
