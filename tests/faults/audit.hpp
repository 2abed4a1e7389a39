#pragma once

// Holds what clients were told to what the ledger says.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/faults/findings.hpp"
#include "tests/faults/operation.hpp"

namespace purser::faults {

/// One line of an item's history, as the API tells it.
struct LedgerLine {
  std::int64_t id = 0;
  std::int64_t change = 0;
  std::int64_t quantity_after = 0;
  std::string cause;
  std::string source;
  std::string description;
};

/// The history of one item of one customer.
struct Ledger {
  std::string path;  ///< "/customers/custom/c0/items/credits"
  std::string item;
  std::string customer;
  std::vector<LedgerLine> lines;  ///< oldest first
};

/// Reads the ledgers of all customers through the API and remembers them. Used by one thread.
class Auditor {
 public:
  Auditor(std::string credentials, int customers, Findings& findings);

  /// Reads what is new since the last time, and checks that it continues what was there.
  void read_new(std::uint16_t port);
  /// Holds a round's operations to the ledgers. `lost_allowed` false: an operation without any
  /// answer must not have happened (a drained server answers all that it took).
  void settle(const std::vector<Operation>& operations, bool lost_allowed, std::uint16_t port);
  /// Reads everything again from the start: nothing that was seen before may be gone or changed.
  void read_all_again(std::uint16_t port);

  /// What was read up to now.
  const std::vector<Ledger>& ledgers() const { return ledgers_; }
  std::uint64_t lines() const { return lines_; }
  std::uint64_t unknown_applied() const { return unknown_applied_; }

 private:
  struct Seen {
    int times = 0;
    std::int64_t quantity_after = 0;
  };

  std::vector<LedgerLine> fetch(HttpClient& client, const Ledger& ledger, std::int64_t above);
  void check_continuation(const Ledger& ledger, std::size_t first_new);
  void check_balance(HttpClient& client, const Ledger& ledger);
  void remember(const Ledger& ledger, std::size_t first_new);
  void settle_parts(const Operation& operation, bool lost_allowed);
  void settle_user(HttpClient& client, const Operation& operation, bool lost_allowed);
  void settle_grants(const std::vector<Operation>& operations, bool lost_allowed);

  const std::string credentials_;
  Findings& findings_;
  std::vector<Ledger> ledgers_;
  std::unordered_map<std::string, Seen> by_description_;
  std::unordered_map<std::string, int> by_purchase_;
  std::unordered_map<std::string, int> new_grants_;  ///< customer → purchases since the last settle
  std::uint64_t lines_ = 0;
  std::uint64_t unknown_applied_ = 0;
};

}  // namespace purser::faults
