#include <algorithm>

#include "sandbox/billing.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/proration.hpp"
#include "sandbox/subscriptions.hpp"

// What happens to subscriptions: their beginning, what time does to them, payments, their end.

namespace purser::sandbox {
namespace {

constexpr const char* kUpdated = "customer.subscription.updated";

json::Value skeleton(World& world, const Record& customer, const SubscriptionOrder& order) {
  const std::int64_t now = world.now_seconds();
  const std::string currency = text_at(order.items[0].price, "currency");
  return object(
      {{"id", world.new_id("sub_1")},
       {"object", "subscription"},
       {"application", nullptr},
       {"application_fee_percent", nullptr},
       {"automatic_tax", object({{"enabled", false}, {"liability", nullptr}})},
       {"billing_cycle_anchor", now},
       {"billing_cycle_anchor_config", nullptr},
       {"billing_thresholds", nullptr},
       {"cancel_at", nullptr},
       {"cancel_at_period_end", false},
       {"canceled_at", nullptr},
       {"cancellation_details",
        object({{"comment", nullptr}, {"feedback", nullptr}, {"reason", nullptr}})},
       {"collection_method", "charge_automatically"},
       {"created", now},
       {"currency", currency},
       {"current_period_end", now},
       {"current_period_start", now},
       {"customer", customer.id()},
       {"days_until_due", nullptr},
       {"default_payment_method", order.default_payment_method},
       {"default_source", nullptr},
       {"default_tax_rates", empty_array()},
       {"description", order.description},
       {"discount", nullptr},
       {"discounts", empty_array()},
       {"ended_at", nullptr},
       {"invoice_settings",
        object({{"account_tax_ids", nullptr}, {"issuer", object({{"type", "self"}})}})},
       {"items", nullptr},
       {"latest_invoice", nullptr},
       {"livemode", false},
       {"metadata", order.metadata},
       {"next_pending_invoice_item_invoice", nullptr},
       {"on_behalf_of", nullptr},
       {"pause_collection", nullptr},
       {"payment_settings",
        object({{"payment_method_options", nullptr},
                {"payment_method_types", nullptr},
                {"save_default_payment_method", order.saves_method ? "on_subscription" : "off"}})},
       {"pending_invoice_item_interval", nullptr},
       {"pending_setup_intent", nullptr},
       {"pending_update", nullptr},
       {"schedule", nullptr},
       {"start_date", now},
       {"status", "incomplete"},
       {"test_clock", at(customer.doc, "test_clock")},
       {"transfer_data", nullptr},
       {"trial_end", nullptr},
       {"trial_settings", object({{"end_behavior", object({{"missing_payment_method",
                                                            order.missing_payment_method}})}})},
       {"trial_start", nullptr}});
}

// The first period, trial or not.
void set_first_period(json::Value& doc, const SubscriptionOrder& order, std::int64_t now) {
  const CalendarInterval interval = interval_of(order.items[0].price);
  std::int64_t end = boundary_after(now, interval, now);
  if (order.trial_end) {
    set(doc, "trial_start", now);
    set(doc, "trial_end", *order.trial_end);
    set(doc, "billing_cycle_anchor", order.anchor.value_or(*order.trial_end));
    end = *order.trial_end;
  } else if (order.anchor) {
    set(doc, "billing_cycle_anchor", *order.anchor);
    end = *order.anchor;
  }
  set(doc, "current_period_end", end);
}

InvoiceOrder invoice_order(const json::Value& subscription, const std::string& reason) {
  InvoiceOrder order;
  order.subscription = text_at(subscription, "id");
  order.reason = reason;
  order.currency = text_at(subscription, "currency");
  order.period_start = int_at(subscription, "current_period_start");
  order.period_end = int_at(subscription, "current_period_end");
  order.subscription_metadata = at(subscription, "metadata");
  return order;
}

void end_subscription(json::Value& doc, std::int64_t now, const std::string& reason) {
  set(doc, "status", "canceled");
  set(doc, "ended_at", now);
  if (at(doc, "canceled_at").is_null()) set(doc, "canceled_at", now);
  set(*doc.find("cancellation_details"), "reason", reason);
}

void finish(const Scene& scene, Record& subscription, const std::string& reason) {
  end_subscription(subscription.doc, scene.world.now_seconds(), reason);
  scene.changed(kSubscription, subscription);
  stop_collecting(scene, "subscription", subscription.id());
  scene.tell("customer.subscription.deleted", subscription.doc);
}

void expire(const Scene& scene, Record& subscription) {
  json::Value doc = subscription.doc;
  set(doc, "status", "incomplete_expired");
  set(doc, "ended_at", scene.world.now_seconds());
  save(scene, kSubscription, subscription, std::move(doc), kUpdated);
  Record* invoice = scene.find(kInvoice, text_at(subscription.doc, "latest_invoice"));
  if (invoice != nullptr && text_at(invoice->doc, "status") == "open") {
    void_invoice(scene, *invoice);
  }
}

bool lacks_method(const Scene& scene, const Record& subscription) {
  const Record* customer = scene.find(kCustomer, text_at(subscription.doc, "customer"));
  return default_method(scene, *customer, subscription.doc) == nullptr;
}

// The period that ends now is followed by the next one, whose invoice is a draft at first.
void renew(const Scene& scene, Record& subscription) {
  const std::int64_t now = scene.world.now_seconds();
  Record& customer = *scene.find(kCustomer, text_at(subscription.doc, "customer"));
  json::Value doc = subscription.doc;
  const bool was_trialing = text_at(doc, "status") == "trialing";
  const bool collects = text_at(doc, "status") != "unpaid";
  InvoiceOrder order = invoice_order(doc, "subscription_cycle");
  order.lines = pending_lines(scene, customer.id(), subscription.id(), order.currency);
  std::int64_t end = 0;
  const auto period = renewal_lines(scene, doc, items_of(doc), now, &end);
  order.lines.insert(order.lines.end(), period.begin(), period.end());
  order.auto_advance = collects;
  if (collects) order.finalizes_at = Any(now + kDraftSeconds).value;
  const Record& invoice = add_invoice(scene, customer, order);
  if (was_trialing) set(doc, "status", "active");
  set(doc, "current_period_start", now);
  set(doc, "current_period_end", end);
  set(doc, "latest_invoice", invoice.id());
  save(scene, kSubscription, subscription, std::move(doc), kUpdated);
}

// What still waits to be invoiced when a subscription ends at its period's end.
void invoice_rest(const Scene& scene, Record& subscription) {
  Record& customer = *scene.find(kCustomer, text_at(subscription.doc, "customer"));
  InvoiceOrder order = invoice_order(subscription.doc, "subscription_cycle");
  order.lines = pending_lines(scene, customer.id(), subscription.id(), order.currency);
  const auto is_of_it = [&](const Line& line) { return line.subscription == subscription.id(); };
  if (std::none_of(order.lines.begin(), order.lines.end(), is_of_it)) return;
  order.finalizes_at = Any(scene.world.now_seconds() + kDraftSeconds).value;
  set(subscription.doc, "latest_invoice", add_invoice(scene, customer, order).id());
}

// Status and latest_invoice follow the latest invoice that was finalized.
bool is_latest_finalized(const Scene& scene, const Record& invoice) {
  const auto& all = scene.account.of(kInvoice).in_order();
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (at((*it)->doc, "subscription") == at(invoice.doc, "subscription") &&
        text_at((*it)->doc, "status") != "draft" && text_at((*it)->doc, "status") != "void") {
      return (*it)->id() == invoice.id();
    }
  }
  return false;
}

}  // namespace

