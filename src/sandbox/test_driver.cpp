#include "sandbox/test_driver.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>

#include "types/timestamp.hpp"

namespace purser::sandbox {
namespace {

std::size_t append(char* data, std::size_t size, std::size_t count, void* target) {
  static_cast<std::string*>(target)->append(data, size * count);
  return size * count;
}

std::size_t note_header(char* data, std::size_t size, std::size_t count, void* target) {
  const std::string line(data, size * count);
  const std::size_t colon = line.find(": ");
  if (colon != std::string::npos) {
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t end = line.find_last_not_of("\r\n");
    (*static_cast<std::map<std::string, std::string>*>(target))[name] =
        line.substr(colon + 2, end - colon - 1);
  }
  return size * count;
}

std::string encode(const Form& form) {
  std::string text;
  for (const auto& [name, value] : form) {
    text +=
        (text.empty() ? "" : "&") + net::percent_encode(name) + "=" + net::percent_encode(value);
  }
  return text;
}

const json::Value* walk(const json::Value& document, const std::string& path) {
  const json::Value* here = &document;
  std::size_t start = 0;
  while (here != nullptr && start <= path.size()) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const std::string step = path.substr(start, end - start);
    if (const json::Array* list = here->as_array()) {
      const auto index = static_cast<std::size_t>(std::stoi(step));
      here = index < list->size() ? &(*list)[index] : nullptr;
    } else {
      here = here->find(step);
    }
    start = end + 1;
  }
  return here;
}

}  // namespace

json::Value Seen::json() const {
  auto parsed = json::parse(body, 64);
  EXPECT_TRUE(parsed.has_value()) << status << " " << body;
  return parsed ? *std::move(parsed) : json::Value();
}

std::string Seen::text(const std::string& path) const {
  const json::Value document = json();
  const json::Value* found = walk(document, path);
  return found == nullptr || found->as_string() == nullptr ? "" : *found->as_string();
}

std::int64_t Seen::number(const std::string& path) const {
  const json::Value document = json();
  const json::Value* found = walk(document, path);
  return found == nullptr || found->as_int() == nullptr ? -1 : *found->as_int();
}

bool Seen::flag(const std::string& path) const {
  const json::Value document = json();
  const json::Value* found = walk(document, path);
  return found != nullptr && found->as_bool() != nullptr && *found->as_bool();
}

bool Seen::is_null(const std::string& path) const {
  const json::Value document = json();
  const json::Value* found = walk(document, path);
  return found != nullptr && found->is_null();
}

std::size_t Seen::count(const std::string& path) const {
  const json::Value document = json();
  const json::Value* found = walk(document, path);
  return found == nullptr || found->as_array() == nullptr ? 0 : found->as_array()->size();
}

Seen fetch(const std::string& method, const std::string& url, const Form& form,
           const std::vector<std::string>& headers) {
  Seen seen;
  CURL* curl = curl_easy_init();
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  const std::string body = encode(form);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  if (method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &seen.body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, note_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &seen.headers);
  if (curl_easy_perform(curl) == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    seen.status = static_cast<int>(status);
  }
  curl_slist_free_all(list);
  curl_easy_cleanup(curl);
  return seen;
}

Hook::Hook() {
  auto started = net::Server::start({}, [this](net::Request request, net::Responder respond) {
    const Seen event{200, request.body, {}};
    net::Response response;
    {
      const std::lock_guard lock(mutex_);
      deliveries_.push_back({request.body, std::string(request.header("stripe-signature")),
                             event.text("type"), event.text("id"), event.text("data.object.id")});
      if (!statuses_.empty()) {
        response.status = statuses_.front();
        statuses_.pop_front();
      }
    }
    arrived_.notify_all();
    respond(std::move(response));
  });
  EXPECT_TRUE(started.has_value());
  server_ = *std::move(started);
}

std::string Hook::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port()) + "/hook";
}

Hook::Delivery Hook::next() {
  std::unique_lock lock(mutex_);
  const bool came =
      arrived_.wait_for(lock, std::chrono::minutes(1), [this] { return !deliveries_.empty(); });
  EXPECT_TRUE(came) << "no webhook came";
  if (!came) return {};
  Delivery delivery = std::move(deliveries_.front());
  deliveries_.pop_front();
  return delivery;
}

std::vector<Hook::Delivery> Hook::until(const std::string& type) {
  std::vector<Delivery> seen;
  do {
    seen.push_back(next());
  } while (seen.back().type != type && !seen.back().type.empty());
  return seen;
}

void Hook::answer_next_with(int status) {
  const std::lock_guard lock(mutex_);
  statuses_.push_back(status);
}

