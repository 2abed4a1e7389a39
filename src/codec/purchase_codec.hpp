#pragma once

// How stores keep the product version that a purchase was sold under, and its subscription.

#include <string>
#include <string_view>

#include "domain/catalog.hpp"
#include "domain/subscription.hpp"
#include "types/result.hpp"

namespace purser::codec {

/// The product as JSON text, without its id.
std::string encode_snapshot(const domain::Product& product);

/// The inverse of encode_snapshot; `id` is empty for inline products. Catalog rules that came after
/// the sale do not apply. Errors: kInternalError when the text is not a snapshot (a corrupt store).
Result<domain::Product> decode_snapshot(std::string_view text, ProductId id);

/// The subscription as JSON text, with the product snapshots of its pending and running switch.
/// Instants are milliseconds since 1970. Equal subscriptions have equal texts.
std::string encode_subscription(const domain::Subscription& subscription);

/// The inverse of encode_subscription. Strict: every field stands there, and no other. Whether the
/// values make sense together is for domain rules. Thread-safe. Errors: kInternalError when the
/// text is not a subscription (a corrupt store).
Result<domain::Subscription> decode_subscription(std::string_view text);

}  // namespace purser::codec
