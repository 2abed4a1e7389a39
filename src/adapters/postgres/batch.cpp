#include "adapters/postgres/batch.hpp"

#include "adapters/postgres/arrays.hpp"
#include "adapters/postgres/history.hpp"
#include "adapters/sql/rows.hpp"
#include "codec/account_codec.hpp"

// Commands, items and idempotency records: what the hot path does.

namespace purser::postgres {

void Batch::begin(Timestamp now, std::vector<std::int64_t> ids) {
  now_ = now;
  ids_ = std::move(ids);
  resolver_.set_now(now);
}

Status Batch::keep_account(const ItemKey& key, AccountRows rows, StoredAccount stored) {
  StagedAccount staged;
  staged.rows = rows;
  staged.last_entry = stored.last_entry;
  if (!stored.bytes.empty()) {
    PURSER_TRY(staged.account, codec::decode_account(stored.bytes));
  }
  staged.stored = std::move(stored);
  accounts_.insert_or_assign(key, std::move(staged));
  return {};
}

void Batch::keep_record(const ProjectId& project, const std::string& key, StagedRecord record) {
  records_.insert_or_assign({project, key}, std::move(record));
}

void Batch::begin_command() {
  if (savepoint_) {
    savepoint_ = false;
    db_.send("RELEASE SAVEPOINT command");
  }
  command_lines_ = lines_.size();
  command_published_ = published_.size();
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
    auto& [name, before] = command_records_.back();
    records_[name] = std::move(before);
    command_records_.pop_back();
  }
  lines_.resize(command_lines_);
  published_.resize(command_published_);
  if (!savepoint_) return {};
  savepoint_ = false;
  resolver_.undone();
  for (const ItemKey& key : loaded_accounts_) accounts_.erase(key);
  for (const RecordName& name : loaded_records_) records_.erase(name);
  db_.send("ROLLBACK TO SAVEPOINT command");
  db_.send("RELEASE SAVEPOINT command");
  PURSER_CHECK_OK(db_.collect());
  return {};
}

Status Batch::before_write() {
  wrote_ = true;
  if (savepoint_) return {};
  db_.send("SAVEPOINT command");  // goes out with the write
  savepoint_ = true;
  resolver_.savepoint();
  loaded_accounts_.clear();
  loaded_records_.clear();
  return {};
}

// A customer that was locked late may have lines with greater numbers than were drawn before.
Result<std::int64_t> Batch::next_id(std::int64_t above) {
  while (ids_used_ < ids_.size() && ids_[ids_used_] <= above) ++ids_used_;
  if (ids_used_ == ids_.size()) {
    PURSER_TRY(sql::Cursor row,
               db_.query("SELECT nextval('ledger_ids') FROM generate_series(1, 32)"));
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      ids_.push_back(row.integer(0));
    }
  }
  return ids_[ids_used_++];
}

// Drawn when the customer is locked, which may be long after the batch began: a customer's events
// are delivered in the order of their numbers. What was drawn before is given up, so that numbers
// go on growing behind it.
Result<std::int64_t> Batch::next_event_id() {
  ids_used_ = ids_.size();
  return next_id(0);
}

std::vector<std::int64_t> Batch::take_ids() {
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(ids_used_));
  ids_used_ = 0;
  return std::move(ids_);
}

Result<StagedAccount*> Batch::staged(const ItemKey& key) {
  const auto known = accounts_.find(key);
  if (known != accounts_.end()) return &known->second;
  PURSER_TRY(const auto customer, resolver_.customer(key.customer));
  if (customer) {
    PURSER_CHECK_OK(load_late(key, customer->id));
  } else {
    PURSER_CHECK_OK(keep_account(key, {}, {}));
  }
  loaded_accounts_.push_back(key);
  return &accounts_.at(key);
}

