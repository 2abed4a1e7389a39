#pragma once

// JSON in and out. Reading is strict (RFC 8259 plus: no duplicate keys, valid UTF-8, no NUL,
// bounded depth, integers exact); writing is a small append-only builder.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "types/result.hpp"

namespace purser::json {

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;  ///< in document order; keys are unique

/// A parsed JSON value. A number that is written as an integer and fits int64 is an int64; every
/// other number is kept as its source text (`Number`), never as a double.
struct Number {
  std::string text;
  friend bool operator==(const Number&, const Number&) = default;
};

class Value {
 public:
  using Storage =
      std::variant<std::nullptr_t, bool, std::int64_t, Number, std::string, Array, Object>;
  Value() : storage_(nullptr) {}
  Value(Storage storage) : storage_(std::move(storage)) {}  // NOLINT

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(storage_); }
  const bool* as_bool() const { return std::get_if<bool>(&storage_); }
  const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&storage_); }
  const std::string* as_string() const { return std::get_if<std::string>(&storage_); }
  const Array* as_array() const { return std::get_if<Array>(&storage_); }
  const Object* as_object() const { return std::get_if<Object>(&storage_); }
  const Storage& storage() const { return storage_; }
  Array* as_array() { return std::get_if<Array>(&storage_); }
  Object* as_object() { return std::get_if<Object>(&storage_); }

  /// The member with this key, or nullptr (also when this is not an object).
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  /// Sets the member of an object, at its old place when it is there already. Does nothing to other
  /// values.
  void set(std::string_view key, Value value);
  /// Removes the member; false when there is none.
  bool erase(std::string_view key);
  /// The member's string / int, or nothing when absent or of another type.
  std::optional<std::string> string_at(std::string_view key) const;
  std::optional<std::int64_t> int_at(std::string_view key) const;
  std::optional<bool> bool_at(std::string_view key) const;

  friend bool operator==(const Value&, const Value&);

 private:
  Storage storage_;
};

/// Parses one document of at most `max_depth` nested containers.
/// Errors: kBodyParsingError for text that is not JSON; kSchemaError naming the path for duplicate
/// keys, NUL characters and too much depth; details.fields has that path ("products.0.id"; empty at
/// the root).
Result<Value> parse(std::string_view text, int max_depth = 32);

/// Appends JSON text to a string it owns. Keys and values alternate by the caller's order:
/// `w.begin_object().key("id").string("x").key("n").integer(3).end_object(); w.take()`.
class Writer {
 public:
  Writer() = default;
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view value);
  Writer& integer(std::int64_t value);
  Writer& boolean(bool value);
  Writer& null();
  Writer& value(const Value& value);
  /// Appends text that is JSON already.
  Writer& raw(std::string_view json_text);

  // Shorthands for members.
  Writer& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& field(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& field(std::string_view name, std::int64_t number) { return key(name).integer(number); }
  Writer& field(std::string_view name, bool flag) { return key(name).boolean(flag); }
  Writer& field_or_null(std::string_view name, const std::optional<std::string>& text) {
    return text ? key(name).string(*text) : key(name).null();
  }

  const std::string& str() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  void separate();
  std::string out_;
  bool needs_comma_ = false;
};

/// The text of a value, members in their order, no white space.
std::string dump(const Value& value);

}  // namespace purser::json
