#include "sandbox/document.hpp"

namespace purser::sandbox {

json::Value object(std::initializer_list<std::pair<const char*, Any>> members) {
  json::Object result;
  result.reserve(members.size());
  for (const auto& [key, any] : members) result.emplace_back(key, any.value);
  return json::Value(std::move(result));
}

json::Value array(std::initializer_list<Any> elements) {
  json::Array result;
  result.reserve(elements.size());
  for (const Any& any : elements) result.push_back(any.value);
  return json::Value(std::move(result));
}

std::string text_at(const json::Value& value, std::string_view key) {
  return value.string_at(key).value_or("");
}

std::int64_t int_at(const json::Value& value, std::string_view key) {
  return value.int_at(key).value_or(0);
}

bool bool_at(const json::Value& value, std::string_view key) {
  return value.bool_at(key).value_or(false);
}

const json::Value& at(const json::Value& value, std::string_view key) {
  static const json::Value kNull;
  const json::Value* member = value.find(key);
  return member == nullptr ? kNull : *member;
}

void set(json::Value& target, std::string_view key, Any value) {
  target.set(key, std::move(value.value));
}

}  // namespace purser::sandbox
