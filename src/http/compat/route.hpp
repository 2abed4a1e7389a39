#pragma once

// The routes of Stack Auth's protocol. They are rows of the same kind as the canonical ones, and
// go by the same router, decoder and log; what differs is how errors are worded.

#include <optional>
#include <span>
#include <string_view>

#include "http/core.hpp"
#include "http/route.hpp"

namespace purser::http::compat {

/// How a route words an error that has no code in the protocol.
struct Wording {
  ErrorCode error;
  std::string_view reason = {};  ///< details.reason; empty: any
  int status = 400;
  std::string_view text;
};

struct Row {
  Route route;  ///< its path stands below /api/v1 and /api/latest only
  std::span<const Wording> wordings = {};
  /// What depends on more than the error; nothing: as in `wordings`.
  std::optional<Reply> (*word)(const Call& call, const Error& error) = nullptr;
};

// The chapters of the table.
std::span<const Row> payment_rows();
std::span<const Row> people_rows();
std::span<const Row> internal_rows();

/// Every route, in the order of the reference.
std::span<const Row> rows();
/// The same without what is special about them, in the same order.
std::span<const Route> routes();

/// The row of one of `routes()`.
const Row& row_of(const Route& route);

}  // namespace purser::http::compat
