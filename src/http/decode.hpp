#pragma once

// Bad input ends here: what passes is a document of the route's shape.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/route.hpp"
#include "http/router.hpp"
#include "json/json.hpp"
#include "net/server.hpp"
#include "types/result.hpp"

namespace purser::http {

using Query = std::vector<std::pair<std::string, std::string>>;

/// Checks size, encoding and type of a body against the route. Errors: kBodyTooLarge,
/// kUnsupportedMediaType.
Status check_body_frame(const Route& route, const net::Request& request);

/// The body as a document; null for routes that take none or decode it themselves.
/// Errors: kBodyParsingError; kSchemaError with every wrong place; kCardDataRefused.
Result<json::Value> decode_body(const Route& route, std::string_view body);

/// The query's parameters in order, empty ones left out. Pages ignore parameters that they do not
/// know. Errors: kSchemaError with every wrong place ("query.limit").
Result<Query> decode_query(const Route& route, std::string_view query);

/// The decoded path parameters, in the pattern's order.
/// Errors: kSchemaError ("path.customer_id").
Result<std::vector<std::string>> decode_path(const Match& match);

/// The Idempotency-Key, if one was sent and the route obeys it: 1–255 visible ASCII characters.
/// Errors: kSchemaError ("headers.idempotency-key").
Result<std::optional<std::string>> decode_idempotency_key(const Route& route,
                                                          const net::Request& request);

}  // namespace purser::http
