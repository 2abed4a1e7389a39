#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/faults.hpp"
#include "sandbox/scheduler.hpp"
#include "sandbox/world.hpp"

namespace purser::sandbox {

/// Brings events to the webhook endpoints, signed, one after the other, and again with growing
/// pauses where the endpoint does not answer 2xx. Redirects are not followed. Source:
/// https://docs.stripe.com/webhooks#verify-manually and #retries
class Courier {
 public:
  Courier(World& world, Faults& faults) : world_(world), faults_(faults) {}

  /// Sends what the last run of the sandbox left unsent. The world's mutex is not held.
  void resume();
  /// Takes over new events: (account, event). The world's mutex is held.
  void take(const std::vector<std::pair<std::string, std::string>>& events);
  /// Sends an event again, whatever became of the first time: to its endpoints and to those that
  /// have come since. Answers to how many. Likewise.
  std::size_t redeliver(Account& account, Record& event);
  /// Runs a function when everything that is to be sent now has been sent once.
  void run_after_deliveries(std::function<void()> function) {
    scheduler_.run_after(std::chrono::milliseconds(0), std::move(function));
  }
  void stop() { scheduler_.stop(); }

 private:
  /// What is delivered: the event, or something like it that the receiver must refuse or ignore.
  enum class Guise : std::uint8_t { kReal, kForged, kOtherAccount, kLivemode };

  struct Job {
    std::string account;
    std::string event;
    std::size_t delivery;  ///< index into the event's deliveries
    Guise guise = Guise::kReal;
    /// It comes a second time, as it was signed so long ago; 0: it does not.
    std::int64_t replay_age = 0;
  };
  struct Parcel {
    std::string url;
    std::string body;
    std::string signature;
    std::string old_signature;  ///< of the replay; empty: none
  };

  void schedule(Job job, std::int64_t delay_ms);
  void schedule_as(Job job, Guise guise);
  static std::string body_of(const Record& event, Guise guise);
  void send_out(Account& account, Record& event, std::size_t delivery);
  void run(const Job& job);
  std::optional<Parcel> pack(const Job& job);
  void note(const Job& job, bool delivered);
  bool post(const Parcel& parcel, const std::string& signature);

  World& world_;
  Faults& faults_;
  Scheduler scheduler_;  // last: its thread uses the others
};

/// "t=…,v1=…": the Stripe-Signature header of a body.
std::string sign_event(const std::string& secret, std::int64_t unix_seconds,
                       const std::string& body);

}  // namespace purser::sandbox
