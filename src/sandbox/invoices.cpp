#include "sandbox/billing.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/subscriptions.hpp"

// Invoices over the API.

namespace purser::sandbox {
namespace {

Answer shown(Call& call, const Record& invoice) { return present(invoice.doc, call.base_url); }

Failure wrong_status(const std::string& verb, const Record& invoice) {
  return invalid(
      "You cannot " + verb + " this invoice: it is " + text_at(invoice.doc, "status") + ".", {},
      "invoice_not_editable");
}

// The invoice of the path after every parameter was read; steps into its customer's time.
std::variant<Record*, Failure> find_invoice(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  Record* invoice = call.world.find(call.account, kInvoice, call.id());
  if (invoice == nullptr || invoice->deleted()) return no_such("invoice", call.id());
  const Record* customer = enter_customer(call.scene(), text_at(invoice->doc, "customer"));
  if (customer == nullptr && text_at(invoice->doc, "status") == "draft") {
    return invalid("The invoice's customer was deleted: it stays a draft.", "customer");
  }
  return invoice;
}

// A draft of the customer's own, outside of subscriptions.
Answer create_invoice(Call& call) {
  Params& params = call.params;
  const std::string customer_id = params.required_text("customer");
  InvoiceOrder order;
  order.auto_advance = params.boolean("auto_advance").value_or(false);
  order.description = Any(params.text("description", 1500)).value;
  params.apply_metadata(order.metadata);
  const auto method = params.text("default_payment_method");
  const auto currency = params.text("currency", 3);
  const bool takes_pending =
      params.one_of("pending_invoice_items_behavior", {"exclude", "include"}).value_or("exclude") ==
      "include";
  params.one_of("collection_method", {"charge_automatically"});
  if (const auto failure = params.finish()) return *failure;
  const Scene scene = call.scene();
  Record* customer = enter_customer(scene, customer_id);
  if (customer == nullptr) return no_such("customer", customer_id, "customer");
  json::Value own = object({{"method", nullptr}});
  if (auto failure =
          set_default_method(scene, *customer, own, "method", method, "default_payment_method")) {
    return *std::move(failure);
  }
  order.default_payment_method = at(own, "method");
  const std::string known = text_at(customer->doc, "currency");
  order.currency = currency.value_or(known.empty() ? "usd" : known);
  order.period_start = order.period_end = scene.world.now_seconds();
  if (order.auto_advance) order.finalizes_at = Any(order.period_end + kDraftSeconds).value;
  if (takes_pending) order.lines = pending_lines(scene, customer_id, "", order.currency);
  return shown(call, add_invoice(scene, *customer, order));
}

Answer retrieve_invoice(Call& call) { return retrieve(call, kInvoice, "invoice"); }

Answer list_invoices(Call& call) {
  return list(call, kInvoice, "/v1/invoices",
              both(both(by_field(call, "customer"), by_field(call, "subscription")),
                   by_field(call, "status")));
}

Answer update_invoice(Call& call) {
  Record* known = call.world.find(call.account, kInvoice, call.id());
  if (known == nullptr || known->deleted()) return no_such("invoice", call.id());
  json::Value doc = known->doc;
  if (const auto text = call.params.clearable_text("description")) set(doc, "description", *text);
  if (const auto advance = call.params.boolean("auto_advance")) {
    set(doc, "auto_advance", *advance);
    if (text_at(doc, "status") == "draft") {
      set(doc, "automatically_finalizes_at",
          *advance ? Any(call.world.now_seconds() + kDraftSeconds) : Any(nullptr));
    }
  }
  call.params.apply_metadata(*doc.find("metadata"));
  const auto found = find_invoice(call);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  save(call.scene(), kInvoice, *known, std::move(doc), "invoice.updated");
  return shown(call, *known);
}

Answer finalize_route(Call& call) {
  const auto advance = call.params.boolean("auto_advance");
  const auto found = find_invoice(call);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  Record& invoice = *std::get<Record*>(found);
  if (text_at(invoice.doc, "status") != "draft") return wrong_status("finalize", invoice);
  if (advance) set(invoice.doc, "auto_advance", *advance);
  finalize_invoice(call.scene(), invoice);
  if (text_at(invoice.doc, "status") == "open" && bool_at(invoice.doc, "auto_advance")) {
    advance_invoice(call.scene(), invoice);
  }
  return shown(call, invoice);
}

// The method that pays: the one that was sent, else the invoice's, subscription's or customer's.
std::variant<Record*, Failure> paying_method(const Scene& scene, const Record& invoice,
                                             const std::optional<std::string>& id) {
  const Record& customer = *scene.find(kCustomer, text_at(invoice.doc, "customer"));
  if (id) return find_method_of(scene, customer, *id, "payment_method");
  const std::string own = text_at(invoice.doc, "default_payment_method");
  if (!own.empty()) return scene.find(kPaymentMethod, own);
  const Record* subscription = scene.find(kSubscription, text_at(invoice.doc, "subscription"));
  Record* method =
      default_method(scene, customer, subscription == nullptr ? json::Value() : subscription->doc);
  if (method != nullptr) return method;
  return invalid(
      "There is no `default_payment_method` set on this Customer or Invoice. Please set a default "
      "payment method for Customer or Invoice.",
      {}, "invoice_payment_intent_requires_action");
}

Answer pay_route(Call& call) {
  const auto id = call.params.text("payment_method");
  const bool off_session = call.params.boolean("off_session").value_or(true);
  const bool out_of_band = call.params.boolean("paid_out_of_band").value_or(false);
  const auto found = find_invoice(call);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  const Scene scene = call.scene();
  Record& invoice = *std::get<Record*>(found);
  const std::string status = text_at(invoice.doc, "status");
  if (status == "paid") return invalid("Invoice is already paid", {}, "invoice_already_paid");
  if (status == "void") return wrong_status("pay", invoice);
  if (status == "draft") finalize_invoice(scene, invoice);
  if (text_at(invoice.doc, "status") == "paid") return shown(call, invoice);
  if (out_of_band) {
    set(invoice.doc, "paid_out_of_band", true);
    mark_paid(scene, invoice, {});
    if (Record* intent = scene.find(kPaymentIntent, text_at(invoice.doc, "payment_intent"))) {
      cancel_intent(scene, *intent, "void_invoice");
    }
    return shown(call, invoice);
  }
  const auto method = paying_method(scene, invoice, id);
  if (const auto* failure = std::get_if<Failure>(&method)) return *failure;
  const PaymentResult result =
      collect_invoice(scene, invoice, std::get<Record*>(method),
                      off_session ? Presence::kOffSession : Presence::kOnSession, false);
  if (result.kind != PaymentResult::Kind::kPaid) {
    Failure failure = payment_failure(
        result, *scene.find(kPaymentIntent, text_at(invoice.doc, "payment_intent")));
    if (result.kind == PaymentResult::Kind::kChallenge) {
      failure.code = "invoice_payment_intent_requires_action";
    }
    return failure;
  }
  return shown(call, invoice);
}

Answer void_route(Call& call) {
  const auto found = find_invoice(call);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  Record& invoice = *std::get<Record*>(found);
  const std::string status = text_at(invoice.doc, "status");
  if (status != "open" && status != "uncollectible") return wrong_status("void", invoice);
  void_invoice(call.scene(), invoice);
  return shown(call, invoice);
}

Answer uncollectible_route(Call& call) {
  const auto found = find_invoice(call);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  Record& invoice = *std::get<Record*>(found);
  if (text_at(invoice.doc, "status") != "open") {
    return wrong_status("mark as uncollectible", invoice);
  }
  json::Value doc = invoice.doc;
  set(doc, "status", "uncollectible");
  set(doc, "auto_advance", false);
  set(doc, "next_payment_attempt", nullptr);
  set(*doc.find("status_transitions"), "marked_uncollectible_at", call.world.now_seconds());
  save(call.scene(), kInvoice, invoice, std::move(doc), "invoice.marked_uncollectible");
  return shown(call, invoice);
}

Answer delete_invoice(Call& call) {
  const auto found = find_invoice(call);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  Record& invoice = *std::get<Record*>(found);
  if (text_at(invoice.doc, "status") != "draft" || !text_at(invoice.doc, "subscription").empty()) {
    return wrong_status("delete", invoice);
  }
  call.scene().tell("invoice.deleted", invoice.doc);
  invoice.doc = object({{"id", call.id()}, {"object", "invoice"}, {"deleted", true}});
  set(invoice.hidden, "deleted", true);
  call.scene().changed(kInvoice, invoice);
  return invoice.doc;
}

Answer list_lines(Call& call) {
  const Record* invoice = call.world.find(call.account, kInvoice, call.id());
  if (invoice == nullptr || invoice->deleted()) return no_such("invoice", call.id());
  std::vector<Record> lines;
  for (const json::Value& line : *at(at(invoice->doc, "lines"), "data").as_array()) {
    lines.push_back({line, empty_object()});
  }
  std::vector<const Record*> pointers;
  pointers.reserve(lines.size());
  for (const Record& line : lines) pointers.push_back(&line);
  return list_of(call, "/v1/invoices/" + call.id() + "/lines", pointers, "line_item");
}

}  // namespace

std::vector<Route> invoice_routes() {
  return {{"POST", "/v1/invoices", create_invoice},
          {"GET", "/v1/invoices", list_invoices},
          {"GET", "/v1/invoices/:id", retrieve_invoice},
          {"POST", "/v1/invoices/:id", update_invoice},
          {"DELETE", "/v1/invoices/:id", delete_invoice},
          {"GET", "/v1/invoices/:id/lines", list_lines},
          {"POST", "/v1/invoices/:id/finalize", finalize_route},
          {"POST", "/v1/invoices/:id/pay", pay_route},
          {"POST", "/v1/invoices/:id/void", void_route},
          {"POST", "/v1/invoices/:id/mark_uncollectible", uncollectible_route}};
}

}  // namespace purser::sandbox
