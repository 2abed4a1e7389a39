#include <set>

#include "tests/contract/store_contract.hpp"

// Endpoints, the lines of events that wait for them, and how old events are forgotten.

namespace purser::contract {
namespace {

using app::DeliveryState;
using app::EndpointDisabled;

const ProjectId kP("p");
const ProjectId kQ("q");

app::WebhookEndpoint endpoint_of(const std::string& id, std::vector<std::string> types = {}) {
  app::WebhookEndpoint endpoint;
  endpoint.project = kP;
  endpoint.id = id;
  endpoint.url = "https://example.com/" + id;
  endpoint.event_types = std::move(types);
  endpoint.sealed_secret = std::string("\0s\xff", 3);
  endpoint.created_at = at(9);
  return endpoint;
}

app::OutboxEvent event_of(const std::string& type, std::optional<CustomerKey> customer,
                          std::int64_t millis = 10) {
  app::OutboxEvent event;
  event.project = kP;
  event.customer = std::move(customer);
  event.type = type;
  event.payload = R"({"of":")" + type + "\"}";
  event.at = at(millis);
  return event;
}

/// What tests do with the endpoints of project "p", over whatever store is open.
class Deliveries {
 public:
  explicit Deliveries(const std::unique_ptr<app::Store>& store) : store_(store) {}

  void commit(const std::function<Status(app::StoreBatch&)>& work) const {
    PURSER_EXPECT_OK(store_->commit(work));
  }
  void make(const app::WebhookEndpoint& endpoint) const {
    commit([&](app::StoreBatch& batch) { return batch.insert_webhook_endpoint(endpoint); });
  }
  void put(const app::OutboxEvent& event) const {
    commit([&](app::StoreBatch& batch) { return batch.append_outbox(event); });
  }
  /// Types of the deliveries that may be sent now, in their order.
  std::string due(const std::string& endpoint, std::int64_t millis = 2'000'000) const {
    const auto found = store_->view()->due_webhooks(kP, endpoint, at(millis), 100);
    EXPECT_TRUE(found.has_value());
    std::string types;
    for (const auto& delivery : *found) types += delivery.event.type + " ";
    return types;
  }
  app::WebhookDelivery first(const std::string& endpoint) const {
    const auto found = store_->view()->due_webhooks(kP, endpoint, at(2'000'000), 1);
    EXPECT_TRUE(found && !found->empty());
    return found && !found->empty() ? found->front() : app::WebhookDelivery{};
  }
  void record(app::WebhookDelivery delivery, DeliveryState state,
              std::optional<Timestamp> next = std::nullopt) const {
    delivery.state = state;
    ++delivery.attempts;
    delivery.last_attempt_at = at(20);
    delivery.next_attempt_at = next;
    delivery.response_status = state == DeliveryState::kDelivered ? 204 : 500;
    delivery.error = state == DeliveryState::kDelivered ? "" : "status 500";
    commit([&](app::StoreBatch& batch) { return batch.record_webhook(kP, delivery); });
  }
  void purge_all(std::int64_t before) const {
    for (int round = 0; round < 100; ++round) {
      int gone = 0;
      commit([&](app::StoreBatch& batch) -> Status {
        PURSER_TRY(gone, batch.purge_events(at(before), 2));
        return {};
      });
      if (gone == 0) return;
    }
    ADD_FAILURE() << "purging does not end";
  }
  std::string listed(const std::string& endpoint,
                     std::optional<DeliveryState> state = std::nullopt) const {
    const auto found = store_->view()->webhook_deliveries(kP, endpoint, state, {}, 100);
    EXPECT_TRUE(found.has_value());
    std::string types;
    for (const auto& delivery : *found) types += delivery.event.type + " ";
    return types;
  }

 private:
  const std::unique_ptr<app::Store>& store_;
};

TEST_P(StoreContract, AnEndpointIsKeptAsItWasWritten) {
  const Deliveries d(store_);
  app::WebhookEndpoint endpoint = endpoint_of("e1", {"purchase.created", "team.deleted"});
  endpoint.description = "Bücher";
  d.make(endpoint);
  reopen();
  auto found = store_->view()->webhook_endpoint(kP, "e1");
  PURSER_ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->url, endpoint.url);
  EXPECT_EQ((*found)->description, endpoint.description);
  EXPECT_EQ((*found)->event_types, endpoint.event_types);
  EXPECT_EQ((*found)->sealed_secret, endpoint.sealed_secret);
  EXPECT_EQ((*found)->disabled, EndpointDisabled::kNot);
  EXPECT_EQ((*found)->created_at, at(9));
  EXPECT_FALSE((*found)->replay);

