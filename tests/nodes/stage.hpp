#pragma once

// What the acts of the campaign share: the nodes, who asks them, what was found, what is counted.

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "tests/faults/findings.hpp"
#include "tests/nodes/cluster.hpp"
#include "tests/nodes/load.hpp"

namespace purser::nodes {

struct Stage {
  Cluster& cluster;
  std::uint64_t seed;
  std::mt19937_64 random;
  std::string server;  ///< headers of a server key
  std::string admin;   ///< and of an admin key
  std::string project;
  faults::Findings findings{};
  std::map<std::string, std::int64_t> totals{};  ///< for the summary

  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); }
  int pick_node() { return pick(0, cluster.size() - 1); }
};

/// Makes the project and its catalog. False: a finding says why.
bool set_up(Stage& stage);

/// The catalog of the fault campaigns, and an item `sign` whose name is `sign`.
std::string catalog_with(const std::string& sign);

/// The answer of this node, asked again while it says that it cannot answer now; a finding and
/// nothing when there is none.
std::optional<faults::Reply> answer_of(Stage& stage, int node, const std::string& request);

/// `contenders` try-decreases of 1 at once, over all nodes, on `balance`: exactly so many succeed,
/// and some order explains every answer.
void race(Stage& stage, int contenders, int balance);

/// One idempotency key at all nodes, a hundred times at once: one effect, one answer; another body
/// is refused everywhere.
void same_key(Stage& stage);

/// Keys and catalogs: whatever one node has answered, every node knows, also where the answer's
/// connection to the database was cut, and on a node that stood still meanwhile.
void changes_are_seen(Stage& stage, int rounds);

}  // namespace purser::nodes
