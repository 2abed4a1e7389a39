#pragma once

#include <string>

#include "sandbox/api.hpp"
#include "sandbox/cards.hpp"
#include "sandbox/payment_documents.hpp"

namespace purser::sandbox {

/// What came of an attempt to pay.
struct PaymentResult {
  enum class Kind { kPaid, kDeclined, kChallenge };
  Kind kind = Kind::kPaid;
  std::string charge = {};
  std::string code = {};
  std::string decline_code = {};
  std::string message = {};  ///< for the buyer; empty when paid
};

/// Adds a payment that waits for its method, and tells.
Record& add_payment_intent(const Scene& scene, const PaymentOrder& order);

/// Tries to take the money from a method: charges, tells, and keeps the method for the customer
/// where the intent's setup_future_usage says so.
PaymentResult confirm_intent(const Scene& scene, Record& intent, Record& method, Presence presence);
/// The buyer did not satisfy the bank.
PaymentResult fail_authentication(const Scene& scene, Record& intent);
/// The money of a charge is here: the payment succeeds.
void receive_money(const Scene& scene, Record& intent, const json::Value& charge, Record& method);
/// The attempt failed: the payment waits for another method.
void fail_intent(const Scene& scene, Record& intent, json::Value error);
/// Ends a payment that was not made.
void cancel_intent(const Scene& scene, Record& intent, const std::string& reason);

/// The 402 of an attempt that was refused, or that waits for the buyer.
Failure payment_failure(const PaymentResult& result, const Record& intent);

}  // namespace purser::sandbox
