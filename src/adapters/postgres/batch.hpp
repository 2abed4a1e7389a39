#pragma once

// One batch on one connection. What the hot path touches (items, idempotency records) is loaded for
// all commands at once as the batch begins, decided in memory, and written back at once as it ends:
// two round trips, and a third where something has to be asked for in between. Everything else is
// SQL at once (sql::BatchWrites), inside a savepoint per command.

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/postgres/archived.hpp"
#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/resolvers.hpp"
#include "adapters/sql/writes.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

/// The rows of an account's customer and item.
struct AccountRows {
  std::int64_t customer = sql::kNoRow;
  std::int64_t item = sql::kNoRow;
};

/// An account as it lies in the database.
struct StoredAccount {
  std::int64_t last_entry = 0;
  std::string bytes;  ///< empty: it does not
};

/// An account as a batch sees it.
struct StagedAccount {
  AccountRows rows;
  domain::ItemAccount account;
  std::int64_t last_entry = 0;
  StoredAccount stored;
  StoredAccount written = {};  ///< what `send_writes` has sent
  bool changed = false;        ///< by this batch
};

/// A ledger line that is not in the database yet.
struct StagedLine {
  std::int64_t id = 0;
  AccountRows rows;
  std::int64_t previous = 0;
  domain::Entry entry;
};

/// An idempotency record as a batch sees it.
struct StagedRecord {
  std::int64_t project = 0;
  std::string packed_key;
  std::optional<app::IdempotencyRecord> record;  ///< absent: there is none
  bool stored = false;                           ///< the database has it already
  bool changed = false;                          ///< by this batch
};

class Batch final : public sql::BatchWrites, public app::ArchivedHistory {
 public:
  Batch(Connection& db, BatchResolver& resolver)
      : BatchWrites(db, resolver), db_(db), resolver_(resolver) {}

  // For who begins the batch:

  /// `ids`: numbers for lines and events, ascending. Those that are not above an account's last
  /// line are skipped.
  void begin(Timestamp now, std::vector<std::int64_t> ids);
  Status keep_account(const ItemKey& key, AccountRows rows, StoredAccount stored);
  void keep_record(const ProjectId& project, const std::string& key, StagedRecord record);
  bool knows(const ItemKey& key) const { return accounts_.contains(key); }

  Timestamp now() const override { return now_; }
  void begin_command() override;
  Status undo_command() override;

  Result<bool> customer_exists(const CustomerKey& key) override;
  Result<domain::ItemAccount> item(const ItemKey& key) override;
  Result<std::vector<app::LedgerLine>> ledger(const ItemKey& key,
                                              std::optional<std::int64_t> before,
                                              int limit) override;
  Result<std::optional<app::LedgerOpening>> ledger_opening(const ItemKey& key) override {
    return read_opening(db_, key);
  }
  Result<std::optional<Timestamp>> archived_grant(const ItemKey& key,
                                                  const PurchaseId& purchase) override {
    return read_archived_grant(db_, key, purchase);
  }
  Result<std::optional<app::IdempotencyRecord>> idempotency(const ProjectId& project,
                                                            const std::string& key) override;
  Status put_item(const ItemKey& key, const domain::ItemAccount& account,
                  std::span<const domain::Entry> entries) override;
  Status put_idempotency(const app::IdempotencyRecord& record) override;
  Result<int> purge_idempotency(Timestamp before, int limit) override;
  /// Whoever asks for an invoice that is not there holds its place until the batch ends: nobody
  /// else makes it meanwhile, which `put_invoice` would write over.
  Result<std::optional<app::Invoice>> invoice(const ProjectId& project,
                                              const std::string& id) override;

  // What nodes keep in memory (app::Store::watch):
  Status insert_project(const app::Project& project) override;
  Status update_project(const app::Project& project) override;
  Status insert_key(const app::ApiKey& key) override;
  Status update_key(const app::ApiKey& key) override;
  Status insert_signing_key(const app::SigningKey& key) override;
  Status put_catalog(const ProjectId& project, const domain::Catalog& catalog) override;

