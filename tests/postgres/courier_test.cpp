// Events on their way out of several nodes on one database.

#include "app/courier.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "adapters/postgres/postgres_store.hpp"
#include "adapters/system/random_ids.hpp"
#include "app/endpoints.hpp"
#include "app/events.hpp"
#include "tests/app/fake_sender.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/postgres/test_database.hpp"

namespace purser::contract {
namespace {

using app::testing::FakeSender;

const ProjectId kP("p");
const Secret kEncryptionKey(std::string(32, 'k'));

/// What a node needs to deliver events.
struct Node {
  Node(const TestDatabase& database, const app::Clock& clock, const std::string& name) {
    postgres::PostgresOptions options;
    options.uri = database.uri();
    options.instance = name;
    options.clock = &clock;
    options.database_time = false;
    options.lanes = 1;  // whatever is known to be a customer's goes into one batch
    options.readers = 2;
    store = *postgres::open_postgres_store(options);
    app::EngineOptions engine_options;
    engine_options.instance = name;
    engine = std::make_unique<app::Engine>(*store, engine_options);
    registry = *app::Registry::load(*store);
    endpoints = std::make_unique<app::Endpoints>(*store, sender, ids, kEncryptionKey);
    app::CourierOptions courier_options;
    courier_options.encryption_key = kEncryptionKey;
    courier =
        std::make_unique<app::Courier>(*engine, *store, *registry, sender, clock, courier_options);
  }

  system::RandomIds ids;
  FakeSender sender;
  std::unique_ptr<app::Store> store;
  std::unique_ptr<app::Engine> engine;
  std::unique_ptr<app::Registry> registry;
  std::unique_ptr<app::Endpoints> endpoints;
  std::unique_ptr<app::Courier> courier;
};

/// Holds up a node's batches until it is released: what comes meanwhile is one batch of each lane.
class Holding {
 public:
  explicit Holding(Node& node) : node_(node) {
    // A customer's lane, and that of commands of which nothing is known.
    hold(app::Touches{customer_of("p", CustomerType::kCustom, "zed")});
    hold(std::nullopt);
  }
  void wait_for_commands(std::size_t count) const {
    while (node_.engine->stats().waiting < count) std::this_thread::yield();
  }
  void release() { release_.set_value(); }

 private:
  void hold(std::optional<app::Touches> touches) {
    auto entered = std::make_shared<std::promise<void>>();
    node_.engine->submit(
        std::nullopt,
        [entered, released = released_](app::StoreBatch&) -> Result<app::Decision> {
          entered->set_value();
          released.wait();
          return app::Decision{};
        },
        [](const Result<app::EngineReply>&) {}, std::move(touches));
    entered->get_future().wait();
  }

  Node& node_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
};

class Couriers : public testing::Test {
 protected:
  void SetUp() override {
    PURSER_ASSERT_OK(other_.store->commit(
        [](app::StoreBatch& batch) { return batch.insert_project(project_of("p")); }));
  }
  void TearDown() override {
    const auto report = node_.store->verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }

  /// An endpoint that gets what happens to customers; answers its id.
  std::string endpoint(const std::string& url) {
    std::string id;
    PURSER_EXPECT_OK(node_.engine->apply([&](app::StoreBatch& batch) -> Status {
      PURSER_TRY(const auto made,
                 node_.endpoints->create(batch, kP, {url, "", {"team_membership.deleted"}}));
      id = made.endpoint.id;
      return {};
    }));
    return id;
  }
  static Status happen(app::StoreBatch& batch, const CustomerKey& customer) {
    return app::append_event(batch, customer, "team_membership.deleted",
                             {{"user_id", std::string("u")}});
  }
  void happen(const CustomerKey& customer) {
    PURSER_EXPECT_OK(
        node_.engine->apply([&](app::StoreBatch& batch) { return happen(batch, customer); }));
  }
  /// Until some batch waits for a lock.
  void wait_for_a_waiting_batch() const {
    const std::string waits =
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND "
        "wait_event_type = 'Lock'";
    while (database_.ask(waits) != "t") std::this_thread::yield();
  }
  /// How many of these rows nobody has locked.
  std::string free_rows(const std::string& from_where) const {
    return database_.ask("SELECT count(*) FROM (SELECT 1 FROM " + from_where +
                         " FOR NO KEY UPDATE SKIP LOCKED) s");
  }
  std::size_t delivered(const std::string& endpoint) const {
    return node_.store->view()
        ->webhook_deliveries(kP, endpoint, app::DeliveryState::kDelivered, {}, 100)
        ->size();
  }