  endpoint.event_types = {};
  endpoint.disabled = EndpointDisabled::kGone;
  endpoint.sealed_previous_secret = endpoint.sealed_secret;
  endpoint.sealed_secret = "new";
  endpoint.previous_until = at(77);
  endpoint.failing_since = at(66);
  endpoint.replay = app::EventReplay{3, 9, true};
  commit([&](app::StoreBatch& batch) { return batch.update_webhook_endpoint(endpoint); });
  found = store_->view()->webhook_endpoint(kP, "e1");
  EXPECT_TRUE((*found)->event_types.empty());
  EXPECT_EQ((*found)->disabled, EndpointDisabled::kGone);
  EXPECT_EQ((*found)->sealed_previous_secret, std::string("\0s\xff", 3));
  EXPECT_EQ((*found)->previous_until, at(77));
  EXPECT_EQ((*found)->failing_since, at(66));
  EXPECT_EQ((*found)->replay, (app::EventReplay{3, 9, true}));
  EXPECT_FALSE(store_->view()->webhook_endpoint(kQ, "e1")->has_value());
  EXPECT_EQ(
      refusal([&](app::StoreBatch& batch) { return batch.insert_webhook_endpoint(endpoint); }),
      ErrorCode::kAlreadyExists);
}

TEST_P(StoreContract, EndpointsAreListedInPagesByIdWithoutDeletedOnes) {
  const Deliveries d(store_);
  for (const char* id : {"c", "a", "b"}) d.make(endpoint_of(id));
  commit([&](app::StoreBatch& batch) { return batch.delete_webhook_endpoint(kP, "b"); });
  const auto page = store_->view()->webhook_endpoints(kP, {"a", 10});
  ASSERT_EQ(page->size(), 1U);
  EXPECT_EQ(page->at(0).id, "c");
  EXPECT_TRUE(store_->view()->webhook_endpoints(kQ, {"", 10})->empty());
  EXPECT_FALSE(store_->view()->webhook_endpoint(kP, "b")->has_value());
}

TEST_P(StoreContract, AnEventIsQueuedForTheEndpointsThatGetIt) {
  const Deliveries d(store_);
  d.make(endpoint_of("all"));
  d.make(endpoint_of("some", {"b.made", "c.made"}));
  app::WebhookEndpoint off = endpoint_of("off");
  off.disabled = EndpointDisabled::kByHand;
  d.make(off);
  d.put(event_of("a.made", ann_));
  d.put(event_of("b.made", crew_));
  d.put(event_of("b.made2", {}));
  reopen();
  EXPECT_EQ(d.due("all"), "a.made b.made b.made2 ");
  EXPECT_EQ(d.due("some"), "b.made ");
  EXPECT_EQ(d.due("off"), "");
  EXPECT_EQ(store_->view()->due_webhook_endpoints(at(2'000'000), 10)->size(), 2U);
  const app::WebhookDelivery delivery = d.first("some");
  EXPECT_EQ(delivery.event.payload, R"({"of":"b.made"})");
  EXPECT_EQ(delivery.event.customer, crew_);
  EXPECT_EQ(delivery.event.project, kP);
  EXPECT_EQ(delivery.endpoint, "some");
  EXPECT_EQ(delivery.attempts, 0);
}

TEST_P(StoreContract, WhoDeliversIsToldAfterACommitThatMayHaveMadeSomethingDue) {
  const Deliveries d(store_);
  const auto told = [&](const std::function<Status(app::StoreBatch&)>& work) {
    const int before = queued_;
    commit([&](app::StoreBatch& batch) {
      EXPECT_EQ(queued_, before) << "not before the commit";
      return work(batch);
    });
    return queued_ - before;
  };
  const auto put = [&](const std::string& type) {
    return told([&](app::StoreBatch& batch) { return batch.append_outbox(event_of(type, ann_)); });
  };
  EXPECT_EQ(put("b.made"), 0) << "nobody gets it";
  app::WebhookEndpoint endpoint = endpoint_of("e", {"b.made"});
  d.make(endpoint);
  EXPECT_EQ(put("a.made"), 0);
  EXPECT_EQ(put("b.made"), 1);
  const app::WebhookDelivery delivery = d.first("e");
  const int before = queued_;
  d.record(delivery, DeliveryState::kDelivered);
  EXPECT_EQ(queued_, before);
  EXPECT_EQ(told([&](app::StoreBatch& batch) -> Status {
              PURSER_CHECK_OK(batch.requeue_webhook(kP, "e", delivery.event.id));
              return {};
            }),
            1);
  const auto update = [&](app::StoreBatch& batch) {
    return batch.update_webhook_endpoint(endpoint);
  };
  endpoint.disabled = EndpointDisabled::kByHand;
  EXPECT_EQ(told(update), 0);
  endpoint.disabled = EndpointDisabled::kNot;
  EXPECT_EQ(told(update), 1) << "what has waited may go";
  refusal([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.append_outbox(event_of("b.made", ann_)));
    return Error::internal("given up");
  });
  EXPECT_EQ(queued_, before + 2);
}

