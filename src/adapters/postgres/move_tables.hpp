#pragma once

// Which tables are moved, and how each is read and written.

#include <string>
#include <vector>

#include "adapters/postgres/connection.hpp"
#include "adapters/sql/moving.hpp"

namespace purser::postgres {

/// How COPY shows a value.
enum class CopiedAs { kInteger, kText, kBytes };

/// Its statements are found again by their addresses: it must outlive the connections' use of them.
struct TableMove {
  std::string name;
  std::string has_rows;  ///< whether there are any here
  std::string count;     ///< how many rows the source has
  std::string read;      ///< reads them from the source
  std::string copy_in;   ///< writes them here
  std::string copy_out;  ///< reads them here, in the binary form, all integers with eight bytes
  std::vector<CopiedAs> columns;
};

/// Every table, those first that others refer to. Error: kInternalError when the two schemas do not
/// have the same tables and columns: then nothing would be moved rather than a part.
Result<std::vector<TableMove>> plan_move(Connection& db, const sql::MovedStore& source);

/// After the rows: numbers that are given next lie above those that came, and no batch will be
/// dated before the newest of them.
Status continue_numbers(Connection& db);

}  // namespace purser::postgres
