#include "adapters/sqlite/resolver.hpp"

namespace purser::sqlite {

Result<std::optional<std::int64_t>> load_project_row(Connection& db, std::string_view id) {
  return db.integer("SELECT row FROM projects WHERE id = ?", id);
}

Result<std::optional<std::int64_t>> load_item_row(Connection& db, std::int64_t project,
                                                  std::string_view item) {
  return db.integer("SELECT row FROM item_names WHERE project_id = ? AND item = ?", project, item);
}

Result<std::optional<CustomerRow>> load_customer_row(Connection& db, const CustomerNameView& name) {
  PURSER_TRY(sql::Cursor row, db.query("SELECT id, deleted_at FROM customers "
                                       "WHERE project_id = ? AND type = ? AND external_id = ?",
                                       name.project, name.type, name.id));
  PURSER_TRY(const bool found, row.step());
  if (!found) return std::optional<CustomerRow>();
  return std::optional(CustomerRow{row.integer(0), !row.is_null(1)});
}

Result<StoredAccount> load_account(Connection& db, const AccountKey& key) {
  PURSER_TRY(sql::Cursor row, db.query("SELECT account, last_entry FROM balances "
                                       "WHERE customer_id = ? AND item_id = ?",
                                       key.customer, key.item));
  PURSER_TRY(const bool found, row.step());
  if (!found) return StoredAccount{};
  return StoredAccount{row.text(0), row.integer(1)};
}

Connection& CommittedResolver::connection() {
  if (!lent_) lent_.emplace(pool_);
  return **lent_;
}

Result<std::optional<std::int64_t>> CommittedResolver::project(const ProjectId& id) {
  if (const auto known = shared_.names.project(id.str())) return known;
  PURSER_TRY(const auto row, load_project_row(connection(), id.str()));
  if (row) shared_.names.keep_project(id.str(), *row);
  return row;
}

Result<std::optional<std::int64_t>> CommittedResolver::item(std::int64_t project,
                                                            const ItemId& item) {
  if (const auto known = shared_.names.item(project, item.str())) return known;
  PURSER_TRY(const auto row, load_item_row(connection(), project, item.str()));
  if (row) shared_.names.keep_item(project, item.str(), *row);
  return row;
}

Result<std::optional<CustomerRow>> CommittedResolver::customer(const CustomerKey& key) {
  PURSER_TRY(const auto project_row, project(key.project));
  if (!project_row) return std::optional<CustomerRow>();
  return customer(CustomerNameView{*project_row, key.type, key.id});
}

Result<std::optional<CustomerRow>> CommittedResolver::customer(const CustomerNameView& name) {
  auto found = shared_.customers.find(name);
  if (found.value) return found.value;
  if (shared_.customers.has_room()) return load_run(name);
  PURSER_TRY(const auto row, load_customer_row(connection(), name));
  // A refused offer is no harm: the row was committed when it was read, and is only not kept.
  if (row) shared_.customers.offer(name, *row, found.generation);
  return row;
}

Result<StoredAccount> CommittedResolver::account(const AccountKey& key) {
  for (;;) {
    auto found = shared_.accounts.find(key);
    if (found.value) return *std::move(found.value);
    std::optional<StoredAccount> stands;
    // Balances lie behind the ledger: a row may be older than what was published since, so it
    // counts only when nothing was.
    if (shared_.accounts.has_room()) {
      PURSER_TRY(stands, load_run(key));
    } else {
      PURSER_TRY(StoredAccount loaded, load_account(connection(), key));
      stands = shared_.accounts.offer(key, std::move(loaded), found.generation);
    }
    if (stands) return *std::move(stands);
  }
}

// The texts hold their limit: SQLite compiles a statement again whenever a parameter behind LIMIT
// is bound. A run ends at the first neighbour that is known already: so are probably its own.

Result<std::optional<CustomerRow>> CommittedResolver::load_run(const CustomerNameView& name) {
  CustomerCache& cache = shared_.customers;
  const auto generations = cache.generations();
  PURSER_TRY(
      sql::Cursor row,
      connection().query("SELECT project_id, type, external_id, id, deleted_at FROM customers "
                         "WHERE (project_id, type, external_id) >= (?, ?, ?) "
                         "ORDER BY project_id, type, external_id LIMIT 16",
                         name.project, name.type, name.id));
  std::optional<CustomerRow> wanted;
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return wanted;
    const CustomerNameView found{row.integer(0), row.enumeration(1, CustomerType::kCustom),
                                 row.view(2)};
    PURSER_TRY(const CustomerRow value, row.checked(CustomerRow{row.integer(3), !row.is_null(4)}));
    const bool kept = cache.keep_loaded(found, value, generations);
    // Refused or not: the row was committed when it was read.
    if (found == name) {
      wanted = value;
    } else if (!kept) {
      return wanted;
    }
  }
}

Result<std::optional<StoredAccount>> CommittedResolver::load_run(const AccountKey& key) {
  AccountCache& cache = shared_.accounts;
  const auto generations = cache.generations();
  PURSER_TRY(sql::Cursor row,
             connection().query("SELECT customer_id, item_id, account, last_entry FROM balances "
                                "WHERE (customer_id, item_id) >= (?, ?) "
                                "ORDER BY customer_id, item_id LIMIT 16",
                                key.customer, key.item));
  StoredAccount wanted;
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) break;
    const AccountKey found{row.integer(0), row.integer(1)};
    StoredAccount value{row.text(2), row.integer(3)};
    if (found == key) {
      wanted = std::move(value);
    } else if (!cache.keep_loaded(found, value, generations)) {
      break;
    }
  }
  return cache.offer(key, std::move(wanted), generations);
}

}  // namespace purser::sqlite
