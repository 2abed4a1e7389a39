#include "server/log.hpp"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>

#include "json/json.hpp"
#include "types/timestamp.hpp"

namespace purser::server {
namespace {

std::atomic<LogFormat> log_format{LogFormat::kText};

spdlog::logger& logger() {
  static const auto made = [] {
    auto log = std::make_shared<spdlog::logger>("purser",
                                                std::make_shared<spdlog::sinks::stderr_sink_mt>());
    log->set_pattern("%v");
    log->flush_on(spdlog::level::debug);
    return log;
  }();
  return *made;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

std::string_view name_of(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
  return kNames.at(static_cast<std::size_t>(level));
}

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// Log lines carry the real time: the domain's clock may be a manual one.
std::string wall_time() {
  const auto now =
      std::chrono::system_clock::now();  // tidy: allow clock: when something was logged
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  const auto time = Timestamp::from_millis(since.count());
  return time ? time->to_iso8601() : std::string("-");
}

}  // namespace

void configure_log(LogFormat format, LogLevel level) {
  log_format = format;
  set_log_level(level);
}

void set_log_level(LogLevel level) { logger().set_level(level_of(level)); }

bool is_logged(LogLevel level) { return logger().should_log(level_of(level)); }

LogLevel parse_log_level(std::string_view text) {
  for (const auto level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn}) {
    if (name_of(level) == text) return level;
  }
  return LogLevel::kError;
}

std::string redact(std::string text) {
  constexpr std::array<std::string_view, 11> kPrefixes{
      "pck_",     "ssk_",     "sak_",     "srk_", "whsec_", "sk_live_",
      "sk_test_", "rk_live_", "rk_test_", "prt_", "eyJ"};
  for (const std::string_view prefix : kPrefixes) {
    std::size_t at = 0;
    while ((at = text.find(prefix, at)) != std::string::npos) {
      if (at > 0 && is_token_char(text[at - 1])) {
        at += prefix.size();
        continue;
      }
      std::size_t end = at + prefix.size();
      while (end < text.size() && is_token_char(text[end])) ++end;
      // Short ones are words about keys, not keys.
      if (end - at >= prefix.size() + 8) text.replace(at, end - at, "[redacted]");
      at += prefix.size();
    }
  }
  return text;
}

std::string format_event(LogFormat format, LogLevel level, std::string_view time,
                         std::string_view message, std::initializer_list<LogField> fields) {
  if (format == LogFormat::kJson) {
    json::Writer out;
    out.begin_object().field("time", time).field("level", name_of(level));
    out.field("message", std::string_view(redact(std::string(message))));
    for (const LogField& field : fields) {
      if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        out.field(field.name, *number);
      } else {
        out.field(field.name, std::string_view(redact(std::get<std::string>(field.value))));
      }
    }
    out.end_object();
    return out.take();
  }
  std::string line = fmt::format("{} {:<5} {}", time, name_of(level), redact(std::string(message)));
  for (const LogField& field : fields) {
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      line += fmt::format(" {}={}", field.name, *number);
    } else {
      // As a JSON string, so that a value with a line break cannot pretend to be another event.
      json::Writer value;
      value.string(redact(std::get<std::string>(field.value)));
      line += fmt::format(" {}={}", field.name, value.str());
    }
  }
  return line;
}

void log_event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!is_logged(level)) return;
  logger().log(level_of(level), "{}",
               format_event(log_format, level, wall_time(), message, fields));
}

}  // namespace purser::server
