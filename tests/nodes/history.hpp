#pragma once

// What clients remember of each item, as steps of a counter. The ledger tells what became of those
// that were not answered, and what a product brought.

#include <cstddef>
#include <string>
#include <vector>

#include "tests/faults/audit.hpp"
#include "tests/nodes/linearizability.hpp"
#include "tests/nodes/load.hpp"

namespace purser::nodes {

struct ItemHistory {
  std::string path;  ///< of the item, for reports
  std::int64_t initial = 0;
  std::vector<Step> steps;
};

/// The histories of all items since the lines that `known` counts (one number for each ledger, in
/// their order), which must already be settled.
std::vector<ItemHistory> histories(const Record& record, const std::vector<faults::Ledger>& ledgers,
                                   const std::vector<std::size_t>& known);

}  // namespace purser::nodes
