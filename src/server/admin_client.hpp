#pragma once

#include <string>
#include <string_view>

#include "json/json.hpp"
#include "types/result.hpp"
#include "types/secret.hpp"

namespace purser::server {

/// Calls a server's API with the root key. Thread-safe.
class AdminClient {
 public:
  AdminClient(std::string url, Secret root_key)
      : url_(std::move(url)), root_key_(std::move(root_key)) {}

  /// The answer's document. `project` is needed by the routes of one project. An answer of 400 or
  /// above is an Error whose message has the answer's sentence and, one a line, its field errors.
  Result<json::Value> call(std::string_view method, std::string_view path,
                           const std::string& body = {}, const std::string& project = {}) const;
  /// The same with another content type in and the answer as text.
  Result<std::string> call_text(std::string_view method, std::string_view path,
                                const std::string& body, const std::string& content_type,
                                const std::string& project) const;

 private:
  std::string url_;
  Secret root_key_;
};

}  // namespace purser::server
