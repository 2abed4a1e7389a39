// Endpoints as administrators see them.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "app/event_types.hpp"
#include "app/events.hpp"
#include "app/webhook_signature.hpp"
#include "tests/app/world.hpp"

namespace purser::app {
namespace {

using testing::FakeSender;
using testing::World;

const std::string kUrl = "https://a.example/hook";

class EndpointsTest : public ::testing::Test {
 protected:
  Result<EndpointWithSecret> create(const NewEndpoint& wanted) {
    return world_.write<EndpointWithSecret>([&](StoreBatch& batch, AfterCommit&) {
      return world_.endpoints->create(batch, world_.project, wanted);
    });
  }
  Result<WebhookEndpoint> update(const std::string& id, const EndpointChange& change) {
    return world_.write<WebhookEndpoint>([&](StoreBatch& batch, AfterCommit&) {
      return world_.endpoints->update(batch, world_.project, id, change);
    });
  }
  Result<EndpointWithSecret> rotate(const std::string& id) {
    return world_.write<EndpointWithSecret>([&](StoreBatch& batch, AfterCommit&) {
      return world_.endpoints->rotate_secret(batch, world_.project, id);
    });
  }
  /// Whether the next request is signed with these secrets.
  void expect_signed_with(const std::vector<Secret>& secrets) {
    world_.sender.log.clear();
    world_.sender.answer = [](const WebhookRequest&) { return WebhookAnswer{200}; };
    world_.add_user("u" + std::to_string(++users_));
    EXPECT_TRUE(world_.courier->deliver());
    EXPECT_TRUE(world_.courier->deliver());
    ASSERT_EQ(world_.sender.log.size(), 1U);
    const WebhookRequest& request = world_.sender.log[0];
    EXPECT_EQ(FakeSender::header(request, "webhook-signature"),
              *webhook_signature(secrets, FakeSender::header(request, "webhook-id"),
                                 world_.clock.now(), request.body));
  }

  World world_;
  int users_ = 0;
};

TEST_F(EndpointsTest, IsCreatedWithASecretThatIsKeptSealed) {
  const auto made = create({kUrl, "Books", {"user.created", "purchase.created"}});
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->secret.reveal().starts_with("whsec_"));
  const auto kept = world_.endpoints->endpoint(world_.project, made->endpoint.id);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->url, kUrl);
  EXPECT_EQ(kept->description, "Books");
  EXPECT_EQ(kept->event_types, (std::vector<std::string>{"user.created", "purchase.created"}));
  EXPECT_EQ(kept->sealed_secret.find(made->secret.reveal()), std::string::npos);
  expect_signed_with({made->secret});
  EXPECT_EQ(world_.endpoints->endpoints(world_.project, {"", 10})->size(), 1U);
}

