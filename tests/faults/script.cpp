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
constexpr std::array<FaultChoice, 6> kAnswers = {{{"drop", 2, 6},
                                                  {"delay", 2, 10},
                                                  {"409", 1, 4},
                                                  {"429", 1, 4},
                                                  {"500", 1, 5},
                                                  {"500_after", 1, 5}}};
// What becomes of events.
constexpr std::array<FaultChoice, 5> kEvents = {{{"webhook_duplicate", 5, 30},
                                                 {"webhook_reorder", 5, 30},
                                                 {"webhook_lose", 5, 25},
                                                 {"webhook_delay", 5, 20},
                                                 {"webhook_forge", 2, 10}}};

template <std::size_t kCount>
std::string fault(std::mt19937_64& random, const std::array<FaultChoice, kCount>& choices,
                  std::int64_t count) {
  const auto& chosen =
      choices[static_cast<std::size_t>(draw(random, 0, static_cast<std::int64_t>(kCount) - 1))];
  return std::string("kind=") + chosen.kind +
         "&probability=" + std::to_string(draw(random, chosen.low, chosen.high)) +
         "&count=" + std::to_string(count) + "&delay_ms=" + std::to_string(draw(random, 1, 300));
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

}  // namespace

Script write_script(std::uint64_t seed, int journeys) {
  std::mt19937_64 random = generator(seed, 0, 2);
  Script script;
  // Far enough in the future that a clock which only goes forward can be set to it.
  const Timestamp first = Timestamp::parse_iso8601("2044-01-01T00:00:00Z").value();
  script.start = first + Millis{draw(random, 0, 1461 * kDay.count)};
  const std::int64_t acts = draw(random, 4, 6);
  for (std::int64_t i = 0; i < acts; ++i) {
    Act act;
    for (std::int64_t n = draw(random, 1, 3); n > 0; --n) {
      act.faults.push_back(fault(random, kAnswers, journeys / 5 + 1));
    }
    for (std::int64_t n = draw(random, 1, 3); n > 0; --n) {
      act.faults.push_back(fault(random, kEvents, 1'000'000));
    }
    if (draw(random, 0, 1) == 0) {
      act.kills.push_back(static_cast<std::uint64_t>(draw(random, 1, journeys * 12)));
    }
    act.pause = pause(random);
    script.acts.push_back(std::move(act));
  }
  script.dies_last = draw(random, 0, 1) == 0;
  return script;
}

}  // namespace purser::faults
