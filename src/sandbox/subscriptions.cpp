#include "sandbox/subscriptions.hpp"

#include "sandbox/billing.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/proration.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDaySeconds = 24 * 60 * 60;

constexpr const char* kNoMethod =
    "This customer has no attached payment source or default payment method. Please consider "
    "adding a default payment method. For more information, visit "
    "https://stripe.com/docs/billing/subscriptions/payment-methods-setting";

struct CreateRequest {
  SubscriptionOrder order;
  std::vector<json::Value> new_prices;
  std::optional<std::string> method;
  std::string behavior = "allow_incomplete";
  bool off_session = false;
};

void refuse_other_collection(Params& params) {
  if (params.has("collection_method") && !params.is("collection_method", "charge_automatically")) {
    params.one_of("collection_method", {"charge_automatically"});
  }
}

std::string read_behavior(Params& params) {
  if (params.is("payment_behavior", "pending_if_incomplete")) {
    params.complain(
        invalid("The sandbox does not have pending updates: use allow_incomplete, "
                "default_incomplete or error_if_incomplete.",
                "payment_behavior"));
  }
  return params
      .one_of("payment_behavior", {"allow_incomplete", "default_incomplete", "error_if_incomplete"})
      .value_or("allow_incomplete");
}

void read_payment_settings(Params& params, bool& saves_method) {
  auto settings = params.group("payment_settings");
  if (!settings) return;
  saves_method =
      settings->one_of("save_default_payment_method", {"off", "on_subscription"}).value_or("off") ==
      "on_subscription";
  for (const std::string& type : settings->text_list("payment_method_types")) {
    if (type != "card") {
      settings->complain(invalid("The sandbox takes cards only, not " + type + ".",
                                 settings->full_name("payment_method_types")));
    }
  }
}

void read_anchor(Call& call, SubscriptionOrder& order) {
  Params& params = call.params;
  order.prorate =
      params.one_of("proration_behavior", {"create_prorations", "always_invoice", "none"})
          .value_or("create_prorations") != "none";
  order.anchor = params.integer("billing_cycle_anchor", 0);
  if (!order.anchor || order.items.empty()) return;
  const std::int64_t now = call.world.now_seconds();
  if (*order.anchor <= now ||
      *order.anchor > boundary_after(now, interval_of(order.items[0].price), now)) {
    params.complain(
        invalid("The billing_cycle_anchor must be in the future and no later than the next natural "
                "billing date.",
                "billing_cycle_anchor"));
  }
  if (order.trial_end) {
    params.complain(invalid("The sandbox takes a trial or a billing_cycle_anchor, not both.",
                            "billing_cycle_anchor"));
  }
}

void read_trial(Call& call, SubscriptionOrder& order) {
  Params& params = call.params;
  const std::int64_t now = call.world.now_seconds();
  order.trial_end = read_trial_end(call, params);
  if (const auto days = params.integer("trial_period_days", 0, 730)) {
    if (order.trial_end) {
      params.complain(
          invalid("You cannot pass both trial_end and trial_period_days.", "trial_period_days"));
    }
    if (*days > 0) order.trial_end = now + *days * kDaySeconds;
  }
  if (order.trial_end == now) order.trial_end.reset();
  auto settings = params.group("trial_settings");
  if (!settings) return;
  auto behavior = settings->group("end_behavior");
  if (!behavior) return;
  order.missing_payment_method =
      behavior->one_of("missing_payment_method", {"create_invoice", "cancel"})
          .value_or("create_invoice");
}

CreateRequest read_create(Call& call) {
  Params& params = call.params;
  CreateRequest request;
  SubscriptionOrder& order = request.order;
  order.items = read_items(call, params, {}, request.new_prices);
  if (order.items.empty()) {
    params.complain(invalid("Missing required param: items.", "items", "parameter_missing"));
  } else if (auto failure = check_items(order.items)) {
    params.complain(*std::move(failure));
  }
  read_trial(call, order);
  read_anchor(call, order);
  order.cancel_at_period_end = params.boolean("cancel_at_period_end").value_or(false);
  order.description = Any(params.text("description", 500)).value;
  params.apply_metadata(order.metadata);
  read_payment_settings(params, order.saves_method);
  refuse_other_collection(params);
  request.method = params.text("default_payment_method");
  request.behavior = read_behavior(params);
  request.off_session = params.boolean("off_session").value_or(false);
  return request;
}

// What the first invoice will ask for, before anything is made.
std::int64_t first_due(const Scene& scene, const Record& customer, const SubscriptionOrder& order) {
  InvoiceOrder invoice;
  invoice.currency = text_at(order.items[0].price, "currency");
  invoice.lines = first_lines(scene, "", order);
  const auto waiting = pending_lines(scene, customer.id(), "", invoice.currency);
  invoice.lines.insert(invoice.lines.end(), waiting.begin(), waiting.end());
  const json::Value draft = invoice_document(scene.world, "", customer, invoice);
  return int_at(draft, "amount_due");
}

std::optional<Failure> check_currency(const Scene& scene, const Record& customer,
                                      const std::string& currency) {
  const std::string known = text_at(customer.doc, "currency");
  if (known.empty() || known == currency) return std::nullopt;
  bool bound = int_at(customer.doc, "balance") != 0;
  for (const auto& other : scene.account.of(kSubscription).in_order()) {
    bound = bound || (text_at(other->doc, "customer") == customer.id() && is_live(other->doc));
  }
  if (!bound) return std::nullopt;
  return invalid(
      "You cannot combine currencies on a single customer. This customer has an active "
      "subscription or a balance in " +
          known + ".",
      "currency");
}

