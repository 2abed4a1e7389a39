#pragma once

// Questions that several purchase rules ask. Internal to the domain.

#include "domain/purchase.hpp"

namespace purser::domain {

/// Whether owning `base` lets one have the add-on.
bool is_base_of(const Product& base, const Product& add_on);

/// Whether an owned purchase takes the one place of the product line that `wanted` needs too.
bool takes_the_place_of(const Purchase& owned, const Product& wanted);

}  // namespace purser::domain
