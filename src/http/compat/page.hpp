#pragma once

// Lists of the protocol.

#include "http/core.hpp"

namespace purser::http::compat {

/// How many rows a call asks for: its query parameter `limit`, from 1, which the decoder has
/// checked; at most 100; absent: 10.
int limit_of(const Call& call);

/// The answer for a cursor that is no row of the list.
Reply invalid_cursor();

}  // namespace purser::http::compat
