#pragma once

#include <cstdint>
#include <string_view>

namespace purser::http {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// One finished request, for the log. Valid only while the sink runs. There is deliberately nothing
/// in it that came from a body, a query or a key.
struct LogRecord {
  LogLevel level = LogLevel::kInfo;  ///< error for 5xx, warn for 4xx, info for the rest
  std::string_view request_id;
  std::string_view method;
  std::string_view operation;  ///< "getItem"; empty when no route matched
  std::string_view path;       ///< the route's pattern, never the path as sent
  std::string_view project;    ///< empty before the caller is known
  std::string_view access;     ///< "client", "server", "admin", "root", "public"
  std::string_view remote_address;
  int status = 200;
  std::int64_t duration_us = 0;
  bool replayed = false;        ///< answered from an idempotency record
  std::string_view error_code;  ///< "ITEM_NOT_FOUND"; empty without an error
  std::string_view detail;      ///< what only the operator may see; empty without
};

}  // namespace purser::http
