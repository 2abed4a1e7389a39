#pragma once

// Questions that several purchase rules ask, and whoever shows what a sale would change.

#include "domain/purchase.hpp"

namespace purser::domain {

/// Whether owning `base` lets one have the add-on.
bool is_base_of(const Product& base, const Product& add_on);

/// Whether an owned purchase takes the one place of the product line that `wanted` needs too.
bool takes_the_place_of(const Purchase& owned, const Product& wanted);

}  // namespace purser::domain
