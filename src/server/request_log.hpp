#pragma once

#include "http/log_record.hpp"

namespace purser::server {

/// Logs one finished request, when its level is logged at present. Thread-safe.
void log_request(const http::LogRecord& record);

}  // namespace purser::server
