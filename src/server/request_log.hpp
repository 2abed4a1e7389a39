#pragma once

#include <string_view>

#include "http/log_record.hpp"

namespace purser::server {

/// Logs one finished request. Thread-safe.
void log_request(const http::LogRecord& record);

/// The least important requests that are logged at a value of the setting log.level.
http::LogLevel request_log_level(std::string_view level);

}  // namespace purser::server
