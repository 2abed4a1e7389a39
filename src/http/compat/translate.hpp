#pragma once

// Errors of the use cases in the words of the protocol.

#include "http/core.hpp"

namespace purser::http::compat {

/// First as the call's row words it, else by the code that the protocol has for it, else as plain
/// text with its own status and sentence.
Reply reply_for(const Call& call, const Error& error);

}  // namespace purser::http::compat
