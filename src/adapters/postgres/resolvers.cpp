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

Result<std::optional<std::int64_t>> ViewResolver::project(const ProjectId& id) {
  if (const auto known = projects_.find(id.str())) return known;
  PURSER_TRY(const auto row, load_project(db_, id.str()));
  if (row) projects_.keep(id.str(), *row);
  return row;
}

Result<std::optional<sql::CustomerRow>> ViewResolver::customer(const CustomerKey& key) {
  PURSER_TRY(const auto row, project(key.project));
  if (!row) return std::optional<sql::CustomerRow>();
  return row_in(db_.query(PURSER_CUSTOMER_BY_NAME, *row, key.type, key.id));
}

Result<std::optional<std::int64_t>> BatchResolver::project(const ProjectId& id) {
  if (const auto known = projects_.find(id.str())) return known;
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
  if (known != known_.end()) return known->second;
  asked_.push_back(key);
  PURSER_TRY(auto locked, lock(name));
  if (!locked && key.type == CustomerType::kCustom) {
    PURSER_TRY(locked, make(name));
  }
  PURSER_CHECK_OK(check_not_moved());
  since_savepoint_.push_back(name);
  known_.emplace(std::move(name), locked);
  return locked;
}

Result<std::optional<sql::CustomerRow>> BatchResolver::lock(const CustomerName& name) {
  return row_in(
      db_.query_for_update("customers", PURSER_CUSTOMER_BY_NAME, name.project, name.type, name.id));
}

// Whoever held the customer until now may have dated what it did after this batch's instant. Then
// this attempt cannot stand; it goes on all the same, to find out whom else the batch touches, so
// that the next one locks them all before it begins.
Status BatchResolver::check_not_moved() {
  PURSER_TRY(const auto newest, db_.integer("SELECT max(at) FROM lanes"));
  if (now_ && newest.value_or(0) > now_->millis()) {
    static_cast<void>(db_.conflict("others may have changed a customer who was locked late"));
  }
  return {};
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
  for (const auto& [id, row] : own_projects_) projects_.keep(id, row);
}

}  // namespace purser::postgres
