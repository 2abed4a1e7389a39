#include "adapters/sqlite/batch_resolver.hpp"

namespace purser::sqlite {

Result<std::optional<std::int64_t>> BatchResolver::project(const ProjectId& id) {
  if (const auto known = shared_.names.project(id.str())) return known;
  if (const auto known = names_.project(id.str())) return known;
  PURSER_TRY(const auto row, load_project_row(db_, id.str()));
  if (row) names_.keep_project(id.str(), *row);
  return row;
}

Result<std::optional<std::int64_t>> BatchResolver::item(std::int64_t project, const ItemId& item) {
  if (const auto known = shared_.names.item(project, item.str())) return known;
  if (const auto known = names_.item(project, item.str())) return known;
  PURSER_TRY(const auto row, load_item_row(db_, project, item.str()));
  if (row) names_.keep_item(project, item.str(), *row);
  return row;
}

Result<std::optional<CustomerRow>> BatchResolver::customer(const CustomerKey& key) {
  PURSER_TRY(const auto project_row, project(key.project));
  if (!project_row) return std::optional<CustomerRow>();
  const CustomerNameView name{*project_row, key.type, key.id};
  if (!touched_.empty() && touched_.contains({name.project, name.type, key.id})) {
    return load_customer_row(db_, name);
  }
  auto found = shared_.customers.find(name);
  if (found.value) return found.value;
  PURSER_TRY(const auto row, load_customer_row(db_, name));
  if (row) shared_.customers.offer(name, *row, found.generation);
  return row;
}

void BatchResolver::publish() {
  names_.move_into(shared_.names);
  for (const CustomerName& name : touched_) shared_.customers.erase(name);
}

}  // namespace purser::sqlite
