#pragma once

// One batch on the writer's connection. What the hot path writes (items, idempotency records) is
// staged in memory and goes to SQL at the end; everything else is SQL at once (sql::BatchWrites),
// inside a savepoint per command that is opened only when a command needs it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/sql/writes.hpp"
#include "adapters/sqlite/batch_resolver.hpp"
#include "adapters/sqlite/shared_state.hpp"
#include "app/ports/store.hpp"

namespace purser::sqlite {

/// An account as a batch sees it.
struct StagedAccount {
  domain::ItemAccount account;
  std::int64_t last_entry = 0;
  bool changed = false;        ///< by this batch
  bool write_through = false;  ///< its terms changed in a way that ledger lines do not tell
  std::string blob;            ///< `account` encoded, once `finish` ran
  bool written = false;        ///< its row was written in this transaction
};

/// A ledger line that is not in the database yet.
struct StagedLine {
  std::int64_t id = 0;
  AccountKey key;
  std::int64_t previous = 0;
  domain::Entry entry;
};

class Batch final : public sql::BatchWrites {
 public:
  Batch(Connection& db, SharedState& shared, BatchResolver& resolver, Timestamp now,
        std::int64_t next_id);

  Timestamp now() const override { return now_; }
  void begin_command() override;
  Status undo_command() override;

  Result<domain::ItemAccount> item(const ItemKey& key) override;
  Result<std::vector<app::LedgerLine>> ledger(const ItemKey& key,
                                              std::optional<std::int64_t> before,
                                              int limit) override;
  Result<std::optional<app::IdempotencyRecord>> idempotency(const ProjectId& project,
                                                            const std::string& key) override;

  Status put_item(const ItemKey& key, const domain::ItemAccount& account,
                  std::span<const domain::Entry> entries) override;
  Status put_idempotency(const app::IdempotencyRecord& record) override;
  Result<int> purge_idempotency(Timestamp before, int limit) override;

  // For the store, when the work is done:

  /// Writes what was staged.
  Status finish();
  using Accounts = std::unordered_map<AccountKey, StagedAccount, AccountKeyHash>;
  Accounts& accounts() { return accounts_; }
  /// The rows of the customers whose purchases changed; some perhaps twice.
  const std::vector<std::int64_t>& owners() const { return owners_; }
  std::size_t lines() const { return lines_.size(); }
  std::int64_t next_id() const { return next_id_; }

 private:
  struct StagedRecord {
    std::int64_t project = 0;
    app::IdempotencyRecord record;
  };
  using Records = std::unordered_map<std::string, StagedRecord>;

  Status before_write() override;
  Status register_customer(std::int64_t project, CustomerType type, const std::string& id) override;
  void customer_changes(std::int64_t project, CustomerType type, const std::string& id) override {
    resolver_.touch({project, type, id});
  }
  void purchases_change(std::int64_t customer) override { owners_.push_back(customer); }
  Result<std::int64_t> next_event_id() override { return next_id_++; }

  Result<std::int64_t> item_row(std::int64_t project, const ItemId& item);
  Result<std::optional<AccountKey>> find_account(const ItemKey& key);
  /// The same; makes the rows that are missing.
  Result<AccountKey> make_account(const ItemKey& key);
  Result<StagedAccount*> staged(const AccountKey& key);
  Status write_lines();
  Status write_records();

  Connection& db_;
  SharedState& shared_;
  BatchResolver& resolver_;
  const Timestamp now_;

  Accounts accounts_;
  std::vector<std::int64_t> owners_;
  std::vector<StagedLine> lines_;
  Records records_;
  std::int64_t next_id_;

  // The account that was looked up last: a command reads an item and then writes it.
  struct Memo {
    ItemKey key;
    AccountKey row;
  };
  std::optional<Memo> memo_;

  // What `undo_command` goes back to.
  bool savepoint_ = false;
  std::size_t command_lines_ = 0;
  std::int64_t command_next_id_;
  std::vector<std::pair<AccountKey, StagedAccount>> command_accounts_;
  std::vector<std::pair<std::string, std::optional<StagedRecord>>> command_records_;
};

}  // namespace purser::sqlite
