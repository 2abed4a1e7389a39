#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace purser::faults {

/// The broken invariants of a campaign.
struct Findings {
  std::vector<std::string> violations;  ///< the first 50
  std::uint64_t violation_count = 0;

  void add(std::string what);
};

}  // namespace purser::faults
