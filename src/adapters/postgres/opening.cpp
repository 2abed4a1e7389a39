#include "adapters/postgres/opening.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "adapters/postgres/arrays.hpp"
#include "adapters/sql/rows.hpp"

namespace purser::postgres {
namespace {

std::vector<std::size_t> all_of(std::size_t count) {
  std::vector<std::size_t> indexes(count);
  std::iota(indexes.begin(), indexes.end(), 0U);
  return indexes;
}

}  // namespace

Status Opening::begin(const LaneMark& mark, std::span<const app::PlannedCommand> commands,
                      std::span<const CustomerKey> customers) {
  PURSER_CHECK_OK(plan(commands, customers));
  const std::vector<std::size_t> names = all_of(names_.size());
  const std::vector<std::size_t> items = all_of(items_.size());
  const Integer row(mark.row);
  const Param own_row[] = {row.param()};
  db_.send("BEGIN");
  // Whoever asks later whether this batch was committed waits for this lock first.
  db_.send("SELECT batch FROM lanes WHERE row = $1 FOR NO KEY UPDATE", own_row);
  if (!names.empty()) send_locks(names);
  if (!items.empty()) send_accounts(items);
  if (!records_.empty()) send_records();
  send_time_and_ids();
  PURSER_TRY(std::vector<Rows> answers, db_.collect());
  std::size_t next = 1;  // behind BEGIN
  if (answers[next].size() != 1 || answers[next].integer(0, 0) != mark.batch) {
    lane_is_gone_ = true;
    return db_.conflict("the row of this node's lane is not what it was");
  }
  ++next;
  if (!names.empty()) keep_locks(answers[next++], names);
  if (!items.empty()) PURSER_CHECK_OK(keep_accounts(answers[next++], items));
  if (!records_.empty()) PURSER_CHECK_OK(keep_records(std::move(answers[next++])));
  keep_time_and_ids(answers[next], answers[next + 1]);
  return make_missing();
}

Status Opening::plan(std::span<const app::PlannedCommand> commands,
                     std::span<const CustomerKey> customers) {
  for (const app::PlannedCommand& command : commands) {
    if (command.scope != nullptr) PURSER_CHECK_OK(add_record(*command.scope));
    if (command.touches == nullptr) continue;
    PURSER_CHECK_OK(add_customer(command.touches->customer));
    for (const ItemId& item : command.touches->items) {
      PURSER_CHECK_OK(add_item({command.touches->customer, item}));
      ++likely_lines_;
    }
  }
  for (const CustomerKey& customer : customers) PURSER_CHECK_OK(add_customer(customer));
  has_row_.assign(names_.size(), false);
  return {};
}

Status Opening::add_customer(const CustomerKey& key) {
  PURSER_TRY(const auto project, resolver_.project(key.project));
  if (!project) return {};
  CustomerName name{*project, key.type, key.id};
  if (places_.try_emplace(name, names_.size()).second) names_.push_back(std::move(name));
  return {};
}

Status Opening::add_item(const ItemKey& key) {
  PURSER_TRY(const auto project, resolver_.project(key.customer.project));
  if (!project || !item_places_.try_emplace(key, items_.size()).second) return {};
  const std::size_t name = places_.at({*project, key.customer.type, key.customer.id});
  items_.push_back({&keys_.emplace_back(key), name});
  return {};
}

Status Opening::add_record(const app::IdempotencyScope& scope) {
  PURSER_TRY(const auto owner, sql::record_owner(resolver_, scope.project));
  if (owner) records_.push_back({&scope, *owner, pack_key(scope.key)});
  return {};
}

void Opening::send_locks(const std::vector<std::size_t>& names) {
  IntegerArray project;
  IntegerArray type;
  TextArray id;
  for (const std::size_t index : names) {
    project.append(names_[index].project);
    type.append(static_cast<std::int64_t>(names_[index].type));
    id.append(names_[index].id);
  }
  const Param params[] = {project.param(), type.param(), id.param()};
  db_.send(
      "SELECT k.n, c.id, c.deleted_at IS NOT NULL FROM unnest($1::bigint[], $2::bigint[], "
      "$3::text[]) WITH ORDINALITY AS k(project, type, id, n) JOIN customers c ON c.project_id = "
      "k.project AND c.type = k.type AND c.external_id = k.id ORDER BY c.id "
      "FOR NO KEY UPDATE OF c",
      params);
}

void Opening::send_accounts(const std::vector<std::size_t>& items) {
  IntegerArray project;
  IntegerArray type;
  TextArray id;
  TextArray item;
  for (const std::size_t index : items) {
    const CustomerName& name = names_[items_[index].name];
    project.append(name.project);
    type.append(static_cast<std::int64_t>(name.type));
    id.append(name.id);
    item.append(items_[index].key->item.str());
  }
  const Param params[] = {project.param(), type.param(), id.param(), item.param()};
  db_.send(
      "SELECT k.n, c.id, i.row, b.account, b.last_entry FROM unnest($1::bigint[], $2::bigint[], "
      "$3::text[], $4::text[]) WITH ORDINALITY AS k(project, type, id, item, n) JOIN customers c "
      "ON c.project_id = k.project AND c.type = k.type AND c.external_id = k.id LEFT JOIN "
      "item_names i ON i.project_id = k.project AND i.item = k.item LEFT JOIN balances b ON "
      "b.customer_id = c.id AND b.item_id = i.row",
      params);
}

void Opening::send_records() {
  IntegerArray project;
  BytesArray key;
  for (const Record& record : records_) {
    project.append(record.project);
    key.append(std::string_view(record.packed_key));
  }
  const Param params[] = {project.param(), key.param()};
  db_.send(
      "SELECT " PURSER_IDEMPOTENCY_COLUMNS
      ", k.n FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS k(k_project, k_key, n) JOIN "
      "idempotency r ON r.project_id = k_project AND r.key = k_key ORDER BY r.project_id, "
      "r.key FOR NO KEY UPDATE OF r",
      params);
}

// Behind the locks: nothing that was done to these customers before is dated later or has greater
// numbers.
void Opening::send_time_and_ids() {
  db_.send(
      "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, (SELECT max(at) FROM "
      "lanes)");
  const Integer count(likely_lines_);
  const Param params[] = {count.param()};
  db_.send("SELECT nextval('ledger_ids') FROM generate_series(1, $1::bigint)", params);
}

void Opening::keep_locks(const Rows& rows, const std::vector<std::size_t>& names) {
  for (int i = 0; i < rows.size(); ++i) {
    const std::size_t index = names[static_cast<std::size_t>(rows.integer(i, 0) - 1)];
    has_row_[index] = true;
    resolver_.keep_locked(names_[index],
                          sql::CustomerRow{rows.integer(i, 1), rows.integer(i, 2) != 0});
  }
}

Status Opening::keep_accounts(const Rows& rows, const std::vector<std::size_t>& items) {
  for (int i = 0; i < rows.size(); ++i) {
    const Item& item = items_[items[static_cast<std::size_t>(rows.integer(i, 0) - 1)]];
    // A row that was made after the locks were taken is not locked.
    if (!has_row_[item.name]) continue;
    const AccountRows at{rows.integer(i, 1), rows.is_null(i, 2) ? sql::kNoRow : rows.integer(i, 2)};
    PURSER_CHECK_OK(batch_.keep_account(*item.key, at, rows.view(i, 3), rows.integer(i, 4)));
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
    const Record& record = records_[static_cast<std::size_t>(row.integer(kPlace) - 1)];
    PURSER_TRY(auto kept, sql::rows::idempotency(row, record.scope->project, record.scope->key));
    batch_.keep_record(record.scope->project, record.scope->key,
                       {record.project, record.packed_key, std::move(kept), true, false});
  }
}

void Opening::keep_time_and_ids(const Rows& time, const Rows& ids) {
  const std::int64_t newest = time.integer(0, 1);
  const std::int64_t at = clock_ != nullptr ? clock_->now().millis() : time.integer(0, 0);
  std::vector<std::int64_t> numbers;
  numbers.reserve(static_cast<std::size_t>(ids.size()));
  for (int i = 0; i < ids.size(); ++i) numbers.push_back(ids.integer(i, 0));
  batch_.begin(Timestamp::from_millis(std::max(at, newest)).value_or(Timestamp()),
               std::move(numbers));
}

Status Opening::make_missing() {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (has_row_[i]) continue;
    if (names_[i].type == CustomerType::kCustom) {
      missing.push_back(i);
    } else {
      resolver_.keep_locked(names_[i], std::nullopt);
    }
  }
  if (missing.empty()) return {};
  std::sort(missing.begin(), missing.end(), [this](std::size_t a, std::size_t b) {
    return std::tie(names_[a].project, names_[a].id) < std::tie(names_[b].project, names_[b].id);
  });
  IntegerArray project;
  IntegerArray type;
  TextArray id;
  for (const std::size_t index : missing) {
    project.append(names_[index].project);
    type.append(static_cast<std::int64_t>(names_[index].type));
    id.append(names_[index].id);
  }
  const Param params[] = {project.param(), type.param(), id.param()};
  db_.send(
      "INSERT INTO customers(project_id, type, external_id) SELECT * FROM unnest($1::bigint[], "
      "$2::bigint[], $3::text[]) ON CONFLICT(project_id, type, external_id) DO NOTHING",
      params);
  std::vector<std::size_t> items;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (!has_row_[items_[i].name]) items.push_back(i);
  }
  send_locks(missing);
  if (!items.empty()) send_accounts(items);
  send_time_and_ids();
  PURSER_TRY(const std::vector<Rows> answers, db_.collect());
  keep_locks(answers[1], missing);
  if (!items.empty()) PURSER_CHECK_OK(keep_accounts(answers[2], items));
  keep_time_and_ids(answers[answers.size() - 2], answers.back());
  return {};
}

}  // namespace purser::postgres
