#include "adapters/sqlite/batch.hpp"

#include <algorithm>

#include "adapters/sqlite/history.hpp"
#include "codec/account_codec.hpp"

// Commands, items and idempotency records: what the hot path does. And what the shared writes leave
// to a store: the rows of customers.

namespace purser::sqlite {
namespace {

std::string record_key(std::int64_t project, std::string_view key) {
  std::string full(reinterpret_cast<const char*>(&project), sizeof project);
  return full.append(key);
}

/// An empty text is kept as NULL: most lines have none.
std::optional<std::string_view> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

}  // namespace

Batch::Batch(Connection& db, SharedState& shared, BatchResolver& resolver, Timestamp now,
             std::int64_t next_id)
    : BatchWrites(db, resolver),
      db_(db),
      shared_(shared),
      resolver_(resolver),
      now_(now),
      next_id_(next_id),
      command_next_id_(next_id) {}

void Batch::begin_command() {
  if (savepoint_) {
    savepoint_ = false;
    // A failure leaves the connection broken, which the commit sees.
    static_cast<void>(db_.run("RELEASE command"));
  }
  command_lines_ = lines_.size();
  command_next_id_ = next_id_;
  command_accounts_.clear();
  command_records_.clear();
}

Status Batch::undo_command() {
  while (!command_accounts_.empty()) {
    auto& [key, before] = command_accounts_.back();
    accounts_[key] = std::move(before);
    command_accounts_.pop_back();
  }
  while (!command_records_.empty()) {
    auto& [key, before] = command_records_.back();
    if (before) {
      records_[key] = *std::move(before);
    } else {
      records_.erase(key);
    }
    command_records_.pop_back();
  }
  lines_.resize(command_lines_);
  next_id_ = command_next_id_;
  if (!savepoint_) return {};
  savepoint_ = false;
  resolver_.undone();
  memo_.reset();  // its row may be one that was made by this command
  PURSER_CHECK_OK(db_.run("ROLLBACK TO command"));
  return db_.run("RELEASE command");
}

Status Batch::before_write() {
  if (savepoint_) return {};
  PURSER_CHECK_OK(db_.run("SAVEPOINT command"));
  savepoint_ = true;
  return {};
}

Result<std::optional<AccountKey>> Batch::find_account(const ItemKey& key) {
  if (memo_ && memo_->key == key) return std::optional(memo_->row);
  PURSER_TRY(const auto customer, resolver_.customer(key.customer));
  if (!customer) return std::optional<AccountKey>();
  PURSER_TRY(const auto project, resolver_.project(key.customer.project));
  PURSER_TRY(const auto item, resolver_.item(*project, key.item));
  if (!item) return std::optional<AccountKey>();
  if (!memo_) memo_.emplace();
  memo_->key = key;
  memo_->row = {customer->id, *item};
  return std::optional(memo_->row);
}

Result<AccountKey> Batch::make_account(const ItemKey& key) {
  PURSER_TRY(const auto known, find_account(key));
  if (known) return *known;
  PURSER_TRY(const std::int64_t project, project_row(key.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(key.customer));
  PURSER_TRY(const std::int64_t item, item_row(project, key.item));
  return AccountKey{customer, item};
}

Status Batch::register_customer(std::int64_t project, CustomerType type, const std::string& id) {
  PURSER_CHECK_OK(before_write());
  customer_changes(project, type, id);
  return db_.run(
      "INSERT INTO customers(project_id, type, external_id, id) "
      "VALUES(?, ?, ?, (SELECT coalesce(max(id), 0) + 1 FROM customers)) "
      "ON CONFLICT(project_id, type, external_id) DO UPDATE SET deleted_at = NULL",
      project, type, id);
}

Result<std::int64_t> Batch::item_row(std::int64_t project, const ItemId& item) {
  PURSER_TRY(const auto row, resolver_.item(project, item));
  if (row) return *row;
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const auto made,
             db_.integer("INSERT INTO item_names(project_id, item) VALUES(?, ?) RETURNING row",
                         project, item.str()));
  return *made;
}

Result<StagedAccount*> Batch::staged(const AccountKey& key) {
  const auto known = accounts_.find(key);
  if (known != accounts_.end()) return &known->second;
  auto found = shared_.accounts.find(key);
  if (!found.value) {
    // Nobody publishes while a batch runs, so what is in the database is what is committed.
    // It is not offered to the cache: what is loaded here is nearly always published changed.
    PURSER_TRY(found.value, load_account(db_, key));
  }
  StagedAccount account;
  account.last_entry = found.value->last_entry;
  if (!found.value->blob.empty()) {
    PURSER_TRY(account.account, codec::decode_account(found.value->blob));
  }
  return &accounts_.emplace(key, std::move(account)).first->second;
}

Result<domain::ItemAccount> Batch::item(const ItemKey& key) {
  PURSER_TRY(const auto account, find_account(key));
  if (!account) return domain::ItemAccount{};
  PURSER_TRY(StagedAccount * found, staged(*account));
  return found->account;
}

Status Batch::put_item(const ItemKey& key, const domain::ItemAccount& account,
                       std::span<const domain::Entry> entries) {
  PURSER_TRY(const AccountKey row, make_account(key));
  PURSER_TRY(StagedAccount * before, staged(row));

  // The ledger must tell how the account came about, or it could not be rebuilt from it.
  domain::ItemAccount told = before->account;
  for (const domain::Entry& entry : entries) {
    PURSER_TRY(told, domain::fold(std::move(told), entry));
  }
  if (told.lots != account.lots || told.debt != account.debt) {
    return Error::internal("the entries of item " + key.item.str() + " do not lead to its account");
  }

  const bool terms_follow = domain::terms_follow(before->account, entries, account);
  if (entries.empty() && terms_follow) return {};
  StagedAccount after;
  after.account = account;
  after.last_entry = before->last_entry;
  after.changed = true;
  after.write_through = before->write_through || !terms_follow;
  for (const domain::Entry& entry : entries) {
    lines_.push_back({next_id_, row, after.last_entry, entry});
    after.last_entry = next_id_++;
  }
  command_accounts_.emplace_back(row, std::exchange(*before, std::move(after)));
  return {};
}

Result<std::vector<app::LedgerLine>> Batch::ledger(const ItemKey& key,
                                                   std::optional<std::int64_t> before, int limit) {
  PURSER_TRY(const auto account, find_account(key));
  if (!account) return std::vector<app::LedgerLine>{};
  PURSER_TRY(StagedAccount * found, staged(*account));
  std::vector<app::LedgerLine> lines;
  std::int64_t head = found->last_entry;
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (line->key != *account) continue;
    head = line->previous;
    const bool wanted = !before || line->id < *before;
    if (wanted && static_cast<int>(lines.size()) < limit) lines.push_back({line->id, line->entry});
  }
  const int left = limit - static_cast<int>(lines.size());
  if (left <= 0) return lines;
  PURSER_TRY(auto older, ledger_chain(db_, *account, head, before, left));
  lines.insert(lines.end(), std::make_move_iterator(older.begin()),
               std::make_move_iterator(older.end()));
  return lines;
}

