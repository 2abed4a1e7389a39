#pragma once

// One server, or its nodes, its sandbox and some hundred journeys at once: acts with faults and
// deaths, time in between, and the audit when everything that is pending has converged.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/faults/books.hpp"
#include "tests/faults/driver.hpp"
#include "tests/faults/findings.hpp"
#include "tests/faults/script.hpp"
#include "tests/faults/shop.hpp"

namespace purser::faults {

/// What batches add up for the summary. Thread-safe.
class Tally {
 public:
  void add(const std::string& name, std::int64_t count) {
    const std::lock_guard lock(mutex_);
    counts_[name] += count;
  }
  std::map<std::string, std::int64_t> counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t> counts_;
};

struct BatchOptions {
  std::string program;
  std::string work;  ///< a folder of its own
  std::uint64_t seed = 1;
  int journeys = 100;
  int connections = 16;
  std::string postgres;         ///< tools/postgres; empty: the store is SQLite
  std::string database_folder;  ///< PostgreSQL's
  int nodes = 1;
  bool keeps_database = false;  ///< also when all is well
};

/// Used by one thread.
class Batch {
 public:
  Batch(BatchOptions options, Tally& tally);

  /// The broken invariants; none: all is well.
  Findings run();

 private:
  void play();
  void play_act(std::size_t act);
  /// Notes what makes it pointless to go on.
  void must(bool good, const char* what);
  void play_journeys(std::size_t act);
  void converge();
  void pass_time(Millis pause);
  void redeliver(const ProviderBooks& provider);
  void wait_until_idle();
  void audit_due_repeats();
  bool audit_once(Findings& findings);
  std::optional<ProviderBooks> provider_books();
  void count();

  const BatchOptions options_;
  Tally& tally_;
  Script script_;
  Shop shop_;
  std::vector<Traveller> travellers_;
  ProviderBooks provider_;
  SellerBooks seller_;
  Findings findings_;
  std::string trouble_;
};

}  // namespace purser::faults
