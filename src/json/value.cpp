#include "json/json.hpp"

namespace purser::json {

const Value* Value::find(std::string_view key) const {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

std::optional<std::string> Value::string_at(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || value->as_string() == nullptr) return std::nullopt;
  return *value->as_string();
}

std::optional<std::int64_t> Value::int_at(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || value->as_int() == nullptr) return std::nullopt;
  return *value->as_int();
}

std::optional<bool> Value::bool_at(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || value->as_bool() == nullptr) return std::nullopt;
  return *value->as_bool();
}

bool operator==(const Value& a, const Value& b) { return a.storage_ == b.storage_; }

}  // namespace purser::json
