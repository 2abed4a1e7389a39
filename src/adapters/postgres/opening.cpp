#include "adapters/postgres/opening.hpp"

#include <algorithm>

#include "adapters/postgres/arrays.hpp"
#include "adapters/sql/rows.hpp"

namespace purser::postgres {

Status Opening::begin(const LaneMark& mark, std::span<const app::PlannedCommand> commands,
                      std::span<const CustomerKey> customers) {
  PURSER_CHECK_OK(plan(commands, customers));
  PURSER_TRY(bool complete, try_to_begin(mark, 0));
  if (!complete) {
    // From the beginning, so that customers are locked before accounts; in the same round trip.
    db_.send("ROLLBACK");
    PURSER_TRY(complete, try_to_begin(mark, 1));
    if (!complete) return db_.conflict("what a batch had found is not there any more");
  }
  return keep_missing();
}

Status Opening::plan(std::span<const app::PlannedCommand> commands,
                     std::span<const CustomerKey> customers) {
  for (const app::PlannedCommand& command : commands) {
    if (command.scope != nullptr) PURSER_CHECK_OK(add_record(*command.scope));
    if (command.touches == nullptr) continue;
    const app::Touches& touches = *command.touches;
    const Lock lock = touches.items.empty() ? Lock::kCustomer : Lock::kNone;
    PURSER_CHECK_OK(add_customer(touches.customer, lock));
    for (const ItemId& item : touches.items) {
      PURSER_CHECK_OK(add_item({touches.customer, item}));
      ++likely_lines_;
    }
  }
  for (const CustomerKey& customer : customers) {
    PURSER_CHECK_OK(add_customer(customer, Lock::kWhole));
  }
  return {};
}

Status Opening::add_customer(const CustomerKey& key, Lock lock) {
  PURSER_TRY(const auto project, resolver_.project(key.project));
  if (!project) return {};
  CustomerName name{*project, key.type, key.id};
  const auto [place, fresh] = places_.try_emplace(name, customers_.size());
  if (fresh) customers_.push_back({std::move(name)});
  Customer& customer = customers_[place->second];
  customer.lock = std::max(customer.lock, lock);
  return {};
}

Status Opening::add_item(const ItemKey& key) {
  PURSER_TRY(const auto project, resolver_.project(key.customer.project));
  if (!project || !item_places_.try_emplace(key, items_.size()).second) return {};
  const std::size_t customer = places_.at({*project, key.customer.type, key.customer.id});
  PURSER_TRY(const std::int64_t row,
             committed_item_row(db_, known_rows_, key.customer.project, *project, key.item));
  items_.push_back({&keys_.emplace_back(key), customer, row});
  return {};
}

Status Opening::add_record(const app::IdempotencyScope& scope) {
  PURSER_TRY(const auto owner, sql::record_owner(resolver_, scope.project));
  if (owner) records_.push_back({&scope, *owner, pack_key(scope.key)});
  return {};
}

std::vector<std::size_t> Opening::locked(Lock at_least) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < customers_.size(); ++i) {
    if (customers_[i].lock >= at_least) found.push_back(i);
  }
  return found;
}

Result<bool> Opening::try_to_begin(const LaneMark& mark, std::size_t answers_before) {
  const std::vector<std::size_t> locks = locked(Lock::kCustomer);
  const Asked asked = send_all(mark, answers_before);
  PURSER_TRY(std::vector<Rows> answers, db_.collect());
  const Rows& time = answers[asked.mark];
  if (time.size() != 1 || time.integer(0, 0) != mark.batch) {
    lane_is_gone_ = true;
    return db_.conflict("the row of this node's lane is not what it was");
  }
  if (asked.locks) keep_locks(answers[*asked.locks], locks);
  if (asked.accounts) PURSER_CHECK_OK(keep_accounts(answers[*asked.accounts]));
  if (lock_missing()) return false;
  if (asked.records) PURSER_CHECK_OK(keep_records(std::move(answers[*asked.records])));
  keep_time_and_ids(answers[asked.mark]);
  return true;
}

Opening::Asked Opening::send_all(const LaneMark& mark, std::size_t answers_before) {
  Asked asked;
  std::size_t next = answers_before + 1;  // behind BEGIN
  db_.send("BEGIN");
  std::vector<std::size_t> made;
  for (std::size_t i = 0; i < customers_.size(); ++i) {
    if (customers_[i].is_new) made.push_back(i);
  }
  if (!made.empty()) {
    send_new_customers(made);
    ++next;
  }
  if (const auto locks = locked(Lock::kCustomer); !locks.empty()) {
    send_locks(locks);
    asked.locks = next++;
  }
  if (!items_.empty() || !locked(Lock::kWhole).empty()) {
    send_accounts();
    asked.accounts = next++;
  }
  if (!records_.empty()) {
    send_records();
    asked.records = next++;
  }
  send_mark(mark);
  asked.mark = next;
  return asked;
}

