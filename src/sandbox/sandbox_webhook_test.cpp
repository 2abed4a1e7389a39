#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>

#include "crypto/crypto.hpp"
#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

using testing::ElementsAre;

class SandboxWebhookTest : public SandboxTest {
 protected:
  static std::vector<std::string> types(const std::vector<Hook::Delivery>& deliveries) {
    std::vector<std::string> result;
    for (const auto& delivery : deliveries) result.push_back(delivery.type);
    return result;
  }
  static bool is_signed_with(const Hook::Delivery& delivery, const std::string& secret,
                             std::int64_t time) {
    const std::string t = std::to_string(time);
    const std::string mac = crypto::to_hex(crypto::hmac_sha256(secret, t + "." + delivery.body));
    return delivery.signature.rfind("t=" + t + ",v1=" + mac, 0) == 0;
  }
  void fault(const Form& form) {
    ASSERT_EQ(fetch("POST", url_ + "/_sandbox/faults", form).status, 200);
  }
};

TEST_F(SandboxWebhookTest, APaymentIsToldInOrderAndSigned) {
  Hook hook;
  const Seen created = new_session();
  const std::string secret = add_endpoint(hook);
  pay(created);
  const auto deliveries = hook.until("checkout.session.completed");
  EXPECT_THAT(types(deliveries),
              ElementsAre("payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
                          "checkout.session.completed"));
  for (const auto& delivery : deliveries)
    EXPECT_TRUE(is_signed_with(delivery, secret, 1'700'000'000));
  EXPECT_EQ(deliveries.back().object_id, created.text("id"));
  const Seen event = get("/v1/events/" + deliveries.back().event_id);
  EXPECT_EQ(event.text("data.object.payment_status"), "paid");
}

TEST_F(SandboxWebhookTest, ADeclineIsTold) {
  Hook hook;
  const Seen created = new_session();
  add_endpoint(hook);
  pay(created, "4000000000000002");
  EXPECT_THAT(
      types(hook.until("payment_intent.payment_failed")),
      ElementsAre("payment_intent.created", "charge.failed", "payment_intent.payment_failed"));
}

TEST_F(SandboxWebhookTest, EndpointsGetOnlyWhatTheyAskedFor) {
  Hook sessions;
  Hook customers;
  add_endpoint(sessions, "checkout.session.completed");
  add_endpoint(customers, "customer.updated");
  const std::string customer = post("/v1/customers", {{"name", "Ada"}}).text("id");
  pay(new_session());
  post("/v1/customers/" + customer, {{"name", "Eve"}}, "key-1");
  EXPECT_EQ(sessions.next().type, "checkout.session.completed");
  const Hook::Delivery updated = customers.next();
  EXPECT_EQ(updated.type, "customer.updated");
  const Seen event{200, updated.body, {}};
  EXPECT_EQ(event.text("data.previous_attributes.name"), "Ada");
  EXPECT_EQ(event.text("request.idempotency_key"), "key-1");
}

TEST_F(SandboxWebhookTest, EventsOfConnectedAccountsGoToConnectEndpoints) {
  Hook own;
  Hook connect;
  add_endpoint(own);
  post("/v1/webhook_endpoints",
       {{"url", connect.url()}, {"enabled_events[]", "*"}, {"connect", "true"}});
  const auto headers = headers_;
  headers_.push_back("Stripe-Account: acct_shop1");
  const std::string theirs = post("/v1/customers").text("id");
  headers_ = headers;
  const std::string mine = post("/v1/customers").text("id");
  const Hook::Delivery delivery = connect.next();
  EXPECT_EQ(delivery.object_id, theirs);
  EXPECT_EQ((Seen{200, delivery.body, {}}).text("account"), "acct_shop1");
  EXPECT_EQ(own.next().object_id, mine);
}

TEST_F(SandboxWebhookTest, RefusedDeliveriesComeAgainWithTheSameEvent) {
  Hook hook;
  add_endpoint(hook, "customer.created");
  for (const int status : {500, 404, 302}) hook.answer_next_with(status);
  post("/v1/customers");
  const Hook::Delivery first = hook.next();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(hook.next().event_id, first.event_id);
  while (get("/v1/events/" + first.event_id).number("pending_webhooks") > 0)
    std::this_thread::yield();
}

TEST_F(SandboxWebhookTest, EventsCanBeSentAgain) {
  Hook hook;
  add_endpoint(hook, "customer.created");
  post("/v1/customers");
  const Hook::Delivery first = hook.next();
  const std::string path = "/_sandbox/events/" + first.event_id + "/redeliver";
  EXPECT_EQ(fetch("POST", url_ + path).status, 200);
  EXPECT_EQ(hook.next().event_id, first.event_id);
  EXPECT_EQ(fetch("POST", url_ + "/_sandbox/events/evt_no/redeliver").status, 404);
}

TEST_F(SandboxWebhookTest, WebhooksCanBeDoubledLostForgedAndReordered) {
  Hook hook;
  const std::string secret = add_endpoint(hook, "customer.created");
  fault({{"kind", "webhook_duplicate"}});
  const std::string twice = post("/v1/customers").text("id");
  EXPECT_EQ(hook.next().object_id, twice);
  EXPECT_EQ(hook.next().object_id, twice);

  fault({{"kind", "webhook_lose"}});
  const std::string lost = post("/v1/customers").text("id");
  fault({{"kind", "webhook_forge"}});
  const std::string forged = post("/v1/customers").text("id");
  const Hook::Delivery fake = hook.next();
  EXPECT_EQ(fake.object_id, forged) << "the lost one never came";
  EXPECT_FALSE(is_signed_with(fake, secret, 1'700'000'000));
  EXPECT_TRUE(is_signed_with(hook.next(), secret, 1'700'000'000));

  fault({{"kind", "webhook_reorder"}});
  const std::string late = post("/v1/customers").text("id");
  const std::string early = post("/v1/customers").text("id");
  std::set<std::string> both{hook.next().object_id, hook.next().object_id};
  EXPECT_EQ(both, (std::set<std::string>{late, early}));

  const std::string event = get("/v1/events?type=customer.created&limit=100").text("data.3.id");
  EXPECT_EQ(get("/v1/events/" + event).text("data.object.id"), lost);
  fetch("POST", url_ + "/_sandbox/events/" + event + "/redeliver");
  EXPECT_EQ(hook.next().object_id, lost) << "what was lost can be found and sent";
}

TEST_F(SandboxWebhookTest, StrangersEventsCanBeMixedIn) {
  Hook hook;
  const std::string secret = add_endpoint(hook, "customer.created");
  for (const std::string kind : {"account", "livemode"}) {
    fault({{"kind", "webhook_" + kind}});
    const std::string customer = post("/v1/customers").text("id");
    const Hook::Delivery strange = hook.next();
    const Hook::Delivery real = hook.next();
    for (const auto& delivery : {strange, real}) {
      EXPECT_TRUE(is_signed_with(delivery, secret, 1'700'000'000));
      EXPECT_EQ(delivery.object_id, customer);
    }
    EXPECT_NE(strange.event_id, real.event_id) << "it must not hide the real one";
    const Seen claimed{200, strange.body, {}};
    EXPECT_EQ(claimed.flag("livemode"), kind == "livemode");
    EXPECT_EQ(claimed.text("account").empty(), kind == "livemode");
    EXPECT_EQ(get("/v1/events/" + strange.event_id).status, 404);
    EXPECT_EQ(get("/v1/events/" + real.event_id).status, 200);
  }
}

TEST_F(SandboxWebhookTest, OldDeliveriesCanBeReplayed) {
  Hook hook;
  const std::string secret = add_endpoint(hook, "customer.created");
  fault({{"kind", "webhook_replay"}, {"age_seconds", "400"}});
  post("/v1/customers");
  const Hook::Delivery first = hook.next();
  const Hook::Delivery replayed = hook.next();
  EXPECT_TRUE(is_signed_with(first, secret, 1'700'000'000));
  EXPECT_TRUE(is_signed_with(replayed, secret, 1'700'000'000 - 400));
  EXPECT_EQ(first.body, replayed.body);
}

TEST_F(SandboxWebhookTest, ManyEventsCanBeSentAgain) {
  Hook hook;
  const std::string secret = add_endpoint(hook, "customer.created");
  const std::string path = url_ + "/_sandbox/events/replay";
  post("/v1/customers");
  const Hook::Delivery first = hook.next();
  now_millis_ += 60'000;
  fault({{"kind", "webhook_lose"}});
  post("/v1/customers");
  const std::string lost = get("/v1/events").text("data.0.id");
  post("/v1/products", {{"name", "heard by nobody"}});

  EXPECT_EQ(fetch("POST", path).number("deliveries"), 2) << "all of them, oldest first";
  EXPECT_EQ(hook.next().event_id, first.event_id);
  EXPECT_EQ(hook.next().event_id, lost);
  EXPECT_EQ(
      fetch("POST", path, {{"since", "1700000030"}, {"type", "customer.created"}}).number("events"),
      1);
  EXPECT_EQ(hook.next().event_id, lost);
  EXPECT_EQ(fetch("POST", path, {{"ids[]", first.event_id}}).number("events"), 1);
  EXPECT_EQ(hook.next().event_id, first.event_id);
  EXPECT_EQ(fetch("POST", path, {{"undelivered", "true"}}).number("events"), 0);
  EXPECT_EQ(fetch("POST", path, {{"ids[]", "evt_no"}}).status, 404);

  Hook late;
  add_endpoint(late);
  EXPECT_EQ(fetch("POST", path, {{"type", "product.created"}}).number("deliveries"), 1);
  EXPECT_EQ(late.next().type, "product.created") << "endpoints that came later get it too";
}

TEST_F(SandboxWebhookTest, AnswersCanBeGarbageOrHuge) {
  fault({{"kind", "garbage"}});
  const Seen garbage = post("/v1/customers", {}, "key-1");
  EXPECT_EQ(garbage.status, 200);
  EXPECT_FALSE(json::parse(garbage.body).has_value());
  EXPECT_EQ(post("/v1/customers", {}, "key-1").text("object"), "customer") << "it was done";
  fault({{"kind", "huge"}, {"bytes", "3000000"}});
  const Seen huge = post("/v1/customers", {}, "key-2");
  EXPECT_EQ(huge.body.size(), 3'000'000U);
  EXPECT_EQ(huge.text("object"), "customer");
  EXPECT_EQ(get("/v1/customers").count("data"), 2U);
}

TEST_F(SandboxWebhookTest, ItCanFreeze) {
  fault({{"kind", "freeze"}, {"delay_ms", "1"}});
  EXPECT_EQ(post("/v1/customers", {}, "key-1").status, 0);
  EXPECT_EQ(get("/v1/customers").count("data"), 0U) << "nothing was done";
  EXPECT_EQ(post("/v1/customers", {}, "key-1").status, 200) << "the key was not used";
}

TEST_F(SandboxWebhookTest, AnswersCanBeLostAfterTheEffect) {
  fault({{"kind", "drop"}, {"path", "/v1/customers"}});
  EXPECT_EQ(post("/v1/customers", {{"name", "Ada"}}, "key-1").status, 0);
  const Seen again = post("/v1/customers", {{"name", "Ada"}}, "key-1");
  EXPECT_EQ(again.headers.at("idempotent-replayed"), "true");
  EXPECT_EQ(get("/v1/customers").json().find("data")->as_array()->size(), 1U);
}

TEST_F(SandboxWebhookTest, AnswersCanBeRefusedOrFail) {
  for (const auto& [kind, status] :
       std::vector<std::pair<std::string, int>>{{"409", 409}, {"429", 429}}) {
    fault({{"kind", kind}, {"method", "POST"}, {"retry_after", "7"}});
    const Seen refused = post("/v1/customers", {}, "key-" + kind);
    EXPECT_EQ(refused.status, status);
    EXPECT_EQ(refused.headers.at("stripe-should-retry"), "true");
    const auto wait = refused.headers.find("retry-after");
    EXPECT_EQ(wait == refused.headers.end() ? "" : wait->second, kind == "429" ? "7" : "");
    EXPECT_EQ(post("/v1/customers", {}, "key-" + kind).status, 200) << "the key was not used";
  }
  for (const auto& [kind, effects] :
       std::vector<std::pair<std::string, std::size_t>>{{"500", 2}, {"500_after", 3}}) {
    fault({{"kind", kind}});
    EXPECT_EQ(post("/v1/customers", {}, "key-" + kind).status, 500);
    const Seen again = post("/v1/customers", {}, "key-" + kind);
    EXPECT_EQ(again.status, 500) << "a 500 is replayed";
    EXPECT_EQ(again.headers.at("idempotent-replayed"), "true");
    EXPECT_EQ(get("/v1/customers").json().find("data")->as_array()->size(), effects);
  }
  fault({{"kind", "500"}, {"count", "1000"}});
  EXPECT_EQ(fetch("DELETE", url_ + "/_sandbox/faults").status, 200);
  EXPECT_EQ(get("/v1/customers").status, 200);
}

TEST_F(SandboxWebhookTest, AKeyIsInUseWhileItsAnswerIsHeldBack) {
  fault({{"kind", "delay"}, {"delay_ms", "600000"}, {"method", "POST"}, {"path", "/v1/products"}});
  std::thread slow([&] {
    const Seen seen = post("/v1/products", {{"name", "x"}}, "key-1");
    EXPECT_EQ(seen.status, 0) << "the sandbox ended before the delay";
  });
  while (get("/v1/products").json().find("data")->as_array()->empty()) std::this_thread::yield();
  const Seen second = post("/v1/products", {{"name", "x"}}, "key-1");
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(second.text("error.code"), "idempotency_key_in_use");
  sandbox_.reset();
  slow.join();
}

TEST_F(SandboxWebhookTest, EverythingSurvivesARestartWithAStateFile) {
  std::string pattern = (std::filesystem::temp_directory_path() / "purser-sandbox-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const std::string file = pattern + "/state";
  start(file);
  Hook hook;
  const std::string secret = add_endpoint(hook, "customer.created");
  const Seen created = new_session();
  const Seen paid = new_session();
  pay(paid);
  const Seen first = post("/v1/customers", {{"name", "Ada"}}, "key-1");
  EXPECT_EQ(hook.next().object_id, first.text("id"));
  for (int i = 0; i < 5; ++i) hook.answer_next_with(500);
  const std::string unsent = post("/v1/customers", {{"name", "Eve"}}).text("id");
  EXPECT_EQ(hook.next().object_id, unsent);

  start(file);
  EXPECT_EQ(get("/v1/checkout/sessions/" + paid.text("id")).text("payment_status"), "paid");
  EXPECT_EQ(post("/v1/customers", {{"name", "Ada"}}, "key-1").text("id"), first.text("id"));
  const Seen open = get("/v1/checkout/sessions/" + created.text("id"));
  EXPECT_EQ(open.text("url"), url_ + "/c/pay/" + created.text("id")) << "the new address";
  EXPECT_EQ(pay(open).status, 303);
  const Hook::Delivery resumed = hook.next();
  EXPECT_EQ(resumed.object_id, unsent);
  EXPECT_TRUE(is_signed_with(resumed, secret, 1'700'000'000));
  now_millis_ += 24LL * 3600 * 1000;
  EXPECT_EQ(get("/v1/checkout/sessions/" + created.text("id")).text("status"), "complete");
  sandbox_.reset();
  std::filesystem::remove_all(pattern);
}

TEST_F(SandboxWebhookTest, RefusesAnAddressInUse) {
  SandboxOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1)));
  options.now_millis = [] { return std::int64_t{0}; };
  EXPECT_FALSE(Sandbox::start(std::move(options)).has_value());
}

}  // namespace
}  // namespace purser::sandbox
