#pragma once

#include <string>

namespace purser::http::compat {

/// docs/reference/stack-auth.md: every route of the protocol, and every error.
std::string reference_markdown();

}  // namespace purser::http::compat
