#pragma once

// From the application's names to the row numbers that other tables hold.

#include <cstdint>
#include <optional>

#include "types/customer.hpp"
#include "types/result.hpp"

namespace purser::sql {

/// What a project or customer that does not exist has for a row number: it matches none.
inline constexpr std::int64_t kNoRow = -1;

/// A row of `customers`.
struct CustomerRow {
  std::int64_t id = 0;
  bool deleted = false;
};

/// Finds row numbers; an empty optional means that there is no such row.
class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual Result<std::optional<std::int64_t>> project(const ProjectId& id) = 0;
  /// Deleted customers too.
  virtual Result<std::optional<CustomerRow>> customer(const CustomerKey& key) = 0;
};

/// The row number, or kNoRow.
Result<std::int64_t> row_of(Resolver& resolver, const ProjectId& project);
Result<std::int64_t> row_of(Resolver& resolver, const CustomerKey& customer);

/// Whose idempotency records a project's are. Those of administrators' calls, which belong to no
/// project, lie under row 0; projects count from 1.
Result<std::optional<std::int64_t>> record_owner(Resolver& resolver, const ProjectId& project);

}  // namespace purser::sql
