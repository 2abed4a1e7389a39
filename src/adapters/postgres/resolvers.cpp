#include "adapters/postgres/resolvers.hpp"

namespace purser::postgres {
namespace {

Result<std::optional<std::int64_t>> load_project(Connection& db, const std::string& id) {
  return db.integer("SELECT row FROM projects WHERE id = $1", id);
}

Result<std::optional<sql::CustomerRow>> row_in(Result<sql::Cursor> query) {
  if (!query) return std::move(query).error();
  PURSER_TRY(const bool found, query->step());
  if (!found) return std::optional<sql::CustomerRow>();
  return std::optional(sql::CustomerRow{query->integer(0), !query->is_null(1)});
}

#define PURSER_CUSTOMER_BY_NAME \
  "SELECT id, deleted_at FROM customers WHERE project_id = $1 AND type = $2 AND external_id = $3"

}  // namespace

Result<std::int64_t> committed_item_row(Connection& db, KnownRows& known_rows,
                                        const ProjectId& project, std::int64_t project_row,
                                        const ItemId& item) {
  if (const auto known = known_rows.item(project.str(), item.str())) return *known;
  PURSER_TRY(const auto row,
             db.integer("SELECT row FROM item_names WHERE project_id = $1 AND item = $2",
                        project_row, item.str()));
  if (row) known_rows.keep_item(project.str(), item.str(), *row);
  return row.value_or(sql::kNoRow);
}

Result<std::optional<std::int64_t>> ViewResolver::project(const ProjectId& id) {
  if (const auto known = known_rows_.project(id.str())) return known;
  PURSER_TRY(const auto row, load_project(db_, id.str()));
  if (row) known_rows_.keep_project(id.str(), *row);
  return row;
}

Result<std::optional<sql::CustomerRow>> ViewResolver::customer(const CustomerKey& key) {
  PURSER_TRY(const auto row, project(key.project));
  if (!row) return std::optional<sql::CustomerRow>();
  return row_in(db_.query(PURSER_CUSTOMER_BY_NAME, *row, key.type, key.id));
}

Result<std::optional<std::int64_t>> BatchResolver::project(const ProjectId& id) {
  if (const auto known = known_rows_.project(id.str())) return known;
  const auto own = own_projects_.find(id.str());
  if (own != own_projects_.end()) return std::optional(own->second);
  PURSER_TRY(const auto row, load_project(db_, id.str()));
  if (row) own_projects_.emplace(id.str(), *row);
  return row;
}

Result<std::optional<sql::CustomerRow>> BatchResolver::customer(const CustomerKey& key) {
  PURSER_TRY(const auto row, project(key.project));
  if (!row) return std::optional<sql::CustomerRow>();
  CustomerName name{*row, key.type, key.id};
  const auto known = known_.find(name);
  if (known != known_.end() && known->second.locked) return known->second.row;
  note_asked(key);
  PURSER_TRY(auto locked, lock(name));
  if (!locked && key.type == CustomerType::kCustom) {
    PURSER_TRY(locked, make(name));
  }
  PURSER_TRY(const auto newest, db_.integer("SELECT max(at) FROM lanes"));
  check_not_moved(newest.value_or(0));
  if (known != known_.end()) {
    const bool same = locked && locked->deleted == known->second.row->deleted;
    if (!same) static_cast<void>(db_.conflict("a customer is not what it was"));
  }
  since_savepoint_.push_back(name);
  known_.insert_or_assign(std::move(name), Known{locked, true, false});
  return locked;
}

Result<std::optional<sql::CustomerRow>> BatchResolver::seen(const CustomerKey& key) {
  PURSER_TRY(const auto row, project(key.project));
  if (!row) return std::optional<sql::CustomerRow>();
  const auto known = known_.find({*row, key.type, key.id});
  if (known != known_.end()) return known->second.row;
  return customer(key);
}

const BatchResolver::Known* BatchResolver::known(const CustomerKey& key) {
  const auto row = project(key.project);
  if (!row || !*row) return nullptr;
  const auto found = known_.find({**row, key.type, key.id});
  return found == known_.end() ? nullptr : &found->second;
}

bool BatchResolver::holds_accounts(const CustomerKey& key) {
  const Known* found = known(key);
  return found != nullptr && found->whole;
}

bool BatchResolver::is_known_to_exist(const CustomerKey& key) {
  const Known* found = known(key);
  return found != nullptr && found->row && !found->row->deleted;
}

Result<std::optional<sql::CustomerRow>> BatchResolver::lock(const CustomerName& name) {
  return row_in(
      db_.query_for_update("customers", PURSER_CUSTOMER_BY_NAME, name.project, name.type, name.id));
}

// Whoever held it until now may have dated what it did after this batch's instant. Then this
// attempt cannot stand; it goes on all the same, to find out whom else the batch touches, so that
// the next one locks them all before it begins.
void BatchResolver::check_not_moved(std::int64_t newest) {
  if (now_ && newest > now_->millis()) {
    static_cast<void>(db_.conflict("others may have changed a customer who was locked late"));
  }
}

Result<std::optional<sql::CustomerRow>> BatchResolver::make(const CustomerName& name) {
  PURSER_TRY(const auto id,
             db_.integer("INSERT INTO customers(project_id, type, external_id) VALUES($1, $2, $3) "
                         "ON CONFLICT(project_id, type, external_id) DO UPDATE SET deleted_at = "
                         "NULL RETURNING id",
                         name.project, name.type, name.id));
  return std::optional(sql::CustomerRow{id.value_or(sql::kNoRow), false});
}

void BatchResolver::undone() {
  for (const CustomerName& name : since_savepoint_) known_.erase(name);
  since_savepoint_.clear();
  own_projects_.clear();
}

void BatchResolver::publish() {
  for (const auto& [id, row] : own_projects_) known_rows_.keep_project(id, row);
}

}  // namespace purser::postgres
