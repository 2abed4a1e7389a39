#include "sandbox/completion.hpp"

#include "sandbox/billing.hpp"
#include "sandbox/customers.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/setup_intents.hpp"
#include "sandbox/subscriptions.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDaySeconds = 24 * 60 * 60;
constexpr const char* kNotAuthenticated =
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again.";

Attempt refused(std::string message) { return {Attempt::Kind::kRefused, std::move(message)}; }

PaymentOrder payment_order(const Record& session) {
  const json::Value& data = at(session.hidden, "payment_intent_data");
  PaymentOrder order;
  order.amount = int_at(session.doc, "amount_total");
  order.currency = at(session.doc, "currency");
  order.customer = at(session.doc, "customer");
  order.description = at(data, "description");
  order.metadata = at(data, "metadata");
  order.method_types = at(session.doc, "payment_method_types");
  order.receipt_email = at(data, "receipt_email");
  order.setup_future_usage = at(data, "setup_future_usage");
  order.statement_descriptor = at(data, "statement_descriptor");
  return order;
}

const json::Array& lines_of(const Record& session) {
  return *at(session.hidden, "line_items").as_array();
}

Line plain_line(const json::Value& item, std::int64_t now) {
  Line line;
  line.description = text_at(item, "description");
  line.price = at(item, "price");
  line.quantity = int_at(item, "quantity");
  line.amount = int_at(item, "amount_total");
  line.currency = text_at(item, "currency");
  line.start = line.end = now;
  return line;
}

}  // namespace

Attempt Completion::for_nothing() {
  if (text_at(session_.doc, "mode") == "subscription") {
    ensure_customer(nullptr);
    start_subscription(nullptr);
  } else if (text_at(session_.doc, "customer_creation") == "always") {
    ensure_customer(nullptr);
  }
  return complete("no_payment_required");
}

Attempt Completion::by_debit(const std::string& type) {
  Record& intent = open_intent();
  if (text_at(session_.doc, "customer_creation") == "always") ensure_customer(&intent);
  Record& method = scene_.put(kPaymentMethod, new_debit_method(scene_.world, type, buyer_));
  const json::Value charge = new_charge(scene_.world, intent.doc, method.doc, "pending", nullptr);
  scene_.put(kCharge, charge);
  set(intent.doc, "status", "processing");
  set(intent.doc, "latest_charge", text_at(charge, "id"));
  set(intent.doc, "payment_method", method.id());
  scene_.changed(kPaymentIntent, intent);
  scene_.tell("charge.pending", charge);
  scene_.tell("payment_intent.processing", intent.doc);
  return complete("unpaid");
}

Attempt Completion::by_card(const TestCard& card, CardExpiry expiry, bool authenticated) {
  session_.hidden.erase("challenged");
  scene_.changed(kSession, session_);
  const std::string mode = text_at(session_.doc, "mode");
  if (mode == "subscription") return subscribe(card, expiry, authenticated);
  if (mode == "setup") return set_up(card, expiry, authenticated);
  return pay(card, expiry, authenticated ? Presence::kAuthenticated : Presence::kOnSession);
}

Attempt Completion::fail_challenge() {
  session_.hidden.erase("challenged");
  scene_.changed(kSession, session_);
  const std::string mode = text_at(session_.doc, "mode");
  if (mode == "payment") {
    return refused(fail_authentication(scene_, open_intent()).message);
  }
  if (Record* intent = scene_.find(kSetupIntent, text_at(session_.doc, "setup_intent"))) {
    return refused(fail_setup_authentication(scene_, *intent).message);
  }
  return refused(kNotAuthenticated);
}

Attempt Completion::challenge(const TestCard& card, CardExpiry expiry) {
  set(session_.hidden, "challenged",
      object({{"card", card.number},
              {"exp_month", expiry.month},
              {"exp_year", expiry.year},
              {"name", buyer_.name},
              {"email", buyer_.email}}));
  scene_.changed(kSession, session_);
  return {Attempt::Kind::kChallenge};
}

Attempt Completion::pay(const TestCard& card, CardExpiry expiry, Presence presence) {
  Record& intent = open_intent();
  const bool pays = verdict_on_charge(card, false, presence) == Verdict::kPays;
  if (pays && text_at(session_.doc, "customer_creation") == "always") ensure_customer(&intent);
  Record& method = add_card_method(scene_, card, expiry, buyer_);
  PaymentResult result = confirm_intent(scene_, intent, method, presence);
  if (result.kind == PaymentResult::Kind::kDeclined) return refused(std::move(result.message));
  if (result.kind == PaymentResult::Kind::kChallenge) return challenge(card, expiry);
  if (bool_at(at(session_.hidden, "invoice_creation"), "enabled")) make_invoice(intent);
  return complete("paid");
}

