#include "adapters/sqlite/verify_ledger.hpp"

#include <unordered_map>

#include "adapters/sql/rows.hpp"
#include "adapters/sqlite/verify_grants.hpp"
#include "codec/account_codec.hpp"
#include "domain/ledger.hpp"

namespace purser::sqlite {
namespace {

constexpr std::int64_t kAccountsAtATime = 250'000;
constexpr std::int64_t kLinesBetweenReports = 100'000;

/// What is known of one account during a pass.
struct Folded {
  domain::ItemAccount account;  // folded so far
  std::int64_t last_entry = 0;
  std::int64_t stored_entry =
      -1;  // the line that the stored balance stands after; -1 without a row
  std::string stored;
  bool compared = false;
  bool broken = false;  // a line did not follow; what comes after it says nothing
};

/// One pass over the ledger for a portion of the customers.
class Pass {
 public:
  Pass(Connection& db, AccountCache& cache, Findings& findings, std::int64_t portions,
       std::int64_t portion, std::int64_t folded_up_to)
      : db_(db),
        cache_(cache),
        findings_(findings),
        portions_(portions),
        portion_(portion),
        folded_up_to_(folded_up_to),
        grants_(db, findings, portions, portion) {}

  Status run(const std::function<void()>& on_line, app::VerifyReport& report);

 private:
  Status load_balances();
  void follow(const AccountKey& key, std::int64_t id, std::int64_t previous,
              const domain::Entry& entry);
  void check_entry(const AccountKey& key, std::int64_t id, const domain::Entry& entry);
  void compare_stored(const AccountKey& key, Folded& folded);
  void check_end(const AccountKey& key, Folded& folded);
  Status check_owner(const AccountKey& key);

