#include "adapters/stripe/calls.hpp"
#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"
#include "adapters/stripe/stripe.hpp"

namespace purser::stripe {
namespace {

constexpr std::string_view kCustomers = "/customers";
constexpr std::string_view kPaymentMethods = "/payment_methods";
constexpr std::string_view kSetupIntents = "/setup_intents";

Status check_id(const json::Value& object, const std::string& id) {
  if (object.string_at("id") != id) return odd_answer("another object than " + id);
  return {};
}

}  // namespace

Result<std::optional<app::RemotePaymentMethod>> Stripe::default_payment_method(
    const app::ProviderCredentials& as, const std::string& customer) {
  Form query;
  query.add({"expand", ""}, "invoice_settings.default_payment_method");
  const auto expanded = fetch(as, kCustomers, customer, query);
  if (expanded) return read_default_payment_method(*expanded);
  if (expanded.error().code != ErrorCode::kPaymentProviderRefused) return expanded.error();
  // A deleted customer has nothing to expand, which may be refused.
  PURSER_TRY(const json::Value plain, fetch(as, kCustomers, customer));
  if (plain.bool_at("deleted").value_or(false)) return read_default_payment_method(plain);
  return expanded.error();
}

// Which kinds of payment methods there are is the account's own setting.
Result<app::RemoteSetupIntent> Stripe::create_setup_intent(const app::ProviderCredentials& as,
                                                           const std::string& customer,
                                                           const std::string& idempotency_key) {
  Form form;
  form.add({"customer"}, customer).add({"usage"}, "off_session");
  PURSER_TRY(const json::Value object,
             make(as, {std::string(kSetupIntents), form, idempotency_key}));
  PURSER_TRY(app::RemoteSetupIntent intent, read_setup_intent(object));
  if (intent.customer != customer) return odd_answer("a setup intent of another customer");
  return intent;
}

Result<app::RemoteSetupIntent> Stripe::setup_intent(const app::ProviderCredentials& as,
                                                    const std::string& id) {
  PURSER_TRY(const json::Value object, fetch(as, kSetupIntents, id));
  return read_setup_intent(object);
}

Result<app::RemotePaymentMethod> Stripe::set_default_payment_method(
    const app::ProviderCredentials& as, const std::string& customer,
    const std::string& payment_method, const std::string& idempotency_key) {
  PURSER_TRY(const std::string customer_path, path_with_id(kCustomers, customer));
  PURSER_TRY(const std::string method_path, path_with_id(kPaymentMethods, payment_method));
  PURSER_TRY(json::Value method, fetch(as, kPaymentMethods, payment_method));
  Fields fields(method, "payment_method");
  const std::string owner = fields.reference("customer");
  PURSER_CHECK_OK(fields.status());
  if (owner != customer) {  // another customer's is refused by Stripe
    Form form;
    form.add({"customer"}, customer);
    PURSER_TRY(method, make(as, {method_path + "/attach", form, idempotency_key + "-attach"}));
    PURSER_CHECK_OK(check_id(method, payment_method));
  }
  Form form;
  form.add({"invoice_settings", "default_payment_method"}, payment_method);
  PURSER_TRY(const json::Value changed, make(as, {customer_path, form, idempotency_key}));
  PURSER_CHECK_OK(check_id(changed, customer));
  return read_payment_method(method);
}

Status Stripe::set_subscription_payment_method(const app::ProviderCredentials& as,
                                               const std::string& subscription,
                                               const std::string& payment_method,
                                               const std::string& idempotency_key) {
  Form form;
  form.add({"default_payment_method"}, payment_method);
  PURSER_CHECK_OK(change_subscription(as, subscription, {"", form, idempotency_key}));
  return {};
}

}  // namespace purser::stripe
