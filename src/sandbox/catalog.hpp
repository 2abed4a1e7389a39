#pragma once

#include "sandbox/api.hpp"

namespace purser::sandbox {

// What prices and line items share.

/// Reads `product_data` into a new product (not stored yet); notes complaints in the parameters.
json::Value read_product_data(Call& call, Params params);

/// Reads a price's `currency`, `unit_amount` and `recurring` from `params` into a new price of
/// `product` (not stored yet); notes complaints in the parameters.
json::Value read_price(Call& call, Params& params, const std::string& product, bool active);

}  // namespace purser::sandbox
