#pragma once

// What happens around the journeys of a batch: how much time passes, what the provider does wrong,
// when the server dies. Decided by the seed alone.

#include <cstdint>
#include <string>
#include <vector>

#include "types/timestamp.hpp"

namespace purser::faults {

/// The journeys of an act run beside one another; then time passes.
struct Act {
  std::vector<std::string> faults;   ///< forms for POST /_sandbox/faults
  std::vector<std::uint64_t> kills;  ///< the server dies when the act has so many answers
  Millis pause;                      ///< until the next act
};

struct Script {
  Timestamp start;  ///< what the clock says at first
  std::vector<Act> acts;
  bool dies_last = false;  ///< whether the server dies once more when the acts are over
};

/// The script of a batch of so many journeys.
Script write_script(std::uint64_t seed, int journeys);

}  // namespace purser::faults