std::vector<Line> first_lines(const Scene& scene, const std::string& id,
                              const SubscriptionOrder& order) {
  const std::int64_t now = scene.world.now_seconds();
  std::vector<Line> lines;
  const CalendarInterval interval = interval_of(order.items[0].price);
  for (const Item& item : order.items) {
    if (order.trial_end) {
      lines.push_back(trial_line(scene, id, item, now, *order.trial_end));
    } else if (order.anchor) {
      if (!order.prorate) continue;
      Line line = period_line(scene, id, item, now, *order.anchor);
      line.amount = prorated(line.amount, *order.anchor - now,
                             *order.anchor - boundary_before(*order.anchor, interval));
      line.proration = true;
      lines.push_back(std::move(line));
    } else {
      lines.push_back(period_line(scene, id, item, now, boundary_after(now, interval, now)));
    }
  }
  lines.insert(lines.end(), order.extras.begin(), order.extras.end());
  return lines;
}

Record& add_subscription(const Scene& scene, SubscriptionOrder order) {
  Record& customer = *scene.find(kCustomer, order.customer);
  const std::int64_t now = scene.world.now_seconds();
  json::Value doc = skeleton(scene.world, customer, order);
  set_first_period(doc, order, now);
  show_items(scene.world, doc, order.items);
  if (order.cancel_at_period_end) {
    set(doc, "cancel_at_period_end", true);
    set(doc, "canceled_at", now);
    set(doc, "cancel_at", at(doc, "current_period_end"));
  }
  InvoiceOrder invoice = invoice_order(doc, "subscription_create");
  invoice.period_end = now;
  invoice.lines = first_lines(scene, text_at(doc, "id"), order);
  const auto waiting = pending_lines(scene, customer.id(), text_at(doc, "id"), invoice.currency);
  invoice.lines.insert(invoice.lines.end(), waiting.begin(), waiting.end());
  const bool free = sum_of(invoice.lines) + int_at(customer.doc, "balance") <= 0;
  if (free) set(doc, "status", order.trial_end ? "trialing" : "active");
  if (order.trial_end && !free) set(doc, "status", "incomplete");

  Record& subscription =
      scene.put(kSubscription, std::move(doc),
                object({{"saves_method", order.saves_method}, {"trial_told", !order.trial_end}}));
  scene.tell("customer.subscription.created", subscription.doc);
  if (!invoice.lines.empty()) {
    Record& first = add_invoice(scene, customer, invoice);
    set(subscription.doc, "latest_invoice", first.id());
    scene.changed(kSubscription, subscription);
    finalize_invoice(scene, first);
  }
  return subscription;
}

