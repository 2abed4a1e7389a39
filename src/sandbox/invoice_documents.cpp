#include "sandbox/invoice_documents.hpp"

#include "sandbox/amounts.hpp"
#include "sandbox/proration.hpp"

namespace purser::sandbox {
namespace {

Any or_null(const std::string& text) { return text.empty() ? Any(nullptr) : Any(text); }

json::Value period(const Line& line) { return object({{"end", line.end}, {"start", line.start}}); }

json::Value plan_or_null(const json::Value& price) {
  return at(price, "recurring").is_null() ? json::Value() : plan_of(price);
}

json::Value line_document(World& world, const std::string& invoice, const Line& line) {
  const bool is_item = !line.invoice_item.empty() || line.subscription.empty();
  json::Value doc =
      object({{"id", world.new_id("il_1")},
              {"object", "line_item"},
              {"amount", line.amount},
              {"amount_excluding_tax", line.amount},
              {"currency", line.currency},
              {"description", or_null(line.description)},
              {"discount_amounts", empty_array()},
              {"discountable", !line.proration},
              {"discounts", empty_array()},
              {"invoice", invoice},
              {"livemode", false},
              {"metadata", empty_object()},
              {"period", period(line)},
              {"plan", plan_or_null(line.price)},
              {"price", line.price},
              {"proration", line.proration},
              {"proration_details",
               line.proration ? object({{"credited_items", nullptr}}) : json::Value()},
              {"quantity", line.quantity},
              {"subscription", or_null(line.subscription)},
              {"tax_amounts", empty_array()},
              {"tax_rates", empty_array()},
              {"type", is_item ? "invoiceitem" : "subscription"},
              {"unit_amount_excluding_tax",
               std::to_string(line.quantity == 0 ? 0 : line.amount / line.quantity)}});
  if (!line.invoice_item.empty()) set(doc, "invoice_item", line.invoice_item);
  if (!line.item.empty()) set(doc, "subscription_item", line.item);
  return doc;
}

json::Value lines_document(World& world, const std::string& invoice,
                           const std::vector<Line>& lines) {
  json::Array data;
  for (const Line& line : lines) data.push_back(line_document(world, invoice, line));
  return object({{"object", "list"},
                 {"data", json::Value(std::move(data))},
                 {"has_more", false},
                 {"url", "/v1/invoices/" + invoice + "/lines"}});
}

// The members of an invoice from "payment_settings" on, in Stripe's order.
json::Value later_members(const Record& customer, const InvoiceOrder& order) {
  const std::int64_t total = sum_of(order.lines);
  return object({{"payment_settings", object({{"default_mandate", nullptr},
                                              {"payment_method_options", nullptr},
                                              {"payment_method_types", nullptr}})},
                 {"period_end", order.period_end},
                 {"period_start", order.period_start},
                 {"post_payment_credit_notes_amount", 0},
                 {"pre_payment_credit_notes_amount", 0},
                 {"quote", nullptr},
                 {"receipt_number", nullptr},
                 {"rendering", nullptr},
                 {"shipping_cost", nullptr},
                 {"shipping_details", nullptr},
                 {"starting_balance", 0},
                 {"statement_descriptor", nullptr},
                 {"status", "draft"},
                 {"status_transitions", object({{"finalized_at", nullptr},
                                                {"marked_uncollectible_at", nullptr},
                                                {"paid_at", nullptr},
                                                {"voided_at", nullptr}})},
                 {"subscription", or_null(order.subscription)},
                 {"subscription_details",
                  order.subscription.empty() ? object({{"metadata", nullptr}})
                                             : object({{"metadata", order.subscription_metadata}})},
                 {"subtotal", total},
                 {"subtotal_excluding_tax", total},
                 {"tax", nullptr},
                 {"test_clock", at(customer.doc, "test_clock")},
                 {"total", total},
                 {"total_discount_amounts", empty_array()},
                 {"total_excluding_tax", total},
                 {"total_tax_amounts", empty_array()},
                 {"transfer_data", nullptr},
                 {"webhooks_delivered_at", nullptr}});
}

}  // namespace

std::int64_t sum_of(const std::vector<Line>& lines) {
  std::int64_t sum = 0;
  for (const Line& line : lines) sum += line.amount;
  return sum;
}

json::Value plan_of(const json::Value& price) {
  const json::Value& recurring = at(price, "recurring");
  return object({{"id", at(price, "id")},
                 {"object", "plan"},
                 {"active", at(price, "active")},
                 {"aggregate_usage", nullptr},
                 {"amount", at(price, "unit_amount")},
                 {"amount_decimal", at(price, "unit_amount_decimal")},
                 {"billing_scheme", "per_unit"},
                 {"created", at(price, "created")},
                 {"currency", at(price, "currency")},
                 {"interval", at(recurring, "interval")},
                 {"interval_count", at(recurring, "interval_count")},
                 {"livemode", false},
                 {"metadata", at(price, "metadata")},
                 {"meter", nullptr},
                 {"nickname", at(price, "nickname")},
                 {"product", at(price, "product")},
                 {"tiers_mode", nullptr},
                 {"transform_usage", nullptr},
                 {"trial_period_days", nullptr},
                 {"usage_type", at(recurring, "usage_type")}});
}

void apply_balance(json::Value& invoice, std::int64_t balance) {
  const auto currency = Currency::parse(text_at(invoice, "currency"));
  const std::int64_t minimum = currency ? minimum_amount(*currency) : 1;
  const Settlement settlement = settle(int_at(invoice, "total"), balance, minimum);
  set(invoice, "starting_balance", balance);
  set(invoice, "amount_due", settlement.due);
  set(invoice, "amount_remaining", settlement.due);
}

json::Value invoice_document(World& world, const std::string& id, const Record& customer,
                             const InvoiceOrder& order) {
  const json::Value tax = object({{"enabled", false}, {"liability", nullptr}, {"status", nullptr}});
  json::Value invoice =
      object({{"id", id},
              {"object", "invoice"},
              {"account_country", "US"},
              {"account_name", "Sandbox"},
              {"account_tax_ids", nullptr},
              {"amount_due", 0},
              {"amount_paid", 0},
              {"amount_remaining", 0},
              {"amount_shipping", 0},
              {"application", nullptr},
              {"application_fee_amount", nullptr},
              {"attempt_count", 0},
              {"attempted", false},
              {"auto_advance", order.auto_advance},
              {"automatic_tax", tax},
              {"automatically_finalizes_at", order.finalizes_at},
              {"billing_reason", order.reason},
              {"charge", nullptr},
              {"collection_method", "charge_automatically"},
              {"created", world.now_seconds()},
              {"currency", order.currency},
              {"custom_fields", nullptr},
              {"customer", customer.id()},
              {"customer_address", nullptr},
              {"customer_email", at(customer.doc, "email")},
              {"customer_name", at(customer.doc, "name")},
              {"customer_phone", at(customer.doc, "phone")},
              {"customer_shipping", nullptr},
              {"customer_tax_exempt", "none"},
              {"customer_tax_ids", empty_array()},
              {"default_payment_method", order.default_payment_method},
              {"default_source", nullptr},
              {"default_tax_rates", empty_array()},
              {"description", order.description},
              {"discount", nullptr},
              {"discounts", empty_array()},
              {"due_date", nullptr},
              {"effective_at", nullptr},
              {"ending_balance", nullptr},
              {"footer", nullptr},
              {"from_invoice", nullptr},
              {"hosted_invoice_url", nullptr},
              {"invoice_pdf", nullptr},
              {"issuer", object({{"type", "self"}})},
              {"last_finalization_error", nullptr},
              {"latest_revision", nullptr},
              {"lines", lines_document(world, id, order.lines)},
              {"livemode", false},
              {"metadata", order.metadata},
              {"next_payment_attempt", order.auto_advance ? order.finalizes_at : json::Value()},
              {"number", nullptr},
              {"on_behalf_of", nullptr},
              {"paid", false},
              {"paid_out_of_band", false},
              {"payment_intent", nullptr}});
  const json::Value others = later_members(customer, order);
  for (const auto& [key, value] : *others.as_object()) set(invoice, key, value);
  apply_balance(invoice, int_at(customer.doc, "balance"));
  return invoice;
}

json::Value invoice_item_document(World& world, const Record& customer, const Line& line) {
  const std::int64_t unit = line.quantity == 0 ? 0 : line.amount / line.quantity;
  json::Value item = object({{"id", world.new_id("ii_1")},
                             {"object", kInvoiceItem},
                             {"amount", line.amount},
                             {"currency", line.currency},
                             {"customer", customer.id()},
                             {"date", world.now_seconds()},
                             {"description", or_null(line.description)},
                             {"discountable", !line.proration},
                             {"discounts", empty_array()},
                             {"invoice", nullptr},
                             {"livemode", false},
                             {"metadata", empty_object()},
                             {"period", period(line)},
                             {"plan", plan_or_null(line.price)},
                             {"price", line.price},
                             {"proration", line.proration},
                             {"quantity", line.quantity},
                             {"subscription", or_null(line.subscription)},
                             {"tax_rates", empty_array()},
                             {"test_clock", at(customer.doc, "test_clock")},
                             {"unit_amount", unit},
                             {"unit_amount_decimal", std::to_string(unit)}});
  if (!line.item.empty()) set(item, "subscription_item", line.item);
  return item;
}

Line line_of_item(const json::Value& item) {
  Line line;
  line.description = text_at(item, "description");
  line.price = at(item, "price");
  line.quantity = int_at(item, "quantity");
  line.amount = int_at(item, "amount");
  line.currency = text_at(item, "currency");
  line.proration = bool_at(item, "proration");
  line.start = int_at(at(item, "period"), "start");
  line.end = int_at(at(item, "period"), "end");
  line.subscription = text_at(item, "subscription");
  line.item = text_at(item, "subscription_item");
  line.invoice_item = text_at(item, "id");
  return line;
}

}  // namespace purser::sandbox