// The customer is locked, but not whoever already holds the account alone.
Status Batch::load_late(const ItemKey& key, std::int64_t customer) {
  PURSER_TRY(const auto project, resolver_.project(key.customer.project));
  const Integer project_row(project.value_or(sql::kNoRow));
  const Integer customer_row(customer);
  const Param item[] = {project_row.param(), binary_param(key.item.str())};
  const Param account[] = {customer_row.param(), project_row.param(), binary_param(key.item.str())};
  db_.send("SELECT row FROM item_names WHERE project_id = $1 AND item = $2", item);
  db_.send(
      "SELECT b.account, b.last_entry FROM item_names i JOIN balances b ON b.customer_id = $1 AND "
      "b.item_id = i.row WHERE i.project_id = $2 AND i.item = $3 FOR NO KEY UPDATE OF b",
      account);
  db_.send("SELECT max(at) FROM lanes");
  PURSER_TRY(const std::vector<Rows> answers, db_.collect());
  // From the end: a savepoint's may stand before them.
  const Rows& newest = answers.back();
  const Rows& found = answers[answers.size() - 2];
  const Rows& name = answers[answers.size() - 3];
  if (found.size() > 0 && !resolver_.holds_accounts(key.customer)) {
    resolver_.note_asked(key.customer);
    resolver_.check_not_moved(newest.integer(0, 0));
  }
  const AccountRows rows{customer, name.size() > 0 ? name.integer(0, 0) : sql::kNoRow};
  if (found.size() == 0) return keep_account(key, rows, {});
  return keep_account(key, rows, {found.integer(0, 1), found.text(0, 0)});
}

// An account that is there says that its customer was; who only touches that holds nothing more.
Result<bool> Batch::customer_exists(const CustomerKey& key) {
  if (key.type == CustomerType::kCustom) return BatchWrites::customer_exists(key);
  PURSER_TRY(const auto row, resolver_.seen(key));
  return row && !row->deleted;
}

Result<domain::ItemAccount> Batch::item(const ItemKey& key) {
  PURSER_TRY(const StagedAccount* found, staged(key));
  return found->account;
}

Result<std::int64_t> Batch::item_row(std::int64_t project, const ItemId& item) {
  PURSER_CHECK_OK(before_write());
  PURSER_CHECK_OK(
      db_.run("INSERT INTO item_names(project_id, item) VALUES($1, $2) "
              "ON CONFLICT(project_id, item) DO NOTHING",
              project, item.str()));
  PURSER_TRY(const auto row,
             db_.integer("SELECT row FROM item_names WHERE project_id = $1 AND item = $2", project,
                         item.str()));
  return row.value_or(sql::kNoRow);
}

Status Batch::put_item(const ItemKey& key, const domain::ItemAccount& account,
                       std::span<const domain::Entry> entries) {
  PURSER_TRY(StagedAccount * before, staged(key));
  AccountRows rows = before->rows;
  if (rows.customer == sql::kNoRow) {
    PURSER_TRY(rows.customer, customer_row(key.customer));
  }
  if (rows.item == sql::kNoRow) {
    PURSER_TRY(const std::int64_t project, project_row(key.customer.project));
    PURSER_TRY(rows.item, item_row(project, key.item));
  }

  // The ledger must tell how the account came about, or it could not be rebuilt from it.
  domain::ItemAccount told = before->account;
  for (const domain::Entry& entry : entries) {
    PURSER_TRY(told, domain::fold(std::move(told), entry));
  }
  if (told.lots != account.lots || told.debt != account.debt) {
    return Error::internal("the entries of item " + key.item.str() + " do not lead to its account");
  }
  if (entries.empty() && domain::terms_follow(before->account, entries, account)) return {};

  StagedAccount after{rows, account, before->last_entry, before->stored, {}, true};
  for (const domain::Entry& entry : entries) {
    PURSER_TRY(const std::int64_t id, next_id(after.last_entry));
    lines_.push_back({id, rows, after.last_entry, entry});
    after.last_entry = id;
  }
  staged_something_ = true;
  command_accounts_.emplace_back(key, std::exchange(*before, std::move(after)));
  return {};
}