std::optional<std::int64_t> subscription_due_at(const Record& subscription) {
  const json::Value& doc = subscription.doc;
  const std::string status = text_at(doc, "status");
  if (status == "incomplete") return int_at(doc, "created") + kIncompleteSeconds;
  if (!is_live(doc)) return std::nullopt;
  const std::int64_t end = int_at(doc, "current_period_end");
  if (status == "trialing" && !bool_at(subscription.hidden, "trial_told")) {
    return std::min(
        end, std::max(int_at(doc, "trial_end") - kTrialNoticeSeconds, int_at(doc, "trial_start")));
  }
  return end;
}

void advance_subscription(const Scene& scene, Record& subscription) {
  const json::Value& doc = subscription.doc;
  const std::string status = text_at(doc, "status");
  if (status == "incomplete") return expire(scene, subscription);
  const bool trialing = status == "trialing";
  if (trialing && !bool_at(subscription.hidden, "trial_told")) {
    set(subscription.hidden, "trial_told", true);
    scene.changed(kSubscription, subscription);
    return scene.tell("customer.subscription.trial_will_end", doc);
  }
  if (bool_at(doc, "cancel_at_period_end")) {
    invoice_rest(scene, subscription);
    end_subscription(subscription.doc, scene.world.now_seconds(), "cancellation_requested");
    scene.changed(kSubscription, subscription);
    return scene.tell("customer.subscription.deleted", subscription.doc);
  }
  const std::string if_missing =
      text_at(at(at(doc, "trial_settings"), "end_behavior"), "missing_payment_method");
  if (trialing && if_missing == "cancel" && lacks_method(scene, subscription)) {
    return finish(scene, subscription, "payment_failed");
  }
  renew(scene, subscription);
}

void note_invoice_paid(const Scene& scene, const Record& invoice) {
  Record* subscription = scene.find(kSubscription, text_at(invoice.doc, "subscription"));
  if (subscription == nullptr || !is_live(subscription->doc)) return;
  json::Value doc = subscription->doc;
  const std::string status = text_at(doc, "status");
  if (status != "active" && status != "trialing" && is_latest_finalized(scene, invoice)) {
    const bool trial = int_at(doc, "trial_end") > scene.world.now_seconds();
    set(doc, "status", trial ? "trialing" : "active");
  }
  const Record* intent = scene.find(kPaymentIntent, text_at(invoice.doc, "payment_intent"));
  if (bool_at(subscription->hidden, "saves_method") && intent != nullptr) {
    set(doc, "default_payment_method", at(intent->doc, "payment_method"));
  }
  save(scene, kSubscription, *subscription, std::move(doc), kUpdated);
}

void note_invoice_failed(const Scene& scene, const Record& invoice, bool automatic) {
  Record* subscription = scene.find(kSubscription, text_at(invoice.doc, "subscription"));
  if (subscription == nullptr || !is_live(subscription->doc)) return;
  const std::string status = text_at(subscription->doc, "status");
  if (status == "incomplete") return;
  json::Value doc = subscription->doc;
  if (status == "active" && is_latest_finalized(scene, invoice)) set(doc, "status", "past_due");
  // An invoice that was overtaken by one that was paid ends nothing.
  const bool is_last = automatic && text_at(doc, "status") != "active" &&
                       at(invoice.doc, "next_payment_attempt").is_null();
  const std::string then = scene.world.after_dunning();
  if (is_last && then == "unpaid") set(doc, "status", "unpaid");
  save(scene, kSubscription, *subscription, std::move(doc), kUpdated);
  if (is_last && then == "cancel") finish(scene, *subscription, "payment_failed");
}

bool is_live(const json::Value& subscription) {
  const std::string status = text_at(subscription, "status");
  return status != "canceled" && status != "incomplete_expired";
}

void cancel_subscription(const Scene& scene, Record& subscription, const std::string& reason) {
  const bool was_incomplete = text_at(subscription.doc, "status") == "incomplete";
  finish(scene, subscription, reason);
  Record* invoice = scene.find(kInvoice, text_at(subscription.doc, "latest_invoice"));
  if (was_incomplete && invoice != nullptr && text_at(invoice->doc, "status") == "open") {
    void_invoice(scene, *invoice);
  }
}

void cancel_subscriptions_of(const Scene& scene, const std::string& customer) {
  for (const auto& subscription : scene.account.of(kSubscription).in_order()) {
    if (text_at(subscription->doc, "customer") == customer && is_live(subscription->doc)) {
      cancel_subscription(scene, *subscription, "cancellation_requested");
    }
  }
}

}  // namespace purser::sandbox
