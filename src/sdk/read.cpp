#include "sdk/read.hpp"

#include "types/timestamp.hpp"

namespace purser::sdk::codec {

namespace {

std::optional<Time> parse_time(const std::string& text) {
  const auto instant = Timestamp::parse_iso8601(text);
  if (!instant) return std::nullopt;
  return Time(std::chrono::milliseconds(instant->millis()));
}

const json::Array kNoElements;

}  // namespace

Reader::Reader(const json::Value& value, std::string_view what) : value_(value), what_(what) {
  if (value.as_object() == nullptr) fail("");
}

void Reader::fail(std::string_view name) {
  if (error_) return;
  std::string message = "The answer is not one of Purser's: " + std::string(what_);
  if (name.empty()) {
    message += " is not an object";
  } else {
    message += "'s \"" + std::string(name) + "\" is missing or wrong";
  }
  error_.emplace(ErrorCode::kMalformedAnswer, message + ".");
}

const json::Value* Reader::find(std::string_view name) const {
  const auto* member = value_.find(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

const json::Value* Reader::require(std::string_view name) {
  const auto* member = find(name);
  if (member == nullptr) fail(name);
  return member;
}

std::string Reader::text(std::string_view name) {
  require(name);
  return optional_text(name).value_or("");
}

std::int64_t Reader::integer(std::string_view name) {
  require(name);
  return optional_integer(name).value_or(0);
}

bool Reader::boolean(std::string_view name) {
  require(name);
  return boolean_or(name, false);
}

Time Reader::time(std::string_view name) {
  require(name);
  return optional_time(name).value_or(Time{});
}

std::optional<std::string> Reader::optional_text(std::string_view name) {
  const auto* member = find(name);
  if (member == nullptr) return std::nullopt;
  if (const auto* text = member->as_string()) return *text;
  fail(name);
  return std::nullopt;
}

std::optional<std::int64_t> Reader::optional_integer(std::string_view name) {
  const auto* member = find(name);
  if (member == nullptr) return std::nullopt;
  if (const auto* number = member->as_int()) return *number;
  fail(name);
  return std::nullopt;
}

std::optional<Time> Reader::optional_time(std::string_view name) {
  const auto text = optional_text(name);
  if (!text) return std::nullopt;
  const auto time = parse_time(*text);
  if (!time) fail(name);
  return time;
}

bool Reader::boolean_or(std::string_view name, bool fallback) {
  const auto* member = find(name);
  if (member == nullptr) return fallback;
  if (const auto* flag = member->as_bool()) return *flag;
  fail(name);
  return fallback;
}

const json::Value* Reader::optional_object(std::string_view name) {
  const auto* member = find(name);
  if (member == nullptr) return nullptr;
  if (member->as_object() != nullptr) return member;
  fail(name);
  return nullptr;
}

const json::Array& Reader::optional_array(std::string_view name) {
  const auto* member = find(name);
  if (member == nullptr) return kNoElements;
  if (const auto* elements = member->as_array()) return *elements;
  fail(name);
  return kNoElements;
}

const json::Array& Reader::array(std::string_view name) {
  require(name);
  return optional_array(name);
}

}  // namespace purser::sdk::codec
