#pragma once

// The catalog as a part of a project's configuration in the protocol.

#include <optional>

#include "domain/catalog.hpp"
#include "http/schema.hpp"
#include "json/json.hpp"

namespace purser::http::compat {

/// The members "items", "productLines" and "products" of the configuration's "payments".
json::Object catalog_config(const domain::Catalog& catalog);

/// The catalog of a configuration's "payments". Appends an error for each wrong place, and answers
/// nothing then.
std::optional<domain::Catalog> decode_catalog_config(const json::Value& payments,
                                                     FieldErrors& errors);

}  // namespace purser::http::compat
