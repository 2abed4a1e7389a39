#include <array>

#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"

namespace purser::stripe {
namespace {

constexpr std::array<std::string_view, 6> kSetupStatuses = {"requires_payment_method",
                                                            "requires_confirmation",
                                                            "requires_action",
                                                            "processing",
                                                            "canceled",
                                                            "succeeded"};

bool is_setup_status(std::string_view text) {
  for (const std::string_view known : kSetupStatuses) {
    if (text == known) return true;
  }
  return false;
}

Status read_card(const json::Value& card, app::RemotePaymentMethod& out) {
  Fields fields(card, "");
  out.brand = fields.text("brand");
  out.last4 = fields.text("last4");
  // More digits than that would be somebody's card number.
  if (out.last4.size() != 4) fields.refuse("last4");
  const std::int64_t month = fields.integer("exp_month");
  const std::int64_t year = fields.integer("exp_year");
  if (month < 1 || month > 12) fields.refuse("exp_month");
  if (year < 1970 || year > 9999) fields.refuse("exp_year");
  PURSER_CHECK_OK(fields.status());
  out.exp_month = static_cast<int>(month);
  out.exp_year = static_cast<int>(year);
  return {};
}

}  // namespace

Result<app::RemotePaymentMethod> read_payment_method(const json::Value& object) {
  Fields fields(object, "payment_method");
  app::RemotePaymentMethod out;
  out.id = fields.id();
  const bool is_card = fields.text("type") == "card";
  PURSER_CHECK_OK(fields.status());
  if (!is_card) return out;
  const json::Value* card = object.find("card");
  if (card == nullptr) return odd_answer("a card without its details");
  PURSER_CHECK_OK(read_card(*card, out));
  return out;
}

Result<std::optional<app::RemotePaymentMethod>> read_default_payment_method(
    const json::Value& customer) {
  const std::optional<app::RemotePaymentMethod> none;
  Fields fields(customer, "customer");
  fields.id();
  PURSER_CHECK_OK(fields.status());
  if (customer.bool_at("deleted").value_or(false)) return none;
  const json::Value* settings = customer.find("invoice_settings");
  if (settings == nullptr || settings->as_object() == nullptr) {
    return odd_answer("a customer without invoice_settings");
  }
  const json::Value* method = settings->find("default_payment_method");
  if (method == nullptr || method->is_null()) return none;
  PURSER_TRY(auto read, read_payment_method(*method));
  return std::optional(std::move(read));
}

Result<app::RemoteSetupIntent> read_setup_intent(const json::Value& object) {
  Fields fields(object, "setup_intent");
  app::RemoteSetupIntent out;
  out.id = fields.id();
  const std::string status = fields.text("status");
  if (!is_setup_status(status)) fields.refuse("status");
  out.succeeded = status == "succeeded";
  std::string client_secret = fields.text("client_secret");
  if (client_secret.empty()) fields.refuse("client_secret");
  out.customer = fields.reference("customer");
  out.payment_method = fields.reference("payment_method");
  if (out.succeeded && out.payment_method.empty()) fields.refuse("payment_method");
  PURSER_CHECK_OK(fields.status());
  out.client_secret = Secret(std::move(client_secret));
  return out;
}

}  // namespace purser::stripe
