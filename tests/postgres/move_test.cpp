#include "adapters/postgres/move.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <set>

#include "adapters/postgres/postgres_store.hpp"
#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/moving.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/contract/subscription_records.hpp"
#include "tests/contract/temporary_folder.hpp"
#include "tests/postgres/test_database.hpp"

// A store on SQLite is moved into PostgreSQL.

namespace purser::contract {
namespace {

const ProjectId kP("p");
const CustomerKey kAnn = customer_of("p", CustomerType::kUser, "ann");
const CustomerKey kThing = customer_of("p", CustomerType::kCustom, "thing\t\\n\n\\.");
const ItemKey kCredits = item_of(kAnn, "credits");
// Its bytes hold a zero and what COPY writes otherwise.
const std::string kUuid = "000a5c09-0d08-4b0c-8e0a-005c2e090d0a";
const std::string kWild =
    "tab\t back\b feed\f line\n return\r vertical\v \\ \\N \\. \x01\x7f ä 漢 🙂";

app::IdempotencyRecord record_of(const std::string& key, bool completed) {
  app::IdempotencyRecord record;
  record.project = kP;
  record.key = key;
  record.request_hash = digest_of(9);
  record.created_at = at(1'000'000);
  record.completed = completed;
  record.reply = {201, completed ? "{\"a\":\"\\n\\\\\"}" : ""};
  if (!completed) {
    record.operation = "operation";
    record.owner = "owner";
  }
  return record;
}

Status fill_people(app::StoreBatch& batch) {
  app::Project project = project_of("p");
  project.display_name = kWild;
  project.payments.sealed_secret_key = std::string("\0\xff\x01\\\n", 5);
  PURSER_CHECK_OK(batch.insert_project(project));
  PURSER_CHECK_OK(batch.insert_project(project_of("q")));
  PURSER_CHECK_OK(batch.insert_user(user_of("p", "ann")));
  PURSER_CHECK_OK(batch.insert_user(user_of("p", "bob")));
  PURSER_CHECK_OK(batch.insert_user(user_of("q", "ann")));
  PURSER_CHECK_OK(batch.insert_team(team_of("p", "crew")));
  PURSER_CHECK_OK(batch.put_membership({kP, TeamId("crew"), UserId("ann"), true, at(9)}));
  app::Session session{SessionId("s1"), kP, UserId("ann"), digest_of(7), at(10), at(99), {}};
  PURSER_CHECK_OK(batch.insert_session(session));
  app::ApiKey key;
  key.id = KeyId("k1");
  key.project = kP;
  key.hash = digest_of(3);
  key.created_at = at(4);
  PURSER_CHECK_OK(batch.insert_key(key));
  PURSER_CHECK_OK(batch.insert_signing_key({kP, "kid", "{}", std::string("\0\x80", 2), at(4)}));
  domain::Catalog catalog;
  catalog.version = 1;
  PURSER_CHECK_OK(batch.put_catalog(kP, catalog));
  return batch.delete_user(kP, UserId("bob"));
}

Status fill_sales(app::StoreBatch& batch) {
  const domain::Purchase sold = subscription_of(kAnn, "b1", "sub_1");
  PURSER_CHECK_OK(batch.insert_purchase(sold, at(5'000)));
  PURSER_TRY(const bool fresh, batch.put_trial(kAnn, "plans-b1"));
  EXPECT_TRUE(fresh);
  app::Transaction transaction;
  transaction.id = TransactionId("t1");
  transaction.customer = kAnn;
  transaction.purchase = sold.id;
  transaction.amount = euros(900);
  transaction.at = at(9);
  PURSER_CHECK_OK(batch.insert_transaction(transaction));
  app::Checkout checkout;
  checkout.id = CheckoutId("c1");
  checkout.customer = kThing;
  checkout.product = plan("x");
  checkout.price = PriceId("monthly");
  checkout.quantity = amount(1);
  checkout.total = euros(900);
  PURSER_CHECK_OK(batch.insert_checkout(checkout));
  PURSER_TRY(const std::string stands,
             batch.put_remote({kP, "acct", app::RemoteKind::kCustomer, "user/ann", "cus_1"}));
  EXPECT_EQ(stands, "cus_1");
  app::InboxEvent event;
  event.project = kP;
  event.event_id = "evt_1";
  event.payload = kWild;
  PURSER_TRY(const bool unknown, batch.insert_inbox(event));
  EXPECT_TRUE(unknown);
  PURSER_CHECK_OK(batch.insert_intention({"i1", kP, "refund", "pi_1", 0, at(10), false, kWild}));
  app::WebhookEndpoint endpoint;
  endpoint.project = kP;
  endpoint.id = "e1";
  endpoint.url = "https://example.com/";
  endpoint.description = kWild;
  endpoint.sealed_secret = std::string("\0s\xff", 3);
  endpoint.created_at = at(10);
  PURSER_CHECK_OK(batch.insert_webhook_endpoint(endpoint));
  app::OutboxEvent out;
  out.project = kP;
  out.type = "item.changed";
  out.payload = "{}";
  out.at = at(11);
  PURSER_CHECK_OK(batch.append_outbox(out));
  PURSER_CHECK_OK(batch.put_idempotency(record_of(kUuid, true)));
  return batch.put_idempotency(record_of(kWild, false));
}

Status fill_items(app::StoreBatch& batch) {
  for (int i = 0; i < 30; ++i) {
    PURSER_CHECK_OK(give(batch, kCredits, 10, at(2'000'000'000'000 + i)));
    PURSER_CHECK_OK(take(batch, kCredits, 3, i % 2 == 0 ? kWild : ""));
  }
  PURSER_CHECK_OK(take(batch, item_of(kThing, "seats"), 5));
  return give(batch, item_of(customer_of("q", CustomerType::kUser, "ann"), "credits"), 1);
}

class MovedStore : public testing::Test {
 protected:
  void SetUp() override {
    auto store = open_file();
    for (const auto& work : {fill_people, fill_sales, fill_items}) {
      PURSER_ASSERT_OK(store->commit(work));
    }
  }

  std::unique_ptr<app::Store> open_file() {
    sqlite::SqliteOptions options;
    options.path = path_;
    auto opened = sqlite::open_sqlite_store(options, clock_);
    EXPECT_TRUE(opened.has_value()) << (opened ? "" : why(opened.error()));
    return opened ? *std::move(opened) : nullptr;
  }
  Result<std::unique_ptr<app::Store>> open_database(const TestDatabase& database) {
    postgres::PostgresOptions options;
    options.uri = database.uri();
    options.instance = "node";
    options.clock = &clock_;
    options.database_time = false;
    options.readers = 2;
    return postgres::open_postgres_store(std::move(options));
  }
  postgres::MoveOptions options() const {
    postgres::MoveOptions options;
    options.uri = database_.uri();
    options.clock = &clock_;
    return options;
  }
  Result<postgres::MoveReport> move(const postgres::MoveOptions& options) {
    PURSER_TRY(const auto source, sqlite::open_for_move(path_, clock_));
    return postgres::move_store(*source, options);
  }
  Result<postgres::MoveReport> move() { return move(options()); }
  void expect_refusal(const std::string& part) {
    const auto moved = move();
    ASSERT_FALSE(moved.has_value());
    EXPECT_NE(moved.error().message.find(part), std::string::npos) << why(moved.error());
  }
  void expect_not_served() {
    const auto opened = open_database(database_);
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().message.find("cut off"), std::string::npos) << why(opened.error());
    EXPECT_EQ(database_.ask("SELECT (SELECT count(*) FROM projects) + (SELECT count(*) FROM "
                            "customers) + (SELECT count(*) FROM ledger)"),
              "0");
  }
  void expect_clean(app::Store& store) {
    const auto report = store.verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings)
      ADD_FAILURE() << finding.where << ": " << finding.what;
  }

  TestClock clock_;
  TemporaryFolder folder_;
  const std::string path_ = folder_.path("purser.db");
  TestDatabase database_;
};

TEST_F(MovedStore, EveryTableOfBothSchemasHasItsPlace) {
  const auto moved = move();
  PURSER_ASSERT_OK(moved);
  std::set<std::string> names;
  for (const auto& table : moved->tables) names.insert(table.table);

  std::set<std::string> there;
  const auto file = sqlite::Connection::open(path_, sqlite::OpenMode::kReader, "");
  PURSER_ASSERT_OK(file);
  auto row = (*file)->query("SELECT name FROM sqlite_schema WHERE type = 'table'");
  PURSER_ASSERT_OK(row);
  while (*row->step()) there.insert(row->text(0));
  // How far balances follow the ledger, and what ran.
  for (const char* own : {"meta", "schema_migrations"}) EXPECT_EQ(there.erase(own), 1U) << own;
  EXPECT_EQ(names, there);

  std::set<std::string> here;
  std::istringstream all(database_.ask(
      "SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind IN ('r', 'p') AND NOT "
      "relispartition AND relnamespace = 'public'::regnamespace"));
  for (std::string name; all >> name;) here.insert(name);
  for (const char* own : {"schema_migrations", "nodes", "lanes", "changes", "moves",
                          "ledger_archives", "ledger_openings", "ledger_opening_grants"}) {
    EXPECT_EQ(here.erase(own), 1U) << own;
  }
  EXPECT_EQ(names, here);
}

TEST_F(MovedStore, RowsAreCountedAndSummed) {
  const auto moved = move();
  PURSER_ASSERT_OK(moved);
  EXPECT_FALSE(moved->began_anew);
  EXPECT_TRUE(moved->verified.findings.empty());
  EXPECT_EQ(moved->verified.accounts, 3);
  EXPECT_EQ(moved->verified.entries, 62);
  std::map<std::string, std::int64_t> rows;
  for (const auto& table : moved->tables) rows[table.table] = table.rows;
  EXPECT_EQ(rows["ledger"], 62);
  EXPECT_EQ(rows["customers"], 5);
  EXPECT_EQ(rows["idempotency"], 2);
  for (const char* name : {"projects",
                           "api_keys",
                           "signing_keys",
                           "users",
                           "teams",
                           "memberships",
                           "sessions",
                           "catalogs",
                           "item_names",
                           "balances",
                           "purchases",
                           "transactions",
                           "checkouts",
                           "remotes",
                           "inbox",
                           "intentions",
                           "outbox",
                           "trials",
                           "webhook_endpoints",
                           "webhook_deliveries",
                           "webhook_lines"}) {
    EXPECT_GT(rows[name], 0) << name;
  }
}

TEST_F(MovedStore, WhatWasThereIsHere) {
  PURSER_ASSERT_OK(move());
  const auto file = open_file();
  auto opened = open_database(database_);
  PURSER_ASSERT_OK(opened);
  app::Store& database = **opened;
  const auto old = file->view();
  const auto fresh = database.view();
  EXPECT_EQ((*fresh->project(kP))->display_name, kWild);
  EXPECT_EQ((*fresh->project(kP))->payments, (*old->project(kP))->payments);
  EXPECT_EQ(fresh->signing_keys(kP)->front().sealed_private_key, std::string("\0\x80", 2));
  EXPECT_EQ(fresh->keys(kP)->front().hash, digest_of(3));
  EXPECT_FALSE(fresh->user(kP, UserId("bob"))->has_value());
  EXPECT_FALSE(*fresh->customer_exists(customer_of("p", CustomerType::kUser, "bob")));
  EXPECT_TRUE((*fresh->membership(kP, TeamId("crew"), UserId("ann")))->administrator);
  EXPECT_EQ((*fresh->session_by_refresh_hash(kP, digest_of(7)))->id, SessionId("s1"));
  EXPECT_EQ(fresh->catalog(kP)->version, 1);
  EXPECT_EQ(*fresh->item(kCredits), *old->item(kCredits));
  EXPECT_EQ(fresh->item(item_of(kThing, "seats"))->quantity(), amount(-5));
  // Also behind a cursor, which is a line's id.
  const auto lines = fresh->ledger(kCredits, 41, 100);
  const auto same = old->ledger(kCredits, 41, 100);
  ASSERT_EQ(lines->size(), same->size());
  ASSERT_FALSE(lines->empty());
  for (std::size_t i = 0; i < lines->size(); ++i) {
    EXPECT_EQ(lines->at(i).id, same->at(i).id);
    EXPECT_EQ(lines->at(i).entry, same->at(i).entry);
  }
  EXPECT_EQ(*fresh->purchase(kP, PurchaseId("b1")), *old->purchase(kP, PurchaseId("b1")));
  EXPECT_EQ(fresh->due_purchases(at(5'000), 10)->size(), 1U);
  EXPECT_TRUE(*fresh->trial_used(kAnn, "plans-b1"));
  EXPECT_EQ((*fresh->checkout(kP, CheckoutId("c1")))->customer, kThing);
  EXPECT_EQ(*fresh->remote(kP, "acct", app::RemoteKind::kCustomer, "user/ann"), "cus_1");
  EXPECT_EQ((*fresh->inbox_event(kP, "evt_1"))->payload, kWild);
  EXPECT_EQ(fresh->due_intentions(at(10), 10)->front().error, kWild);
  EXPECT_EQ(fresh->outbox(0, 10)->front().id, old->outbox(0, 10)->front().id);
  EXPECT_EQ((*fresh->webhook_endpoint(kP, "e1"))->sealed_secret, std::string("\0s\xff", 3));
  EXPECT_EQ((*fresh->webhook_endpoint(kP, "e1"))->description, kWild);
  const auto waiting = fresh->due_webhooks(kP, "e1", at(2'000'000'000'000), 10);
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_EQ(waiting->front().event.type, "item.changed");
  const auto answered = fresh->idempotency(kP, kUuid);
  ASSERT_TRUE(answered->has_value());
  EXPECT_EQ((*answered)->reply.body, record_of(kUuid, true).reply.body);
  const auto running = fresh->idempotency(kP, kWild);
  ASSERT_TRUE(running->has_value());
  EXPECT_FALSE((*running)->completed);
  EXPECT_EQ((*running)->owner, "owner");
}

TEST_F(MovedStore, SellingGoesOnBehindIt) {
  clock_.set(3'000'000);
  PURSER_ASSERT_OK(
      open_file()->commit([](app::StoreBatch& batch) { return give(batch, kCredits, 1); }));
  PURSER_ASSERT_OK(move());
  auto opened = open_database(database_);
  PURSER_ASSERT_OK(opened);
  app::Store& store = **opened;
  clock_.set(2'000'000);  // this clock is behind the other's
  PURSER_ASSERT_OK(store.commit([](app::StoreBatch& batch) -> Status {
    EXPECT_GE(batch.now(), at(3'000'000));
    PURSER_TRY(const bool taken, try_take(batch, kCredits, 211));
    EXPECT_TRUE(taken);
    PURSER_CHECK_OK(batch.insert_project(project_of("r")));
    PURSER_CHECK_OK(
        give(batch, item_of(customer_of("r", CustomerType::kCustom, "x"), "credits"), 2));
    app::InboxEvent event;
    event.project = kP;
    event.event_id = "evt_2";
    PURSER_TRY(const bool unknown, batch.insert_inbox(event));
    EXPECT_TRUE(unknown);
    app::OutboxEvent out;
    out.project = kP;
    out.type = "x";
    out.payload = "{}";
    return batch.append_outbox(out);
  }));
  EXPECT_EQ(store.view()->item(kCredits)->quantity(), amount(0));
  const auto lines = store.view()->ledger(kCredits, std::nullopt, 3);
  EXPECT_GT(lines->at(0).id, lines->at(1).id);
  const auto events = store.view()->outbox(0, 10);
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ(events->at(1).type, "x");
  expect_clean(store);
}

TEST_F(MovedStore, AMoveThatDiesLeavesNothingAndTheNextBeginsAnew) {
  for (const char* last : {"ledger", "checking ledger", "verifying"}) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      postgres::MoveOptions dying = options();
      dying.progress = [&](const std::string& what, std::int64_t done, std::int64_t) {
        if (what == last && done > 0) _exit(42);
      };
      static_cast<void>(move(dying));
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 42) << last;
    expect_not_served();
  }
  // The server may not have noticed yet that the last one is gone.
  auto moved = move();
  for (int i = 0; i < 500 && !moved && moved.error().message.find("Another") == 0; ++i) {
    moved = move();
  }
  PURSER_ASSERT_OK(moved);
  EXPECT_TRUE(moved->began_anew);
  const auto opened = open_database(database_);
  PURSER_ASSERT_OK(opened);
  expect_clean(**opened);
}

TEST_F(MovedStore, AWrongTargetIsRefused) {
  {
    auto served = open_database(database_);
    PURSER_ASSERT_OK(served);
    PURSER_ASSERT_OK((*served)->watch([](const ProjectId&) { return Status(); }));
    expect_refusal("A server runs on the database");
  }
  {
    const auto store = open_database(database_);
    PURSER_ASSERT_OK((*store)->commit(
        [](app::StoreBatch& batch) { return batch.insert_project(project_of("mine")); }));
  }
  expect_refusal("not empty: there are rows in projects");
  TestDatabase other;
  other.run("CREATE TABLE theirs(a int)");
  postgres::MoveOptions foreign = options();
  foreign.uri = other.uri();
  const auto moved = move(foreign);
  ASSERT_FALSE(moved.has_value());
  EXPECT_NE(moved.error().message.find("another program"), std::string::npos);
}

TEST_F(MovedStore, AStoreIsMovedOnce) {
  PURSER_ASSERT_OK(move());
  expect_refusal("not empty");
  PURSER_ASSERT_OK(open_database(database_));
}

TEST_F(MovedStore, AServerThatStartsMeanwhileIsNotLetIn) {
  postgres::MoveOptions options = this->options();
  bool tried = false;
  options.progress = [&](const std::string& what, std::int64_t, std::int64_t) {
    if (what != "purchases" || tried) return;
    tried = true;
    expect_not_served();
    // One that had looked before the move began.
    database_.run("INSERT INTO nodes(instance, seen_at, followed) VALUES('n', now(), 0)");
  };
  const auto moved = move(options);
  ASSERT_TRUE(tried);
  ASSERT_FALSE(moved.has_value());
  EXPECT_NE(moved.error().message.find("A server runs"), std::string::npos) << why(moved.error());
  expect_not_served();
}

TEST_F(MovedStore, AWrongSourceIsRefused) {
  {
    const auto served = open_file();
    expect_refusal("in use by another Purser process");
  }
  const auto missing = sqlite::open_for_move(folder_.path("none.db"), clock_);
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().message.find("There is no file"), std::string::npos);
  EXPECT_NE(access(folder_.path("none.db").c_str(), F_OK), 0);
  const auto source = sqlite::open_for_move(path_, clock_);
  PURSER_ASSERT_OK(source);
  sqlite::SqliteOptions options;
  options.path = path_;
  EXPECT_FALSE(sqlite::open_sqlite_store(options, clock_).has_value()) << "nobody sells meanwhile";
}

TEST_F(MovedStore, WhatDoesNotVerifyIsNotKept) {
  {
    const auto file = sqlite::Connection::open(path_, sqlite::OpenMode::kExisting, "");
    PURSER_ASSERT_OK(
        (*file)->exec("UPDATE ledger SET change = change + 1, quantity_after = "
                      "quantity_after + 1 WHERE id = 4"));
  }
  const auto moved = move();
  PURSER_ASSERT_OK(moved);
  EXPECT_FALSE(moved->verified.findings.empty());
  expect_not_served();
}

}  // namespace
}  // namespace purser::contract
