#include "sandbox/failure.hpp"

#include "sandbox/document.hpp"

namespace purser::sandbox {

Failure invalid(std::string message, std::string param, std::string code) {
  Failure failure;
  failure.message = std::move(message);
  failure.param = std::move(param);
  failure.code = std::move(code);
  return failure;
}

Failure no_such(const std::string& what, const std::string& id, const std::string& param) {
  Failure failure = invalid("No such " + what + ": '" + id + "'", param, "resource_missing");
  failure.status = param == "id" ? 404 : 400;
  return failure;
}

json::Value failure_document(const Failure& failure) {
  json::Value error = empty_object();
  const auto add = [&error](std::string_view key, const std::string& text) {
    if (!text.empty()) set(error, key, text);
  };
  add("charge", failure.charge);
  add("code", failure.code);
  add("decline_code", failure.decline_code);
  add("message", failure.message);
  add("param", failure.param);
  if (!failure.payment_intent.is_null()) set(error, "payment_intent", failure.payment_intent);
  if (!failure.setup_intent.is_null()) set(error, "setup_intent", failure.setup_intent);
  add("type", failure.type);
  return object({{"error", std::move(error)}});
}

}  // namespace purser::sandbox
