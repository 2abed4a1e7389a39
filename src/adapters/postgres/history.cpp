#include "adapters/postgres/history.hpp"

#include <limits>

#include "adapters/sql/rows.hpp"

namespace purser::postgres {

Result<std::vector<app::LedgerLine>> ledger_chain(Connection& db, AccountRows rows,
                                                  std::int64_t head,
                                                  std::optional<std::int64_t> before, int limit) {
  if (head == 0) return std::vector<app::LedgerLine>{};
  // A cursor is normally a line of this chain: then the walk begins right behind it.
  constexpr const char* kSql =
      "WITH RECURSIVE chain AS (SELECT l.* FROM ledger l WHERE l.id = coalesce((SELECT b.previous "
      "FROM ledger b WHERE b.id = $1 AND b.id <= $2 AND b.customer_id = $3 AND b.item_id = $4), "
      "$2) UNION ALL SELECT l.* FROM chain c JOIN ledger l ON l.id = c.previous) SELECT id, "
      "customer_id = $3 AND item_id = $4, " PURSER_ENTRY_COLUMNS
      " FROM chain WHERE id < $1 LIMIT $5";
  PURSER_TRY(sql::Cursor line,
             db.query(kSql, before.value_or(std::numeric_limits<std::int64_t>::max()), head,
                      rows.customer, rows.item, limit));
  std::vector<app::LedgerLine> lines;
  for (;;) {
    PURSER_TRY(const bool more, line.step());
    if (!more) return lines;
    const std::int64_t id = line.integer(0);
    if (!line.boolean(1)) {
      return Error::internal("ledger line " + std::to_string(id) + " breaks its chain");
    }
    PURSER_TRY(domain::Entry entry, line.checked(sql::rows::entry(line, 2)));
    lines.push_back({id, std::move(entry)});
  }
}

}  // namespace purser::postgres
