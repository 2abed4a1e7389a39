#pragma once

// How often an address may ask for a secret that does not exist.

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace purser::http {

/// Counts wrong guesses for each address: after kBurst of them, one more every kRefill. Right ones
/// cost nothing. Bounded: when too many addresses have guessed, the counts begin anew. Thread-safe.
class GuessLimit {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kBurst = 20;
  static constexpr std::chrono::seconds kRefill{3};
  static constexpr std::size_t kMaxAddresses = 10'000;

  /// Whether this address may try now.
  bool may_guess(const std::string& address, Clock::time_point now);
  /// This address guessed wrong.
  void count_wrong(const std::string& address, Clock::time_point now);

 private:
  struct Wrong {
    int count = 0;
    Clock::time_point since;
  };
  static void forget_old(Wrong& wrong, Clock::time_point now);

  std::mutex mutex_;
  std::unordered_map<std::string, Wrong> wrong_;
};

}  // namespace purser::http
