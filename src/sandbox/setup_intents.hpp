#pragma once

#include <string>

#include "sandbox/api.hpp"
#include "sandbox/intents.hpp"

namespace purser::sandbox {

/// A new intent to save a payment method for a customer; told, stored.
struct SetupOrder {
  json::Value customer;
  json::Value description;
  json::Value metadata = empty_object();
  json::Value method_types = array({"card"});
  std::string usage = "off_session";
};
Record& add_setup_intent(const Scene& scene, const SetupOrder& order);

/// Tries to save the method. Result kinds: kPaid means saved.
PaymentResult confirm_setup(const Scene& scene, Record& intent, Record& method, bool authenticated);
PaymentResult fail_setup_authentication(const Scene& scene, Record& intent);
void cancel_setup(const Scene& scene, Record& intent, const json::Value& reason);

}  // namespace purser::sandbox