Answer create_subscription(Call& call) {
  const Scene scene = call.scene();
  const std::string customer_id = call.params.required_text("customer");
  Record* customer = enter_customer(scene, customer_id);
  CreateRequest request = read_create(call);
  if (const auto failure = call.params.finish()) return *failure;
  if (customer == nullptr) return no_such("customer", customer_id, "customer");
  SubscriptionOrder& order = request.order;
  order.customer = customer_id;
  if (auto failure = check_currency(scene, *customer, text_at(order.items[0].price, "currency"))) {
    return *std::move(failure);
  }
  json::Value own = object({{"default_payment_method", nullptr}});
  if (auto failure = set_default_method(scene, *customer, own, "default_payment_method",
                                        request.method, "default_payment_method")) {
    return *std::move(failure);
  }
  order.default_payment_method = at(own, "default_payment_method");
  Record* method = default_method(scene, *customer, own);
  const bool pays =
      request.behavior != "default_incomplete" && first_due(scene, *customer, order) > 0;
  const Presence presence = request.off_session ? Presence::kOffSession : Presence::kOnSession;
  if (pays && method == nullptr) {
    return invalid(kNoMethod, {}, "resource_missing");
  }
  if (pays && request.behavior == "error_if_incomplete") {
    if (auto failure = refusal_of(*method, presence)) return *std::move(failure);
  }
  put_prices(scene, request.new_prices);
  Record& subscription = add_subscription(scene, std::move(order));
  Record* invoice = scene.find(kInvoice, text_at(subscription.doc, "latest_invoice"));
  if (pays && invoice != nullptr && text_at(invoice->doc, "status") == "open") {
    collect_invoice(scene, *invoice, method, presence, true);
  }
  return subscription.doc;
}

Filter by_status(Call& call) {
  const auto status =
      call.params.one_of("status", {"all", "active", "past_due", "unpaid", "canceled", "incomplete",
                                    "incomplete_expired", "trialing", "paused", "ended"});
  return [status](const Record& record) {
    const std::string own = text_at(record.doc, "status");
    if (!status) return own != "canceled" && own != "incomplete_expired";
    if (*status == "all") return true;
    if (*status == "ended") return own == "canceled" || own == "incomplete_expired";
    return own == *status;
  };
}

Answer list_subscriptions(Call& call) {
  Filter filter = both(by_field(call, "customer"), by_status(call));
  filter = both(std::move(filter), by_field(call, "test_clock"));
  if (const auto price = call.params.text("price")) {
    filter = both(std::move(filter), [price = *price](const Record& record) {
      for (const Item& item : items_of(record.doc)) {
        if (text_at(item.price, "id") == price) return true;
      }
      return false;
    });
  }
  return list(call, kSubscription, "/v1/subscriptions", filter);
}

Answer retrieve_subscription(Call& call) { return retrieve(call, kSubscription, "subscription"); }

// Ends it now, with a credit for the rest of the period where asked for.
Answer cancel_route(Call& call) {
  const Scene scene = call.scene();
  Params& params = call.params;
  Record* subscription = scene.find(kSubscription, call.id());
  const bool invoices = params.boolean("invoice_now").value_or(false);
  const bool prorates = params.boolean("prorate").value_or(false);
  std::optional<std::string> comment;
  std::optional<std::string> feedback;
  if (auto details = params.group("cancellation_details")) {
    comment = details->text("comment");
    feedback =
        details->one_of("feedback", {"other", "customer_service", "low_quality", "missing_features",
                                     "switched_service", "too_complex", "too_expensive", "unused"});
  }
  if (const auto failure = params.finish()) return *failure;
  if (subscription == nullptr || !is_live(subscription->doc)) {
    return no_such("subscription", call.id());
  }
  enter_time_of(scene, subscription->doc);
  Record& customer = *scene.find(kCustomer, text_at(subscription->doc, "customer"));
  set(*subscription->doc.find("cancellation_details"), "comment", comment);
  set(*subscription->doc.find("cancellation_details"), "feedback", feedback);
  if (prorates) {
    for (const Line& line : unused_time(scene, subscription->doc, items_of(subscription->doc),
                                        scene.world.now_seconds())) {
      add_pending(scene, customer, line);
    }
  }
  cancel_subscription(scene, *subscription, "cancellation_requested");
  if (!invoices) return subscription->doc;
  InvoiceOrder order;
  order.subscription = subscription->id();
  order.reason = "subscription_update";
  order.currency = text_at(subscription->doc, "currency");
  order.lines = pending_lines(scene, customer.id(), subscription->id(), order.currency);
  order.period_start = int_at(subscription->doc, "current_period_start");
  order.period_end = scene.world.now_seconds();
  if (order.lines.empty()) return subscription->doc;
  Record& invoice = add_invoice(scene, customer, order);
  set(subscription->doc, "latest_invoice", invoice.id());
  scene.changed(kSubscription, *subscription);
  finalize_invoice(scene, invoice);
  if (text_at(invoice.doc, "status") == "open") {
    collect_invoice(scene, invoice, default_method(scene, customer, subscription->doc),
                    Presence::kOffSession, false);
  }
  return subscription->doc;
}

}  // namespace

std::vector<Route> subscription_routes() {
  return {{"POST", "/v1/subscriptions", create_subscription},
          {"GET", "/v1/subscriptions", list_subscriptions},
          {"GET", "/v1/subscriptions/:id", retrieve_subscription},
          {"POST", "/v1/subscriptions/:id", update_subscription},
          {"DELETE", "/v1/subscriptions/:id", cancel_route}};
}

}  // namespace purser::sandbox