Result<std::vector<app::LedgerLine>> Batch::ledger(const ItemKey& key,
                                                   std::optional<std::int64_t> before, int limit) {
  PURSER_TRY(const StagedAccount* found, staged(key));
  std::vector<app::LedgerLine> lines;
  std::int64_t head = found->last_entry;
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    const bool same =
        line->rows.customer == found->rows.customer && line->rows.item == found->rows.item;
    if (!same) continue;
    head = line->previous;
    const bool wanted = !before || line->id < *before;
    if (wanted && static_cast<int>(lines.size()) < limit) lines.push_back({line->id, line->entry});
  }
  const int left = limit - static_cast<int>(lines.size());
  if (left <= 0) return lines;
  PURSER_TRY(auto older, ledger_chain(db_, found->rows, head, before, left));
  lines.insert(lines.end(), std::make_move_iterator(older.begin()),
               std::make_move_iterator(older.end()));
  return lines;
}

Result<StagedRecord*> Batch::staged_record(const ProjectId& project, const std::string& key) {
  const auto known = records_.find({project, key});
  if (known != records_.end()) return &known->second;
  PURSER_TRY(const auto owner, sql::record_owner(resolver_, project));
  StagedRecord staged;
  staged.project = owner.value_or(sql::kNoRow);
  staged.packed_key = pack_key(key);
  PURSER_TRY(
      staged.record,
      sql::rows::one(db_.query_for_update("r",
                                          "SELECT " PURSER_IDEMPOTENCY_COLUMNS
                                          " FROM idempotency r WHERE r.project_id = $1 AND "
                                          "r.key = $2",
                                          staged.project, sql::Blob{staged.packed_key}),
                     [&](sql::Cursor& q) { return sql::rows::idempotency(q, project, key); }));
  staged.stored = staged.record.has_value();
  loaded_records_.push_back({project, key});
  return &records_.insert_or_assign({project, key}, std::move(staged)).first->second;
}

Result<std::optional<app::IdempotencyRecord>> Batch::idempotency(const ProjectId& project,
                                                                 const std::string& key) {
  PURSER_TRY(const StagedRecord* staged, staged_record(project, key));
  const bool is_answer = staged->record && staged->record->completed;
  repeats_answers_ = repeats_answers_ || (staged->stored && is_answer);
  return staged->record;
}

Status Batch::put_idempotency(const app::IdempotencyRecord& record) {
  PURSER_TRY(StagedRecord * staged, staged_record(record.project, record.key));
  if (staged->project == sql::kNoRow) return Error{ErrorCode::kProjectNotFound, "No such project."};
  command_records_.emplace_back(RecordName{record.project, record.key}, *staged);
  staged->record = record;
  staged->changed = true;
  staged_something_ = true;
  return {};
}

Result<int> Batch::purge_idempotency(Timestamp before, int limit) {
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const std::int64_t gone,
             db_.change("WITH old AS MATERIALIZED (SELECT project_id, key FROM idempotency "
                        "WHERE created_at < $1 AND status IS NOT NULL LIMIT $2 "
                        "FOR UPDATE SKIP LOCKED) DELETE FROM idempotency r USING old "
                        "WHERE r.project_id = old.project_id AND r.key = old.key",
                        before, limit));
  return static_cast<int>(gone);
}

Result<std::optional<app::Invoice>> Batch::invoice(const ProjectId& project,
                                                   const std::string& id) {
  PURSER_TRY(auto found, BatchWrites::invoice(project, id));
  if (found) return found;
  PURSER_CHECK_OK(db_.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                          "purser invoice " + project.str() + " " + id));
  return BatchWrites::invoice(project, id);  // whoever held the place may have made it
}

Status Batch::register_customer(std::int64_t project, CustomerType type, const std::string& id) {
  PURSER_CHECK_OK(before_write());
  customer_changes(project, type, id);
  return db_.run(
      "INSERT INTO customers(project_id, type, external_id) VALUES($1, $2, $3) "
      "ON CONFLICT(project_id, type, external_id) DO UPDATE SET deleted_at = NULL",
      project, type, id);
}

}  // namespace purser::postgres
