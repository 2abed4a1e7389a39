#include "adapters/sql/resolver.hpp"

namespace purser::sql {

Result<std::int64_t> row_of(Resolver& resolver, const ProjectId& project) {
  PURSER_TRY(const auto row, resolver.project(project));
  return row.value_or(kNoRow);
}

Result<std::int64_t> row_of(Resolver& resolver, const CustomerKey& customer) {
  PURSER_TRY(const auto row, resolver.customer(customer));
  return row ? row->id : kNoRow;
}

Result<std::optional<std::int64_t>> record_owner(Resolver& resolver, const ProjectId& project) {
  if (project.empty()) return std::optional<std::int64_t>(0);
  return resolver.project(project);
}

}  // namespace purser::sql
