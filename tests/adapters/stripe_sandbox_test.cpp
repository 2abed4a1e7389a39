// The Stripe adapter against the sandbox: a sale as it runs in production, and what becomes of it
// when answers are lost, refused or wrong.

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "adapters/stripe/stripe.hpp"
#include "json/json.hpp"
#include "net/server.hpp"
#include "sandbox/sandbox.hpp"

namespace purser::stripe {
namespace {

using SessionStatus = app::RemoteCheckoutSession::Status;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::int64_t kDay = 86'400'000;

class ManualClock final : public app::Clock {
 public:
  Timestamp now() const override { return *Timestamp::from_millis(millis); }
  std::atomic<std::int64_t> millis{kNow};
};

using Fields = std::vector<std::pair<std::string, std::string>>;

std::size_t keep(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

/// What a browser or an operator does: one request, the body of its answer.
std::string fetch(const std::string& url, const Fields* fields = nullptr,
                  const char* method = nullptr) {
  CURL* curl = curl_easy_init();
  std::string form;
  std::string body;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  if (fields != nullptr) {
    for (const auto& [name, value] : *fields) {
      form += (form.empty() ? "" : "&") + name + "=" + percent_encode(value);
    }
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  EXPECT_EQ(curl_easy_perform(curl), CURLE_OK) << url;
  curl_easy_cleanup(curl);
  return body;
}

/// Receives webhooks.
class Hook {
 public:
  Hook() {
    server_ = *net::Server::start({}, [this](net::Request request, net::Responder respond) {
      {
        const std::lock_guard lock(mutex_);
        deliveries_.push_back(std::move(request));
      }
      arrived_.notify_all();
      respond({});
    });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()) + "/"; }
  net::Request next() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !deliveries_.empty(); });
    net::Request first = std::move(deliveries_.front());
    deliveries_.erase(deliveries_.begin());
    return first;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<net::Request> deliveries_;
  std::unique_ptr<net::Server> server_;
};

class StripeSandboxTest : public testing::Test {
 protected:
  StripeSandboxTest() {
    sandbox::SandboxOptions options;
    options.now_millis = [this] { return clock_.millis.load(); };
    sandbox_ = *sandbox::Sandbox::start(std::move(options));
    StripeOptions with;
    with.base_url = sandbox_->url();
    with.wait = [this](Millis) {
      ++waits_;
      return true;
    };
    stripe_ = *Stripe::create(std::move(with), clock_);
  }

  void fault(const std::string& kind, const std::string& path, const std::string& count = "1") {
    const Fields fields = {{"kind", kind}, {"path", path}, {"count", count}, {"method", "POST"}};
    fetch(sandbox_->url() + "/_sandbox/faults", &fields);
  }
  // The books' rows of one kind, of the one account that there is.
  json::Array books(const std::string& kind) {
    const auto state = json::parse(fetch(sandbox_->url() + "/_sandbox/state"));
    const json::Array& accounts = *state->find("accounts")->as_array();
    return accounts.empty() ? json::Array() : *accounts[0].find(kind)->as_array();
  }
  app::NewCheckoutSession order() {
    app::NewRemoteCustomer customer;
    customer.display_name = "Ada";
    customer.metadata = {{"purser_customer_id", "u1"}};
    app::NewCheckoutSession session;
    session.customer = *stripe_->create_customer(as_, customer, "customer-1");
    const std::string product = *stripe_->create_product(as_, "Credits", "credits@1", "product-1");
    session.price = *stripe_->create_price(as_, product, Money(1000, *Currency::parse("USD")),
                                           "credits@1/once", "price-1");
    session.quantity = 2;
    session.success_url = "https://app.example/ok?session={CHECKOUT_SESSION_ID}";
    session.cancel_url = "https://app.example/no";
    session.reference = "checkout-1";
    session.asked_at = clock_.now();
    return session;
  }
  std::string pay(const app::RemoteCheckoutSession& session, const std::string& number) {
    const Fields card = {{"email", "ada@example.com"}, {"name", "Ada"},     {"method", "card"},
                         {"number", number},           {"expiry", "12/34"}, {"cvc", "123"}};
    return fetch(session.url, &card);
  }

