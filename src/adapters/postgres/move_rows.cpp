#include "adapters/postgres/move_rows.hpp"

#include "crypto/crypto.hpp"

namespace purser::postgres {
namespace {

// What the server remembers of a statement (checks of references) and the client of its text.
constexpr std::int64_t kRowsAtOnce = 20'000;
constexpr std::size_t kTextAtOnce = 64 * 1024;

// What stands before the first row and behind the last in the binary form.
constexpr std::string_view kSignature("PGCOPY\n\xff\r\n\0", 11);
constexpr std::size_t kHeaderSize = 19;
constexpr std::string_view kTrailer("\xff\xff", 2);

void append_big_endian(std::string& bytes, std::int64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> static_cast<unsigned>(shift));
  }
}

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '\\':
        text += "\\\\";
        break;
      case '\b':
        text += "\\b";
        break;
      case '\f':
        text += "\\f";
        break;
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      case '\t':
        text += "\\t";
        break;
      case '\v':
        text += "\\v";
        break;
      default:
        text += c;
    }
  }
}

}  // namespace

void TableSum::add(std::string_view row) {
  const crypto::Digest digest = crypto::sha256(row);
  for (std::size_t i = 0; i < digest.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) word = word << 8 | digest[i + j];
    words_[i / 8] += word;
  }
  ++rows_;
}

std::string TableSum::text() const {
  std::string bytes;
  for (const std::uint64_t word : words_) {
    append_big_endian(bytes, static_cast<std::int64_t>(word), 8);
  }
  return crypto::to_hex(bytes);
}

void append_text_row(std::string& text, const sql::Cursor& row, const TableMove& table) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const int column = static_cast<int>(i);
    if (i > 0) text += '\t';
    if (row.is_null(column)) {
      text += "\\N";
      continue;
    }
    switch (table.columns[i]) {
      case CopiedAs::kInteger:
        text += std::to_string(row.integer(column));
        break;
      case CopiedAs::kText:
        append_escaped(text, row.view(column));
        break;
      case CopiedAs::kBytes:
        text += "\\\\x" + crypto::to_hex(row.view(column));
        break;
    }
  }
  text += '\n';
}

void append_binary_row(std::string& bytes, const sql::Cursor& row, const TableMove& table) {
  append_big_endian(bytes, static_cast<std::int64_t>(table.columns.size()), 2);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const int column = static_cast<int>(i);
    if (row.is_null(column)) {
      append_big_endian(bytes, -1, 4);
    } else if (table.columns[i] == CopiedAs::kInteger) {
      append_big_endian(bytes, 8, 4);
      append_big_endian(bytes, row.integer(column), 8);
    } else {
      const std::string_view value = row.view(column);
      append_big_endian(bytes, static_cast<std::int64_t>(value.size()), 4);
      bytes += value;
    }
  }
}

Result<TableSum> copy_table(sql::Connection& from, Connection& to, const TableMove& table,
                            const RowsDone& done) {
  TableSum sum;
  PURSER_TRY(sql::Cursor row, from.query(table.read.c_str()));
  std::string plain;
  bool more = true;
  std::int64_t left = 0;
  const auto fill = [&](std::string& text) -> Result<bool> {
    while (left > 0 && text.size() < kTextAtOnce) {
      PURSER_TRY(more, row.step());
      if (!more) return false;
      append_text_row(text, row, table);
      plain.clear();
      append_binary_row(plain, row, table);
      sum.add(plain);
      --left;
    }
    return left > 0;
  };
  while (more) {
    left = kRowsAtOnce;
    PURSER_CHECK_OK(to.copy_in(table.copy_in, fill));
    done(sum.rows());
  }
  return sum;
}

Result<TableSum> sum_table(Connection& db, const TableMove& table, const RowsDone& done) {
  TableSum sum;
  PURSER_CHECK_OK(db.copy_out(table.copy_out, [&](std::string_view row) -> Status {
    if (row.starts_with(kSignature)) row.remove_prefix(kHeaderSize);
    if (row.empty() || row == kTrailer) return {};
    sum.add(row);
    if (sum.rows() % kRowsAtOnce == 0) done(sum.rows());
    return {};
  }));
  return sum;
}

}  // namespace purser::postgres
