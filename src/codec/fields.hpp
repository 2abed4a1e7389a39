#pragma once

// Reading JSON objects field by field, collecting every error with its path. Internal to the
// codecs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json.hpp"
#include "types/error.hpp"

namespace purser::codec {

using FieldErrors = std::vector<FieldError>;

/// "products" + "pro" → "products.pro"; the root's path is empty.
inline std::string join_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

/// One object that is being decoded. Fields are taken by name; `finish` reports those that nobody
/// took.
class ObjectReader {
 public:
  /// Borrows the value and the errors. When the value is not an object, that is reported, and it
  /// seems empty.
  ObjectReader(const json::Value& value, std::string path, FieldErrors& errors)
      : object_(value.as_object()), path_(std::move(path)), errors_(errors) {
    if (object_ == nullptr) add_error(path_, "must be an object");
  }

  bool is_object() const { return object_ != nullptr; }
  std::string path_of(std::string_view name) const { return join_path(path_, name); }
  void add_error(std::string path, std::string message) {
    errors_.push_back({std::move(path), std::move(message)});
  }

  /// The field's value, or nullptr when absent.
  const json::Value* take(std::string_view name) {
    taken_.push_back(name);
    if (object_ == nullptr) return nullptr;
    for (const json::Member& member : *object_) {
      if (member.first == name) return &member.second;
    }
    return nullptr;
  }
  /// As take, but an absent field is an error.
  const json::Value* take_required(std::string_view name) {
    const json::Value* value = take(name);
    if (value == nullptr && object_ != nullptr) add_error(path_of(name), "is missing");
    return value;
  }
  bool take_bool(std::string_view name, bool fallback) {
    const json::Value* value = take(name);
    if (value == nullptr) return fallback;
    if (value->as_bool() == nullptr) {
      add_error(path_of(name), "must be true or false");
      return fallback;
    }
    return *value->as_bool();
  }

  void finish() {
    if (object_ == nullptr) return;
    for (const json::Member& member : *object_) {
      bool known = false;
      for (const std::string_view name : taken_) known = known || name == member.first;
      if (!known) add_error(path_of(member.first), "is not a known field");
    }
  }

 private:
  const json::Object* object_;
  std::string path_;
  FieldErrors& errors_;
  std::vector<std::string_view> taken_;  // names are literals
};

}  // namespace purser::codec
