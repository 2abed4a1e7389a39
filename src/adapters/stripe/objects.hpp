#pragma once

// Stripe's objects, read into the application's words. Pure.

#include <string>

#include "app/ports/payment_provider.hpp"
#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::stripe {

/// The object's id. Errors: kPaymentProviderUnavailable (an answer that Stripe would not give says
/// nothing about what happened), as for all functions here.
Result<std::string> read_id(const json::Value& object);

/// Source: https://docs.stripe.com/api/checkout/sessions/object (version 2024-06-20).
Result<app::RemoteCheckoutSession> read_checkout_session(const json::Value& object);

Result<app::RemoteWebhookEndpoint> read_webhook_endpoint(const json::Value& object);

/// The envelope of an event. Errors: kBodyParsingError for text that is no event.
/// Source: https://docs.stripe.com/api/events/object.
Result<app::ProviderEvent> read_event(const std::string& payload);

}  // namespace purser::stripe
