#include "adapters/sqlite/history.hpp"

#include "adapters/sql/rows.hpp"

namespace purser::sqlite {

Result<std::vector<app::LedgerLine>> ledger_chain(Connection& db, const AccountKey& key,
                                                  std::int64_t head,
                                                  std::optional<std::int64_t> before, int limit) {
  constexpr const char* kSql =
      "SELECT customer_id, item_id, previous, " PURSER_ENTRY_COLUMNS " FROM ledger WHERE id = ?";
  std::vector<app::LedgerLine> lines;
  std::int64_t at = head;
  if (before && *before <= head) {
    // A cursor is normally a line of this chain: then the walk begins right behind it.
    PURSER_TRY(sql::Cursor line, db.query(kSql, *before));
    PURSER_TRY(const bool found, line.step());
    const bool ours = found && AccountKey{line.integer(0), line.integer(1)} == key;
    if (ours) at = line.integer(2);
  }
  while (at > 0 && static_cast<int>(lines.size()) < limit) {
    PURSER_TRY(sql::Cursor line, db.query(kSql, at));
    PURSER_TRY(const bool found, line.step());
    if (!found || AccountKey{line.integer(0), line.integer(1)} != key) {
      return Error::internal("ledger line " + std::to_string(at) + " breaks its chain");
    }
    if (!before || at < *before) {
      PURSER_TRY(domain::Entry entry, line.checked(sql::rows::entry(line, 3)));
      lines.push_back({at, std::move(entry)});
    }
    at = line.integer(2);
  }
  return lines;
}

Result<std::optional<app::IdempotencyRecord>> load_idempotency(Connection& db, Resolver& resolver,
                                                               const ProjectId& project,
                                                               const std::string& key) {
  PURSER_TRY(const auto owner, sql::record_owner(resolver, project));
  const PackedKey packed(key);
  return sql::rows::one(db.query("SELECT " PURSER_IDEMPOTENCY_COLUMNS
                                 " FROM idempotency WHERE project_id = ? AND key = ?",
                                 owner.value_or(sql::kNoRow), packed.value()),
                        [&](sql::Cursor& q) { return sql::rows::idempotency(q, project, key); });
}

std::optional<std::string> packed_uuid(std::string_view key) {
  if (key.size() != 36) return std::nullopt;
  std::string bytes;
  int high = -1;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {  // upper case would not come back as it was
      digit = c - 'a' + 10;
    } else {
      return std::nullopt;
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  return bytes;
}

}  // namespace purser::sqlite