TEST_P(StoreContract, WhatIsUndoneIsNotQueued) {
  const Deliveries d(store_);
  d.make(endpoint_of("e"));
  commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    PURSER_CHECK_OK(batch.append_outbox(event_of("undone", ann_)));
    PURSER_CHECK_OK(batch.undo_command());
    batch.begin_command();
    return batch.append_outbox(event_of("kept", ann_));
  });
  EXPECT_EQ(d.due("e"), "kept ");
  EXPECT_EQ(d.listed("e"), "kept ");
}

TEST_P(StoreContract, OnlyTheFirstOfALineIsDue) {
  const Deliveries d(store_);
  d.make(endpoint_of("e"));
  d.put(event_of("ann.1", ann_));
  d.put(event_of("ann.2", ann_));
  d.put(event_of("crew.1", crew_));
  d.put(event_of("project.1", {}));
  d.put(event_of("project.2", {}));
  EXPECT_EQ(d.due("e"), "ann.1 crew.1 project.1 ");
  d.record(d.first("e"), DeliveryState::kDelivered);
  EXPECT_EQ(d.due("e"), "ann.2 crew.1 project.1 ");
  EXPECT_EQ(d.listed("e", DeliveryState::kDelivered), "ann.1 ");
  EXPECT_EQ(d.listed("e", DeliveryState::kPending), "project.2 project.1 crew.1 ann.2 ");
}

TEST_P(StoreContract, AFailedAttemptMakesItsLineWaitAndNoOther) {
  const Deliveries d(store_);
  d.make(endpoint_of("e"));
  d.make(endpoint_of("f"));
  d.put(event_of("ann.1", ann_));
  d.put(event_of("ann.2", ann_));
  d.put(event_of("crew.1", crew_));
  d.record(d.first("e"), DeliveryState::kPending, at(5'000'000));
  EXPECT_EQ(d.due("e"), "crew.1 ");
  EXPECT_EQ(d.due("f"), "ann.1 crew.1 ");
  EXPECT_EQ(d.due("e", 4'999'999), "crew.1 ");
  EXPECT_EQ(d.due("e", 5'000'000), "crew.1 ann.1 ");
  const auto waits = store_->view()->webhook_deliveries(kP, "e", DeliveryState::kPending, {}, 10);
  ASSERT_EQ(waits->size(), 3U);
  EXPECT_EQ(waits->back().attempts, 1);
  EXPECT_EQ(waits->back().next_attempt_at, at(5'000'000));
  EXPECT_EQ(waits->back().last_attempt_at, at(20));
  EXPECT_EQ(waits->back().response_status, 500);
  EXPECT_EQ(waits->back().error, "status 500");
}

TEST_P(StoreContract, AfterTheFinalFailureTheNextGoesAndTheFailedCanBeQueuedAgain) {
  const Deliveries d(store_);
  d.make(endpoint_of("e"));
  d.put(event_of("ann.1", ann_));
  d.put(event_of("ann.2", ann_));
  const app::WebhookDelivery failed = d.first("e");
  d.record(failed, DeliveryState::kFailed);
  EXPECT_EQ(d.due("e"), "ann.2 ");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const bool queued, batch.requeue_webhook(kP, "e", failed.event.id));
    EXPECT_TRUE(queued);
    PURSER_TRY(const bool unknown, batch.requeue_webhook(kP, "e", 999'999));
    EXPECT_FALSE(unknown);
    PURSER_TRY(const bool foreign, batch.requeue_webhook(kQ, "e", failed.event.id));
    EXPECT_FALSE(foreign);
    return {};
  });
  EXPECT_EQ(d.due("e"), "ann.1 ") << "older events go first";
  EXPECT_EQ(d.first("e").attempts, 0);
  d.record(d.first("e"), DeliveryState::kDelivered);
  d.record(d.first("e"), DeliveryState::kDelivered);
  EXPECT_EQ(d.due("e"), "");
  EXPECT_TRUE(store_->view()->due_webhook_endpoints(at(2'000'000), 10)->empty());
}

