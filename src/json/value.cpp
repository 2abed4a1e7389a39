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

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(static_cast<const Value*>(this)->find(key));
}

void Value::set(std::string_view key, Value value) {
  if (Value* old = find(key)) {
    *old = std::move(value);
  } else if (Object* object = as_object()) {
    object->emplace_back(std::string(key), std::move(value));
  }
}

bool Value::erase(std::string_view key) {
  Object* object = as_object();
  if (object == nullptr) return false;
  return std::erase_if(*object, [&](const Member& member) { return member.first == key; }) > 0;
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
