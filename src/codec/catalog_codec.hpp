#pragma once

// The catalog as a document: the one place that knows its JSON and YAML shape. Used by the HTTP
// API, the commands and the stores, so that what is accepted, shown and kept is the same shape.

#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog.hpp"
#include "domain/purchase.hpp"
#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::codec {

/// Decodes and validates a whole catalog. Reports every error at once (kCatalogInvalid,
/// details.fields holds each with its path, e.g. "products.pro.prices.monthly.amount").
Result<domain::Catalog> decode_catalog(const json::Value& document);

/// Parses YAML or JSON text (JSON when the first non-space character is '{') and decodes it.
/// YAML anchors, aliases, tags and merge keys are refused; duplicate keys are errors.
Result<domain::Catalog> parse_catalog(std::string_view text);

/// The document of a catalog; decode_catalog gives the same catalog again. Version is not part of
/// it.
std::string encode_catalog(const domain::Catalog& catalog);
/// The same as YAML, for `purser catalog export`.
std::string encode_catalog_yaml(const domain::Catalog& catalog);

/// A product as it stands in a catalog document, without its id; also the shape of an inline
/// product and of the snapshot that a purchase keeps.
void write_product(json::Writer& out, const domain::Product& product);
void write_price(json::Writer& out, const domain::Price& price);
/// Decodes one product; `path` prefixes the errors. References to items are not checked here.
Result<domain::Product> decode_product(const json::Value& document, ProductId id,
                                       const std::string& path);

}  // namespace purser::codec
