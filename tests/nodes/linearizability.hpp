#pragma once

// Whether a history of one counter could have come from a single counter that does one thing at a
// time: the checker of Wing and Gong, with what a counter makes easy. Pure; knows no server.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace purser::nodes {

/// "Was never answered".
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// One operation on the counter, as its client saw it.
struct Step {
  enum class Kind : std::uint8_t { kChange, kTryDecrease, kRead };
  Kind kind = Kind::kRead;
  std::int64_t amount = 0;  ///< kChange: what is added; kTryDecrease: what is taken
  /// Whether it took effect; of a try-decrease, whether it said yes. Nothing: nobody knows.
  std::optional<bool> happened;
  /// The quantity that it left, or that was read, if it is known.
  std::optional<std::int64_t> quantity;
  std::int64_t called = 0;         ///< when it was asked for, in any unit of one clock
  std::int64_t answered = kNever;  ///< when the answer was there
  std::string name;                ///< for the report
};

struct Verdict {
  bool linearizable = false;
  bool decided = true;        ///< false: the search was given up after `limit` choices
  std::size_t explained = 0;  ///< of the steps, by the longest order that was found
  std::string why;            ///< what no order explains; empty when linearizable
};

/// Looks for an order of the steps that one counter, beginning with `initial`, would have answered
/// like this, and in which no step stands before one that was answered before it was called. A
/// step of which nobody knows whether it happened may stand anywhere after its call, or nowhere.
///
/// What does not change the counter is placed as soon as it fits, and of steps that do the same
/// the one that was answered first: both lose no order. So only steps with different effects on
/// the same quantity are tried one after the other; where the quantities in the answers differ,
/// as those of a balance that is only used up, there is no search at all.
Verdict check_linearizable(std::int64_t initial, const std::vector<Step>& steps,
                           std::uint64_t limit = 2'000'000);

}  // namespace purser::nodes
