#pragma once

// One batch on the writer's connection. What the hot path writes (items, idempotency records) is
// staged in memory and goes to SQL at the end; everything else is SQL at once, inside a savepoint
// per command that is opened only when a command needs it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/sqlite/batch_resolver.hpp"
#include "adapters/sqlite/reads.hpp"
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

class Batch final : public ReadsBy<app::StoreBatch> {
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

  Status insert_project(const app::Project& project) override;
  Status update_project(const app::Project& project) override;
  Status insert_key(const app::ApiKey& key) override;
  Status update_key(const app::ApiKey& key) override;
  Status insert_signing_key(const app::SigningKey& key) override;
  Status insert_user(const app::User& user) override;
  Status update_user(const app::User& user) override;
  Status delete_user(const ProjectId& project, const UserId& id) override;
  Status insert_team(const app::Team& team) override;
  Status update_team(const app::Team& team) override;
  Status delete_team(const ProjectId& project, const TeamId& id) override;
  Status put_membership(const app::Membership& membership) override;
  Status delete_membership(const ProjectId& project, const TeamId& team,
                           const UserId& user) override;
  Status insert_session(const app::Session& session) override;
  Status update_session(const app::Session& session) override;
  Status put_catalog(const ProjectId& project, const domain::Catalog& catalog) override;
  Status put_item(const ItemKey& key, const domain::ItemAccount& account,
                  std::span<const domain::Entry> entries) override;
  Status insert_purchase(const domain::Purchase& purchase,
                         std::optional<Timestamp> wake_at) override;
  Status update_purchase(const domain::Purchase& purchase,
                         std::optional<Timestamp> wake_at) override;
  Result<bool> put_trial(const CustomerKey& customer, const std::string& name) override;
  Status put_invoice(const app::Invoice& invoice) override;
  Status insert_refund(const app::Refund& refund) override;
  Status update_refund(const app::Refund& refund) override;
  Status insert_dispute(const app::Dispute& dispute) override;
  Status update_dispute(const app::Dispute& dispute) override;
  Status insert_transaction(const app::Transaction& transaction) override;
  Status insert_checkout(const app::Checkout& checkout) override;
  Status update_checkout(const app::Checkout& checkout) override;
  Result<std::string> put_remote(const app::RemoteRef& ref) override;
  Status delete_remote(const ProjectId& project, const std::string& account_id,
                       app::RemoteKind kind, const std::string& local) override;
  Result<bool> insert_inbox(const app::InboxEvent& event) override;
  Status update_inbox(const app::InboxEvent& event) override;
  Status insert_intention(const app::Intention& intention) override;
  Status update_intention(const app::Intention& intention) override;
  Status append_outbox(const app::OutboxEvent& event) override;
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

  /// Opens the command's savepoint; to be called before every SQL write.
  Status write();
  Result<std::int64_t> project_row(const ProjectId& id);
  /// The customer's row; made for a custom customer that has none.
  Result<std::int64_t> customer_row(const CustomerKey& key);
  Result<std::int64_t> item_row(std::int64_t project, const ItemId& item);
  Result<std::optional<AccountKey>> find_account(const ItemKey& key);
  /// The same; makes the rows that are missing.
  Result<AccountKey> make_account(const ItemKey& key);
  Result<StagedAccount*> staged(const AccountKey& key);
  Status register_customer(std::int64_t project, CustomerType type, const std::string& id);
  Status retire_customer(std::int64_t project, CustomerType type, const std::string& id);
  /// kInternalError when the last statement changed no row.
  Status must_have_changed(const char* what) const;
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
