#include "http/guess_limit.hpp"

#include <algorithm>

namespace purser::http {

void GuessLimit::forget_old(Wrong& wrong, Clock::time_point now, Pace pace) {
  const auto refills = (now - wrong.since) / pace.refill;
  if (refills <= 0) return;
  wrong.count -= static_cast<int>(std::min<std::int64_t>(refills, wrong.count));
  wrong.since += refills * pace.refill;
}

bool GuessLimit::may_guess(const std::string& address, Clock::time_point now, Pace pace) {
  const std::lock_guard lock(mutex_);
  const auto found = wrong_.find(address);
  if (found == wrong_.end()) return true;
  forget_old(found->second, now, pace);
  if (found->second.count == 0) {
    wrong_.erase(found);
    return true;
  }
  return found->second.count < pace.burst;
}

void GuessLimit::count_wrong(const std::string& address, Clock::time_point now, Pace pace) {
  const std::lock_guard lock(mutex_);
  if (wrong_.size() >= kMaxAddresses && !wrong_.contains(address)) wrong_.clear();
  Wrong& wrong = wrong_.try_emplace(address, Wrong{0, now}).first->second;
  forget_old(wrong, now, pace);
  ++wrong.count;
}

}  // namespace purser::http
