#pragma once

#include "domain/catalog.hpp"
#include "json/json.hpp"
#include "types/customer.hpp"
#include "types/result.hpp"

namespace purser::http {

/// A product that is described in a request. It has the shape of a catalog's product, and beside
/// it: `prices` may be an array, `is_server_only` means `server_only`, `type` may say what the
/// prices must be ("one_time" or "subscription"), and the customer type is that of the buyer unless
/// it is given. Errors: kSchemaError with every wrong place ("body.product.prices.0.amount").
Result<domain::Product> decode_inline_product(const json::Value& document, CustomerType buyer);

}  // namespace purser::http
