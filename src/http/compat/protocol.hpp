#pragma once

// Stack Auth's protocol beside the canonical routes: apps written against its official SDKs work
// with this server as their base URL. A translation onto the same use cases; no rule of the domain
// lives here.

#include "http/dialect.hpp"

namespace purser::http::compat {

/// The one protocol object of the program.
const Dialect& protocol();

}  // namespace purser::http::compat
