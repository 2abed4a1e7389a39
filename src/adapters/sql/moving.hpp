#pragma once

// A store that is read in order to be moved into one on another engine.

#include <string>
#include <vector>

#include "adapters/sql/connection.hpp"

namespace purser::sql {

/// A column by its name, and the SQL that reads it in the form that all engines share.
struct MovedColumn {
  std::string name;
  std::string expression;
};

struct MovedTable {
  std::string name;
  std::vector<MovedColumn> columns;
};

/// A store that stands still: nobody writes it while this object lives. For one move.
class MovedStore {
 public:
  MovedStore() = default;
  MovedStore(const MovedStore&) = delete;
  MovedStore& operator=(const MovedStore&) = delete;
  virtual ~MovedStore() = default;

  /// Where it lies, for people.
  virtual const std::string& name() const = 0;
  /// Every table that is not the engine's own, as the schema has them.
  virtual const std::vector<MovedTable>& tables() const = 0;
  /// Reads one and the same state throughout.
  virtual Connection& db() = 0;
};

}  // namespace purser::sql
