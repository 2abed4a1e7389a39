#pragma once

// Replies of operations of several steps, as they are kept under an idempotency key.

#include <functional>
#include <string>

#include "http/core.hpp"

namespace purser::http {

/// How such an operation encodes its outcome: `encode` makes the body of a success; an error
/// becomes its own answer. The call must outlive the function.
template <class T>
std::function<app::StoredReply(const Result<T>&)> kept_as(
    const Call& call, std::function<std::string(const T&)> encode) {
  return [&call, encode = std::move(encode)](const Result<T>& outcome) -> app::StoredReply {
    if (outcome) return call.core.kept(call, call.route->answer.status, encode(*outcome));
    return call.core.kept(call, outcome.error());
  };
}

}  // namespace purser::http
