#pragma once

// Which customers a client may touch, in the words of the protocol.

#include <optional>
#include <string_view>

#include "http/core.hpp"

namespace purser::http::compat {

/// What follows on "Clients can only " in the refusals of one route.
struct ClientMay {
  std::string_view of_others;       ///< another user's customer
  std::string_view of_custom = {};  ///< a custom customer; empty: the same
};

/// What is answered when the caller may not touch the customer; nothing when it may. Reads
/// memberships.
std::optional<Reply> refused_customer(const Call& call, const CustomerKey& customer,
                                      const ClientMay& client_may);

}  // namespace purser::http::compat