// They come in no order, so this could need more rounds; that it needs a thousand does not happen.
TEST_P(StoreContract, EndpointsThatAreDueForEverKeepNoOtherFromItsTurn) {
  const Deliveries d(store_);
  const std::set<std::string> all = {"a", "b", "c", "d", "e"};
  for (const std::string& id : all) d.make(endpoint_of(id));
  d.put(event_of("x", ann_));
  std::set<std::string> due;
  for (int round = 0; round < 1'000 && due != all; ++round) {
    const auto some = store_->view()->due_webhook_endpoints(at(2'000'000), 2);
    PURSER_ASSERT_OK(some);
    EXPECT_EQ(some->size(), 2U);
    for (const auto& endpoint : *some) due.insert(endpoint.id);
  }
  EXPECT_EQ(due, all);
  commit([&](app::StoreBatch& batch) -> Status {
    for (const std::string& id : all) {
      app::WebhookEndpoint endpoint = endpoint_of(id);
      endpoint.replay = app::EventReplay{0, 1, false};
      PURSER_CHECK_OK(batch.update_webhook_endpoint(endpoint));
    }
    return {};
  });
  std::set<std::string> replaying;
  for (int round = 0; round < 1'000 && replaying != all; ++round) {
    const auto some = store_->view()->replaying_webhook_endpoints(2);
    PURSER_ASSERT_OK(some);
    EXPECT_EQ(some->size(), 2U);
    for (const auto& endpoint : *some) replaying.insert(endpoint.id);
  }
  EXPECT_EQ(replaying, all);
}

TEST_P(StoreContract, WhatIsRecordedOfADeliveryThatIsGoneDoesNothing) {
  const Deliveries d(store_);
  d.make(endpoint_of("e"));
  d.put(event_of("ann.1", ann_));
  const app::WebhookDelivery delivery = d.first("e");
  commit([&](app::StoreBatch& batch) { return batch.delete_webhook_endpoint(kP, "e"); });
  d.record(delivery, DeliveryState::kDelivered);
  EXPECT_FALSE(store_->view()->webhook_delivery(kP, "e", delivery.event.id)->has_value());
}

TEST_P(StoreContract, ADisabledEndpointKeepsWhatWaits) {
  const Deliveries d(store_);
  d.make(endpoint_of("e"));
  d.put(event_of("ann.1", ann_));
  app::WebhookEndpoint off = endpoint_of("e");
  off.disabled = EndpointDisabled::kByHand;
  commit([&](app::StoreBatch& batch) { return batch.update_webhook_endpoint(off); });
  d.put(event_of("ann.2", ann_));
  EXPECT_EQ(d.due("e"), "");
  EXPECT_TRUE(store_->view()->due_webhook_endpoints(at(2'000'000), 10)->empty());
  commit([&](app::StoreBatch& batch) { return batch.update_webhook_endpoint(endpoint_of("e")); });
  EXPECT_EQ(d.due("e"), "ann.1 ");
  EXPECT_EQ(d.listed("e"), "ann.1 ");
}

TEST_P(StoreContract, AReplayQueuesWhatWasNotDeliveredInSteps) {
  const Deliveries d(store_);
  d.put(event_of("before.it", ann_));
  d.make(endpoint_of("e"));
  d.put(event_of("delivered", ann_));
  d.record(d.first("e"), DeliveryState::kDelivered);
  d.put(event_of("failed", ann_));
  d.record(d.first("e"), DeliveryState::kFailed);
  d.put(event_of("pending", crew_));
  const auto replay = [&](bool delivered_too) {
    app::WebhookEndpoint endpoint = endpoint_of("e");
    endpoint.replay = app::EventReplay{0, *store_->view()->last_event(kP, {}), delivered_too};
    commit([&](app::StoreBatch& batch) { return batch.update_webhook_endpoint(endpoint); });
    EXPECT_EQ(store_->view()->replaying_webhook_endpoints(10)->size(), 1U);
    int looked_at = 0;
    for (int i = 0; i < 4; ++i) {
      commit([&](app::StoreBatch& batch) -> Status {
        PURSER_TRY(const int step, batch.replay_webhooks(kP, "e", 3));
        looked_at += step;
        return {};
      });
    }
    EXPECT_EQ(looked_at, 4);
    EXPECT_TRUE(store_->view()->replaying_webhook_endpoints(10)->empty());
  };
  replay(false);
  EXPECT_EQ(d.listed("e", DeliveryState::kPending), "pending failed before.it ");
  EXPECT_EQ(d.listed("e", DeliveryState::kDelivered), "delivered ");
  replay(true);
  EXPECT_EQ(d.listed("e", DeliveryState::kPending), "pending failed delivered before.it ");
  EXPECT_EQ(d.due("e"), "before.it pending ");
}