  Connection& db_;
  AccountCache& cache_;
  Findings& findings_;
  const std::int64_t portions_;
  const std::int64_t portion_;
  const std::int64_t folded_up_to_;
  std::unordered_map<AccountKey, Folded, AccountKeyHash> accounts_;
  GrantCheck grants_;
};

Status Pass::load_balances() {
  PURSER_TRY(sql::Cursor row,
             db_.query("SELECT customer_id, item_id, last_entry, account FROM balances "
                       "WHERE customer_id % ? = ?",
                       portions_, portion_));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    Folded folded;
    folded.stored_entry = row.integer(2);
    folded.stored = row.text(3);
    const AccountKey key{row.integer(0), row.integer(1)};
    if (folded.stored_entry == 0) compare_stored(key, folded);
    accounts_.emplace(key, std::move(folded));
  }
}

void Pass::check_entry(const AccountKey& key, std::int64_t id, const domain::Entry& entry) {
  const std::string line = "ledger line " + std::to_string(id);
  const bool may_go_below = entry.cause == domain::Cause::kManual || entry.change.is_positive();
  if (entry.quantity_after.is_negative() && !may_go_below) {
    findings_.add(
        key, line + " (" + std::string(to_string(entry.cause)) + ") leaves a quantity below zero");
  }
  grants_.note(key, id, entry);
}

void Pass::follow(const AccountKey& key, std::int64_t id, std::int64_t previous,
                  const domain::Entry& entry) {
  Folded& folded = accounts_[key];
  const std::string line = "ledger line " + std::to_string(id);
  if (previous != folded.last_entry) {
    findings_.add(key, line + " follows line " + std::to_string(previous) + " instead of " +
                           std::to_string(folded.last_entry));
  }
  folded.last_entry = id;
  check_entry(key, id, entry);
  if (folded.broken) return;
  auto next = domain::fold(folded.account, entry);
  if (!next) {
    findings_.add(key, line + ": " + next.error().log.for_log());
    folded.broken = true;
    return;
  }
  folded.account = *std::move(next);
  if (id == folded.stored_entry) compare_stored(key, folded);
}

void Pass::compare_stored(const AccountKey& key, Folded& folded) {
  folded.compared = true;
  const auto stored = codec::decode_account(folded.stored);
  if (!stored) {
    findings_.add(key, "the stored balance is unreadable: " + stored.error().log.for_log());
  } else if (stored->quantity() != folded.account.quantity()) {
    findings_.add(key, "stored quantity " + std::to_string(stored->quantity().value()) +
                           ", ledger says " + std::to_string(folded.account.quantity().value()));
  } else if (stored->lots != folded.account.lots || stored->debt != folded.account.debt) {
    findings_.add(key, "the stored lots differ from what the ledger says");
  }
  folded.stored.clear();
}

void Pass::check_end(const AccountKey& key, Folded& folded) {
  if (folded.broken) return;
  if (folded.stored_entry >= 0 && !folded.compared) {
    findings_.add(key, "the stored balance stands after line " +
                           std::to_string(folded.stored_entry) + ", which its ledger lacks");
  }
  if (folded.stored_entry < folded.last_entry && folded.last_entry <= folded_up_to_) {
    findings_.add(key, "the stored balance lacks line " + std::to_string(folded.last_entry) +
                           ", which is below the watermark");
  }
  const auto cached = cache_.find(key).value;
  if (!cached || cached->blob.empty() || cached->last_entry != folded.last_entry) return;
  const auto account = codec::decode_account(cached->blob);
  if (!account || account->lots != folded.account.lots || account->debt != folded.account.debt) {
    findings_.add(key, "the balance in memory differs from what the ledger says (" +
                           std::to_string(folded.account.quantity().value()) + ")");
  }
}

Status Pass::check_owner(const AccountKey& key) {
  const ItemName* item = findings_.item(key.item);
  PURSER_TRY(const auto project,
             db_.integer("SELECT project_id FROM customers WHERE id = ?", key.customer));
  if (!project) {
    findings_.add(key, "the account is of no customer");
  } else if (!item) {
    findings_.add(key, "the account is of no item");
  } else if (item->project != *project) {
    findings_.add(key, "the item is of another project than the customer");
  }
  return {};
}

Status Pass::run(const std::function<void()>& on_line, app::VerifyReport& report) {
  PURSER_CHECK_OK(load_balances());
  {
    PURSER_TRY(sql::Cursor row,
               db_.query("SELECT customer_id, item_id, id, previous, " PURSER_ENTRY_COLUMNS
                         " FROM ledger WHERE customer_id % ? = ? ORDER BY id",
                         portions_, portion_));
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      PURSER_TRY(const domain::Entry entry, row.checked(sql::rows::entry(row, 4)));
      follow({row.integer(0), row.integer(1)}, row.integer(2), row.integer(3), entry);
      ++report.entries;
      on_line();
    }
  }
  for (auto& [key, folded] : accounts_) {
    check_end(key, folded);
    PURSER_CHECK_OK(check_owner(key));
  }
  report.accounts += static_cast<std::int64_t>(accounts_.size());
  return grants_.check_purchases(report);
}

}  // namespace

Status check_ledger(Connection& db, AccountCache& cache, Findings& findings,
                    const app::Progress& progress, app::VerifyReport& report) {
  PURSER_TRY(const auto rows, db.integer("SELECT count(*) FROM balances"));
  PURSER_TRY(const auto lines, db.integer("SELECT count(*) FROM ledger"));
  PURSER_TRY(const auto folded_up_to,
             db.integer("SELECT value FROM meta WHERE name = 'folded_up_to'"));
  const std::int64_t total = lines.value_or(0);
  const std::int64_t portions = 1 + rows.value_or(0) / kAccountsAtATime;
  std::int64_t done = 0;
  const auto on_line = [&] {
    if (++done % kLinesBetweenReports == 0 && progress) progress(done, total);
  };
  for (std::int64_t portion = 0; portion < portions; ++portion) {
    Pass pass(db, cache, findings, portions, portion, folded_up_to.value_or(0));
    PURSER_CHECK_OK(pass.run(on_line, report));
  }
  if (progress) progress(total, total);
  return {};
}

}  // namespace purser::sqlite
