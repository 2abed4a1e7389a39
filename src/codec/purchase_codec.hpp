#pragma once

// How stores keep the product version that a purchase was sold under.

#include <string>
#include <string_view>

#include "domain/catalog.hpp"
#include "types/result.hpp"

namespace purser::codec {

/// The product as JSON text, without its id.
std::string encode_snapshot(const domain::Product& product);

/// The inverse of encode_snapshot; `id` is empty for inline products. Catalog rules that came after
/// the sale do not apply. Errors: kInternalError when the text is not a snapshot (a corrupt store).
Result<domain::Product> decode_snapshot(std::string_view text, ProductId id);

}  // namespace purser::codec