// Nothing is made before the bank has agreed: a declined card leaves no subscription behind.
Attempt Completion::subscribe(const TestCard& card, CardExpiry expiry, bool authenticated) {
  const bool pays_now = int_at(session_.doc, "amount_total") > 0;
  const Verdict verdict =
      pays_now ? verdict_on_charge(card, false,
                                   authenticated ? Presence::kAuthenticated : Presence::kOnSession)
               : verdict_on_saving(card, authenticated);
  if (verdict == Verdict::kDeclines) return refused(std::string(card.message));
  if (verdict == Verdict::kChallenges) return challenge(card, expiry);
  ensure_customer(nullptr);
  Record& method = add_card_method(scene_, card, expiry, buyer_);
  keep_method(scene_, method, text_at(session_.doc, "customer"));
  start_subscription(&method);
  return complete(pays_now ? "paid" : "no_payment_required");
}

Attempt Completion::set_up(const TestCard& card, CardExpiry expiry, bool authenticated) {
  Record& intent = *scene_.find(kSetupIntent, text_at(session_.doc, "setup_intent"));
  const bool saves = verdict_on_saving(card, authenticated) == Verdict::kPays;
  if (saves && text_at(session_.doc, "customer_creation") == "always") {
    ensure_customer(nullptr);
    set(intent.doc, "customer", at(session_.doc, "customer"));
  }
  Record& method = add_card_method(scene_, card, expiry, buyer_);
  PaymentResult result = confirm_setup(scene_, intent, method, authenticated);
  if (result.kind == PaymentResult::Kind::kDeclined) return refused(std::move(result.message));
  if (result.kind == PaymentResult::Kind::kChallenge) return challenge(card, expiry);
  return complete("no_payment_required");
}

// Like Stripe, a session has no payment before the first attempt.
Record& Completion::open_intent() {
  const std::string known = text_at(session_.doc, "payment_intent");
  if (!known.empty()) return *scene_.find(kPaymentIntent, known);
  Record& intent = add_payment_intent(scene_, payment_order(session_));
  set(session_.doc, "payment_intent", intent.id());
  scene_.changed(kSession, session_);
  return intent;
}

void Completion::ensure_customer(Record* intent) {
  if (!text_at(session_.doc, "customer").empty()) return;
  json::Value customer = new_customer(scene_.world);
  set(customer, "email", buyer_.email);
  set(customer, "name", buyer_.name);
  scene_.put(kCustomer, customer);
  set(session_.doc, "customer", text_at(customer, "id"));
  if (intent != nullptr) set(intent->doc, "customer", text_at(customer, "id"));
  scene_.tell("customer.created", customer);
}

void Completion::start_subscription(Record* method) {
  const json::Value& data = at(session_.hidden, "subscription_data");
  const std::int64_t now = scene_.world.now_seconds();
  SubscriptionOrder order;
  order.customer = text_at(session_.doc, "customer");
  for (const json::Value& line : lines_of(session_)) {
    if (text_at(at(line, "price"), "type") == "recurring") {
      order.items.push_back({{}, at(line, "price"), int_at(line, "quantity"), empty_object()});
    } else {
      order.extras.push_back(plain_line(line, now));
    }
  }
  order.trial_end = data.int_at("trial_end");
  if (order.trial_end && *order.trial_end <= now) order.trial_end.reset();
  if (const auto days = data.int_at("trial_period_days")) {
    order.trial_end = now + *days * kDaySeconds;
  }
  order.description = at(data, "description");
  order.metadata = at(data, "metadata");
  if (const auto missing = data.string_at("missing_payment_method")) {
    order.missing_payment_method = *missing;
  }
  if (method != nullptr) order.default_payment_method = Any(method->id()).value;
  Record& subscription = add_subscription(scene_, std::move(order));
  set(session_.doc, "subscription", subscription.id());
  Record* invoice = scene_.find(kInvoice, text_at(subscription.doc, "latest_invoice"));
  if (invoice == nullptr) return;
  set(session_.doc, "invoice", invoice->id());
  if (method != nullptr && text_at(invoice->doc, "status") == "open") {
    (void)collect_invoice(scene_, *invoice, method, Presence::kAuthenticated, true);
  }
}

// The invoice of a one-time sale comes after its payment.
void Completion::make_invoice(Record& intent) {
  Record& customer = *scene_.find(kCustomer, text_at(session_.doc, "customer"));
  const json::Value& data = at(session_.hidden, "invoice_creation");
  InvoiceOrder order;
  order.currency = text_at(session_.doc, "currency");
  order.description = at(data, "description");
  order.metadata = at(data, "metadata");
  order.auto_advance = false;
  order.period_start = order.period_end = scene_.world.now_seconds();
  for (const json::Value& line : lines_of(session_)) {
    order.lines.push_back(plain_line(line, order.period_start));
  }
  set(session_.doc, "invoice", add_paid_invoice(scene_, customer, order, intent).id());
}

Attempt Completion::complete(const std::string& payment_status) {
  set(session_.doc, "status", "complete");
  set(session_.doc, "payment_status", payment_status);
  set(session_.doc, "customer_details",
      object({{"address", nullptr},
              {"email", buyer_.email},
              {"name", buyer_.name},
              {"phone", nullptr},
              {"tax_exempt", "none"},
              {"tax_ids", empty_array()}}));
  scene_.changed(kSession, session_);
  scene_.tell("checkout.session.completed", session_.doc);
  return {Attempt::Kind::kPaid};
}

}  // namespace purser::sandbox