Result<std::optional<app::IdempotencyRecord>> Batch::idempotency(const ProjectId& project,
                                                                 const std::string& key) {
  PURSER_TRY(const auto row, sql::record_owner(resolver_, project));
  if (!row) return std::optional<app::IdempotencyRecord>();
  const auto known = records_.find(record_key(*row, key));
  if (known != records_.end()) return std::optional(known->second.record);
  return load_idempotency(db_, resolver_, project, key);
}

Status Batch::put_idempotency(const app::IdempotencyRecord& record) {
  PURSER_TRY(const auto project, sql::record_owner(resolver_, record.project));
  if (!project) return Error{ErrorCode::kProjectNotFound, "No such project."};
  std::string key = record_key(*project, record.key);
  const auto [place, fresh] = records_.try_emplace(key);
  std::optional<StagedRecord> before;
  if (!fresh) before = std::move(place->second);
  place->second = {*project, record};
  command_records_.emplace_back(std::move(key), std::move(before));
  return {};
}

Result<int> Batch::purge_idempotency(Timestamp before, int limit) {
  PURSER_CHECK_OK(before_write());
  // Rows lie in order of time: the walk ends at the first one that is young enough.
  std::vector<std::int64_t> old;
  {
    PURSER_TRY(sql::Cursor row,
               db_.query("SELECT row, created_at, status FROM idempotency ORDER BY row"));
    while (static_cast<int>(old.size()) < limit) {
      PURSER_TRY(const bool more, row.step());
      if (!more || row.integer(1) >= before.millis()) break;
      if (!row.is_null(2)) old.push_back(row.integer(0));
    }
  }
  for (const std::int64_t row : old) {
    PURSER_CHECK_OK(db_.run("DELETE FROM idempotency WHERE row = ?", row));
  }
  return static_cast<int>(old.size());
}

Status Batch::finish() {
  begin_command();  // closes the last one
  PURSER_CHECK_OK(write_lines());
  PURSER_CHECK_OK(write_records());
  for (auto& [key, staged] : accounts_) {
    if (staged.changed) staged.blob = codec::encode_account(staged.account);
  }
  return {};
}

Status Batch::write_lines() {
  for (const StagedLine& line : lines_) {
    const domain::Entry& entry = line.entry;
    PURSER_CHECK_OK(db_.run(
        "INSERT INTO ledger(id, customer_id, item_id, previous, change, quantity_after, cause, at, "
        "source, expires_at, ends_with_source, description) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
        line.id, line.key.customer, line.key.item, line.previous, entry.change,
        entry.quantity_after, entry.cause, entry.at, text_or_null(entry.source.str()),
        entry.expires_at, entry.ends_with_source ? std::optional(1) : std::nullopt,
        text_or_null(entry.description)));
  }
  return {};
}

Status Batch::write_records() {
  // In key order: neighbours in the index are written together.
  std::vector<std::pair<const std::string*, const StagedRecord*>> sorted;
  sorted.reserve(records_.size());
  for (const auto& [key, staged] : records_) sorted.emplace_back(&key, &staged);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return *a.first < *b.first; });
  constexpr const char* kSql =
      "INSERT INTO idempotency(project_id, key, request_hash, created_at, status, body, "
      "operation, owner) VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(project_id, key) DO UPDATE SET "
      "request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, "
      "operation = excluded.operation, owner = excluded.owner";
  for (const auto& [key, staged] : sorted) {
    const app::IdempotencyRecord& record = staged->record;
    const PackedKey packed(record.key);
    const auto status = record.completed ? std::optional(record.reply.status) : std::nullopt;
    const auto body = record.completed ? std::optional(sql::Blob{record.reply.body}) : std::nullopt;
    PURSER_CHECK_OK(db_.run(kSql, staged->project, packed.value(), record.request_hash,
                            record.created_at, status, body, text_or_null(record.operation),
                            text_or_null(record.owner)));
  }
  return {};
}

}  // namespace purser::sqlite
