#include "adapters/sql/verify_ledger.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <vector>

#include "adapters/sql/carried.hpp"
#include "adapters/sql/rows.hpp"
#include "adapters/sql/verify_grants.hpp"
#include "codec/account_codec.hpp"
#include "domain/ledger.hpp"

namespace purser::sql {
namespace {

constexpr std::int64_t kLastCustomer = std::numeric_limits<std::int64_t>::max();
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
  Pass(Connection& db, const Verified& store, Findings& findings, const Portion& portion)
      : db_(db),
        store_(store),
        findings_(findings),
        portion_(portion),
        grants_(db, findings, portion, store) {}

  Status run(const std::function<void()>& on_line, app::VerifyReport& report);

 private:
  Status load_balances();
  Status load_carried_forward();
  Status fold_lines(const std::function<void()>& on_line, app::VerifyReport& report);
  void follow(const AccountKey& key, std::int64_t id, std::int64_t previous,
              const domain::Entry& entry);
  void check_entry(const AccountKey& key, std::int64_t id, const domain::Entry& entry);
  void compare_stored(const AccountKey& key, Folded& folded);
  void check_end(const AccountKey& key, Folded& folded);
  Status check_owners(const std::vector<AccountKey>& sorted);
  void check_owner(const AccountKey& key, std::int64_t project);

  Connection& db_;
  const Verified& store_;
  Findings& findings_;
  const Portion portion_;
  std::unordered_map<AccountKey, Folded, AccountKeyHash> accounts_;
  GrantCheck grants_;
};

Status Pass::load_balances() {
  AccountKey last{portion_.after, std::numeric_limits<std::int64_t>::max()};
  for (;;) {
    PURSER_TRY(Cursor row,
               db_.query("SELECT customer_id, item_id, last_entry, account FROM balances "
                         "WHERE (customer_id, item_id) > ($1, $2) AND customer_id <= $3 "
                         "ORDER BY customer_id, item_id LIMIT $4",
                         last.customer, last.item, portion_.up_to, store_.page));
    std::int64_t rows = 0;
    for (;; ++rows) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      last = {row.integer(0), row.integer(1)};
      Folded folded;
      folded.stored_entry = row.integer(2);
      folded.stored = row.text(3);
      if (folded.stored_entry == 0) compare_stored(last, folded);
      accounts_.emplace(last, std::move(folded));
    }
    if (rows < store_.page) return {};
  }
}

Status Pass::load_carried_forward() {
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  PURSER_TRY(CarriedAccounts carried,
             load_carried(db_, {portion_.after, kAll}, {portion_.up_to, kAll}));
  for (auto& [key, opening] : carried) {
    Folded& folded = accounts_[key];
    folded.account = std::move(opening.account);
    folded.last_entry = opening.last_entry;
    grants_.carry(key, opening.grants);
    if (folded.stored_entry == folded.last_entry) compare_stored(key, folded);
  }
  return {};
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
  if (folded.stored_entry < folded.last_entry && folded.last_entry <= store_.folded_up_to) {
    findings_.add(key, "the stored balance lacks line " + std::to_string(folded.last_entry) +
                           ", which is below the watermark");
  }
  if (!store_.in_memory) return;
  const auto cached = store_.in_memory(key);
  if (!cached || cached->blob.empty() || cached->last_entry != folded.last_entry) return;
  const auto account = codec::decode_account(cached->blob);
  if (!account || account->lots != folded.account.lots || account->debt != folded.account.debt) {
    findings_.add(key, "the balance in memory differs from what the ledger says (" +
                           std::to_string(folded.account.quantity().value()) + ")");
  }
}

void Pass::check_owner(const AccountKey& key, std::int64_t project) {
  const ItemName* item = findings_.item(key.item);
  if (!item) {
    findings_.add(key, "the account is of no item");
  } else if (item->project != project) {
    findings_.add(key, "the item is of another project than the customer");
  }
}

Status Pass::check_owners(const std::vector<AccountKey>& sorted) {
  auto account = sorted.begin();
  std::int64_t last = portion_.after;
  while (account != sorted.end()) {
    PURSER_TRY(Cursor row, db_.query("SELECT id, project_id FROM customers "
                                     "WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
                                     last, portion_.up_to, store_.page));
    std::int64_t rows = 0;
    for (;; ++rows) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      last = row.integer(0);
      for (; account != sorted.end() && account->customer < last; ++account) {
        findings_.add(*account, "the account is of no customer");
      }
      for (; account != sorted.end() && account->customer == last; ++account) {
        check_owner(*account, row.integer(1));
      }
    }
    if (rows < store_.page) break;
  }
  for (; account != sorted.end(); ++account) {
    findings_.add(*account, "the account is of no customer");
  }
  return {};
}

Status Pass::fold_lines(const std::function<void()>& on_line, app::VerifyReport& report) {
  std::int64_t last = 0;
  for (;;) {
    PURSER_TRY(Cursor row,
               db_.query("SELECT customer_id, item_id, id, previous, " PURSER_ENTRY_COLUMNS
                         " FROM ledger WHERE id > $1 AND customer_id > $2 AND customer_id <= $3 "
                         "ORDER BY id LIMIT $4",
                         last, portion_.after, portion_.up_to, store_.page));
    std::int64_t rows = 0;
    for (;; ++rows) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      PURSER_TRY(const domain::Entry entry, row.checked(rows::entry(row, 4)));
      last = row.integer(2);
      follow({row.integer(0), row.integer(1)}, last, row.integer(3), entry);
      ++report.entries;
      on_line();
    }
    if (rows < store_.page) return {};
  }
}

Status Pass::run(const std::function<void()>& on_line, app::VerifyReport& report) {
  PURSER_CHECK_OK(load_balances());
  if (store_.carries_forward) PURSER_CHECK_OK(load_carried_forward());
  PURSER_CHECK_OK(fold_lines(on_line, report));
  std::vector<AccountKey> sorted;
  sorted.reserve(accounts_.size());
  for (auto& [key, folded] : accounts_) {
    check_end(key, folded);
    sorted.push_back(key);
  }
  std::sort(sorted.begin(), sorted.end());
  PURSER_CHECK_OK(check_owners(sorted));
  report.accounts += static_cast<std::int64_t>(accounts_.size());
  return grants_.check_purchases(report);
}

/// The next customers, with about as many accounts as memory may hold.
Result<Portion> portion_after(Connection& db, std::int64_t customer, std::int64_t accounts) {
  PURSER_TRY(const auto last, db.integer("SELECT customer_id FROM balances WHERE customer_id > $1 "
                                         "ORDER BY customer_id, item_id LIMIT 1 OFFSET $2",
                                         customer, accounts - 1));
  return Portion{customer, last.value_or(kLastCustomer)};
}

}  // namespace

Status check_ledger(Connection& db, const Verified& store, Findings& findings,
                    const app::Progress& progress, app::VerifyReport& report) {
  PURSER_TRY(const auto lines, db.integer("SELECT count(*) FROM ledger"));
  const std::int64_t total = lines.value_or(0);
  std::int64_t done = 0;
  const auto on_line = [&] {
    if (++done % kLinesBetweenReports == 0 && progress) progress(done, total);
  };
  Portion portion{0, std::numeric_limits<std::int64_t>::min()};
  while (portion.up_to != kLastCustomer) {
    PURSER_TRY(portion, portion_after(db, portion.up_to, store.portion));
    Pass pass(db, store, findings, portion);
    PURSER_CHECK_OK(pass.run(on_line, report));
  }
  if (progress) progress(total, total);
  return {};
}

}  // namespace purser::sql