// What cannot be locked could be made by another node meanwhile.
void Opening::send_new_customers(const std::vector<std::size_t>& customers) {
  std::vector<const CustomerName*> sorted;
  sorted.reserve(customers.size());
  for (const std::size_t index : customers) sorted.push_back(&customers_[index].name);
  std::sort(sorted.begin(), sorted.end(), [](const CustomerName* a, const CustomerName* b) {
    return std::tie(a->project, a->id) < std::tie(b->project, b->id);
  });
  IntegerArray project;
  IntegerArray type;
  TextArray id;
  for (const CustomerName* name : sorted) {
    project.append(name->project);
    type.append(static_cast<std::int64_t>(name->type));
    id.append(name->id);
  }
  const Param params[] = {project.param(), type.param(), id.param()};
  db_.send(
      "INSERT INTO customers(project_id, type, external_id) SELECT unnest($1::bigint[]), "
      "unnest($2::bigint[]), unnest($3::text[]) ON CONFLICT(project_id, type, external_id) DO "
      "NOTHING",
      params);
}

void Opening::send_locks(const std::vector<std::size_t>& customers) {
  IntegerArray project;
  IntegerArray type;
  TextArray id;
  IntegerArray place;
  for (const std::size_t index : customers) {
    const CustomerName& name = customers_[index].name;
    project.append(name.project);
    type.append(static_cast<std::int64_t>(name.type));
    id.append(name.id);
    place.append(static_cast<std::int64_t>(index));
  }
  const Param params[] = {project.param(), type.param(), id.param(), place.param()};
  db_.send(
      "SELECT k.place, c.id, c.deleted_at IS NOT NULL FROM (SELECT unnest($1::bigint[]) AS "
      "project, unnest($2::bigint[]) AS type, unnest($3::text[]) AS id, unnest($4::bigint[]) AS "
      "place) k JOIN customers c ON c.project_id = k.project AND c.type = k.type AND "
      "c.external_id = k.id ORDER BY c.id FOR NO KEY UPDATE OF c",
      params);
}

// Customers are found before accounts are locked, so that their index is all that is read of them.
#define PURSER_LOCK_ACCOUNTS(of_item)                                                         \
  "SELECT c.place, c.id, c.deleted, b.account, b.last_entry FROM (SELECT k.place, k.item, "   \
  "c.id, c.deleted_at IS NOT NULL AS deleted FROM (SELECT unnest($1::bigint[]) AS project, "  \
  "unnest($2::bigint[]) AS type, unnest($3::text[]) AS id, unnest($4::bigint[]) AS item, "    \
  "unnest($5::bigint[]) AS place) k JOIN customers c ON c.project_id = k.project AND c.type " \
  "= k.type AND c.external_id = k.id OFFSET 0) c JOIN balances b ON b.customer_id = c.id "    \
  "AND " of_item " ORDER BY b.customer_id, b.item_id FOR NO KEY UPDATE OF b"

// One statement for all of them, so that it locks in one order.
void Opening::send_accounts() {
  IntegerArray project;
  IntegerArray type;
  TextArray id;
  IntegerArray item;
  IntegerArray place;
  const auto add = [&](const CustomerName& name, std::optional<std::int64_t> row,
                       std::size_t index) {
    project.append(name.project);
    type.append(static_cast<std::int64_t>(name.type));
    id.append(name.id);
    item.append(row);
    place.append(static_cast<std::int64_t>(index));
  };
  for (std::size_t i = 0; i < items_.size(); ++i) {
    add(customers_[items_[i].customer].name, items_[i].row, i);
  }
  const std::vector<std::size_t> whole = locked(Lock::kWhole);
  for (const std::size_t index : whole) add(customers_[index].name, std::nullopt, items_.size());
  const Param params[] = {project.param(), type.param(), id.param(), item.param(), place.param()};
  if (whole.empty()) {
    db_.send(PURSER_LOCK_ACCOUNTS("b.item_id = c.item"), params);
  } else {
    db_.send(PURSER_LOCK_ACCOUNTS("(c.item IS NULL OR b.item_id = c.item)"), params);
  }
}