TEST_P(StoreContract, AReplayTakesOnlyTheTypesThatTheEndpointGets) {
  const Deliveries d(store_);
  d.put(event_of("a.made", ann_));
  d.put(event_of("b.made", ann_));
  app::WebhookEndpoint endpoint = endpoint_of("e", {"b.made"});
  d.make(endpoint);
  endpoint.replay = app::EventReplay{0, *store_->view()->last_event(kP, {}), false};
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.update_webhook_endpoint(endpoint));
    PURSER_CHECK_OK(batch.replay_webhooks(kP, "e", 100));
    return {};
  });
  EXPECT_EQ(d.listed("e"), "b.made ");
}

TEST_P(StoreContract, TheLastEventBeforeAnInstantIsFound) {
  const Deliveries d(store_);
  EXPECT_EQ(*store_->view()->last_event(kP, {}), 0);
  for (const std::int64_t millis : {100, 200, 300}) d.put(event_of("x", ann_, millis));
  const auto events = store_->view()->outbox(0, 10);
  ASSERT_EQ(events->size(), 3U);
  EXPECT_EQ(*store_->view()->last_event(kP, {}), events->at(2).id);
  EXPECT_EQ(*store_->view()->last_event(kP, at(300)), events->at(1).id);
  EXPECT_EQ(*store_->view()->last_event(kP, at(100)), 0);
  EXPECT_EQ(*store_->view()->last_event(kQ, {}), 0);
}

TEST_P(StoreContract, OldEventsAreForgottenButNoneThatIsPending) {
  const Deliveries d(store_);
  d.make(endpoint_of("e"));
  d.put(event_of("delivered", ann_, 10));
  d.record(d.first("e"), DeliveryState::kDelivered);
  d.put(event_of("pending", ann_, 11));
  d.put(event_of("later", ann_, 50));
  app::OutboxEvent other = event_of("of.another", {}, 12);
  other.project = kQ;
  d.put(other);
  d.purge_all(50);
  EXPECT_EQ(d.listed("e"), "later pending ");
  std::string types;
  const auto left = store_->view()->outbox(0, 10);
  for (const auto& event : *left) types += event.type + " ";
  EXPECT_EQ(types, "pending later of.another ") << "the newest stays, whatever its age";
  const std::int64_t newest = left->back().id;
  reopen();
  d.put(event_of("next", ann_, 60));
  EXPECT_GT(*store_->view()->last_event(kP, {}), newest) << "ids are never used again";
}

TEST_P(StoreContract, OldEventsThatWaitAtADisabledEndpointAreForgotten) {
  const Deliveries d(store_);
  app::WebhookEndpoint off = endpoint_of("off");
  d.make(off);
  d.make(endpoint_of("on", {"old.2"}));
  for (const char* type : {"old.1", "old.2", "old.3"}) d.put(event_of(type, ann_, 10));
  d.put(event_of("old.4", crew_, 11));
  d.put(event_of("later", ann_, 50));
  off.disabled = EndpointDisabled::kByHand;
  commit([&](app::StoreBatch& batch) { return batch.update_webhook_endpoint(off); });
  d.purge_all(50);
  EXPECT_EQ(d.listed("off"), "later ");
  EXPECT_EQ(d.listed("on"), "old.2 ");
  EXPECT_EQ(store_->view()->outbox(0, 10)->size(), 2U);
  off.disabled = EndpointDisabled::kNot;
  commit([&](app::StoreBatch& batch) { return batch.update_webhook_endpoint(off); });
  EXPECT_EQ(d.due("off"), "later ");
  const auto report = store_->verify({});
  PURSER_ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty());
}

TEST_P(StoreContract, WhatADeletedEndpointLeftIsRemovedInSteps) {
  const Deliveries d(store_);
  d.make(endpoint_of("e"));
  d.make(endpoint_of("f"));
  for (const CustomerKey& customer : {ann_, crew_, thing_}) {
    d.put(event_of("x", customer));
    d.put(event_of("y", customer));
  }
  commit([&](app::StoreBatch& batch) { return batch.delete_webhook_endpoint(kP, "e"); });
  d.put(event_of("z", ann_));
  d.purge_all(1);
  EXPECT_EQ(d.listed("f"), "z y x y x y x ");
  d.make(endpoint_of("e"));
  EXPECT_EQ(d.listed("e"), "");
  EXPECT_EQ(refusal([](app::StoreBatch& batch) { return batch.delete_webhook_endpoint(kP, "g"); }),
            ErrorCode::kInternalError);
}

}  // namespace
}  // namespace purser::contract
