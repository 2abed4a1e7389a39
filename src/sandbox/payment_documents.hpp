#pragma once

#include "sandbox/api.hpp"
#include "sandbox/cards.hpp"

namespace purser::sandbox {

// The documents of a payment, as Stripe shapes them.

struct Buyer {
  std::string name;
  std::string email;
};

/// What a payment is for. Null members are shown as null.
struct PaymentOrder {
  std::int64_t amount = 0;
  json::Value currency;
  json::Value customer;
  json::Value invoice;
  json::Value description;
  json::Value metadata = empty_object();
  json::Value method_types = array({"card"});
  json::Value receipt_email;
  json::Value setup_future_usage;
  json::Value statement_descriptor;
};

json::Value new_payment_intent(World& world, const PaymentOrder& order);
json::Value new_card_method(World& world, const TestCard& card, CardExpiry expiry,
                            const Buyer& buyer);
json::Value new_debit_method(World& world, const std::string& type, const Buyer& buyer);
/// A charge that succeeded, is pending or failed (`declined_by` not null).
json::Value new_charge(World& world, const json::Value& intent, const json::Value& method,
                       const std::string& status, const TestCard* declined_by);
/// A payment's last_payment_error. Source: https://docs.stripe.com/declines/codes
json::Value card_error(const std::string& charge, const std::string& code,
                       const std::string& decline_code, const std::string& message,
                       const json::Value& method);

}  // namespace purser::sandbox
