#pragma once

// What happens around the journeys of a batch: how much time passes, what the provider does wrong,
// when the server dies. Decided by the seed alone.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/timestamp.hpp"

namespace purser::faults {

/// A death of the server.
struct Kill {
  std::uint64_t after = 0;  ///< when the act has so many answers
  /// How many of its next starts die too, each after so many milliseconds unless it stands by then.
  std::vector<std::int64_t> starts_cut_off;
  bool with_sandbox = false;  ///< its sandbox dies too, where that is a process of its own
};

/// The journeys of an act run beside one another; then time passes.
struct Act {
  std::vector<std::string> faults;  ///< forms for POST /_sandbox/faults
  std::vector<Kill> kills;
  /// Where the database is a server of its own, it crashes too when there are so many answers.
  std::optional<std::uint64_t> database_crash;
  Millis pause;  ///< until the next act
};

struct Script {
  Timestamp start;  ///< what the clock says at first
  /// Whether the sandbox is a process of its own, which outlives the server's deaths.
  bool sandbox_apart = false;
  /// Whether what was lost stays lost: then comparing with the provider has to make up for it.
  bool reconciles = false;
  std::vector<Act> acts;
  std::optional<Kill> last_kill;  ///< when the acts are over
};

/// The script of a batch of so many journeys.
Script write_script(std::uint64_t seed, int journeys);

}  // namespace purser::faults
