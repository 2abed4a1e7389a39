#include "server/request_log.hpp"

#include <string>

#include "server/log.hpp"

namespace purser::server {
namespace {

/// A line for each request that went well would cost more than many of these requests do: they are
/// for those who look for something.
LogLevel level_of(http::LogLevel level) {
  switch (level) {
    case http::LogLevel::kDebug:
    case http::LogLevel::kInfo:
      return LogLevel::kDebug;
    case http::LogLevel::kWarn:
      return LogLevel::kWarn;
    case http::LogLevel::kError:
      break;
  }
  return LogLevel::kError;
}

}  // namespace

void log_request(const http::LogRecord& record) {
  if (!is_logged(level_of(record.level))) return;
  log_event(level_of(record.level), "Request.",
            {{"request_id", std::string(record.request_id)},
             {"method", std::string(record.method)},
             {"operation", std::string(record.operation)},
             {"path", std::string(record.path)},
             {"project", std::string(record.project)},
             {"access", std::string(record.access)},
             {"remote", std::string(record.remote_address)},
             {"status", record.status},
             {"duration_us", record.duration_us},
             {"replayed", record.replayed ? 1 : 0},
             {"error", std::string(record.error_code)},
             {"detail", std::string(record.detail)}});
}

}  // namespace purser::server
