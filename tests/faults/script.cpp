#include "tests/faults/script.hpp"

#include <array>

#include "tests/faults/journey.hpp"

namespace purser::faults {

namespace {

constexpr Millis kHour{3'600'000};
constexpr Millis kDay{24 * kHour.count};

struct FaultChoice {
  const char* kind;
  int low;   ///< percent
  int high;  ///< percent
};
// What the provider answers wrongly. Each costs Purser a pause, so there are few of them.
constexpr std::array<FaultChoice, 9> kAnswers = {{{"drop", 2, 6},
                                                  {"delay", 2, 10},
                                                  {"409", 1, 4},
                                                  {"429", 1, 4},
                                                  {"500", 1, 5},
                                                  {"500_after", 1, 5},
                                                  {"garbage", 1, 4},
                                                  {"huge", 1, 2},
                                                  {"freeze", 1, 3}}};
// What becomes of events.
constexpr std::array<FaultChoice, 8> kEvents = {{{"webhook_duplicate", 5, 30},
                                                 {"webhook_reorder", 5, 30},
                                                 {"webhook_lose", 5, 25},
                                                 {"webhook_delay", 5, 20},
                                                 {"webhook_forge", 2, 10},
                                                 {"webhook_replay", 2, 10},
                                                 {"webhook_account", 2, 10},
                                                 {"webhook_livemode", 2, 10}}};
constexpr FaultChoice kLost = {"webhook_lose", 10, 100};
// What an answer may be at most, and more.
constexpr std::int64_t kMostBytes = 20'000'000;

std::string fault(std::mt19937_64& random, const FaultChoice& chosen, std::int64_t count) {
  const std::int64_t probability = draw(random, chosen.low, chosen.high);
  const std::int64_t delay = draw(random, 1, 300);
  const std::int64_t bytes = draw(random, 1, kMostBytes);
  return std::string("kind=") + chosen.kind + "&probability=" + std::to_string(probability) +
         "&count=" + std::to_string(count) + "&delay_ms=" + std::to_string(delay) +
         "&bytes=" + std::to_string(bytes);
}

template <std::size_t kCount>
const FaultChoice& one_of(std::mt19937_64& random, const std::array<FaultChoice, kCount>& choices) {
  return choices[static_cast<std::size_t>(draw(random, 0, static_cast<std::int64_t>(kCount) - 1))];
}

Kill kill(std::mt19937_64& random, std::int64_t within) {
  Kill kill;
  kill.after = static_cast<std::uint64_t>(draw(random, 1, within));
  // A start takes some tens of milliseconds.
  for (std::int64_t n = draw(random, 0, 2); n > 0; --n) {
    kill.starts_cut_off.push_back(draw(random, 1, 60));
  }
  kill.with_sandbox = draw(random, 0, 3) == 0;
  return kill;
}

Millis pause(std::mt19937_64& random) {
  switch (draw(random, 0, 6)) {
    case 0:
      return {draw(random, 60'000, 10 * kHour.count)};
    case 1:
      return {draw(random, kDay.count, 3 * kDay.count)};
    case 2:
    case 3:
      return {draw(random, 4 * kDay.count, 10 * kDay.count)};
    case 4:
    case 5:
      return {draw(random, 15 * kDay.count, 35 * kDay.count)};
    default:
      return {draw(random, 60 * kDay.count, 100 * kDay.count)};
  }
}

/// In every second batch. Drawn apart, so that a seed has the same journeys on every store.
void crash_database(std::uint64_t seed, int journeys, Script& script) {
  std::mt19937_64 random = generator(seed, 0, 3);
  if (draw(random, 0, 1) != 0) return;
  for (Act& act : script.acts) {
    if (draw(random, 0, 1) != 0) continue;
    act.database_crash = static_cast<std::uint64_t>(draw(random, 1, journeys * 12));
  }
}

}  // namespace

Script write_script(std::uint64_t seed, int journeys) {
  std::mt19937_64 random = generator(seed, 0, 2);
  Script script;
  // Far enough in the future that a clock which only goes forward can be set to it.
  const Timestamp first = Timestamp::parse_iso8601("2044-01-01T00:00:00Z").value();
  script.start = first + Millis{draw(random, 0, 1461 * kDay.count)};
  script.sandbox_apart = draw(random, 0, 2) == 0;
  script.reconciles = draw(random, 0, 2) == 0;
  const std::int64_t acts = draw(random, 4, 6);
  for (std::int64_t i = 0; i < acts; ++i) {
    Act act;
    for (std::int64_t n = draw(random, 1, 3); n > 0; --n) {
      act.faults.push_back(fault(random, one_of(random, kAnswers), journeys / 5 + 1));
    }
    if (script.reconciles) act.faults.push_back(fault(random, kLost, 1'000'000));
    for (std::int64_t n = draw(random, 1, 3); n > 0; --n) {
      act.faults.push_back(fault(random, one_of(random, kEvents), 1'000'000));
    }
    if (draw(random, 0, 1) == 0) act.kills.push_back(kill(random, journeys * 12));
    act.pause = pause(random);
    script.acts.push_back(std::move(act));
  }
  if (draw(random, 0, 1) == 0) script.last_kill = kill(random, 1);
  crash_database(seed, journeys, script);
  return script;
}

}  // namespace purser::faults
