#include <gtest/gtest.h>

#include <map>
#include <set>

#include "purser/purser.hpp"
#include "sdk/scripted_transport.hpp"

namespace purser::sdk {
namespace {

constexpr const char* kCredits = R"({"id":"credits","display_name":"Credits","quantity":12})";
constexpr const char* kUser = R"({"id":"u/1","display_name":"Ann","primary_email":null})";

class AppTest : public ::testing::Test {
 protected:
  ServerApp server() {
    ServerOptions options;
    options.base_url = "http://purser.test";
    options.project_id = "p1";
    options.secret_server_key = "ssk_1";
    options.super_secret_admin_key = "sak_1";
    options.transport = transport_;
    options.retry.initial_backoff = std::chrono::milliseconds(0);
    options.async_threads = 2;
    return ServerApp(options);
  }
  ClientApp client() {
    ClientOptions options;
    options.base_url = "http://purser.test";
    options.project_id = "p1";
    options.publishable_client_key = "pck_1";
    options.transport = transport_;
    return ClientApp(options);
  }
  /// "POST /customers/…" of the request with this number.
  std::string line(std::size_t number) const {
    const auto request = transport_->sent().at(number);
    const std::string prefix = "http://purser.test/api/v1";
    EXPECT_TRUE(request.url.starts_with(prefix)) << request.url;
    return request.method + " " + request.url.substr(prefix.size());
  }