  // For who ends it:

  /// Puts the statements that write what was staged in line.
  void send_writes();
  /// For a batch that began without a transaction: puts the statements in line that begin it and
  /// fail it, as a conflict, unless what the batch was told of is what the database has.
  void send_checked_begin();
  /// Calls `keep` with each account, as it lies in the database once the batch is committed.
  template <class Keep>
  void each_account(const Keep& keep) const {
    for (const auto& [key, staged] : accounts_) {
      keep(key, staged.rows, staged.changed ? staged.written : staged.stored);
    }
  }
  /// The numbers that were not needed.
  std::vector<std::int64_t> take_ids();
  /// True when nothing was written: neither staged nor by SQL.
  bool is_empty() const { return !wrote_ && lines_.empty() && !staged_something_; }
  const std::vector<ProjectId>& published() const { return published_; }
  /// Whether somebody asked for an answer that was given before, perhaps by a node that has died
  /// before all others knew of what it tells.
  bool repeats_answers() const { return repeats_answers_; }

 private:
  struct RecordName {
    ProjectId project;
    std::string key;
    friend bool operator==(const RecordName&, const RecordName&) = default;
  };
  struct RecordNameHash {
    std::size_t operator()(const RecordName& name) const noexcept {
      return std::hash<std::string>()(name.key) * 31 + std::hash<ProjectId>()(name.project);
    }
  };
  using Accounts = std::unordered_map<ItemKey, StagedAccount>;
  using Records = std::unordered_map<RecordName, StagedRecord, RecordNameHash>;

  Status before_write() override;
  Status register_customer(std::int64_t project, CustomerType type, const std::string& id) override;
  void customer_changes(std::int64_t project, CustomerType type, const std::string& id) override {
    resolver_.forget({project, type, id});
  }
  void purchases_change(std::int64_t) override {}
  Result<std::int64_t> next_event_id() override;

  /// The next number of a line, above `above`.
  Result<std::int64_t> next_id(std::int64_t above);
  Result<StagedAccount*> staged(const ItemKey& key);
  Status load_late(const ItemKey& key, std::int64_t customer);
  Result<StagedRecord*> staged_record(const ProjectId& project, const std::string& key);
  Result<std::int64_t> item_row(std::int64_t project, const ItemId& item);
  void send_lines();
  void send_changed_accounts();
  void send_new_accounts();
  /// In the order of rows, as everywhere: two batches never wait for each other in a circle.
  std::vector<StagedAccount*> changed_accounts(bool stored);
  void send_account_check();
  void send_customer_check();
  void send_record_check();
  void send_records();

  Connection& db_;
  BatchResolver& resolver_;
  Timestamp now_;
  std::vector<std::int64_t> ids_;
  std::size_t ids_used_ = 0;

  Accounts accounts_;
  std::vector<StagedLine> lines_;
  Records records_;
  std::vector<ProjectId> published_;
  bool wrote_ = false;  // by SQL
  bool staged_something_ = false;
  bool repeats_answers_ = false;

  // What `undo_command` goes back to.
  bool savepoint_ = false;
  std::size_t command_lines_ = 0;
  std::size_t command_published_ = 0;
  std::vector<std::pair<ItemKey, StagedAccount>> command_accounts_;
  std::vector<std::pair<RecordName, StagedRecord>> command_records_;
  // Loaded under locks that were taken since the savepoint: going back gives them up.
  std::vector<ItemKey> loaded_accounts_;
  std::vector<RecordName> loaded_records_;
};

/// How an idempotency key lies in the database: a letter that says how to read the rest, then the
/// sixteen bytes of a UUID in canonical form, or the caller's text.
std::string pack_key(std::string_view key);

}  // namespace purser::postgres
