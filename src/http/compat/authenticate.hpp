#pragma once

// Who sends a request, in the order in which the protocol looks at its headers.

#include <optional>
#include <string_view>
#include <variant>

#include "http/core.hpp"

namespace purser::http::compat {

/// The project in which the users live that administer other projects.
inline constexpr const char* kInternalProject = "internal";

/// A header by its name without the prefix, under any prefix; empty when absent or empty.
std::string_view header_of(const net::Request& request, std::string_view name);

/// Who it is; or what is answered instead.
using Authenticated = std::variant<app::Principal, Reply>;

/// Access type, project id and project first, then the access token, then the admin access token
/// or the key for the access type. A request without access type and keys is nobody's: its
/// principal is empty, and routes that want one answer ACCESS_TYPE_REQUIRED. Nothing when it would
/// block and may not.
std::optional<Authenticated> authenticate(const Call& call, bool may_block);

/// Does this user of the internal project administer `project`? The members of its owner team do.
/// Reads memberships.
Result<bool> administers(app::StoreView& view, const UserId& user, const app::Project& project);

}  // namespace purser::http::compat