TEST_F(EndpointsTest, ABadUrlOrTypeIsRefusedAndNothingIsKept) {
  EXPECT_EQ(create({"http://a.example/", "", {}}).error().code, ErrorCode::kWebhookUrlNotAllowed);
  const auto wrong = create({kUrl, "", {"user.created", "user.eaten"}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kSchemaError);
  EXPECT_NE(wrong.error().message.find("body.event_types[1]"), std::string::npos);
  EXPECT_TRUE(world_.endpoints->endpoints(world_.project, {"", 10})->empty());
  const auto types = world_.outbox_types();
  EXPECT_EQ(std::ranges::count(types, "webhook_endpoint.created"), 0);
}

TEST_F(EndpointsTest, TheRefusalOfAUrlThatTheProjectCouldAllowSaysSo) {
  const std::string setting = "allow_private_webhook_addresses";
  const Error plain = create({"http://a.example/", "", {}}).error();
  EXPECT_NE(plain.message.find(setting), std::string::npos) << plain.message;
  const Error other = create({"ftp://a.example/", "", {}}).error();
  EXPECT_EQ(other.message.find(setting), std::string::npos) << other.message;
  SettingsChange allow;
  allow.allow_private_webhook_addresses = true;
  world_.settings(allow);
  EXPECT_TRUE(create({"http://a.example/", "", {}}));
  const Error allowed = create({"ftp://a.example/", "", {}}).error();
  EXPECT_EQ(allowed.message.find(setting), std::string::npos) << allowed.message;
}

TEST_F(EndpointsTest, OnlyWhatIsGivenChanges) {
  const std::string id = create({kUrl, "Books", {"user.created"}})->endpoint.id;
  EndpointChange change;
  change.description = "Shelves";
  EXPECT_EQ(update(id, change)->url, kUrl);
  change = {};
  change.enabled = false;
  const auto disabled = update(id, change);
  EXPECT_EQ(disabled->disabled, EndpointDisabled::kByHand);
  EXPECT_EQ(disabled->description, "Shelves");
  change.enabled = true;
  change.event_types = std::vector<std::string>{};
  const auto enabled = update(id, change);
  EXPECT_EQ(enabled->disabled, EndpointDisabled::kNot);
  EXPECT_TRUE(enabled->event_types.empty());
  change = {};
  change.url = "http://b.example/";
  EXPECT_EQ(update(id, change).error().code, ErrorCode::kWebhookUrlNotAllowed);
  EXPECT_EQ(update("none", {}).error().code, ErrorCode::kWebhookEndpointNotFound);
}

TEST_F(EndpointsTest, AnOldSecretSignsBesideTheNewOneForADay) {
  const auto made = create({kUrl, "", {"user.created"}});
  const auto rotated = rotate(made->endpoint.id);
  ASSERT_TRUE(rotated);
  EXPECT_NE(rotated->secret.reveal(), made->secret.reveal());
  expect_signed_with({rotated->secret, made->secret});
  world_.advance(Millis{Endpoints::kOldSecretSigns.count - 1});
  expect_signed_with({rotated->secret, made->secret});
  world_.advance(Millis{1});
  expect_signed_with({rotated->secret});
}

TEST_F(EndpointsTest, ADeletedOneIsGone) {
  const std::string id = create({kUrl, "", {}})->endpoint.id;
  const auto remove = [&] {
    return world_.write<bool>([&](StoreBatch& batch, AfterCommit&) -> Result<bool> {
      PURSER_CHECK_OK(world_.endpoints->remove(batch, world_.project, id));
      return true;
    });
  };
  ASSERT_TRUE(remove());
  EXPECT_EQ(remove().error().code, ErrorCode::kWebhookEndpointNotFound);
  EXPECT_EQ(world_.endpoints->endpoint(world_.project, id).error().code,
            ErrorCode::kWebhookEndpointNotFound);
  EXPECT_EQ(world_.endpoints->deliveries(world_.project, id, {}).error().code,
            ErrorCode::kWebhookEndpointNotFound);
  world_.add_user("late");
  EXPECT_TRUE(world_.courier->deliver());
  EXPECT_TRUE(world_.sender.log.empty());
}

TEST_F(EndpointsTest, AProjectHasSoManyAndNoMore) {
  for (int i = 0; i < Endpoints::kMaxEndpoints; ++i) ASSERT_TRUE(create({kUrl, "", {}}));
  EXPECT_EQ(create({kUrl, "", {}}).error().code, ErrorCode::kTooManyWebhookEndpoints);
}

TEST_F(EndpointsTest, OnlyADeliveryOfTheEndpointIsSentAgain) {
  const std::string id = create({kUrl, "", {"user.created"}})->endpoint.id;
  world_.add_user("ann");
  const auto retry = [&](const std::string& endpoint, const std::string& event) {
    const auto done = world_.write<WebhookDelivery>([&](StoreBatch& batch, AfterCommit&) {
      return world_.endpoints->retry(batch, world_.project, endpoint, event);
    });
    return done ? ErrorCode::kNotImplemented : done.error().code;
  };
  const auto deliveries = world_.endpoints->deliveries(world_.project, id, {});
  ASSERT_EQ(deliveries->size(), 1U);
  EXPECT_EQ(retry(id, event_name(deliveries->at(0).event.id)), ErrorCode::kNotImplemented);
  for (const char* event : {"evt_999999", "evt_", "evt_x", "999", "evt_-1", "evt_1 "}) {
    EXPECT_EQ(retry(id, event), ErrorCode::kWebhookDeliveryNotFound) << event;
  }
  EXPECT_EQ(retry("none", "evt_1"), ErrorCode::kWebhookEndpointNotFound);
}

TEST(EventTypes, EachIsDeclaredOnceWithItsFieldsAtOnce) {
  std::set<std::string_view> seen;
  for (const EventTypeRow& row : event_types()) {
    EXPECT_TRUE(seen.insert(row.type).second) << row.type;
    EXPECT_EQ(find_event_type(row.type), &row);
    EXPECT_FALSE(row.doc.empty());
    std::set<std::string_view> fields;
    for (const EventFieldRow& field : row.fields) {
      EXPECT_TRUE(fields.insert(field.name).second) << row.type << " " << field.name;
      EXPECT_FALSE(field.doc.empty());
    }
  }
  EXPECT_EQ(find_event_type("user"), nullptr);
}

TEST(EventTypes, WhatIsNotDeclaredIsNotWritten) {
  World world;
  const auto refused = [&](std::string_view type, std::initializer_list<EventField> fields) {
    const Status done = world.engine->apply(
        [&](StoreBatch& batch) { return append_event(batch, world.custom("c"), type, fields); });
    return !done && done.error().code == ErrorCode::kInternalError;
  };
  EXPECT_TRUE(refused("user.eaten", {}));
  EXPECT_TRUE(refused("catalog.updated", {{"version", std::int64_t{1}}})) << "of the project";
  EXPECT_TRUE(refused("purchase.created", {}));
  EXPECT_TRUE(refused("team_membership.deleted", {{"user", std::string("u")}}));
  EXPECT_TRUE(refused("team_membership.deleted", {{"user_id", std::monostate{}}}));
  EXPECT_FALSE(refused("team_membership.deleted", {{"user_id", std::string("u")}}));
}

}  // namespace
}  // namespace purser::app
