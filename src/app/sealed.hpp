#pragma once

// The context that each sealed secret is bound to, so that one cannot be put in another's place.

#include <string>
#include <string_view>

#include "types/id.hpp"

namespace purser::app {

inline std::string sealed_context(const ProjectId& project, std::string_view what) {
  return project.str() + "/" + std::string(what);
}

inline constexpr std::string_view kSealedStripeKey = "stripe_secret_key";
inline constexpr std::string_view kSealedWebhookSecret = "stripe_webhook_secret";
inline constexpr std::string_view kSealedSigningKey = "signing_key/";  ///< followed by the kid
inline constexpr std::string_view kSealedEndpointSecret =
    "webhook_endpoint/";  ///< followed by the endpoint's id

}  // namespace purser::app
