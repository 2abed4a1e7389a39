#include "adapters/sql/connection.hpp"

#include <algorithm>

namespace purser::sql {

std::optional<std::string> Cursor::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<std::int64_t> Cursor::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

Timestamp Cursor::timestamp(int column) {
  const auto value = Timestamp::from_millis(integer(column));
  if (!value) note_bad(column);
  return value.value_or(Timestamp{});
}

std::optional<Timestamp> Cursor::optional_timestamp(int column) {
  if (is_null(column)) return std::nullopt;
  return timestamp(column);
}

Quantity Cursor::quantity(int column) {
  const auto value = Quantity::of(integer(column));
  if (!value) note_bad(column);
  return value.value_or(Quantity{});
}

crypto::Digest Cursor::digest(int column) {
  crypto::Digest digest{};
  const std::string_view bytes = view(column);
  if (bytes.size() != digest.size()) {
    note_bad(column);
  } else {
    std::copy(bytes.begin(), bytes.end(), digest.begin());
  }
  return digest;
}

Error Cursor::bad_row() const {
  return unavailable("column " + std::to_string(bad_column_) +
                     " of a row is not what it must be: " + std::string(statement_->sql()));
}

Error unavailable(const std::string& log) {
  return {ErrorCode::kStoreUnavailable,
          "The database cannot be written or read at the moment; send the same request again.",
          {},
          LogDetail(log)};
}

Error already_exists(const std::string& log) {
  return {ErrorCode::kAlreadyExists, "Something with this id exists already.", {}, LogDetail(log)};
}

}  // namespace purser::sql
