#include "sandbox/test_clocks.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kLifetime = 30LL * 24 * 60 * 60;
constexpr const char* kUrl = "/v1/test_helpers/test_clocks";

Answer create_clock(Call& call) {
  if (!call.params.has("frozen_time")) call.params.required_text("frozen_time");
  const std::int64_t time = call.params.integer("frozen_time", 1, 32'503'680'000).value_or(0);
  const auto name = call.params.text("name", 300);
  if (const auto failure = call.params.finish()) return *failure;
  const std::int64_t now = call.world.now_seconds();
  const json::Value clock = object({{"id", call.world.new_id("clock_1")},
                                    {"object", kTestClock},
                                    {"created", now},
                                    {"deletes_after", now + kLifetime},
                                    {"frozen_time", time},
                                    {"livemode", false},
                                    {"name", name},
                                    {"status", "ready"},
                                    {"status_details", empty_object()}});
  call.scene().put(kTestClock, clock);
  call.scene().tell("test_helpers.test_clock.created", clock);
  return clock;
}

Answer retrieve_clock(Call& call) { return retrieve(call, kTestClock, "test clock"); }

Answer list_clocks(Call& call) {
  return list(call, kTestClock, kUrl, [](const Record&) { return true; });
}

// The clock goes with its customers.
Answer delete_clock(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  const Scene scene = call.scene();
  Record* clock = scene.find(kTestClock, call.id());
  if (clock == nullptr || clock->deleted()) return no_such("test clock", call.id());
  {
    const StandAt its_time(scene.world, time_of_clock(*clock));
    for (const auto& customer : scene.account.of(kCustomer).in_order()) {
      if (text_at(customer->doc, "test_clock") == call.id()) delete_customer(scene, *customer);
    }
  }
  scene.tell("test_helpers.test_clock.deleted", clock->doc);
  clock->doc = object({{"id", call.id()}, {"object", kTestClock}, {"deleted", true}});
  set(clock->hidden, "deleted", true);
  scene.changed(kTestClock, *clock);
  return clock->doc;
}

// Stripe answers at once and works on; here the work is done by the time of the next request, and
// the answer still says `advancing`. There is no limit of two intervals at a time.
Answer advance_clock(Call& call) {
  const Scene scene = call.scene();
  Record* clock = scene.find(kTestClock, call.id());
  if (clock == nullptr || clock->deleted()) return no_such("test clock", call.id());
  if (!call.params.has("frozen_time")) call.params.required_text("frozen_time");
  const std::int64_t time = call.params.integer("frozen_time", 1, 32'503'680'000).value_or(0);
  if (time <= time_of_clock(*clock)) {
    call.params.complain(invalid(
        "The frozen_time must be later than the clock's current frozen_time.", "frozen_time"));
  }
  if (const auto failure = call.params.finish()) return *failure;
  json::Value advancing = clock->doc;
  set(advancing, "status", "advancing");
  set(advancing, "status_details", object({{"advancing", object({{"target_frozen_time", time}})}}));
  scene.tell("test_helpers.test_clock.advancing", advancing);
  catch_up(scene.world, call.id(), time);
  set(clock->doc, "frozen_time", time);
  scene.changed(kTestClock, *clock);
  scene.tell("test_helpers.test_clock.ready", clock->doc);
  return advancing;
}

}  // namespace

std::int64_t time_of_clock(const Record& clock) { return int_at(clock.doc, "frozen_time"); }

std::vector<Route> test_clock_routes() {
  return {{"POST", kUrl, create_clock},
          {"GET", kUrl, list_clocks},
          {"GET", "/v1/test_helpers/test_clocks/:id", retrieve_clock},
          {"DELETE", "/v1/test_helpers/test_clocks/:id", delete_clock},
          {"POST", "/v1/test_helpers/test_clocks/:id/advance", advance_clock}};
}

}  // namespace purser::sandbox
