#pragma once

// For tests: Stripe's objects as version 2024-06-20 writes them, cut to what is read, and a way to
// change one member.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "json/json.hpp"

namespace purser::stripe {

/// The place in a document: names and row numbers, separated by dots. nullptr: there is none.
inline json::Value* place_in(json::Value& document, std::string_view path) {
  json::Value* at = &document;
  while (at != nullptr && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string step(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    json::Array* rows = at->as_array();
    if (rows == nullptr) {
      at = at->find(step);
    } else {
      const auto index = static_cast<std::size_t>(std::strtoul(step.c_str(), nullptr, 10));
      at = index < rows->size() ? &(*rows)[index] : nullptr;
    }
  }
  return at;
}

/// The document with the member at `path` set to `value` (JSON text), or removed where that is
/// empty.
inline std::string edited(const std::string& document, std::string_view path,
                          const std::string& value) {
  auto parsed = json::parse(document);
  EXPECT_TRUE(parsed) << document;
  const std::size_t dot = path.rfind('.');
  const bool is_nested = dot != std::string_view::npos;
  json::Value* parent = place_in(*parsed, is_nested ? path.substr(0, dot) : std::string_view());
  const std::string_view name = is_nested ? path.substr(dot + 1) : path;
  EXPECT_NE(parent, nullptr) << path;
  if (parent == nullptr) return document;
  if (value.empty()) {
    EXPECT_TRUE(parent->erase(name)) << path;
  } else {
    const auto parsed_value = json::parse(value);
    EXPECT_TRUE(parsed_value) << value;
    parent->set(name, *parsed_value);
  }
  return json::dump(*parsed);
}

/// A list with these rows.
inline std::string list_of(const std::string& rows, bool has_more = false) {
  return R"({"object":"list","data":[)" + rows + R"(],"has_more":)" +
         (has_more ? "true" : "false") + "}";
}

/// What Stripe says when it refuses.
inline std::string refusal(const std::string& code, const std::string& type) {
  return R"({"error":{"type":")" + type + R"(","code":")" + code + R"(","message":"No."}})";
}
inline std::string refusal(const std::string& code) {
  return refusal(code, "invalid_request_error");
}
inline const std::string kDeclinedSample =
    R"({"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds",)"
    R"("message":"Your card has insufficient funds."}})";

inline const std::string kSessionSample = R"({"id":"cs_1","object":"checkout.session",
  "status":"complete","payment_status":"paid","livemode":true,"url":null,"payment_intent":"pi_1",
  "subscription":null,"customer":{"id":"cus_1","object":"customer"},"amount_total":1500,
  "currency":"kwd","client_reference_id":null})";

inline const std::string kInvoiceSample = R"({"id":"in_1","object":"invoice","number":"ABC-0001",
  "status":"paid","total":1500,"amount_paid":1000,"currency":"usd","payment_intent":"pi_1",
  "hosted_invoice_url":"https://invoice.example/i/1","customer":"cus_1","subscription":"sub_1",
  "billing_reason":"subscription_cycle","created":1700000100,"livemode":false,
  "period_start":1697408000,"period_end":1700000000,
  "lines":{"object":"list","has_more":false,"data":[
    {"id":"il_1","object":"line_item","type":"subscription","amount":1500,"proration":false,
     "description":"1 × Pro","period":{"start":1700000000,"end":1702592000}}]}})";

inline const std::string kSubscriptionSample = R"({"id":"sub_1","object":"subscription",
  "customer":"cus_1","status":"active","billing_cycle_anchor":1700000000,
  "current_period_start":1700000000,"current_period_end":1702592000,"trial_end":null,
  "cancel_at_period_end":false,"ended_at":null,"default_payment_method":null,"livemode":false,
  "metadata":{"purser_checkout":"co-1"},"latest_invoice":)" +
                                               kInvoiceSample + R"(,
  "items":{"object":"list","has_more":false,"data":[
    {"id":"si_1","object":"subscription_item","quantity":2,
     "price":{"id":"price_1","object":"price","unit_amount":750,"currency":"usd",
              "recurring":{"interval":"month","interval_count":3}}}]}})";

// 1700000000 + 10 days, of a period of 30: two thirds are left.
inline const std::string kUpcomingSample = R"({"object":"invoice","currency":"usd",
  "starting_balance":0,
  "lines":{"object":"list","has_more":false,"data":[
    {"id":"il_1","object":"line_item","type":"invoiceitem","amount":-1000,"proration":true,
     "description":"Unused time on Basic","period":{"start":1700864000,"end":1702592000}},
    {"id":"il_2","object":"line_item","type":"invoiceitem","amount":2000,"proration":true,
     "description":"Remaining time on Pro","period":{"start":1700864000,"end":1702592000}},
    {"id":"il_3","object":"line_item","type":"subscription","amount":3000,"proration":false,
     "description":"1 × Pro","period":{"start":1702592000,"end":1705184000}}]}})";

inline const std::string kPaymentMethodSample = R"({"id":"pm_1","object":"payment_method",
  "type":"card","customer":"cus_1",
  "card":{"brand":"visa","last4":"4242","exp_month":12,"exp_year":2034}})";

inline const std::string kCustomerSample = R"({"id":"cus_1","object":"customer",
  "invoice_settings":{"default_payment_method":)" +
                                           kPaymentMethodSample + "}}";

inline const std::string kSetupIntentSample = R"({"id":"seti_1","object":"setup_intent",
  "status":"succeeded","client_secret":"seti_1_secret_x","customer":"cus_1",
  "payment_method":"pm_1"})";

inline const std::string kRefundSample = R"({"id":"re_1","object":"refund","payment_intent":"pi_1",
  "amount":500,"currency":"usd","status":"succeeded","metadata":{"purser_refund":"rf-1"},
  "created":1700000000})";

inline const std::string kDisputeSample = R"({"id":"dp_1","object":"dispute",
  "payment_intent":"pi_1","amount":500,"currency":"usd","status":"needs_response",
  "created":1700000000,"livemode":true})";

inline const std::string kAccountSample = R"({"id":"acct_1","object":"account",
  "charges_enabled":true,"details_submitted":false,"payouts_enabled":true})";

}  // namespace purser::stripe