void SandboxTest::start(const std::string& state_file) {
  sandbox_.reset();
  SandboxOptions options;
  options.state_file = state_file;
  options.clock_can_be_set = clock_can_be_set_;
  options.now_millis = [this] { return now_millis_.load(); };
  auto started = Sandbox::start(std::move(options));
  ASSERT_TRUE(started.has_value()) << started.error().message;
  sandbox_ = *std::move(started);
  url_ = sandbox_->url();
}

Seen SandboxTest::post(const std::string& path, const Form& form, const std::string& key) {
  std::vector<std::string> headers = headers_;
  if (!key.empty()) headers.push_back("Idempotency-Key: " + key);
  return fetch("POST", url_ + path, form, headers);
}

Seen SandboxTest::new_session(const Form& more) {
  Form form{{"mode", "payment"},
            {"line_items[0][price_data][currency]", "usd"},
            {"line_items[0][price_data][unit_amount]", "1000"},
            {"line_items[0][price_data][product_data][name]", "Credits"},
            {"line_items[0][quantity]", "1"},
            {"success_url", "https://app.example/back?s={CHECKOUT_SESSION_ID}"},
            {"cancel_url", "https://app.example/cancel"}};
  form.insert(form.end(), more.begin(), more.end());
  return post("/v1/checkout/sessions", form);
}

Seen SandboxTest::pay(const Seen& session, const std::string& number, const Form& more) {
  Form form{{"number", number},
            {"expiry", "12 / 34"},
            {"cvc", "123"},
            {"name", "Ada Buyer"},
            {"email", "ada@example.com"}};
  form.insert(form.end(), more.begin(), more.end());
  return fetch("POST", url_ + "/c/pay/" + session.text("id"), form);
}

std::string SandboxTest::new_customer(const std::string& method, const Form& more) {
  Form form{{"email", "ada@example.com"}, {"name", "Ada"}};
  if (!method.empty()) {
    form.emplace_back("payment_method", method);
    form.emplace_back("invoice_settings[default_payment_method]", method);
  }
  form.insert(form.end(), more.begin(), more.end());
  const Seen made = post("/v1/customers", form);
  EXPECT_EQ(made.status, 200) << made.body;
  return made.text("id");
}

std::string SandboxTest::new_price(std::int64_t amount, const std::string& interval,
                                   const Form& more) {
  const std::string product = post("/v1/products", {{"name", "Pro"}}).text("id");
  Form form{{"product", product}, {"unit_amount", std::to_string(amount)}, {"currency", "usd"}};
  if (!interval.empty()) form.emplace_back("recurring[interval]", interval);
  form.insert(form.end(), more.begin(), more.end());
  const Seen made = post("/v1/prices", form);
  EXPECT_EQ(made.status, 200) << made.body;
  return made.text("id");
}

Seen SandboxTest::subscribe(const std::string& customer, const std::string& price,
                            const Form& more) {
  Form form{{"customer", customer}, {"items[0][price]", price}};
  form.insert(form.end(), more.begin(), more.end());
  return post("/v1/subscriptions", form);
}

Seen SandboxTest::submit(const std::string& url, const std::string& number, const Form& more) {
  Form form{{"number", number}, {"expiry", "12 / 34"}, {"cvc", "123"}, {"name", "Ada Buyer"}};
  form.insert(form.end(), more.begin(), more.end());
  return fetch("POST", url, form);
}

std::vector<std::string> SandboxTest::event_types() {
  std::vector<std::string> types;
  std::string after;
  for (bool more = true; more;) {
    const Seen page =
        get("/v1/events?limit=100" + (after.empty() ? "" : "&starting_after=" + after));
    const json::Value document = page.json();
    for (const json::Value& event : *document.find("data")->as_array()) {
      types.push_back(event.string_at("type").value_or(""));
      after = event.string_at("id").value_or("");
    }
    more = page.flag("has_more");
  }
  return {types.rbegin(), types.rend()};
}

std::int64_t SandboxTest::at(const std::string& iso) {
  const auto time = Timestamp::parse_iso8601(iso);
  EXPECT_TRUE(time.has_value()) << iso;
  return time ? time->millis() / 1000 : 0;
}

std::string SandboxTest::add_endpoint(const Hook& hook, const std::string& types) {
  const Seen endpoint =
      post("/v1/webhook_endpoints", {{"url", hook.url()}, {"enabled_events[]", types}});
  EXPECT_EQ(endpoint.status, 200) << endpoint.body;
  return endpoint.text("secret");
}

}  // namespace purser::sandbox
