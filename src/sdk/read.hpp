#pragma once

// The small words in which the decoders are written.

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "purser/model.hpp"

namespace purser::sdk::codec {

/// Reads the members of one object and remembers the first that is wrong, so that a decoder is a
/// list of members and one check at its end. Not thread-safe; borrows the value.
class Reader {
 public:
  /// `what` names the object in errors: "the item".
  Reader(const json::Value& value, std::string_view what);

  std::string text(std::string_view name);
  std::int64_t integer(std::string_view name);
  bool boolean(std::string_view name);
  Time time(std::string_view name);

  // Absent and null are the same to these.
  std::optional<std::string> optional_text(std::string_view name);
  std::optional<std::int64_t> optional_integer(std::string_view name);
  std::optional<Time> optional_time(std::string_view name);
  bool boolean_or(std::string_view name, bool fallback);
  const json::Value* optional_object(std::string_view name);
  const json::Array& array(std::string_view name);
  const json::Array& optional_array(std::string_view name);

  /// Remembers that a member is wrong.
  void fail(std::string_view name);
  /// The error of the first wrong member.
  const std::optional<Error>& error() const { return error_; }

 private:
  /// The member, or nullptr when it is absent or null.
  const json::Value* find(std::string_view name) const;
  const json::Value* require(std::string_view name);

  const json::Value& value_;
  std::string_view what_;
  std::optional<Error> error_;
};

/// The value, or the reader's error.
template <class T>
Result<T> finish(const Reader& reader, T value) {
  if (reader.error()) return *reader.error();
  return value;
}

}  // namespace purser::sdk::codec
