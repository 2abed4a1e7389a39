#include "adapters/sqlite/recovery.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <tuple>
#include <vector>

#include "adapters/sql/rows.hpp"
#include "adapters/sqlite/resolver.hpp"
#include "codec/account_codec.hpp"
#include "domain/ledger.hpp"

namespace purser::sqlite {
namespace {

struct TailLine {
  AccountKey key;
  std::int64_t id = 0;
  domain::Entry entry;
};

Result<std::vector<TailLine>> read_tail(Connection& db, std::int64_t above) {
  PURSER_TRY(sql::Cursor row, db.query("SELECT id, customer_id, item_id, " PURSER_ENTRY_COLUMNS
                                       " FROM ledger WHERE id > ? ORDER BY id",
                                       above));
  std::vector<TailLine> tail;
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return tail;
    PURSER_TRY(auto line,
               row.checked(TailLine{
                   {row.integer(1), row.integer(2)}, row.integer(0), sql::rows::entry(row, 3)}));
    tail.push_back(std::move(line));
  }
}

/// The lines of a tail grouped by account, in their order: positions, because lines are heavy to
/// move.
std::vector<std::size_t> by_account(const std::vector<TailLine>& tail) {
  std::vector<std::size_t> order(tail.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(tail[a].key, a) < std::tie(tail[b].key, b);
  });
  return order;
}

/// Folds the lines of one account and pins it.
Status fold_account(Connection& db, SharedState& shared, const std::vector<TailLine>& tail,
                    std::span<const std::size_t> lines) {
  const AccountKey key = tail[lines.front()].key;
  PURSER_TRY(StoredAccount stored, load_account(db, key));
  if (tail[lines.back()].id <= stored.last_entry) return {};
  domain::ItemAccount account;
  if (!stored.blob.empty()) {
    PURSER_TRY(account, codec::decode_account(stored.blob));
  }
  for (const std::size_t line : lines) {
    if (tail[line].id <= stored.last_entry) continue;
    PURSER_TRY(account, domain::fold(std::move(account), tail[line].entry));
    stored.last_entry = tail[line].id;
  }
  stored.blob = codec::encode_account(account);
  shared.accounts.publish(key, std::move(stored), true);
  return {};
}

Result<std::int64_t> greatest(Connection& db, const char* sql) {
  PURSER_TRY(const auto value, db.integer(sql));
  return value.value_or(0);
}

}  // namespace

Result<Recovered> recover(Connection& db, SharedState& shared) {
  Recovered recovered;
  PURSER_TRY(recovered.folded_up_to,
             greatest(db, "SELECT value FROM meta WHERE name = 'folded_up_to'"));
  PURSER_TRY(const std::int64_t last_line, greatest(db, "SELECT max(id) FROM ledger"));
  PURSER_TRY(const std::int64_t last_event, greatest(db, "SELECT max(id) FROM outbox"));
  recovered.last_id = std::max({last_line, last_event, recovered.folded_up_to});

  // Due entries are dated when they were due, others and records when their batch ran.
  PURSER_TRY(const std::int64_t line_at,
             greatest(db, "SELECT at FROM ledger ORDER BY id DESC LIMIT 1"));
  PURSER_TRY(const std::int64_t event_at,
             greatest(db, "SELECT at FROM outbox ORDER BY id DESC LIMIT 1"));
  PURSER_TRY(const std::int64_t record_at,
             greatest(db, "SELECT created_at FROM idempotency ORDER BY row DESC LIMIT 1"));
  recovered.last_instant =
      Timestamp::from_millis(std::max({line_at, event_at, record_at})).value_or(Timestamp{});

  PURSER_TRY(const std::vector<TailLine> tail, read_tail(db, recovered.folded_up_to));
  const std::vector<std::size_t> order = by_account(tail);
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && tail[order[end]].key == tail[order[begin]].key) ++end;
    PURSER_CHECK_OK(fold_account(db, shared, tail, std::span(order).subspan(begin, end - begin)));
    begin = end;
  }
  return recovered;
}

}  // namespace purser::sqlite