void Opening::send_records() {
  IntegerArray project;
  BytesArray key;
  IntegerArray place;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    project.append(records_[i].project);
    key.append(std::string_view(records_[i].packed_key));
    place.append(static_cast<std::int64_t>(i));
  }
  const Param params[] = {project.param(), key.param(), place.param()};
  db_.send(
      "SELECT " PURSER_IDEMPOTENCY_COLUMNS
      ", k.place FROM (SELECT unnest($1::bigint[]) AS k_project, unnest($2::bytea[]) AS k_key, "
      "unnest($3::bigint[]) AS place) k JOIN idempotency r ON r.project_id = k_project AND r.key = "
      "k_key ORDER BY r.project_id, r.key FOR NO KEY UPDATE OF r",
      params);
}

// Behind the locks: nothing that was done to these accounts before is dated later or has greater
// numbers.
void Opening::send_mark(const LaneMark& mark) {
  const Integer row(mark.row);
  const Integer count(likely_lines_);
  const Param params[] = {row.param(), count.param()};
  db_.send(
      "SELECT l.batch, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, (SELECT "
      "max(at) FROM lanes), ARRAY(SELECT nextval('ledger_ids') FROM generate_series(1, "
      "$2::bigint)) FROM lanes l WHERE l.row = $1",
      params);
}

void Opening::keep_locks(const Rows& rows, const std::vector<std::size_t>& customers) {
  for (int i = 0; i < rows.size(); ++i) {
    customers_[static_cast<std::size_t>(rows.integer(i, 0))].row =
        sql::CustomerRow{rows.integer(i, 1), rows.integer(i, 2) != 0};
  }
  for (const std::size_t index : customers) {
    const Customer& customer = customers_[index];
    resolver_.keep_locked(customer.name, customer.row, customer.lock == Lock::kWhole);
  }
}

Status Opening::keep_accounts(const Rows& rows) {
  for (Item& item : items_) item.is_there = false;
  for (int i = 0; i < rows.size(); ++i) {
    const auto place = static_cast<std::size_t>(rows.integer(i, 0));
    if (place == items_.size()) continue;  // of a customer who was locked with all accounts
    Item& item = items_[place];
    item.is_there = true;
    const sql::CustomerRow customer{rows.integer(i, 1), rows.integer(i, 2) != 0};
    resolver_.keep_seen(customers_[item.customer].name, customer);
    PURSER_CHECK_OK(batch_.keep_account(*item.key, {customer.id, item.row},
                                        {rows.integer(i, 4), rows.text(i, 3)}));
  }
  return {};
}

bool Opening::lock_missing() {
  bool found = false;
  const auto want = [&](Customer& customer) {
    const bool is_custom = customer.name.type == CustomerType::kCustom;
    const bool has_lock = customer.lock != Lock::kNone;
    if (has_lock && (customer.row || !is_custom)) return;  // it is held, or there is none
    customer.lock = std::max(customer.lock, Lock::kCustomer);
    customer.is_new = is_custom;
    found = true;
  };
  for (const Item& item : items_) {
    if (!item.is_there) want(customers_[item.customer]);
  }
  for (Customer& customer : customers_) {
    if (customer.lock != Lock::kNone) want(customer);
  }
  return found;
}

// The accounts that nobody has made yet; nobody else can, now that their customers are locked. What
// had no name when that was looked up may have one by now: who needs it asks again.
Status Opening::keep_missing() {
  for (const Item& item : items_) {
    const Customer& customer = customers_[item.customer];
    if (item.is_there || item.row == sql::kNoRow || !customer.row) continue;
    PURSER_CHECK_OK(batch_.keep_account(*item.key, {customer.row->id, item.row}, {}));
  }
  return {};
}

Status Opening::keep_records(Rows rows) {
  for (const Record& record : records_) {
    batch_.keep_record(record.scope->project, record.scope->key,
                       {record.project, record.packed_key, std::nullopt, false, false});
  }
  constexpr int kPlace = 6;  // behind the record's columns
  sql::Cursor row = cursor_over(std::move(rows));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    const Record& record = records_[static_cast<std::size_t>(row.integer(kPlace))];
    PURSER_TRY(auto kept, sql::rows::idempotency(row, record.scope->project, record.scope->key));
    batch_.keep_record(record.scope->project, record.scope->key,
                       {record.project, record.packed_key, std::move(kept), true, false});
  }
}

void Opening::keep_time_and_ids(const Rows& row) {
  const std::int64_t newest = row.integer(0, 2);
  const std::int64_t at = clock_ != nullptr ? clock_->now().millis() : row.integer(0, 1);
  batch_.begin(Timestamp::from_millis(std::max(at, newest)).value_or(Timestamp()),
               row.integers(0, 3));
}

}  // namespace purser::postgres
