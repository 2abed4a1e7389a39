#pragma once

// The shapes of the protocol's requests and answers.

#include "http/schema.hpp"

namespace purser::http::compat::schemas {

extern const Schema kItem;

}  // namespace purser::http::compat::schemas
