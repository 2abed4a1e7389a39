#include "tests/scenarios/timeline.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "json/json.hpp"

namespace purser::scenarios {
namespace {

constexpr const char* kApi = "/api/v1";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set");
  return value;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ' ' ? "%20" : c == '/' ? "%2F" : std::string(1, c);
  return out;
}

}  // namespace

Timestamp to_timestamp(sdk::Time time) {
  return Timestamp::from_millis(time.time_since_epoch().count()).value();
}

Timeline::Timeline()
    : url_(environment("PURSER_URL")),
      sandbox_(environment("TEST_SANDBOX_URL")),
      root_key_(environment("TEST_ROOT_KEY")),
      admin_key_(environment("PURSER_SUPER_SECRET_ADMIN_KEY")) {
  sdk::ServerOptions options;
  options.base_url = url_;
  options.project_id = environment("PURSER_PROJECT_ID");
  options.secret_server_key = environment("PURSER_SECRET_SERVER_KEY");
  options.super_secret_admin_key = admin_key_;
  options.transport = transport_;
  app_ = std::make_unique<sdk::ServerApp>(options);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  now_ = Timestamp::from_millis(millis.count()).value();
}

sdk::HttpResponse Timeline::send(const std::string& method, const std::string& url,
                                 const std::string& body, std::vector<sdk::HttpHeader> headers) {
  sdk::HttpRequest request;
  request.method = method;
  request.url = url;
  request.body = body;
  request.headers = std::move(headers);
  request.timeout = std::chrono::milliseconds(60'000);
  return must(transport_->send(request), method + " " + url);
}

void Timeline::advance_to(Timestamp instant) {
  const auto answer =
      send("POST", url_ + kApi + "/internal/clock", "{\"now\":\"" + instant.to_iso8601() + "\"}",
           {{"x-purser-root-key", root_key_}, {"content-type", "application/json"}});
  if (answer.status != 200) throw std::runtime_error("the clock: " + answer.body);
  now_ = instant;
  settle();
}

void Timeline::settle() {
  const auto ticked = send("POST", sandbox_ + "/_sandbox/tick", "", {});
  if (ticked.status != 200) throw std::runtime_error("the sandbox's tick: " + ticked.body);
  for (int tries = 0; tries < 600; ++tries) {
    const auto inbox = send("GET", url_ + kApi + "/webhooks/stripe/inbox?state=pending&limit=1", "",
                            {{"authorization", "Bearer " + admin_key_}});
    if (inbox.body.find("\"items\":[]") != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw std::runtime_error("events stay unprocessed");
}

sdk::HttpResponse Timeline::form(const std::string& url, const std::string& card) {
  return send("POST", url,
              "number=" + card + "&expiry=" + escaped("12 / 60") +
                  "&cvc=123&name=Ada&email=ada%40example.com",
              {{"content-type", "application/x-www-form-urlencoded"}});
}

int Timeline::pay(const std::string& url, const std::string& card) {
  const int status = form(url, card).status;
  settle();
  return status;
}

void Timeline::use_card(const sdk::Customer& customer, const std::string& card) {
  const auto intent = must(customer.create_payment_method_setup_intent(), "setup intent");
  form(sandbox_ + "/c/setup/" + intent.client_secret, card);
  const auto id = intent.client_secret.substr(0, intent.client_secret.find("_secret_"));
  must(customer.set_default_payment_method_from_setup_intent(id), "default payment method");
  settle();
}

std::int64_t Timeline::money_taken() {
  const auto answer = send("GET", sandbox_ + "/_sandbox/books", "", {});
  const auto books = json::parse(answer.body);
  const json::Value* accounts = books ? books->find("accounts") : nullptr;
  if (accounts == nullptr) throw std::runtime_error("the sandbox's books: " + answer.body);
  std::int64_t sum = 0;
  for (const json::Value& account : *accounts->as_array()) {
    const json::Value* dollars = account.find("totals")->find("usd");
    if (dollars == nullptr) continue;
    sum += dollars->int_at("charged").value_or(0) - dollars->int_at("refunded").value_or(0);
  }
  return sum;
}

void Verdict::check(bool good, const std::string& what) {
  std::cout << (good ? "ok: " : "FAILED: ") << scenario_ << ": " << what << "\n";
  if (!good) ++failures_;
}

}  // namespace purser::scenarios
