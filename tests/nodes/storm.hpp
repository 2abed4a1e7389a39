#pragma once

// Load on all nodes while they, their connections and their database die, and what must be true
// afterwards.

#include <cstddef>
#include <vector>

#include "tests/faults/audit.hpp"
#include "tests/nodes/stage.hpp"

namespace purser::nodes {

/// What happens during one round; in which order and where comes from the seed.
struct Weather {
  int kills = 2;              ///< of nodes, each started again
  int freezes = 1;            ///< of nodes, each going on later
  int cuts = 8;               ///< of connections to the database
  int postgres_restarts = 1;  ///< at once, as in a crash
  int drains = 0;             ///< of nodes, as operators end them; each started again
  bool promotes = false;      ///< in the end the database dies and its standby takes its place

  /// A node that is drained answers all that it has taken; only what else happens loses answers.
  bool loses_answers() const { return kills + freezes + cuts + postgres_restarts > 0 || promotes; }
};

class Storm {
 public:
  Storm(Stage& stage, int clients);

  /// Load until everything happened; then everything is looked at: every acknowledged operation is
  /// there once, what was refused is not, every item's history has an order that explains it, keys
  /// repeat their answers on any node, and `purser verify` is content.
  void round(const Weather& weather);
  /// Nothing of what was read in any round is gone or different.
  void look_again();

 private:
  enum class Event : std::uint8_t { kKill, kFreeze, kCut, kRestartPostgres, kDrain };

  std::vector<Event> events(const Weather& weather);
  void happen(Event event, Crowd& crowd);
  void kill_one(Crowd& crowd);
  void freeze_one(Crowd& crowd);
  void cut_one(Crowd& crowd);
  void drain_one(Crowd& crowd);
  /// Lets `count` answers come from the other nodes, if there are any, and starts this one again.
  void start_again(int node, int count, Crowd& crowd);
  /// Waits for further answers; a finding when nobody is answered for a minute.
  void await_answers(Crowd& crowd, int count, const std::string& after);
  void heal();
  void retry_unknown(Record& record);
  /// `lost_allowed` false: what was not answered must not have happened.
  void audit(const Record& record, bool lost_allowed);
  void check_histories(const Record& record, const std::vector<std::size_t>& known);
  void check_replays(const Record& record);
  void verify();

  Stage& stage_;
  const int clients_;
  const faults::Load load_;
  faults::Auditor auditor_;
  int round_ = 0;
};

}  // namespace purser::nodes
