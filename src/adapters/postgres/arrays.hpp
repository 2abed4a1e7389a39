#pragma once

// Arrays as parameters, for statements that work on a whole batch at once (unnest).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/postgres/connection.hpp"
#include "types/timestamp.hpp"

namespace purser::postgres {

/// One array parameter in PostgreSQL's binary form. Append the elements, then bind `param`, which
/// borrows from it. Source: array_recv in src/backend/utils/adt/arrayfuncs.c of PostgreSQL.
class Array {
 public:
  void clear();
  int size() const { return count_; }
  Param param();

 protected:
  explicit Array(std::uint32_t element_type) : type_(element_type) { clear(); }
  void append_bytes(std::string_view bytes);
  void append_null();
  void append_big_endian(std::int64_t value);

 private:
  std::uint32_t type_;
  int count_ = 0;
  bool has_null_ = false;
  std::string bytes_;
};

/// For `$n::bigint[]`.
class IntegerArray : public Array {
 public:
  IntegerArray();
  void append(std::int64_t value) { append_big_endian(value); }
  void append(std::optional<std::int64_t> value) {
    if (value) return append_big_endian(*value);
    append_null();
  }
  /// In milliseconds since 1970.
  void append(const std::optional<Timestamp>& instant) {
    if (instant) return append_big_endian(instant->millis());
    append_null();
  }
};

/// For `$n::text[]`.
class TextArray : public Array {
 public:
  TextArray();
  void append(std::string_view text) { append_bytes(text); }
  /// NULL for an empty text.
  void append_or_null(std::string_view text) {
    if (!text.empty()) return append_bytes(text);
    append_null();
  }
};

/// For `$n::bytea[]`.
class BytesArray : public Array {
 public:
  BytesArray();
  void append(std::string_view bytes) { append_bytes(bytes); }
  void append(std::optional<std::string_view> bytes) {
    if (bytes) return append_bytes(*bytes);
    append_null();
  }
};

/// A single integer, for `$n::bigint`.
class Integer {
 public:
  explicit Integer(std::int64_t value);
  Param param() const { return {bytes_, sizeof bytes_, true}; }

 private:
  char bytes_[8];
};

/// A text or bytes as a parameter; borrowed.
inline Param binary_param(std::string_view bytes) {
  return {bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()), true};
}

}  // namespace purser::postgres
