#pragma once

// Stripe's objects, read into the application's words. Pure. Shapes are those of version
// 2024-06-20 (https://docs.stripe.com/api). Errors of every function, where nothing else is said:
// kPaymentProviderUnavailable, because an answer that Stripe would not give says nothing about what
// happened.

#include <string>

#include "app/ports/payment_provider.hpp"
#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::stripe {

/// The object's id.
Result<std::string> read_id(const json::Value& object);

Result<app::RemoteCheckoutSession> read_checkout_session(const json::Value& object);

/// A subscription of one item, with `latest_invoice` expanded.
Result<app::RemoteSubscription> read_subscription(const json::Value& object);
Result<app::RemoteInvoice> read_invoice(const json::Value& object);
/// What an upcoming invoice, whose prorations wait for it, says of a change of plan: what would be
/// charged if they were invoiced at once, and what the next renewal costs. `prorate` as asked;
/// `period_end`: that of the subscription now. The provider's smallest amounts, which it carries
/// over to the next invoice instead of charging them, are not considered.
Result<app::PlanPreview> read_preview(const json::Value& object, bool prorate,
                                      Timestamp period_end);

Result<app::RemotePaymentMethod> read_payment_method(const json::Value& object);
/// The customer's default payment method, which must be expanded; absent: none, or the customer is
/// deleted.
Result<std::optional<app::RemotePaymentMethod>> read_default_payment_method(
    const json::Value& customer);
Result<app::RemoteSetupIntent> read_setup_intent(const json::Value& object);

Result<app::RemoteRefund> read_refund(const json::Value& object);
/// An inquiry ("warning_…"), which takes no money yet, counts as an open dispute, and as won when
/// it is closed.
Result<app::RemoteDispute> read_dispute(const json::Value& object);

/// `livemode` is not in the object.
Result<app::ProviderAccountState> read_account(const json::Value& object);
Result<app::RemoteWebhookEndpoint> read_webhook_endpoint(const json::Value& object);

/// The envelope of an event, and what it is about: ids only, so that events in the shapes of later
/// versions can be read too (an endpoint that was made by hand has its account's version). Errors:
/// kBodyParsingError for text that is no event.
Result<app::ProviderEvent> read_event(const std::string& payload);
Result<app::ProviderEvent> read_event_object(const json::Value& event);

}  // namespace purser::stripe