  ManualClock clock_;
  std::atomic<int> waits_{0};
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<Stripe> stripe_;
  app::ProviderCredentials as_{Secret("sk_test_purser"), ""};
};

TEST_F(StripeSandboxTest, ASaleFromTheFirstCallToTheRefund) {
  const auto account = stripe_->account(as_);
  ASSERT_TRUE(account) << account.error().log.for_log();
  EXPECT_TRUE(account->id.starts_with("acct_"));
  EXPECT_FALSE(account->livemode);

  const auto made = stripe_->create_checkout_session(as_, order(), "session-1");
  ASSERT_TRUE(made) << made.error().log.for_log();
  EXPECT_EQ(made->status, SessionStatus::kOpen);
  EXPECT_FALSE(made->paid);
  EXPECT_EQ(made->amount_total, Money(2000, *Currency::parse("USD")));
  EXPECT_EQ(made->reference, "checkout-1");

  pay(*made, "4000000000000002");
  const auto declined = stripe_->checkout_session(as_, made->id);
  EXPECT_EQ(declined->status, SessionStatus::kOpen);
  EXPECT_FALSE(declined->paid);

  pay(*made, "4242424242424242");
  const auto paid = stripe_->checkout_session(as_, made->id);
  ASSERT_TRUE(paid);
  EXPECT_EQ(paid->status, SessionStatus::kComplete);
  EXPECT_TRUE(paid->paid);
  EXPECT_TRUE(paid->payment_ref.starts_with("pi_"));
  EXPECT_EQ(paid->customer, made->customer);

  ASSERT_TRUE(stripe_->refund_payment(as_, paid->payment_ref, "refund-1"));
  ASSERT_TRUE(stripe_->refund_payment(as_, paid->payment_ref, "refund-1"));  // the same again
  ASSERT_TRUE(stripe_->refund_payment(as_, paid->payment_ref, "refund-2"));  // its key forgotten
  const auto refunds = books("refunds");
  ASSERT_EQ(refunds.size(), 1U);
  EXPECT_EQ(refunds[0].int_at("amount"), 2000);
}

TEST_F(StripeSandboxTest, ItsWebhooksVerify) {
  Hook hook;
  const auto endpoint = stripe_->create_webhook_endpoint(as_, hook.url(), "endpoint-1");
  ASSERT_TRUE(endpoint) << endpoint.error().log.for_log();
  const auto session = stripe_->create_checkout_session(as_, order(), "session-1");
  pay(*session, "4242424242424242");
  const net::Request delivery = hook.next();
  const std::string signature(delivery.header("stripe-signature"));
  const std::vector<Secret> secrets = {endpoint->secret};
  const auto event = stripe_->verify_event(delivery.body, signature, secrets, clock_.now());
  ASSERT_TRUE(event) << event.error().log.for_log();
  EXPECT_EQ(event->type, "checkout.session.completed");
  EXPECT_EQ(event->object_id, session->id);
  EXPECT_FALSE(event->livemode);
  const std::vector<Secret> others = {Secret("whsec_other")};
  EXPECT_FALSE(stripe_->verify_event(delivery.body, signature, others, clock_.now()));
  EXPECT_FALSE(stripe_->verify_event(delivery.body + " ", signature, secrets, clock_.now()));
}

TEST_F(StripeSandboxTest, AnAnswerThatIsLostMakesNothingTwice) {
  const auto session = order();
  for (const char* kind : {"drop", "409", "429"}) fault(kind, "/v1/checkout/sessions");
  const auto made = stripe_->create_checkout_session(as_, session, "session-1");
  ASSERT_TRUE(made) << made.error().log.for_log();
  EXPECT_EQ(books("checkout_sessions").size(), 1U);
}

TEST_F(StripeSandboxTest, AFaultThatIsRememberedBlocksNobody) {
  fault("500", "/v1/customers");
  fault("500_after", "/v1/products");
  const auto session = order();
  fault("500", "/v1/checkout/sessions");
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "session-1"));
  EXPECT_EQ(books("checkout_sessions").size(), 1U);
  // Resumed after a crash: the spent key, the next one, the same session.
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "session-1"));
  EXPECT_EQ(books("checkout_sessions").size(), 1U);
}