  std::shared_ptr<ScriptedTransport> transport_ = std::make_shared<ScriptedTransport>();
};

TEST_F(AppTest, ServerItemsChangeOnTheirOwnRoutes) {
  transport_->then(200, kCredits)
      .then(200, R"({"quantity":17})")
      .then(200, R"({"quantity":-3})")
      .then(200, R"({"success":false,"quantity":-3})");
  const auto customer = server().custom_customer("acme/\xC3\xA9");
  const auto item = customer.get_item("credits");
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->quantity, 12);
  EXPECT_EQ(item->increase_quantity(5).value(), 17);
  EXPECT_EQ(item->decrease_quantity(20).value(), -3);
  EXPECT_FALSE(item->try_decrease_quantity(1).value());
  EXPECT_EQ(line(0), "GET /customers/custom/acme%2F%C3%A9/items/credits");
  EXPECT_EQ(line(1), "POST /customers/custom/acme%2F%C3%A9/items/credits/quantity");
  EXPECT_EQ(line(3), "POST /customers/custom/acme%2F%C3%A9/items/credits/try-decrease");
  EXPECT_EQ(transport_->sent()[1].body, R"({"change":5})");
  EXPECT_EQ(transport_->sent()[2].body, R"({"change":-20})");
  EXPECT_EQ(transport_->sent()[3].body, R"({"amount":1})");
}

TEST_F(AppTest, ArgumentsThatCanNeverWorkAreNotSent) {
  const auto customer = server().user("u1");
  ChangeOptions expiring;
  expiring.expires_at = Time(std::chrono::hours(500'000));
  ChangeOptions ancient;
  ancient.expires_at = Time(std::chrono::milliseconds(-5));
  const Error errors[] = {
      customer.increase_quantity("credits", 0).error(),
      customer.decrease_quantity("credits", -1).error(),
      customer.decrease_quantity("credits", 1, expiring).error(),
      customer.try_decrease_quantity("credits", 0).error(),
      customer.try_decrease_quantity("credits", 1, expiring).error(),
      customer.increase_quantity("credits", 1, ancient).error(),
      customer.change_items({}).error(),
      customer.change_items(std::vector<BatchCommand>(1001)).error(),
      server().put_catalog("[]").error(),
  };
  for (const auto& error : errors) EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(transport_->sent().empty());
}

TEST_F(AppTest, QuestionsAboutItems) {
  transport_->then(200, kCredits).then(200, kCredits).then(200, kCredits);
  const auto customer = server().user("u1");
  EXPECT_TRUE(customer.has_item("credits").value());
  EXPECT_EQ(customer.get_item_quantity("credits").value(), 12);
  EXPECT_EQ(customer.get_item_async("credits").get().value().quantity, 12);
}

TEST_F(AppTest, ListItemsFollowsThePages) {
  transport_
      ->then(200,
             std::string(R"({"items":[)") + kCredits + R"(],"pagination":{"next_cursor":"c&2"}})")
      .then(200,
            std::string(R"({"items":[)") + kCredits + R"(],"pagination":{"next_cursor":null}})");
  EXPECT_EQ(server().team("t1").list_items().value().size(), 2U);
  EXPECT_EQ(line(1), "GET /customers/team/t1/items?cursor=c%262");
}

TEST_F(AppTest, TheValueOfATemporaryResultLivesThroughALoop) {
  static_assert(
      std::is_same_v<decltype(server().user("u").list_items().value()), std::vector<Item>>);
  static_assert(std::is_same_v<decltype(*server().user("u").list_items()), std::vector<Item>>);
}

TEST_F(AppTest, ListItemsEndsWhenTheServerRepeatsACursor) {
  const std::string page =
      std::string(R"({"items":[)") + kCredits + R"(],"pagination":{"next_cursor":"c"}})";
  transport_->then(200, page).then(200, page);
  const auto items = server().team("t1").list_items();
  ASSERT_FALSE(items.has_value());
  EXPECT_EQ(items.error().code(), ErrorCode::kMalformedAnswer);
}

TEST_F(AppTest, CheckoutGrantProductsAndLedger) {
  transport_->then(200, R"({"url":"https://pay.test/x"})")
      .then(200, R"({"purchase_id":"pur_1"})")
      .then(200, R"({"items":[],"pagination":{"next_cursor":"n"}})")
      .then(200, R"({"items":[],"pagination":{"next_cursor":null}})");
  const auto customer = server().user("u1");
  CheckoutOptions checkout;
  checkout.product = "pack";
  EXPECT_EQ(customer.create_checkout_url(checkout).value(), "https://pay.test/x");
  GrantOptions grant;
  grant.product = "pack";
  EXPECT_EQ(customer.grant_product(grant).value().purchase_id, "pur_1");
  PageOptions page;
  page.limit = 5;
  EXPECT_EQ(customer.list_products(page).value().next_cursor, "n");
  EXPECT_TRUE(customer.ledger("credits").value().items.empty());
  EXPECT_EQ(line(0), "POST /customers/user/u1/checkout");
  EXPECT_EQ(line(1), "POST /customers/user/u1/products");
  EXPECT_EQ(line(2), "GET /customers/user/u1/products?limit=5");
  EXPECT_EQ(line(3), "GET /customers/user/u1/items/credits/ledger");
}

TEST_F(AppTest, PeopleHaveTheirRoutes) {
  for (int i = 0; i < 3; ++i) transport_->then(200, kUser);
  transport_->then(200, "{}")
      .then(200, R"({"team_id":"t","user_id":"u","administrator":true})")
      .then(200, R"({"id":"s","access_token":"a","refresh_token":"r"})")
      .then(200, R"({"items":[],"pagination":{"next_cursor":null}})")
      .then(200, std::string(R"({"items":[)") + kUser + R"(],"pagination":{"next_cursor":null}})");
  const auto app = server();
  EXPECT_EQ(app.create_user().value().id(), "u/1");
  EXPECT_EQ(app.get_user("u/1").value().profile().display_name, "Ann");
  UserChange change;
  change.display_name = "Bea";
  EXPECT_TRUE(app.update_user("u/1", change).has_value());
  EXPECT_TRUE(app.delete_user("u/1").has_value());
  EXPECT_TRUE(app.add_member("t", "u", true).value().administrator);
  EXPECT_EQ(app.create_session("u").value().tokens().access_token, "a");
  PageOptions page;
  page.cursor = "c";
  EXPECT_TRUE(app.list_members("t", page).has_value());
  EXPECT_EQ(app.list_users().value().items.at(0).type(), CustomerType::kUser);
  EXPECT_EQ(line(0), "POST /users");
  EXPECT_EQ(line(1), "GET /users/u%2F1");
  EXPECT_EQ(line(2), "PATCH /users/u%2F1");
  EXPECT_EQ(line(3), "DELETE /users/u%2F1");
  EXPECT_EQ(line(4), "POST /team-memberships/t/u");
  EXPECT_EQ(line(5), "POST /sessions");
  EXPECT_EQ(line(6), "GET /team-memberships?team_id=t&cursor=c");
  EXPECT_EQ(line(7), "GET /users");
}

TEST_F(AppTest, TheCatalogNeedsTheAdminKey) {
  transport_->then(200, R"({"items":{}})")
      .then(200, R"({"added":["items.x"],"changed":[],"removed":[]})");
  const auto app = server();
  EXPECT_EQ(app.get_catalog().value(), R"({"items":{}})");
  EXPECT_EQ(app.put_catalog(R"({"items":{"x":{}}})", true).value().added.at(0), "items.x");
  EXPECT_EQ(line(1), "PUT /catalog?dry_run=true");
  EXPECT_EQ(header_of(transport_->sent()[1], "x-purser-access-type"), "admin");
}

TEST_F(AppTest, AMalformedAnswerNamesRequestAndKey) {
  transport_->then(200, R"({"quantity":"many"})");
  const auto answer = server().user("u1").increase_quantity("credits", 1);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kMalformedAnswer);
  EXPECT_EQ(answer.error().http_status(), 200);
  EXPECT_EQ(answer.error().request_id(), "req-1");
  EXPECT_EQ(answer.error().idempotency_key(), header_of(transport_->sent()[0], "idempotency-key"));
}

TEST_F(AppTest, TheClientActsForItsUser) {
  transport_->then(200, kUser).then(200, kCredits).then(200, R"({"id":"t","display_name":"T"})");
  auto app = client();
  EXPECT_EQ(app.current_user().error().code(), ErrorCode::kNotSignedIn);
  app.set_tokens({"at", "rt"});
  const auto user = app.current_user();
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->get_item("credits").value().quantity, 12);
  EXPECT_EQ(app.get_team("t").value().info().display_name, "T");
  EXPECT_EQ(line(0), "GET /users/me");
  EXPECT_EQ(line(1), "GET /customers/user/u%2F1/items/credits");
  EXPECT_EQ(line(2), "GET /teams/t");
}

TEST_F(AppTest, AsyncCallsRunAndOutliveTheirHandles) {
  constexpr int kCalls = 50;
  for (int i = 0; i < kCalls; ++i) transport_->then(200, R"({"success":true,"quantity":1})");
  std::vector<std::future<Result<bool>>> calls;
  {
    const auto app = server();
    for (int i = 0; i < kCalls; ++i) {
      calls.push_back(app.user("u1").try_decrease_quantity_async("credits", 1));
    }
  }  // The app and its handles are gone; the queued calls still finish.
  for (auto& call : calls) EXPECT_TRUE(call.get().value());
  std::set<std::string> keys;
  for (const auto& request : transport_->sent()) keys.insert(header_of(request, "idempotency-key"));
  EXPECT_EQ(keys.size(), kCalls);
}

TEST_F(AppTest, ManyThreadsShareOneApp) {
  constexpr int kThreads = 8;
  constexpr int kEach = 20;
  for (int i = 0; i < kThreads * kEach; ++i) transport_->then(200, kCredits);
  const auto app = server();
  const auto customer = app.user("u1");
  std::vector<std::future<int>> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.push_back(std::async(std::launch::async, [&customer] {
      int good = 0;
      for (int i = 0; i < kEach; ++i) good += customer.has_item("credits").value_or(false) ? 1 : 0;
      return good;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), kEach);
}

}  // namespace
}  // namespace purser::sdk
