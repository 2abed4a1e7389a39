#include "purser/customer.hpp"
#include "sdk/calls.hpp"

// Subscriptions and paying.

namespace purser::sdk {

using detail::body_of;
using detail::call;

Result<Subscription> Customer::get_subscription(std::string_view subscription_id,
                                                const CallOptions& options) const {
  return call(
      core_, detail::get(core_, path("/subscriptions/") + percent_encode(subscription_id), options),
      body_of(codec::read_subscription_reply));
}

Result<Subscription> Customer::cancel_subscription(const CancelOptions& options) const {
  if (!options.product_id && !options.subscription_id) {
    return Error(ErrorCode::kInvalidArgument, "Name the product or the subscription to cancel.");
  }
  // "-" stands for whatever product the subscription is of.
  std::string target = path("/products/") + percent_encode(options.product_id.value_or("-"));
  target += options.immediately ? "?immediately=true" : "?immediately=false";
  if (options.subscription_id) {
    target += "&subscription_id=" + percent_encode(*options.subscription_id);
  }
  return call(core_, detail::send(core_, "DELETE", std::move(target), {}, options.call),
              body_of(codec::read_subscription_reply));
}

Result<Subscription> Customer::resume_subscription(std::string_view subscription_id,
                                                   const CallOptions& options) const {
  return call(core_,
              detail::send(core_, "POST",
                           path("/subscriptions/") + percent_encode(subscription_id) + "/resume",
                           "{}", options),
              body_of(codec::read_subscription_reply));
}

Result<Subscription> Customer::switch_subscription(const SwitchSubscriptionOptions& options) const {
  return call(core_,
              detail::send(core_, "POST", path("/switch-subscription"),
                           codec::write_switch(options), options.call),
              body_of(codec::read_subscription_reply));
}

Result<SwitchPreview> Customer::preview_switch(const SwitchSubscriptionOptions& options) const {
  return call(core_,
              detail::send(core_, "POST", path("/switch-subscription/preview"),
                           codec::write_switch(options), options.call),
              body_of(codec::read_switch_preview));
}

Result<CustomerBilling> Customer::get_billing(const CallOptions& options) const {
  return call(core_, detail::get(core_, path("/billing"), options), body_of(codec::read_billing));
}

Result<CustomerPaymentMethodSetupIntent> Customer::create_payment_method_setup_intent(
    const CallOptions& options) const {
  return call(core_,
              detail::send(core_, "POST", path("/payment-method-setup-intent"), "{}", options),
              body_of(codec::read_setup_intent));
}

Result<CustomerDefaultPaymentMethod> Customer::set_default_payment_method_from_setup_intent(
    std::string_view setup_intent_id, const CallOptions& options) const {
  return call(core_,
              detail::send(core_, "POST", path("/default-payment-method"),
                           codec::write_setup_intent_choice(setup_intent_id), options),
              body_of(codec::read_default_payment_method));
}

Result<Page<Invoice>> Customer::list_invoices(const PageOptions& page,
                                              const CallOptions& options) const {
  return call(
      core_, detail::get(core_, detail::with_page(path("/invoices"), page), options),
      [](const Answer& answer) { return codec::read_page(answer.body, codec::read_invoice); });
}

}  // namespace purser::sdk
