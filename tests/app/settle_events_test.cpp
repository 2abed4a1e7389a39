// Sales as the provider's events tell of them: whatever arrives, however often, in whatever order.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

using Fault = FakeProvider::Fault;

constexpr const char* kCompleted = "checkout.session.completed";
constexpr Millis kHour{3'600'000};

std::vector<std::string> nothing() { return {}; }

TEST(Inbox, APassingFaultIsRetriedAfterAWhile) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  bool down = true;
  world.provider.plan = [&](const std::string&) {
    return down ? Fault::kUnavailable : Fault::kNone;
  };
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, session).has_value());
  EXPECT_EQ(world.webhooks->process(10).value_or(-1), 1);
  EXPECT_EQ(world.webhooks->process(10).value_or(-1), 0) << "it waits";
  down = false;
  world.advance({2'000});
  EXPECT_EQ(world.webhooks->process(10).value_or(-1), 1);
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
}

TEST(Inbox, APoisonEventIsQuarantinedAndTheOthersGoOn) {
  World world;
  const std::string poison = world.open_session("pack");
  const std::string good = world.open_session("license");
  world.provider.pay(poison);
  world.provider.pay(good);
  int calls = 0;
  world.provider.plan = [&](const std::string& call) {
    // The first event of each round is the poison one: it came first.
    return call == "checkout_session" && calls++ != 1 ? Fault::kUnavailable : Fault::kNone;
  };
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, poison).has_value());
  ASSERT_TRUE(world.deliver("evt_2", kCompleted, good).has_value());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(world.webhooks->process(10).has_value());
    world.advance(kHour);
  }
  EXPECT_EQ(calls, 11) << "ten attempts of the poison one, one of the good one";
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  const auto event = world.store->view()->inbox_event(world.project, "evt_1");
  EXPECT_EQ((*event)->state, InboxState::kQuarantined);
  EXPECT_EQ((*event)->attempts, 10);
  EXPECT_NE((*event)->error, "");
}

TEST(Inbox, ForgedUnsignedAndUnreadableEventsAreRefusedAndLeaveNothing) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  const std::string payload = "evt_1|checkout.session.completed|" + session + "||test";
  const auto forged = world.webhooks->receive(world.project, payload, "signed:wrong");
  ASSERT_FALSE(forged.has_value());
  EXPECT_EQ(forged.error().code, ErrorCode::kWebhookSignatureInvalid);
  EXPECT_EQ(world.webhooks->receive(world.project, payload, "").error().code,
            ErrorCode::kWebhookSignatureInvalid);
  EXPECT_EQ(world.webhooks->receive(world.project, "{}", "signed:whsec_test").error().code,
            ErrorCode::kBodyParsingError);
  EXPECT_EQ(world.webhooks->receive(ProjectId("other"), payload, "signed:whsec_test").error().code,
            ErrorCode::kProjectNotFound);
  world.work_off();
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_FALSE(world.store->view()->inbox_event(world.project, "evt_1")->has_value());
}

TEST(Inbox, WithoutASecretNothingIsAccepted) {
  World world;
  SettingsChange change;
  change.stripe_webhook_secrets = std::vector<Secret>{};
  world.settings(change);
  EXPECT_EQ(world.deliver("evt_1", kCompleted, "cs_1").error().code,
            ErrorCode::kWebhookSignatureInvalid);
  change.stripe_webhook_secrets = std::vector<Secret>{Secret("")};
  const auto refused = world.write<Project>([&](auto& batch, auto& after) {
    return world.projects->update(batch, world.project, change, after);
  });
  EXPECT_EQ(refused.error().code, ErrorCode::kSchemaError);
}

TEST(Inbox, DuringRotationEitherSecretVerifies) {
  World world;
  SettingsChange change;
  change.stripe_webhook_secrets =
      std::vector<Secret>{Secret("whsec_new"), Secret(std::string(kWebhookSecret))};
  world.settings(change);
  EXPECT_TRUE(world.deliver("evt_1", kCompleted, "cs_1").has_value());
  EXPECT_TRUE(world.webhooks
                  ->receive(world.project, "evt_2|checkout.session.completed|cs_1||test",
                            "signed:whsec_new")
                  .has_value());
}

TEST(Inbox, UnknownTypesAreKeptAndIgnored) {
  World world;
  ASSERT_TRUE(world.deliver("evt_1", "payment_intent.succeeded", "pi_1").has_value());
  ASSERT_TRUE(world.deliver("evt_2", "something.never.heard.of", "x_1").has_value());
  for (const char* id : {"evt_1", "evt_2"}) {
    const auto event = world.store->view()->inbox_event(world.project, id);
    ASSERT_TRUE(event->has_value());
    EXPECT_EQ((*event)->state, InboxState::kIgnored);
  }
  EXPECT_EQ(world.webhooks->process(10).value_or(-1), 0);
}

TEST(Inbox, EventsOfAnotherModeOrAccountAreQuarantined) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  ASSERT_TRUE(world.deliver("evt_live", kCompleted, session, "", true).has_value());
  ASSERT_TRUE(world.deliver("evt_other", kCompleted, session, "acct_9").has_value());
  world.work_off();
  EXPECT_TRUE(world.owned(world.user()).empty());
  for (const char* id : {"evt_live", "evt_other"}) {
    const auto event = world.store->view()->inbox_event(world.project, id);
    EXPECT_EQ((*event)->state, InboxState::kQuarantined);
    EXPECT_NE((*event)->error, "");
  }
  ASSERT_TRUE(world.deliver("evt_own", kCompleted, session, "acct_1").has_value());
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
}

TEST(Inbox, WhatWasKeptBeforeACrashIsProcessedAfterIt) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, session).has_value());
  world.reopen();
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.verify(), nothing());
}

}  // namespace
}  // namespace purser::app::testing
