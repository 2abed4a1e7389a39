#pragma once

// The catalog as a document: the one place that knows its JSON and YAML shape. Used by the HTTP
// API, the commands and the stores, so that what is accepted, shown and kept is the same shape.

#include <string>
#include <string_view>

#include "domain/catalog.hpp"
#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::codec {

/// Decodes and validates a whole catalog, of version 0. Reports every error at once, the first
/// 1,000 of them (kCatalogInvalid, details.fields holds each with its path, e.g.
/// "products.pro.prices.monthly.amount"). docs/guide/catalog.md describes the document.
Result<domain::Catalog> decode_catalog(const json::Value& document);

/// Parses YAML or JSON text (JSON when the first non-space character is '{') and decodes it. At
/// most 4 MiB and 32 nested levels. YAML is read by the rules of YAML 1.2's core schema, except
/// that decimal fractions stay text; anchors, aliases, tags, merge keys and further documents are
/// refused; duplicate keys are errors. Errors: kCatalogInvalid, as above, also for text that is
/// neither YAML nor JSON.
Result<domain::Catalog> parse_catalog(std::string_view text);

/// The document of a catalog as JSON; decode_catalog gives the same catalog again. Version is not
/// part of it.
std::string encode_catalog(const domain::Catalog& catalog);
/// The same as YAML, for `purser catalog export`; parse_catalog gives the same catalog again.
std::string encode_catalog_yaml(const domain::Catalog& catalog);

/// A product as it stands in a catalog document, without its id; also the shape of an inline
/// product and of the snapshot that a purchase keeps. Every field stands there, defaults too,
/// except absent product_line, free_trial and interval.
void write_product(json::Writer& out, const domain::Product& product);
/// A price without its id.
void write_price(json::Writer& out, const domain::Price& price);

/// Decodes one product's shape; `path` prefixes the errors ("body.product"). An empty `id` means an
/// inline product, which must have a display_name. What spans fields, and references, are checked
/// by domain::validate and domain::validate_inline_product. Errors: kSchemaError, details.fields
/// holds every place.
Result<domain::Product> decode_product(const json::Value& document, ProductId id,
                                       const std::string& path);

}  // namespace purser::codec
