#pragma once

// The words in which the apps' and customers' methods are written.

#include <string>
#include <string_view>
#include <utility>

#include "sdk/answer.hpp"
#include "sdk/codec.hpp"
#include "sdk/core.hpp"

namespace purser::sdk::detail {

/// Performs a call and decodes its answer. A malformed answer is reported with the request's id and
/// key.
template <class Read>
auto call(const std::shared_ptr<Core>& core, const Call& request, Read read)
    -> decltype(read(std::declval<const Answer&>())) {
  auto answer = core->connection.perform(request);
  if (!answer) return answer.error();
  auto value = read(*answer);
  if (value) return value;
  const Error& error = value.error();
  return Error(Error::Parts{error.code(), error.code_text(), answer->status, error.message(), "{}",
                            answer->request_id, answer->idempotency_key});
}

inline Call get(const std::shared_ptr<Core>& core, std::string path, const CallOptions& options) {
  return {"GET", std::move(path), {}, core->access, options};
}
inline Call send(const std::shared_ptr<Core>& core, std::string method, std::string path,
                 std::string body, const CallOptions& options) {
  return {std::move(method), std::move(path), std::move(body), core->access, options};
}

/// `path` with the page's cursor and limit as its query (or added to the query that it has).
inline std::string with_page(std::string path, const PageOptions& page) {
  const auto add = [&path](std::string_view name, const std::string& value) {
    path += path.find('?') == std::string::npos ? '?' : '&';
    path.append(name).append("=").append(percent_encode(value));
  };
  if (page.cursor) add("cursor", *page.cursor);
  if (page.limit) add("limit", std::to_string(*page.limit));
  return path;
}

/// For answers that are read by a function of the codec.
template <class Read>
auto body_of(Read read) {
  return [read](const Answer& answer) { return read(answer.body); };
}

}  // namespace purser::sdk::detail
