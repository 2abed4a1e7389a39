#include "tests/adapters/stripe_sandbox.hpp"

#include <curl/curl.h>

namespace purser::stripe {
namespace {

std::size_t keep(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

}  // namespace

std::string detail_of(const Error& error, std::string_view name) {
  for (const auto& [key, value] : error.details) {
    const auto* text = std::get_if<std::string>(&value);
    if (key == name && text != nullptr) return *text;
  }
  return {};
}

std::string fetch(const std::string& url, const FormFields* fields, const char* method) {
  CURL* curl = curl_easy_init();
  std::string form;
  std::string body;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  curl_slist* headers = curl_slist_append(nullptr, "Authorization: Bearer sk_test_purser");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  if (fields != nullptr) {
    for (const auto& [name, value] : *fields) {
      form += (form.empty() ? "" : "&") + name + "=" + percent_encode(value);
    }
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  EXPECT_EQ(curl_easy_perform(curl), CURLE_OK) << url;
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  return body;
}

Hook::Hook() {
  server_ = *net::Server::start({}, [this](net::Request request, net::Responder respond) {
    {
      const std::lock_guard lock(mutex_);
      deliveries_.push_back(std::move(request));
    }
    arrived_.notify_all();
    respond({});
  });
}

net::Request Hook::next() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return !deliveries_.empty(); });
  net::Request first = std::move(deliveries_.front());
  deliveries_.erase(deliveries_.begin());
  return first;
}

StripeSandboxTest::StripeSandboxTest() {
  sandbox::SandboxOptions options;
  options.now_millis = [this] { return clock_.millis.load(); };
  sandbox_ = *sandbox::Sandbox::start(options);
  StripeOptions with;
  with.base_url = sandbox_->url();
  with.wait = [this](Millis) {
    ++waits_;
    return true;
  };
  stripe_ = *Stripe::create(std::move(with), clock_);
}

void StripeSandboxTest::fault(const std::string& kind, const std::string& path,
                              const std::string& count, const std::string& method) {
  const FormFields fields = {{"kind", kind}, {"path", path}, {"count", count}, {"method", method}};
  fetch(sandbox_->url() + "/_sandbox/faults", &fields);
}

json::Array StripeSandboxTest::books(const std::string& kind) {
  const auto state = json::parse(fetch(sandbox_->url() + "/_sandbox/state"));
  const json::Array& accounts = *state->find("accounts")->as_array();
  return accounts.empty() ? json::Array() : *accounts[0].find(kind)->as_array();
}

void StripeSandboxTest::pass(std::int64_t millis) {
  clock_.millis += millis;
  const FormFields none;
  fetch(sandbox_->url() + "/_sandbox/tick", &none);
}

std::string StripeSandboxTest::customer() {
  app::NewRemoteCustomer ada;
  ada.display_name = "Ada";
  ada.metadata = {{"purser_customer_id", "u1"}};
  return *stripe_->create_customer(as_, ada, "customer-1");
}

std::string StripeSandboxTest::price(std::int64_t amount,
                                     std::optional<CalendarInterval> interval) {
  std::string name = "price-" + std::to_string(amount);
  if (interval)
    name += '-' + std::to_string(interval->count) + std::string(to_string(interval->unit));
  const std::string product = *stripe_->create_product(as_, name, name + "@1", "product-" + name);
  return *stripe_->create_price(as_, {product, usd(amount), interval, name + "@1/p"}, name);
}

app::NewCheckoutSession StripeSandboxTest::order() {
  app::NewCheckoutSession session;
  session.customer = customer();
  session.price = price(1000);
  session.quantity = 2;
  session.success_url = "https://app.example/ok?session={CHECKOUT_SESSION_ID}";
  session.cancel_url = "https://app.example/no";
  session.reference = "checkout-1";
  session.asked_at = clock_.now();
  return session;
}

app::NewCheckoutSession StripeSandboxTest::subscription_order() {
  app::NewCheckoutSession session = order();
  session.price = price(3000, CalendarInterval{IntervalUnit::kMonth, 1});
  session.quantity = 1;
  session.is_subscription = true;
  return session;
}

std::string StripeSandboxTest::pay(const app::RemoteCheckoutSession& session,
                                   const std::string& number) {
  FormFields card = {{"email", "ada@example.com"},
                     {"name", "Ada"},
                     {"number", number},
                     {"expiry", "12/34"},
                     {"cvc", "123"}};
  return fetch(session.url, &card);
}

std::string StripeSandboxTest::paid_order(const std::string& number) {
  const auto session = stripe_->create_checkout_session(as_, order(), "session-1");
  EXPECT_TRUE(session);
  pay(*session, number);
  const auto paid = stripe_->checkout_session(as_, session->id);
  EXPECT_TRUE(paid && paid->paid);
  return paid->payment_ref;
}

app::RemoteSubscription StripeSandboxTest::subscribed(const app::NewCheckoutSession& session,
                                                      const std::string& number) {
  const auto made = stripe_->create_checkout_session(as_, session, "session-" + session.reference);
  if (!made) ADD_FAILURE() << made.error().log.for_log();
  pay(*made, number);
  const auto paid = stripe_->checkout_session(as_, made->id);
  EXPECT_TRUE(paid->paid);
  EXPECT_EQ(paid->payment_ref, "");
  auto subscription = stripe_->subscription(as_, paid->subscription);
  if (!subscription) ADD_FAILURE() << subscription.error().log.for_log();
  return *std::move(subscription);
}

}  // namespace purser::stripe
