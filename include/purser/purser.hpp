#pragma once

// The Purser SDK: sell products, and count what customers have. docs/guide/sdk.md is its guide.
// C++20; link purser::sdk (CMake) or what `pkg-config --static purser` says.

#include "purser/client_app.hpp"
#include "purser/customer.hpp"
#include "purser/error.hpp"
#include "purser/model.hpp"
#include "purser/options.hpp"
#include "purser/result.hpp"
#include "purser/server_app.hpp"
#include "purser/server_customer.hpp"
#include "purser/transport.hpp"
#include "purser/webhook.hpp"

namespace purser::sdk {

/// The SDK's version, "1.2.3".
const char* version();

}  // namespace purser::sdk
