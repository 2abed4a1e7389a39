#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "purser/model.hpp"
#include "purser/result.hpp"
#include "purser/transport.hpp"

namespace purser::sdk {

/// An event that the server delivered to one of the project's webhook endpoints.
/// docs/reference/events.md lists the types with their data.
struct WebhookEvent {
  std::string id;          ///< "evt_42". The same on every delivery: handle an id once.
  std::string type;        ///< "purchase.created", …; pass over those you do not know.
  Time timestamp;          ///< When it happened.
  std::string project_id;  ///< Of the project that it happened in.
  std::string data_json;   ///< A JSON object.
};

/// How strict verify_webhook is.
struct VerifyWebhookOptions {
  std::chrono::seconds tolerance{300};  ///< How far the sender's clock may be from `now`.
  std::optional<Time> now = {};         ///< Absent: the system's clock.
};

/// Verifies that a request to an endpoint of yours came from the server, unchanged and just now,
/// and reads the event from it. `secrets`: the endpoint's ("whsec_…"); while one is being replaced,
/// both. `headers`: the request's, names in any letter case. `body`: the raw bytes of its body,
/// before anything parses or re-encodes them.
///
/// Answer 2xx when the event is safe with you, within 15 seconds; anything else has it delivered
/// again. Deliveries repeat: handle an id once.
///
/// Errors: kWebhookSignatureInvalid when a header is missing, no signature fits, or it is too old
/// or from the future: answer 400. kInvalidArgument when there is no secret, or one is none.
/// kMalformedAnswer when the body is signed but no event. Thread-safe; compares in constant time.
/// Source: the Standard Webhooks specification.
Result<WebhookEvent> verify_webhook(const std::vector<std::string>& secrets,
                                    const std::vector<HttpHeader>& headers, std::string_view body,
                                    const VerifyWebhookOptions& options = {});

}  // namespace purser::sdk
