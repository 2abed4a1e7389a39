#pragma once

// The server's log: one line for each event on standard error, as text or JSON. Thread-safe.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace purser::server {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

/// One fact of an event. A Secret does not convert to it.
struct LogField {
  std::string_view name;
  std::variant<std::int64_t, std::string> value;
};

/// Sets how and from which level on the process logs.
void configure_log(LogFormat format, LogLevel level);
void set_log_level(LogLevel level);
bool is_logged(LogLevel level);
LogLevel parse_log_level(std::string_view text);  ///< a value of the setting log.level

/// Logs one event: a sentence without data, and the data as fields. Anything that looks like one of
/// our keys, a webhook secret or a token is redacted even where it should not have come.
void log_event(LogLevel level, std::string_view message,
               std::initializer_list<LogField> fields = {});

/// The text of an event as it would be logged; for tests.
std::string format_event(LogFormat format, LogLevel level, std::string_view time,
                         std::string_view message, std::initializer_list<LogField> fields);

/// Replaces what looks like a secret by "[redacted]".
std::string redact(std::string text);

}  // namespace purser::server
