#pragma once

#include "sandbox/api.hpp"

namespace purser::sandbox {

/// A customer of whom nothing is known yet; not stored.
json::Value new_customer(World& world);

}  // namespace purser::sandbox
