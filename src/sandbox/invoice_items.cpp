#include "sandbox/amounts.hpp"
#include "sandbox/billing.hpp"

// Invoice items and customers' balances.

namespace purser::sandbox {
namespace {

// Puts a line on a draft that exists already.
void add_to_draft(const Scene& scene, const Record& customer, Record& invoice, const Line& line) {
  InvoiceOrder order;
  order.currency = text_at(invoice.doc, "currency");
  for (const json::Value& known : *at(at(invoice.doc, "lines"), "data").as_array()) {
    Line kept = line_of_item(known);
    kept.invoice_item = text_at(known, "invoice_item");
    kept.item = text_at(known, "subscription_item");
    order.lines.push_back(std::move(kept));
  }
  order.lines.push_back(line);
  const json::Value again = invoice_document(scene.world, invoice.id(), customer, order);
  json::Value doc = invoice.doc;
  for (const char* field : {"lines", "subtotal", "subtotal_excluding_tax", "total",
                            "total_excluding_tax", "amount_due", "amount_remaining"}) {
    set(doc, field, at(again, field));
  }
  save(scene, kInvoice, invoice, std::move(doc), "invoice.updated");
}

// The amount of an item: its own, or a one-time price's times the quantity.
void read_amount(Call& call, Line& line) {
  Params& params = call.params;
  line.quantity = params.integer("quantity", 0, 999'999).value_or(1);
  if (const auto id = params.text("price")) {
    const Record* price = call.world.find(call.account, kPrice, *id);
    if (price == nullptr || text_at(price->doc, "type") != "one_time") {
      return params.complain(price == nullptr
                                 ? no_such("price", *id, "price")
                                 : invalid("The price must be of type one_time.", "price"));
    }
    line.price = price->doc;
    line.currency = text_at(price->doc, "currency");
    line.amount = int_at(price->doc, "unit_amount") * line.quantity;
    return;
  }
  const std::string code = params.required_text("currency", 10);
  const auto currency = Currency::parse(code);
  if (!currency && !code.empty()) params.complain(invalid_currency(code, "currency"));
  if (currency) line.currency = currency->lower();
  if (!params.has("amount")) params.required_text("amount");
  line.amount = params.integer("amount", -kMaxAmount, kMaxAmount).value_or(0);
}

Answer create_item(Call& call) {
  Params& params = call.params;
  const std::string customer_id = params.required_text("customer");
  Line line;
  read_amount(call, line);
  line.description = params.text("description").value_or("");
  const auto invoice_id = params.text("invoice");
  const auto subscription_id = params.text("subscription");
  json::Value metadata = empty_object();
  params.apply_metadata(metadata);
  if (const auto failure = params.finish()) return *failure;
  const Scene scene = call.scene();
  const Record* customer = enter_customer(scene, customer_id);
  if (customer == nullptr) return no_such("customer", customer_id, "customer");
  Record* invoice = invoice_id ? scene.find(kInvoice, *invoice_id) : nullptr;
  if (invoice_id && (invoice == nullptr || text_at(invoice->doc, "status") != "draft" ||
                     text_at(invoice->doc, "customer") != customer_id)) {
    return no_such("draft invoice of this customer", *invoice_id, "invoice");
  }
  if (invoice != nullptr && text_at(invoice->doc, "currency") != line.currency) {
    return invalid("The item's currency must be the invoice's.", "currency");
  }
  if (subscription_id) {
    const Record* subscription = scene.find(kSubscription, *subscription_id);
    if (subscription == nullptr || text_at(subscription->doc, "customer") != customer_id) {
      return no_such("subscription", *subscription_id, "subscription");
    }
    line.subscription = *subscription_id;
  }
  line.start = line.end = scene.world.now_seconds();
  Record& item = scene.put(kInvoiceItem, invoice_item_document(scene.world, *customer, line));
  set(item.doc, "metadata", std::move(metadata));
  if (invoice != nullptr) {
    set(item.doc, "invoice", *invoice_id);
    line.invoice_item = item.id();
    add_to_draft(scene, *customer, *invoice, line);
  }
  scene.tell("invoiceitem.created", item.doc);
  return item.doc;
}

Answer retrieve_item(Call& call) { return retrieve(call, kInvoiceItem, "invoice item"); }

Answer list_items(Call& call) {
  Filter filter = both(by_field(call, "customer"), by_field(call, "invoice"));
  if (const auto pending = call.params.boolean("pending")) {
    filter = both(std::move(filter), [pending = *pending](const Record& item) {
      return at(item.doc, "invoice").is_null() == pending;
    });
  }
  return list(call, kInvoiceItem, "/v1/invoiceitems", filter);
}

// Of an item of a price the amount follows from the price. There is no event about it.
Answer update_item(Call& call) {
  Record* item = call.world.find(call.account, kInvoiceItem, call.id());
  if (item == nullptr || item->deleted()) return no_such("invoice item", call.id());
  Params& params = call.params;
  json::Value doc = item->doc;
  if (const auto text = params.clearable_text("description")) set(doc, "description", *text);
  if (const auto amount = params.integer("amount", -kMaxAmount, kMaxAmount)) {
    if (!at(doc, "price").is_null()) {
      params.complain(invalid("The amount of this invoice item follows from its price.", "amount"));
    }
    const std::int64_t quantity = int_at(doc, "quantity");
    const std::int64_t unit = quantity == 0 ? 0 : *amount / quantity;
    set(doc, "amount", *amount);
    set(doc, "unit_amount", unit);
    set(doc, "unit_amount_decimal", std::to_string(unit));
  }
  params.apply_metadata(*doc.find("metadata"));
  if (const auto failure = params.finish()) return *failure;
  if (!at(doc, "invoice").is_null()) {
    return invalid("This invoice item is on an invoice already and cannot be changed.");
  }
  item->doc = std::move(doc);
  call.world.changed(call.account, kInvoiceItem, *item);
  return item->doc;
}

Answer delete_item(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  Record* item = call.world.find(call.account, kInvoiceItem, call.id());
  if (item == nullptr || item->deleted()) return no_such("invoice item", call.id());
  if (!at(item->doc, "invoice").is_null()) {
    return invalid("This invoice item is on an invoice already and cannot be deleted.");
  }
  enter_time_of(call.scene(), item->doc);
  call.scene().tell("invoiceitem.deleted", item->doc);
  item->doc = object({{"id", call.id()}, {"object", kInvoiceItem}, {"deleted", true}});
  set(item->hidden, "deleted", true);
  call.scene().changed(kInvoiceItem, *item);
  return item->doc;
}

Answer create_balance_transaction(Call& call) {
  const std::string code = call.params.required_text("currency", 10);
  const auto currency = Currency::parse(code);
  if (!currency && !code.empty()) call.params.complain(invalid_currency(code, "currency"));
  if (!call.params.has("amount")) call.params.required_text("amount");
  const std::int64_t amount = call.params.integer("amount", -kMaxAmount, kMaxAmount).value_or(0);
  const auto description = call.params.text("description", 350);
  if (const auto failure = call.params.finish()) return *failure;
  const Scene scene = call.scene();
  Record* customer = enter_customer(scene, call.id());
  if (customer == nullptr) return no_such("customer", call.id());
  const std::string known = text_at(customer->doc, "currency");
  if (!known.empty() && known != currency->lower() && int_at(customer->doc, "balance") != 0) {
    return invalid("The customer's balance is in " + known + ".", "currency");
  }
  set(customer->doc, "currency", currency->lower());
  move_balance(scene, *customer, amount, "adjustment", {}, Any(description).value);
  return scene.account.of(kBalanceTransaction).in_order().back()->doc;
}

Answer list_balance_transactions(Call& call) {
  const Record* customer = call.world.find(call.account, kCustomer, call.id());
  if (customer == nullptr || customer->deleted()) return no_such("customer", call.id());
  return list(
      call, kBalanceTransaction, "/v1/customers/" + call.id() + "/balance_transactions",
      [id = call.id()](const Record& record) { return text_at(record.doc, "customer") == id; });
}

}  // namespace

std::vector<Route> invoice_item_routes() {
  return {{"POST", "/v1/invoiceitems", create_item},
          {"GET", "/v1/invoiceitems", list_items},
          {"GET", "/v1/invoiceitems/:id", retrieve_item},
          {"POST", "/v1/invoiceitems/:id", update_item},
          {"DELETE", "/v1/invoiceitems/:id", delete_item}};
}

std::vector<Route> balance_routes() {
  return {{"POST", "/v1/customers/:id/balance_transactions", create_balance_transaction},
          {"GET", "/v1/customers/:id/balance_transactions", list_balance_transactions}};
}

}  // namespace purser::sandbox
