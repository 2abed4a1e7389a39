#pragma once

// Rows on their way: in the text form of COPY, which is also what checksums are made of.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "adapters/postgres/move_tables.hpp"

namespace purser::postgres {

/// The checksum of a table: the sum of its rows' SHA-256, so that the order of rows does not
/// matter.
class TableSum {
 public:
  void add(std::string_view row);
  std::int64_t rows() const { return rows_; }
  std::string text() const;
  friend bool operator==(const TableSum&, const TableSum&) = default;

 private:
  std::int64_t rows_ = 0;
  std::array<std::uint64_t, 4> words_{};
};

/// Appends a row in the text form of COPY, with its line break. Source: PostgreSQL's manual, COPY,
/// "Text Format".
void append_text_row(std::string& text, const sql::Cursor& row, const TableMove& table);
/// Appends a row in the binary form of COPY, integers with eight bytes. Rows are sent as text and
/// summed in this form, so that a mistake in the one is seen by the other. Source: there, "Binary
/// Format".
void append_binary_row(std::string& bytes, const sql::Cursor& row, const TableMove& table);

using RowsDone = std::function<void(std::int64_t rows)>;

/// Copies a table, some thousand rows in each statement, and answers the sum of what was sent.
Result<TableSum> copy_table(sql::Connection& from, Connection& to, const TableMove& table,
                            const RowsDone& done);

/// The sum of what is in a table here.
Result<TableSum> sum_table(Connection& db, const TableMove& table, const RowsDone& done);

}  // namespace purser::postgres
