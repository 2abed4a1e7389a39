#pragma once

// Shapes of JSON documents as data: what a route accepts and what it answers. One description
// serves the decoder, the API description (openapi.yaml) and the tests.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.hpp"
#include "types/error.hpp"
#include "types/quantity.hpp"

namespace purser::http {

inline constexpr std::int64_t kMaxIdBytes = 128;

enum class FieldKind : std::uint8_t {
  kText,       ///< a string of min–max bytes
  kId,         ///< a string of 1–128 bytes
  kChoice,     ///< one of `choices`
  kInteger,    ///< an integer of min–max, without fraction or exponent
  kBoolean,    ///< true or false
  kTimestamp,  ///< an ISO 8601 instant as text
  kObject,     ///< an object of shape `of`
  kObjects,    ///< an array of min–max objects of shape `of`
  kTexts,      ///< an array of min–max strings of 1–2048 bytes
  kAnyObject,  ///< an object whose shape another decoder knows (a product of the catalog)
};

struct Schema;

/// One member of an object. In a request null means absent, unless the field is nullable.
struct Field {
  std::string_view name;
  FieldKind kind = FieldKind::kText;
  bool required = false;
  std::int64_t min = 0;  ///< bytes of a text, value of an integer, length of an array
  std::int64_t max = 500;
  bool nullable = false;  ///< null is a value of its own
  bool secret = false;    ///< never logged, never shown again
  const Schema* of = nullptr;
  std::span<const std::string_view> choices = {};
  std::string_view doc = {};
};

/// An object's shape. Members that are not listed are errors.
struct Schema {
  std::string_view name;  ///< its name in openapi.yaml
  std::string_view doc;
  std::span<const Field> fields;
};

using FieldErrors = std::vector<FieldError>;

/// Appends one error for every place of `value` that does not have the shape. `path` names the
/// value itself ("body"). Thread-safe.
void check_shape(const Schema& schema, const json::Value& value, const std::string& path,
                 FieldErrors& errors);

/// Appends an error unless `text` is acceptable as an id: 1–128 bytes of UTF-8 without NUL.
void check_id(std::string_view text, const std::string& path, FieldErrors& errors);

/// `must be one of "a", "b"`.
std::string must_be_one_of(std::span<const std::string_view> choices);

/// Is this valid UTF-8 without NUL? Source: RFC 3629 section 4.
bool is_clean_utf8(std::string_view text);

/// The error for these fields: 400 SCHEMA_ERROR with details.fields; the sentence names the first.
Error schema_error(FieldErrors fields);

}  // namespace purser::http
