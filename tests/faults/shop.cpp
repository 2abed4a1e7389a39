#include "tests/faults/shop.hpp"

#include "crypto/crypto.hpp"

namespace purser::faults {

namespace {

constexpr int kMostDeaths = 20;   // that one request may meet
constexpr int kMostRepeats = 40;  // of one request that may succeed when it is sent again
constexpr int kLongestPauseMs = 200;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Answer answer_of(Reply reply) {
  Answer answer;
  answer.status = reply.status;
  answer.replayed = reply.replayed;
  if (auto body = json::parse(reply.body, 64)) answer.body = *std::move(body);
  answer.text = std::move(reply.body);
  return answer;
}

/// Whether a request that may be repeated is answered with 200. A machine may be slow, and a year
/// of renewals takes its time, so nobody is given up on for one answer that did not come.
bool answers_ok(std::uint16_t port, const std::string& request) {
  HttpClient client(port);
  for (int i = 0; i < kMostRepeats; ++i) {
    if (const auto reply = client.exchange(request)) return reply->status == 200;
    if (client.broken() == Broken::kNotConnected) return false;
  }
  return false;
}

/// Whether the server says that the same request may succeed later.
bool may_succeed_later(const Answer& answer) {
  if (answer.status == 429 || answer.status == 503) return true;
  if (answer.status != 409) return false;
  const std::string code = answer.body.string_at("code").value_or("");
  return code == "IDEMPOTENCY_KEY_IN_USE" || code == "SWITCH_CONFLICT";
}

}  // namespace

Shop::Shop(std::string program, std::string work)
    : work_(work),
      server_(std::move(program), std::move(work),
              {"--clock", "manual", "--http-threads", "1", "--log-level", "warn"}) {}

const std::string& Shop::credentials(As as) const {
  return credentials_[static_cast<std::size_t>(as)];
}

/// As the server derives it: src/server/sandbox_payments.cpp.
std::string Shop::derive_stripe_key(const std::string& project) const {
  const auto key = crypto::from_hex(trimmed(read_file(work_ + "/data/encryption.key")));
  const auto digest = crypto::hmac_sha256(key.value_or(""), "sandbox account of " + project);
  return "sk_test_" + crypto::to_hex(digest).substr(0, 32);
}

std::string Shop::open(Timestamp now, const std::string& catalog) {
  if (!server_.start() || !announce()) return "the server does not start: " + log();
  Keys keys;
  if (!server_.create_project(keys)) return "the project cannot be created: " + log();
  const std::string project = "x-purser-project-id: " + keys.project + "\r\n";
  credentials_[0] = project +
                    "x-purser-access-type: server\r\nx-purser-secret-server-key: " + keys.server +
                    "\r\n";
  credentials_[1] =
      project + "x-purser-access-type: admin\r\nx-purser-super-secret-admin-key: " + keys.admin +
      "\r\n";
  credentials_[2] = "x-purser-root-key: " + trimmed(read_file(work_ + "/data/root.key")) + "\r\n";
  stripe_key_ = derive_stripe_key(keys.project);
  HttpClient client(server_.port());
  const auto put =
      client.exchange(request_text("PUT", "/catalog", credentials(As::kAdmin), catalog));
  if (!put || put->status != 200) return "PUT /catalog: " + (put ? put->body : "no answer");
  return set_clock(now) ? "" : "the clock cannot be set";
}

std::optional<Place> Shop::place() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_up_ || is_gone_; });
  if (is_gone_) return std::nullopt;
  return place_;
}

bool Shop::announce() {
  {
    const std::lock_guard lock(mutex_);
    ++place_.life;
    place_.port = server_.port();
    place_.sandbox_port = server_.sandbox_port();
    is_up_ = true;
  }
  changed_.notify_all();
  return place_.sandbox_port != 0;
}

bool Shop::set_clock(Timestamp now) {
  now_ = now;
  const std::string request = request_text("POST", "/internal/clock", credentials(As::kRoot),
                                           "{\"now\":\"" + now.to_iso8601() + "\"}");
  return answers_ok(server_.port(), request);
}

bool Shop::control(const char* method, const std::string& path, const std::string& form) {
  return answers_ok(server_.sandbox_port(), form_text(method, path, "", form));
}

bool Shop::order_faults() {
  if (!control("DELETE", "/_sandbox/faults", "")) return false;
  for (const std::string& fault : faults_) {
    if (!control("POST", "/_sandbox/faults", fault)) return false;
  }
  return true;
}

bool Shop::set_faults(std::vector<std::string> faults) {
  faults_ = std::move(faults);
  return order_faults();
}

bool Shop::kill_and_restart() {
  {
    const std::lock_guard lock(mutex_);
    is_up_ = false;
  }
  server_.kill();
  ++kills_;
  if (server_.start() && order_faults()) return announce();
  {
    const std::lock_guard lock(mutex_);
    is_gone_ = true;
  }
  changed_.notify_all();
  return false;
}

bool Shop::tick() { return control("POST", "/_sandbox/tick", ""); }

std::string Shop::verify() {
  std::string output;
  const int status = server_.command({"verify"}, output);
  return status == 0 ? "" : "status " + std::to_string(status) + ": " + output;
}

std::optional<Reply> Caller::exchange(bool sandbox, const std::string& request) {
  const auto place = shop_.place();
  if (!place) return std::nullopt;
  if (place->life != place_.life) {
    place_ = *place;
    api_ = std::make_unique<HttpClient>(place->port);
    sandbox_ = std::make_unique<HttpClient>(place->sandbox_port);
  }
  auto reply = (sandbox ? sandbox_ : api_)->exchange(request);
  if (reply) shop_.count_answer();
  return reply;
}

Answer Caller::ask(As as, const char* method, const std::string& path, const std::string& body,
                   const std::string& key) {
  std::string headers = shop_.credentials(as);
  if (!key.empty()) headers += "idempotency-key: " + key + "\r\n";
  const std::string request = request_text(method, path, headers, body);
  int lost = 0;
  for (int repeats = 0; repeats < kMostRepeats; ++repeats) {
    auto reply = exchange(false, request);
    if (!reply) {
      if (++lost > kMostDeaths) break;
      continue;
    }
    Answer answer = answer_of(*std::move(reply));
    if (answer.status == 500) {
      complaints.push_back(std::string(method) + " " + path + ": " + answer.text);
      return answer;
    }
    if (!may_succeed_later(answer)) return answer;
    pause_for(std::chrono::milliseconds(std::min(10 * (repeats + 1), kLongestPauseMs)));
  }
  return {};
}

Answer Caller::stripe(const char* method, const std::string& path, const std::string& form) {
  const std::string request =
      form_text(method, path, "authorization: Bearer " + shop_.stripe_key() + "\r\n", form);
  for (int repeats = 0; repeats < kMostRepeats; ++repeats) {
    auto reply = exchange(true, request);
    if (!reply || reply->status == 409 || reply->status == 429 || reply->status >= 500) continue;
    return answer_of(*std::move(reply));
  }
  return {};
}

Answer Caller::page(const char* method, const std::string& path, const std::string& form) {
  const std::string request = form_text(method, path, "", form);
  for (int repeats = 0; repeats < kMostDeaths; ++repeats) {
    auto reply = exchange(true, request);
    if (reply) return answer_of(*std::move(reply));
  }
  return {};
}

}  // namespace purser::faults