TEST_F(StripeSandboxTest, WhatWasDoneBeforeARememberedFaultIsFound) {
  const auto session = order();
  fault("500_after", "/v1/checkout/sessions");
  const auto made = stripe_->create_checkout_session(as_, session, "session-1");
  ASSERT_TRUE(made) << made.error().log.for_log();
  EXPECT_EQ(books("checkout_sessions").size(), 1U);

  pay(*made, "4242424242424242");
  const std::string payment = stripe_->checkout_session(as_, made->id)->payment_ref;
  fault("500_after", "/v1/refunds");
  ASSERT_TRUE(stripe_->refund_payment(as_, payment, "refund-1"));
  EXPECT_EQ(books("refunds").size(), 1U);
}

TEST_F(StripeSandboxTest, AnOutageIsUnavailableAndResumesUnderTheSameKey) {
  const auto session = order();
  fault("429", "/v1/checkout/sessions", "100");
  const auto failed = stripe_->create_checkout_session(as_, session, "session-1");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(waits_, 3);
  EXPECT_TRUE(books("checkout_sessions").empty());
  fetch(sandbox_->url() + "/_sandbox/faults", nullptr, "DELETE");
  EXPECT_TRUE(stripe_->create_checkout_session(as_, session, "session-1"));
}

TEST_F(StripeSandboxTest, ADayLaterTheSessionIsFoundAndNotMadeAgain) {
  const auto session = order();
  const auto made = stripe_->create_checkout_session(as_, session, "session-1");
  clock_.millis += kDay;
  // Under any key: by now Stripe may have forgotten the first one.
  const auto found = stripe_->create_checkout_session(as_, session, "session-of-another-day");
  ASSERT_TRUE(found) << found.error().log.for_log();
  EXPECT_EQ(found->id, made->id);
  EXPECT_EQ(books("checkout_sessions").size(), 1U);
}

TEST_F(StripeSandboxTest, RefusalsSayWhy) {
  auto session = order();
  session.price = "price_none";
  const auto refused = stripe_->create_checkout_session(as_, session, "session-1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPaymentProviderRefused);
  EXPECT_EQ(std::get<std::string>(refused.error().details.at(0).second), "resource_missing");
  // The same key for something else.
  ASSERT_TRUE(stripe_->create_product(as_, "A", "a@1", "key-x"));
  const auto other = stripe_->create_product(as_, "B", "b@1", "key-x");
  EXPECT_EQ(std::get<std::string>(other.error().details.at(0).second), "idempotency_error");
  as_.secret_key = Secret("sk_nothing");
  EXPECT_EQ(stripe_->account(as_).error().code, ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripeSandboxTest, AHundredFirstCallsMakeOneCustomer) {
  std::vector<std::future<std::vector<std::string>>> threads;
  for (int i = 0; i < 8; ++i) {
    threads.push_back(std::async(std::launch::async, [&] {
      std::vector<std::string> ids;
      for (int n = 0; n < 12; ++n) {
        app::NewRemoteCustomer customer;
        customer.display_name = "Ada";
        if (auto id = stripe_->create_customer(as_, customer, "customer-1")) ids.push_back(*id);
      }
      return ids;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get().size(), 12U);
  EXPECT_EQ(books("customers").size(), 1U);
}

TEST_F(StripeSandboxTest, AConnectedAccountIsAWorldOfItsOwn) {
  as_.connected_account = "acct_shop1";
  EXPECT_EQ(stripe_->account(as_)->id, "acct_shop1");
  const auto session = order();
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "session-1"));
  as_.connected_account = "";
  EXPECT_EQ(stripe_->create_checkout_session(as_, session, "session-2").error().code,
            ErrorCode::kPaymentProviderRefused);
}

}  // namespace
}  // namespace purser::stripe