  const CustomerKey ann_ = customer_of("p", CustomerType::kCustom, "ann");
  const CustomerKey bob_ = customer_of("p", CustomerType::kCustom, "bob");
  TestClock clock_;
  TestDatabase database_;
  Node other_{database_, clock_, "other"};
  Node node_{database_, clock_, "node"};
};

// So two nodes that record answers never wait for each other.
TEST_F(Couriers, EndpointsAreLockedInOneOrderWhateverTheAnswersCameIn) {
  std::string first = endpoint("https://one.example/");
  std::string last = endpoint("https://two.example/");
  std::string first_url = "https://one.example/";
  if (last < first) {
    std::swap(first, last);
    first_url = "https://two.example/";
  }
  happen(ann_);
  PURSER_ASSERT_OK(node_.courier->deliver());
  auto& waiting = node_.sender.waiting;
  ASSERT_EQ(waiting.size(), 2U);
  if (waiting.front().request.url == first_url) std::swap(waiting.front(), waiting.back());
  node_.sender.answer_next(200);
  node_.sender.answer_next(200);

  Holding holding(node_);
  std::thread recording([&] { PURSER_EXPECT_OK(node_.courier->deliver()); });
  holding.wait_for_commands(2);
  PURSER_EXPECT_OK(other_.store->commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.webhook_endpoint(kP, first));
    holding.release();
    wait_for_a_waiting_batch();
    EXPECT_EQ(free_rows("webhook_endpoints WHERE id = '" + last + "'"), "1");
    return {};
  }));
  recording.join();
  EXPECT_EQ(delivered(first) + delivered(last), 2U);
}

// The other batch has queued an event of bob and goes on to one of ann, while answers for ann and
// bob are recorded.
TEST_F(Couriers, RecordingWaitsInNoCircleForABatchThatQueuesEventsOfTheSameCustomers) {
  const std::string id = endpoint("https://one.example/");
  happen(ann_);
  happen(bob_);
  PURSER_ASSERT_OK(node_.courier->deliver());
  ASSERT_EQ(node_.sender.waiting.size(), 2U);
  node_.sender.answer_next(200);
  node_.sender.answer_next(200);
  Holding holding(node_);
  std::thread recording([&] { PURSER_EXPECT_OK(node_.courier->deliver()); });
  holding.wait_for_commands(2);
  int runs = 0;
  const app::Touches bob{bob_, {}};
  const app::Touches ann{ann_, {}};
  const std::vector<app::PlannedCommand> planned{{&bob, nullptr}, {&ann, nullptr}};
  PURSER_EXPECT_OK(other_.store->commit(planned, [&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(happen(batch, bob_));
    if (++runs == 1) {
      holding.release();
      wait_for_a_waiting_batch();
      EXPECT_EQ(free_rows("webhook_lines WHERE customer_id = "
                          "(SELECT id FROM customers WHERE external_id = 'ann')"),
                "1")
          << "it waits for bob's line and holds ann's";
    }
    return happen(batch, ann_);
  }));
  recording.join();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(delivered(id), 2U);
}

TEST_F(Couriers, AReplayThatFailsHoldsUpNoOther) {
  happen(ann_);
  const std::string broken = endpoint("https://broken.example/");
  for (const std::string& id :
       {broken, endpoint("https://one.example/"), endpoint("https://two.example/")}) {
    PURSER_ASSERT_OK(node_.engine->apply([&](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(node_.endpoints->replay(batch, kP, id, 0, false));
      return {};
    }));
  }
  const std::string row =
      database_.ask("SELECT row FROM webhook_endpoints WHERE id = '" + broken + "'");
  database_.run("ALTER TABLE webhook_deliveries ADD CONSTRAINT broken CHECK(endpoint <> " + row +
                ")");
  EXPECT_FALSE(node_.courier->deliver()) << "it is told";
  std::vector<std::string> urls;
  for (const auto& request : node_.sender.log) urls.push_back(request.url);
  std::sort(urls.begin(), urls.end());
  EXPECT_EQ(urls, (std::vector<std::string>{"https://one.example/", "https://two.example/"}));
  database_.run("ALTER TABLE webhook_deliveries DROP CONSTRAINT broken");
  PURSER_EXPECT_OK(node_.courier->deliver());
  ASSERT_EQ(node_.sender.log.size(), 3U);
  EXPECT_EQ(node_.sender.log.back().url, "https://broken.example/");
}

}  // namespace
}  // namespace purser::contract
