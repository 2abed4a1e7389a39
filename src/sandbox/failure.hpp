#pragma once

#include <string>
#include <variant>

#include "json/json.hpp"

namespace purser::sandbox {

/// A refusal, as Stripe words it. Source: https://docs.stripe.com/api/errors
struct Failure {
  int status = 400;
  std::string type = "invalid_request_error";
  std::string message;
  std::string code;   ///< empty: not sent
  std::string param;  ///< empty: not sent
  std::string decline_code;
  std::string charge;
  json::Value payment_intent;  ///< null: not sent
  json::Value setup_intent;    ///< null: not sent
};

/// What a request comes to: the object to send, or a refusal after which nothing was changed.
using Answer = std::variant<json::Value, Failure>;

Failure invalid(std::string message, std::string param = {}, std::string code = {});
/// "No such customer: 'cus_x'": 404 for an id in the path, 400 for one in a parameter.
Failure no_such(const std::string& what, const std::string& id, const std::string& param = "id");

/// {"error": {…}}, with the request's id for its log.
json::Value failure_document(const Failure& failure);

}  // namespace purser::sandbox
