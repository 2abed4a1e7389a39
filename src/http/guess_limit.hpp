#pragma once

// How often somebody may ask for a secret that does not exist.

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace purser::http {

/// Counts wrong guesses for each address, or whatever else is guessed by or on: after a burst of
/// them, one more every so often. Right ones cost nothing. Bounded: when too many have guessed, the
/// counts begin anew. Thread-safe.
class GuessLimit {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kBurst = 20;
  static constexpr std::chrono::seconds kRefill{3};
  struct Pace {
    int burst = kBurst;
    std::chrono::milliseconds refill = kRefill;
  };
  static constexpr std::size_t kMaxAddresses = 10'000;

  /// Whether this address may try now. An address always has the same pace.
  bool may_guess(const std::string& address, Clock::time_point now, Pace pace);
  bool may_guess(const std::string& address, Clock::time_point now) {
    return may_guess(address, now, Pace{});
  }
  /// This address guessed wrong.
  void count_wrong(const std::string& address, Clock::time_point now, Pace pace);
  void count_wrong(const std::string& address, Clock::time_point now) {
    count_wrong(address, now, Pace{});
  }

 private:
  struct Wrong {
    int count = 0;
    Clock::time_point since;
  };
  static void forget_old(Wrong& wrong, Clock::time_point now, Pace pace);

  std::mutex mutex_;
  std::unordered_map<std::string, Wrong> wrong_;
};

}  // namespace purser::http
