#pragma once

// Another protocol that is answered on the same port. The canonical routes do not know what it is.

#include <optional>
#include <span>
#include <string>

#include "http/core.hpp"
#include "http/route.hpp"
#include "http/router.hpp"

namespace purser::http {

/// Answers the requests that are its own in its own way, with the same use cases, worker threads,
/// log and metrics. Immutable; thread-safe; outlives the Core.
class Dialect {
 public:
  virtual ~Dialect() = default;

  /// Every route, for the metrics and the log. No body limit is above Api::max_body_bytes().
  virtual std::span<const Route> routes() const = 0;

  /// Whether this request is one of the dialect's: what its own table says of it. `canonical` is
  /// what the canonical one does.
  virtual std::optional<Match> claim(const net::Request& request, const Match& canonical) const = 0;
  /// Answers a request that was claimed; `call.route` is set when there is one. Never blocks.
  virtual void begin(const CallPtr& call, const Match& match) const = 0;

  /// An error as the dialect words it.
  virtual Reply encode(const Call& call, const Error& error) const = 0;
  /// The response of a call, with the headers that the dialect adds to every answer.
  virtual net::Response respond(const Call& call, Reply reply) const = 0;
};

}  // namespace purser::http
