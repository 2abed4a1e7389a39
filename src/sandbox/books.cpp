#include "sandbox/service.hpp"

// The books: what was sold, paid and given back, for audits from outside.

namespace purser::sandbox {
namespace {

json::Value brief(const Record& record, std::initializer_list<const char*> fields) {
  json::Value result = empty_object();
  for (const char* field : fields) set(result, field, at(record.doc, field));
  return result;
}

json::Value all(const Account& account, std::string_view kind,
                std::initializer_list<const char*> fields) {
  json::Array rows;
  if (const auto found = account.collections.find(kind); found != account.collections.end()) {
    for (const auto& record : found->second.in_order()) rows.push_back(brief(*record, fields));
  }
  return json::Value(std::move(rows));
}

// What came in and went out again, by currency, in minor units.
json::Value totals(const Account& account) {
  json::Value sums = empty_object();
  const auto add = [&](std::string_view kind, const char* name, const auto& amount) {
    const auto found = account.collections.find(kind);
    if (found == account.collections.end()) return;
    for (const auto& record : found->second.in_order()) {
      const std::int64_t more = amount(record->doc);
      const std::string currency = text_at(record->doc, "currency");
      if (more == 0 || currency.empty()) continue;
      if (sums.find(currency) == nullptr) set(sums, currency, empty_object());
      json::Value& sum = *sums.find(currency);
      set(sum, name, int_at(sum, name) + more);
    }
  };
  const auto if_status = [](const char* status) {
    return [status](const json::Value& doc) {
      return text_at(doc, "status") == status ? int_at(doc, "amount") : 0;
    };
  };
  add(kCharge, "charged", if_status("succeeded"));
  add(kRefund, "refunded", if_status("succeeded"));
  add(kDispute, "disputed", [](const json::Value& doc) {
    return text_at(doc, "status") == "won" ? 0 : int_at(doc, "amount");
  });
  add(kInvoice, "invoices_paid", [](const json::Value& doc) { return int_at(doc, "amount_paid"); });
  return sums;
}

json::Value account_books(const Account& account) {
  return object(
      {{"id", account.id},
       {"totals", totals(account)},
       {"customers",
        all(account, kCustomer, {"id", "name", "email", "balance", "currency", "metadata"})},
       {"checkout_sessions", all(account, kSession,
                                 {"id", "mode", "status", "payment_status", "amount_total",
                                  "currency", "customer", "client_reference_id", "payment_intent",
                                  "subscription", "setup_intent", "invoice", "metadata"})},
       {"subscriptions",
        all(account, kSubscription,
            {"id", "status", "customer", "currency", "current_period_start", "current_period_end",
             "cancel_at_period_end", "canceled_at", "ended_at", "latest_invoice", "metadata"})},
       {"invoices",
        all(account, kInvoice,
            {"id", "number", "status", "customer", "subscription", "billing_reason", "currency",
             "total", "amount_due", "amount_paid", "payment_intent", "charge", "attempt_count"})},
       {"payment_intents", all(account, kPaymentIntent,
                               {"id", "status", "amount", "amount_received", "currency", "customer",
                                "invoice", "latest_charge", "metadata"})},
       {"charges", all(account, kCharge,
                       {"id", "status", "amount", "amount_refunded", "currency", "customer",
                        "payment_intent", "invoice", "disputed", "metadata"})},
       {"refunds",
        all(account, kRefund, {"id", "status", "amount", "currency", "charge", "payment_intent"})},
       {"disputes",
        all(account, kDispute,
            {"id", "status", "reason", "amount", "currency", "charge", "payment_intent"})},
       {"events", all(account, kEvent, {"id", "type", "pending_webhooks"})}});
}

}  // namespace

json::Value books_of(const World& world) {
  json::Array accounts;
  for (const auto& [id, account] : world.accounts()) accounts.push_back(account_books(*account));
  return object({{"accounts", json::Value(std::move(accounts))}});
}

}  // namespace purser::sandbox
