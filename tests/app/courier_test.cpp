// Events on their way to endpoints, with a sender that the test answers for.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <future>

#include "app/events.hpp"
#include "app/worker.hpp"
#include "tests/app/world.hpp"

namespace purser::app {
namespace {

using testing::FakeSender;
using testing::World;

constexpr Millis kSecond{1'000};
constexpr Millis kMinute{60'000};
constexpr Millis kDay{86'400'000};

class CourierTest : public ::testing::Test {
 protected:
  /// An endpoint that must come about; answers its id.
  std::string endpoint(const std::string& url, std::vector<std::string> types = {}) {
    const NewEndpoint wanted{url, "", std::move(types)};
    const auto made = world_.write<EndpointWithSecret>([&](StoreBatch& batch, AfterCommit&) {
      return world_.endpoints->create(batch, world_.project, wanted);
    });
    EXPECT_TRUE(made) << made.error().message;
    return made->endpoint.id;
  }
  /// An event of a customer.
  void happen(const std::string& customer) {
    const CustomerKey key = world_.custom(customer);
    const Status done = world_.engine->apply([&](StoreBatch& batch) {
      return append_event(batch, key, "team_membership.deleted", {{"user_id", std::string("u")}});
    });
    ASSERT_TRUE(done) << done.error().log.for_log();
  }
  void deliver() {
    const auto done = world_.courier->deliver();
    ASSERT_TRUE(done) << done.error().log.for_log();
  }
  /// Until nothing is left to do.
  void settle() {
    for (int i = 0; i < 1'000; ++i) {
      const auto done = world_.courier->deliver();
      ASSERT_TRUE(done) << done.error().log.for_log();
      if (*done == 0) return;
    }
    FAIL() << "it does not come to an end";
  }
  WebhookEndpoint stored(const std::string& id) {
    return **world_.store->view()->webhook_endpoint(world_.project, id);
  }
  std::vector<WebhookDelivery> deliveries(const std::string& id,
                                          std::optional<DeliveryState> state = std::nullopt) {
    return *world_.store->view()->webhook_deliveries(world_.project, id, state, {}, 1'000);
  }
  /// Customers of the requests that were sent, in their order.
  std::string sent_to(const std::string& url) {
    std::string customers;
    for (const WebhookRequest& request : world_.sender.log) {
      if (request.url != url) continue;
      const std::size_t at = request.body.find("\"customer_id\":\"") + 15;
      customers += request.body.substr(at, request.body.find('"', at) - at) + " ";
    }
    return customers;
  }
  std::string id_of(std::size_t i) {
    return FakeSender::header(world_.sender.log.at(i), "webhook-id");
  }

  World world_;
};

TEST_F(CourierTest, AnEventIsSentAsItIsDocumented) {
  const std::string id = endpoint("https://a.example/hook");
  happen("ann");
  deliver();
  ASSERT_EQ(world_.sender.log.size(), 1U);
  const WebhookRequest& request = world_.sender.log[0];
  EXPECT_EQ(request.url, "https://a.example/hook");
  EXPECT_FALSE(request.allow_private);
  const OutboxEvent event = deliveries(id).at(0).event;
  const std::string name = event_name(event.id);
  EXPECT_EQ(request.body, "{\"id\":\"" + name +
                              "\",\"type\":\"team_membership.deleted\",\"timestamp\":\"" +
                              event.at.to_iso8601() +
                              "\",\"project_id\":\"shop\",\"data\":{\"customer_type\":\"custom\","
                              "\"customer_id\":\"ann\",\"user_id\":\"u\"}}");
  EXPECT_EQ(FakeSender::header(request, "webhook-id"), name);
  EXPECT_EQ(FakeSender::header(request, "webhook-timestamp"),
            std::to_string(world_.clock.now().millis() / 1000));
  EXPECT_TRUE(FakeSender::header(request, "webhook-signature").starts_with("v1,"));
  deliver();
  EXPECT_EQ(world_.sender.log.size(), 1U) << "it is on its way";
  world_.sender.answer_next(204);
  settle();
  EXPECT_EQ(world_.sender.log.size(), 1U);
  EXPECT_EQ(deliveries(id).at(0).state, DeliveryState::kDelivered);
  EXPECT_EQ(deliveries(id).at(0).response_status, 204);
}

TEST_F(CourierTest, ACustomersEventsGoInOrderAndHoldUpNobodyElse) {
  endpoint("https://a.example/");
  for (const char* customer : {"ann", "ann", "bob", "ann"}) happen(customer);
  deliver();
  EXPECT_EQ(sent_to("https://a.example/"), "ann bob ");
  world_.sender.answer_next(500);  // ann
  world_.sender.answer_next(200);  // bob
  settle();
  happen("bob");
  settle();
  EXPECT_EQ(sent_to("https://a.example/"), "ann bob bob ") << "ann waits for the retry";
  world_.sender.answer = [](const WebhookRequest&) { return WebhookAnswer{200}; };
  world_.advance(Millis{6'000});
  settle();
  EXPECT_EQ(sent_to("https://a.example/"), "ann bob bob ann ann ann ");
  EXPECT_EQ(id_of(3), id_of(0));
  EXPECT_LT(id_of(4), id_of(5));
}

TEST_F(CourierTest, ARetryHasTheSameIdAndBodyAndItsOwnTimestamp) {
  endpoint("https://a.example/");
  happen("ann");
  deliver();
  world_.sender.answer_next(0);
  settle();
  world_.advance(Millis{6'000});
  deliver();
  ASSERT_EQ(world_.sender.log.size(), 2U);
  const auto& [first, second] = std::tie(world_.sender.log[0], world_.sender.log[1]);
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(id_of(0), id_of(1));
  EXPECT_NE(FakeSender::header(first, "webhook-timestamp"),
            FakeSender::header(second, "webhook-timestamp"));
  EXPECT_NE(FakeSender::header(first, "webhook-signature"),
            FakeSender::header(second, "webhook-signature"));
}

TEST_F(CourierTest, ARetryIsMadeWhenItsTimeHasComeAndNotBefore) {
  const std::string id = endpoint("https://a.example/");
  happen("ann");
  deliver();
  world_.sender.answer_next(500);
  settle();
  const auto next = deliveries(id).at(0).next_attempt_at;
  ASSERT_TRUE(next);
  const Millis until = *next - world_.clock.now();
  EXPECT_EQ(world_.courier->idle(kDay), until) << "until then it sleeps";
  EXPECT_EQ(world_.courier->idle(kSecond), kSecond);
  world_.advance(Millis{until.count - 1});
  settle();
  EXPECT_EQ(world_.sender.log.size(), 1U);
  EXPECT_EQ(world_.courier->idle(kDay), Millis{1});
  world_.advance(Millis{1});
  deliver();
  EXPECT_EQ(world_.sender.log.size(), 2U);
  EXPECT_EQ(world_.courier->idle(kDay), kDay);
}

TEST_F(CourierTest, AnAnswerWakesWhoeverDelivers) {
  CourierOptions options;
  options.encryption_key = Secret(std::string(testing::kEncryptionKey));
  int woken = 0;
  Courier courier(*world_.engine, *world_.store, *world_.registry, world_.sender, world_.clock,
                  options, [&] { ++woken; });
  endpoint("https://a.example/");
  happen("ann");
  ASSERT_TRUE(courier.deliver());
  EXPECT_EQ(woken, 0);
  world_.sender.answer_next(200);
  EXPECT_EQ(woken, 1);
}

// The worker sleeps for an hour: who passes has not waited for it.
TEST_F(CourierTest, AnEventIsSentAsSoonAsItIsCommitted) {
  endpoint("https://a.example/");
  world_.sender.answer = [](const WebhookRequest&) { return WebhookAnswer{500}; };
  std::array<std::promise<void>, 3> rests;  // … when so many requests were sent
  std::size_t next = 0;
  Worker worker({{"events",
                  [&] {
                    auto done = world_.courier->deliver();
                    if (done && *done == 0 && next < 3 && world_.sender.log.size() == next) {
                      rests[next++].set_value();
                    }
                    return done;
                  }}},
                3'600'000, {});
  world_.webhooks_queued = [&] { worker.poke(); };
  rests[0].get_future().wait();
  happen("ann");
  rests[1].get_future().wait();
  world_.advance(kMinute);
  worker.poke();  // as whoever moves a clock does
  rests[2].get_future().wait();
  worker.stop();
  world_.webhooks_queued = nullptr;
}

TEST_F(CourierTest, AfterThreeDaysItHasFailedAndCanBeSentAgain) {
  const std::string id = endpoint("https://a.example/");
  happen("ann");
  happen("ann");
  const Timestamp begin = world_.clock.now();
  world_.sender.answer = [](const WebhookRequest&) { return WebhookAnswer{503}; };
  while (deliveries(id, DeliveryState::kFailed).empty()) {
    settle();
    world_.advance(kMinute);
    ASSERT_LT(world_.clock.now() - begin, Millis{5 * kDay.count});
  }
  EXPECT_GT(world_.clock.now() - begin, Millis{2 * kDay.count});
  EXPECT_LT(world_.clock.now() - begin, Millis{4 * kDay.count});
  const WebhookDelivery failed = deliveries(id, DeliveryState::kFailed).at(0);
  EXPECT_EQ(failed.attempts, 10);
  EXPECT_EQ(failed.error, "status 503");
  EXPECT_FALSE(failed.next_attempt_at);
  EXPECT_EQ(deliveries(id, DeliveryState::kPending).at(0).attempts, 1) << "the next one had its go";

  world_.sender.answer = [](const WebhookRequest&) { return WebhookAnswer{200}; };
  world_.sender.log.clear();
  const auto again = world_.write<WebhookDelivery>([&](StoreBatch& batch, AfterCommit&) {
    return world_.endpoints->retry(batch, world_.project, id, event_name(failed.event.id));
  });
  ASSERT_TRUE(again);
  settle();
  ASSERT_FALSE(world_.sender.log.empty());
  EXPECT_EQ(id_of(0), event_name(failed.event.id));
  world_.advance(kDay);
  settle();
  EXPECT_EQ(deliveries(id, DeliveryState::kDelivered).size(), 2U);
  EXPECT_FALSE(stored(id).failing_since);
  EXPECT_EQ(world_.verify(), std::vector<std::string>());
}

TEST_F(CourierTest, AReplaySendsWhatWasMissed) {
  happen("ann");
  const std::string id = endpoint("https://a.example/", {"team_membership.deleted"});
  const Timestamp since = world_.clock.now();
  world_.sender.answer = [](const WebhookRequest&) { return WebhookAnswer{200}; };
  happen("bob");
  settle();
  EXPECT_EQ(sent_to("https://a.example/"), "bob ");
  const auto replay = [&](Timestamp from, bool delivered_too) {
    world_.sender.log.clear();
    const std::int64_t after = *world_.endpoints->event_before(world_.project, from);
    const auto done = world_.write<WebhookEndpoint>([&](StoreBatch& batch, AfterCommit&) {
      return world_.endpoints->replay(batch, world_.project, id, after, delivered_too);
    });
    ASSERT_TRUE(done);
    EXPECT_TRUE(done->replay);
    settle();
    EXPECT_FALSE(stored(id).replay);
  };
  replay(since, false);
  EXPECT_EQ(sent_to("https://a.example/"), "ann ");
  replay(since, false);
  EXPECT_EQ(sent_to("https://a.example/"), "");
  replay(since, true);
  std::string both = sent_to("https://a.example/");
  EXPECT_TRUE(both == "ann bob " || both == "bob ann ") << both;
  world_.advance(kMinute);
  replay(world_.clock.now(), true);
  EXPECT_EQ(sent_to("https://a.example/"), "");
}

TEST_F(CourierTest, ARedirectIsAFailureAnd410TheEnd) {
  const std::string moved = endpoint("https://moved.example/");
  const std::string gone = endpoint("https://gone.example/", {"team_membership.deleted"});
  happen("ann");
  happen("ann");
  world_.sender.answer = [](const WebhookRequest& request) {
    return WebhookAnswer{request.url == "https://gone.example/" ? 410 : 302};
  };
  settle();
  EXPECT_EQ(stored(moved).disabled, EndpointDisabled::kNot);
  EXPECT_EQ(deliveries(moved, DeliveryState::kPending).size(), deliveries(moved).size());
  EXPECT_EQ(stored(gone).disabled, EndpointDisabled::kGone);
  EXPECT_EQ(deliveries(gone, DeliveryState::kFailed).size(), 1U);
  const auto types = world_.outbox_types();
  EXPECT_EQ(std::ranges::count(types, "webhook_endpoint.disabled"), 1);
  happen("ann");
  EXPECT_EQ(deliveries(gone).size(), 2U) << "a disabled endpoint gets nothing new";
}

TEST_F(CourierTest, RetryAfterIsHonoured) {
  const std::string id = endpoint("https://a.example/");
  happen("ann");
  world_.sender.answer = [](const WebhookRequest&) {
    return WebhookAnswer{429, "", Millis{600'000}};
  };
  settle();
  const auto next = deliveries(id).at(0).next_attempt_at;
  EXPECT_EQ(next, world_.clock.now() + Millis{600'000});
  world_.sender.answer = [](const WebhookRequest&) {
    return WebhookAnswer{503, "", Millis{1'000'000'000}};
  };
  world_.advance(Millis{600'000});
  settle();
  EXPECT_EQ(deliveries(id).at(0).next_attempt_at, world_.clock.now() + kDay) << "within reason";
}

TEST_F(CourierTest, ADeadEndpointHoldsUpNoOther) {
  endpoint("https://dead.example/");
  endpoint("https://a.example/", {"team_membership.deleted"});
  for (int i = 0; i < 40; ++i) happen("c" + std::to_string(i));
  world_.sender.answer = nullptr;  // nobody answers
  deliver();
  int answered = 0;
  for (int round = 0; round < 100 && answered < 40; ++round) {
    for (auto sent = world_.sender.waiting.begin(); sent != world_.sender.waiting.end();) {
      if (sent->request.url != "https://a.example/") {
        ++sent;
        continue;
      }
      sent->done({200});
      ++answered;
      sent = world_.sender.waiting.erase(sent);
    }
    deliver();
  }
  EXPECT_EQ(answered, 40);
  EXPECT_LE(std::ranges::count_if(
                world_.sender.log,
                [](const WebhookRequest& r) { return r.url == "https://dead.example/"; }),
            8);
}

TEST_F(CourierTest, AnEndpointThatOnlyFailsForFiveDaysIsDisabled) {
  const std::string id = endpoint("https://a.example/", {"team_membership.deleted"});
  happen("ann");
  happen("ann");
  world_.sender.answer = [](const WebhookRequest&) { return WebhookAnswer{500}; };
  const Timestamp begin = world_.clock.now();
  while (stored(id).disabled == EndpointDisabled::kNot) {
    settle();
    world_.advance(Millis{10 * kMinute.count});
    ASSERT_LT(world_.clock.now() - begin, Millis{10 * kDay.count});
  }
  EXPECT_GE(world_.clock.now() - begin, Courier::kGivesUpAfter);
  EXPECT_EQ(stored(id).disabled, EndpointDisabled::kFailing);
}

TEST_F(CourierTest, AnEventThatWasCommittedIsSentAfterARestart) {
  const std::string id = endpoint("https://a.example/");
  happen("ann");
  world_.reopen();
  deliver();
  ASSERT_EQ(world_.sender.log.size(), 1U);
  world_.reopen();  // the answer is lost
  world_.sender.waiting.clear();
  deliver();
  ASSERT_EQ(world_.sender.log.size(), 2U);
  EXPECT_EQ(world_.sender.log[0].body, world_.sender.log[1].body);
  world_.sender.answer_next(200);
  settle();
  world_.reopen();
  settle();
  EXPECT_EQ(world_.sender.log.size(), 2U);
  EXPECT_EQ(deliveries(id).at(0).state, DeliveryState::kDelivered);
}

TEST_F(CourierTest, WhatCannotBeRecordedIsNotSentAgainAndAgain) {
  endpoint("https://a.example/");
  happen("ann");
  deliver();
  world_.engine->drain();  // from here on nothing is written
  world_.sender.answer_next(200);
  for (int round = 0; round < 3; ++round) EXPECT_FALSE(world_.courier->deliver());
  EXPECT_EQ(world_.sender.log.size(), 1U);
  world_.reopen();
  deliver();
  EXPECT_EQ(world_.sender.log.size(), 2U) << "at least once";
}

TEST_F(CourierTest, AnAnswerThatComesWhileTheServerStopsIsRecorded) {
  const std::string id = endpoint("https://a.example/");
  happen("ann");
  deliver();
  world_.sender.answer_next(200);
  world_.courier->drain(std::chrono::milliseconds(0));
  EXPECT_EQ(deliveries(id).at(0).state, DeliveryState::kDelivered);
}

TEST_F(CourierTest, WhatTheProjectAllowsGoesWithEachAttempt) {
  SettingsChange allow;
  allow.allow_private_webhook_addresses = true;
  world_.settings(allow);
  endpoint("http://127.0.0.1:1/", {"team_membership.deleted"});
  happen("ann");
  deliver();
  EXPECT_TRUE(world_.sender.log.at(0).allow_private);
  world_.sender.answer_next(500);
  settle();
  allow.allow_private_webhook_addresses = false;
  world_.settings(allow);
  world_.advance(Millis{6'000});
  deliver();
  EXPECT_FALSE(world_.sender.log.at(1).allow_private);
}

TEST_F(CourierTest, OldEventsAreForgotten) {
  const std::string id = endpoint("https://a.example/", {"team_membership.deleted"});
  world_.sender.answer = [](const WebhookRequest&) { return WebhookAnswer{200}; };
  happen("ann");
  settle();
  world_.advance(Millis{31 * kDay.count});
  happen("bob");
  for (int i = 0; i < 100 && *world_.courier->forget_old(3) > 0; ++i) {
  }
  settle();
  const auto left = deliveries(id);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].event.customer, world_.custom("bob"));
  EXPECT_EQ(world_.store->view()->outbox(0, 100)->size(), 1U);
}

}  // namespace
}  // namespace purser::app
