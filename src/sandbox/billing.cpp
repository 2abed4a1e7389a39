#include "sandbox/billing.hpp"

#include "sandbox/payment_methods.hpp"
#include "sandbox/proration.hpp"
#include "sandbox/subscriptions.hpp"

namespace purser::sandbox {
namespace {

constexpr const char* kNoMethod =
    "This customer has no attached payment source or default payment method. Please consider "
    "adding a default payment method.";

std::string next_number(const Scene& scene, Record& customer) {
  const std::int64_t sequence = int_at(customer.doc, "next_invoice_sequence");
  set(customer.doc, "next_invoice_sequence", sequence + 1);
  scene.changed(kCustomer, customer);
  std::string digits = std::to_string(sequence);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return text_at(customer.doc, "invoice_prefix") + "-" + digits;
}

void set_transition(json::Value& invoice, const char* field, std::int64_t time) {
  set(*invoice.find("status_transitions"), field, time);
}

Record& open_intent(const Scene& scene, Record& invoice) {
  const std::string known = text_at(invoice.doc, "payment_intent");
  if (!known.empty()) return *scene.find(kPaymentIntent, known);
  PaymentOrder order;
  order.amount = int_at(invoice.doc, "amount_due");
  order.currency = at(invoice.doc, "currency");
  order.customer = at(invoice.doc, "customer");
  order.invoice = at(invoice.doc, "id");
  const bool is_of_subscription = !text_at(invoice.doc, "subscription").empty();
  const char* what = text_at(invoice.doc, "billing_reason") == "subscription_create"
                         ? "Subscription creation"
                         : "Subscription update";
  order.description = is_of_subscription ? Any(what).value : Any("Payment for Invoice").value;
  if (is_of_subscription) order.setup_future_usage = Any("off_session").value;
  Record& intent = add_payment_intent(scene, order);
  set(invoice.doc, "payment_intent", intent.id());
  scene.changed(kInvoice, invoice);
  return intent;
}

// What a failed attempt means for the invoice, and when the next one comes.
void note_failure(const Scene& scene, Record& invoice, bool automatic, bool needs_buyer) {
  json::Value before = invoice.doc;
  json::Value& doc = invoice.doc;
  const std::int64_t known = int_at(doc, "attempt_count");
  const std::int64_t count = automatic || known == 0 ? known + 1 : known;
  set(doc, "attempted", true);
  set(doc, "attempt_count", count);
  const bool first_ever = text_at(doc, "billing_reason") == "subscription_create" ||
                          text_at(doc, "billing_reason") == "manual";
  if (automatic && !first_ever) {
    set(doc, "next_payment_attempt", next_attempt(count, scene.world.now_seconds()));
  } else if (first_ever) {
    set(doc, "next_payment_attempt", nullptr);
  }
  scene.changed(kInvoice, invoice);
  scene.tell("invoice.updated", doc, before);
  scene.tell("invoice.payment_failed", doc);
  if (needs_buyer) scene.tell("invoice.payment_action_required", doc);
  note_invoice_failed(scene, invoice, automatic);
}

PaymentResult conclude(const Scene& scene, Record& invoice, const PaymentResult& result,
                       bool automatic) {
  if (result.kind == PaymentResult::Kind::kPaid) {
    const std::int64_t known = int_at(invoice.doc, "attempt_count");
    if (automatic || known == 0) set(invoice.doc, "attempt_count", known + 1);
    mark_paid(scene, invoice, result.charge);
    return result;
  }
  if (!result.charge.empty()) set(invoice.doc, "charge", result.charge);
  note_failure(scene, invoice, automatic, result.kind == PaymentResult::Kind::kChallenge);
  return result;
}

}  // namespace

void move_balance(const Scene& scene, Record& customer, std::int64_t amount,
                  const std::string& type, const json::Value& invoice,
                  const json::Value& description) {
  json::Value doc = customer.doc;
  const std::int64_t balance = int_at(doc, "balance") + amount;
  set(doc, "balance", balance);
  const std::string currency = text_at(doc, "currency");
  scene.put(kBalanceTransaction, object({{"id", scene.world.new_id("cbtxn_1")},
                                         {"object", kBalanceTransaction},
                                         {"amount", amount},
                                         {"created", scene.world.now_seconds()},
                                         {"credit_note", nullptr},
                                         {"currency", currency},
                                         {"customer", customer.id()},
                                         {"description", description},
                                         {"ending_balance", balance},
                                         {"invoice", invoice},
                                         {"livemode", false},
                                         {"metadata", empty_object()},
                                         {"type", type}}));
  save(scene, kCustomer, customer, std::move(doc), "customer.updated");
}

std::vector<Line> pending_lines(const Scene& scene, const std::string& customer,
                                const std::string& subscription, const std::string& currency) {
  std::vector<Line> lines;
  for (const auto& item : scene.account.of(kInvoiceItem).in_order()) {
    if (item->deleted() || !at(item->doc, "invoice").is_null()) continue;
    const std::string of = text_at(item->doc, "subscription");
    if (text_at(item->doc, "customer") != customer || text_at(item->doc, "currency") != currency) {
      continue;
    }
    // A subscription's invoice also takes what waits for the customer.
    if (of == subscription || of.empty()) lines.push_back(line_of_item(item->doc));
  }
  return lines;
}

void add_pending(const Scene& scene, const Record& customer, const Line& line) {
  const Record& item = scene.put(kInvoiceItem, invoice_item_document(scene.world, customer, line));
  scene.tell("invoiceitem.created", item.doc);
}

Record& add_invoice(const Scene& scene, Record& customer, const InvoiceOrder& order) {
  if (text_at(customer.doc, "currency") != order.currency && int_at(customer.doc, "balance") == 0) {
    set(customer.doc, "currency", order.currency);
    scene.changed(kCustomer, customer);
  }
  const std::string id = scene.world.new_id("in_1");
  Record& invoice = scene.put(kInvoice, invoice_document(scene.world, id, customer, order));
  for (const Line& line : order.lines) {
    Record* item =
        line.invoice_item.empty() ? nullptr : scene.find(kInvoiceItem, line.invoice_item);
    if (item == nullptr) continue;
    set(item->doc, "invoice", id);
    scene.changed(kInvoiceItem, *item);
  }
  scene.tell("invoice.created", invoice.doc);
  return invoice;
}

void finalize_invoice(const Scene& scene, Record& invoice) {
  Record& customer = *scene.find(kCustomer, text_at(invoice.doc, "customer"));
  json::Value before = invoice.doc;
  json::Value& doc = invoice.doc;
  const std::int64_t now = scene.world.now_seconds();
  const std::int64_t balance = int_at(customer.doc, "balance");
  set(doc, "number", next_number(scene, customer));
  apply_balance(doc, balance);
  const std::int64_t due = int_at(doc, "amount_due");
  const std::int64_t ending = balance + int_at(doc, "total") - due;
  set(doc, "ending_balance", ending);
  set(doc, "status", "open");
  set(doc, "effective_at", now);
  set(doc, "automatically_finalizes_at", nullptr);
  set(doc, "next_payment_attempt", nullptr);
  set_transition(doc, "finalized_at", now);
  scene.changed(kInvoice, invoice);
  if (ending != balance) {
    move_balance(scene, customer, ending - balance, "applied_to_invoice", at(doc, "id"), {});
  }
  if (due > 0) open_intent(scene, invoice);
  scene.tell("invoice.finalized", invoice.doc, before);
  if (due == 0) mark_paid(scene, invoice, {});
}

void mark_paid(const Scene& scene, Record& invoice, const std::string& charge) {
  json::Value before = invoice.doc;
  json::Value& doc = invoice.doc;
  set(doc, "status", "paid");
  set(doc, "paid", true);
  set(doc, "attempted", true);
  set(doc, "amount_paid", at(doc, "amount_due"));
  set(doc, "amount_remaining", 0);
  set(doc, "auto_advance", false);
  set(doc, "next_payment_attempt", nullptr);
  if (!charge.empty()) set(doc, "charge", charge);
  set_transition(doc, "paid_at", scene.world.now_seconds());
  scene.changed(kInvoice, invoice);
  scene.tell("invoice.updated", doc, before);
  scene.tell("invoice.paid", doc);
  scene.tell("invoice.payment_succeeded", doc);
  note_invoice_paid(scene, invoice);
}

Record& add_paid_invoice(const Scene& scene, Record& customer, const InvoiceOrder& order,
                         Record& intent) {
  Record& invoice = add_invoice(scene, customer, order);
  json::Value before = invoice.doc;
  json::Value& doc = invoice.doc;
  const std::int64_t now = scene.world.now_seconds();
  set(doc, "number", next_number(scene, customer));
  // The customer's balance has no part in it.
  set(doc, "starting_balance", 0);
  set(doc, "ending_balance", 0);
  set(doc, "amount_due", at(doc, "total"));
  set(doc, "status", "open");
  set(doc, "effective_at", now);
  set(doc, "payment_intent", intent.id());
  set_transition(doc, "finalized_at", now);
  scene.changed(kInvoice, invoice);
  scene.tell("invoice.finalized", doc, before);
  const std::string charge = text_at(intent.doc, "latest_charge");
  set(intent.doc, "invoice", invoice.id());
  scene.changed(kPaymentIntent, intent);
  if (Record* made = scene.find(kCharge, charge)) {
    set(made->doc, "invoice", invoice.id());
    scene.changed(kCharge, *made);
  }
  mark_paid(scene, invoice, charge);
  return invoice;
}

PaymentResult collect_invoice(const Scene& scene, Record& invoice, Record* method,
                              Presence presence, bool automatic) {
  Record& intent = open_intent(scene, invoice);
  if (method == nullptr) {
    return conclude(scene, invoice,
                    {PaymentResult::Kind::kDeclined, {}, "resource_missing", {}, kNoMethod},
                    automatic);
  }
  return conclude(scene, invoice, confirm_intent(scene, intent, *method, presence), automatic);
}

PaymentResult answer_invoice_challenge(const Scene& scene, Record& invoice, bool authenticated) {
  Record& intent = open_intent(scene, invoice);
  Record* method = scene.find(kPaymentMethod, text_at(intent.doc, "payment_method"));
  if (method == nullptr) {
    return {PaymentResult::Kind::kDeclined, {}, {}, {}, "Please pay again."};
  }
  if (!authenticated) return conclude(scene, invoice, fail_authentication(scene, intent), false);
  return conclude(scene, invoice, confirm_intent(scene, intent, *method, Presence::kAuthenticated),
                  false);
}

void void_invoice(const Scene& scene, Record& invoice) {
  json::Value doc = invoice.doc;
  set(doc, "status", "void");
  set(doc, "auto_advance", false);
  set(doc, "next_payment_attempt", nullptr);
  set_transition(doc, "voided_at", scene.world.now_seconds());
  save(scene, kInvoice, invoice, std::move(doc), "invoice.voided");
  if (Record* intent = scene.find(kPaymentIntent, text_at(invoice.doc, "payment_intent"))) {
    cancel_intent(scene, *intent, "void_invoice");
  }
}

std::optional<std::int64_t> invoice_due_at(const Record& invoice) {
  const std::string status = text_at(invoice.doc, "status");
  if (!bool_at(invoice.doc, "auto_advance")) return std::nullopt;
  if (status == "draft") return invoice.doc.int_at("automatically_finalizes_at");
  if (status == "open") return invoice.doc.int_at("next_payment_attempt");
  return std::nullopt;
}

void advance_invoice(const Scene& scene, Record& invoice) {
  if (text_at(invoice.doc, "status") == "draft") finalize_invoice(scene, invoice);
  if (text_at(invoice.doc, "status") != "open") return;
  const Record& customer = *scene.find(kCustomer, text_at(invoice.doc, "customer"));
  const Record* subscription = scene.find(kSubscription, text_at(invoice.doc, "subscription"));
  Record* own = scene.find(kPaymentMethod, text_at(invoice.doc, "default_payment_method"));
  Record* method =
      own != nullptr ? own
                     : default_method(scene, customer,
                                      subscription == nullptr ? json::Value() : subscription->doc);
  collect_invoice(scene, invoice, method, Presence::kOffSession, true);
}

void stop_collecting(const Scene& scene, const std::string& field, const std::string& id) {
  for (const auto& invoice : scene.account.of(kInvoice).in_order()) {
    if (text_at(invoice->doc, field) != id) continue;
    if (!bool_at(invoice->doc, "auto_advance")) continue;
    json::Value doc = invoice->doc;
    set(doc, "auto_advance", false);
    set(doc, "next_payment_attempt", nullptr);
    save(scene, kInvoice, *invoice, std::move(doc), "invoice.updated");
  }
}

}  // namespace purser::sandbox
