#pragma once

// Products and prices as the protocol writes them: amounts as decimal texts in major units, keyed
// by currency.

#include <string>
#include <vector>

#include "domain/catalog.hpp"
#include "http/schema.hpp"
#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::http::compat {

/// A product in the protocol's shape, with these of its prices. Metadata does not exist here: null.
void write_product(json::Writer& out, const domain::Product& product,
                   const std::vector<const domain::Price*>& prices);
/// The same with all of its prices.
void write_product(json::Writer& out, const domain::Product& product);

/// {"USD": "10", "interval": [1, "month"]} as a price of a catalog document: {"amount": 1000,
/// "currency": "USD", "interval": [1, "month"]}. A price has one currency here: of several, USD is
/// taken. Members may be written in snake_case or camelCase. Appends what is wrong below `path`.
json::Value catalog_price(const json::Value& price, const std::string& path, FieldErrors& errors);

/// A product that a request describes. Without an `expires`, what it includes never expires.
/// Errors: kSchemaError with every wrong place.
Result<domain::Product> decode_inline_product(const json::Value& document);

}  // namespace purser::http::compat
