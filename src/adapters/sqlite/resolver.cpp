#include "adapters/sqlite/resolver.hpp"

namespace purser::sqlite {

Result<std::optional<std::int64_t>> record_owner(Resolver& resolver, const ProjectId& project) {
  if (project.empty()) return std::optional<std::int64_t>(0);
  return resolver.project(project);
}

Result<std::optional<std::int64_t>> load_project_row(Connection& db, std::string_view id) {
  return db.integer("SELECT row FROM projects WHERE id = ?", id);
}

Result<std::optional<std::int64_t>> load_item_row(Connection& db, std::int64_t project,
                                                  std::string_view item) {
  return db.integer("SELECT row FROM item_names WHERE project_id = ? AND item = ?", project, item);
}

Result<std::optional<CustomerRow>> load_customer_row(Connection& db, const CustomerNameView& name) {
  PURSER_TRY(Query row, db.query("SELECT id, deleted_at FROM customers "
                                 "WHERE project_id = ? AND type = ? AND external_id = ?",
                                 name.project, name.type, name.id));
  PURSER_TRY(const bool found, row.step());
  if (!found) return std::optional<CustomerRow>();
  return std::optional(CustomerRow{row.integer(0), !row.is_null(1)});
}

Result<StoredAccount> load_account(Connection& db, const AccountKey& key) {
  PURSER_TRY(Query row, db.query("SELECT account, last_entry FROM balances "
                                 "WHERE customer_id = ? AND item_id = ?",
                                 key.customer, key.item));
  PURSER_TRY(const bool found, row.step());
  if (!found) return StoredAccount{};
  return StoredAccount{row.text(0), row.integer(1)};
}

Result<std::optional<std::int64_t>> CommittedResolver::project(const ProjectId& id) {
  if (const auto known = shared_.names.project(id.str())) return known;
  PURSER_TRY(const auto row, load_project_row(db_, id.str()));
  if (row) shared_.names.keep_project(id.str(), *row);
  return row;
}

Result<std::optional<std::int64_t>> CommittedResolver::item(std::int64_t project,
                                                            const ItemId& item) {
  if (const auto known = shared_.names.item(project, item.str())) return known;
  PURSER_TRY(const auto row, load_item_row(db_, project, item.str()));
  if (row) shared_.names.keep_item(project, item.str(), *row);
  return row;
}

Result<std::optional<CustomerRow>> CommittedResolver::customer(const CustomerKey& key) {
  PURSER_TRY(const auto project_row, project(key.project));
  if (!project_row) return std::optional<CustomerRow>();
  const CustomerNameView name{*project_row, key.type, key.id};
  auto found = shared_.customers.find(name);
  if (found.value) return found.value;
  PURSER_TRY(const auto row, load_customer_row(db_, name));
  // A refused offer is no harm: the row was committed when it was read, and is only not kept.
  if (row) shared_.customers.offer({name.project, name.type, key.id}, *row, found.generation);
  return row;
}

Result<StoredAccount> CommittedResolver::account(const AccountKey& key) {
  for (;;) {
    auto found = shared_.accounts.find(key);
    if (found.value) return *std::move(found.value);
    PURSER_TRY(StoredAccount loaded, load_account(db_, key));
    // Balances lie behind the ledger: a row may be older than what was published since, so it
    // counts only when nothing was.
    if (auto stands = shared_.accounts.offer(key, std::move(loaded), found.generation)) {
      return *std::move(stands);
    }
  }
}

}  // namespace purser::sqlite
