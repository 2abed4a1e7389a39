#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/json.hpp"

namespace purser::sandbox {

/// Anything that can stand in a JSON document, so that documents can be written down as they look.
struct Any {
  json::Value value;

  Any(const char* text) : value(std::string(text)) {}       // NOLINT
  Any(std::string text) : value(std::move(text)) {}         // NOLINT
  Any(std::string_view text) : value(std::string(text)) {}  // NOLINT
  Any(int number) : value(std::int64_t{number}) {}          // NOLINT
  Any(std::int64_t number) : value(number) {}               // NOLINT
  Any(bool flag) : value(flag) {}                           // NOLINT
  Any(std::nullptr_t) {}                                    // NOLINT
  Any(json::Value v) : value(std::move(v)) {}               // NOLINT
  Any(json::Array a) : value(std::move(a)) {}               // NOLINT
  Any(json::Object o) : value(std::move(o)) {}              // NOLINT
  template <class T>
  Any(const std::optional<T>& maybe)  // NOLINT
      : value(maybe ? Any(*maybe).value : json::Value()) {}
};

json::Value object(std::initializer_list<std::pair<const char*, Any>> members);
json::Value array(std::initializer_list<Any> elements);
inline json::Value empty_object() { return json::Value(json::Object{}); }
inline json::Value empty_array() { return json::Value(json::Array{}); }

/// The member's text, integer or flag; "", 0 or false when there is none.
std::string text_at(const json::Value& value, std::string_view key);
std::int64_t int_at(const json::Value& value, std::string_view key);
bool bool_at(const json::Value& value, std::string_view key);
/// The member, or null.
const json::Value& at(const json::Value& value, std::string_view key);

void set(json::Value& target, std::string_view key, Any value);

}  // namespace purser::sandbox
