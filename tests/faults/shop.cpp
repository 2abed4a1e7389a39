#include "tests/faults/shop.hpp"

#include <filesystem>
#include <fstream>

#include "crypto/crypto.hpp"

namespace purser::faults {

namespace {

constexpr int kMostDeaths = 20;   // that one request may meet
constexpr int kMostRepeats = 40;  // of one request that may succeed when it is sent again
// For those who pause in between: what a dead node had begun is its own for fifteen seconds.
constexpr int kMostPatience = 120;
constexpr int kLongestPauseMs = 200;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Answer answer_of(Reply reply) {
  Answer answer;
  answer.status = reply.status;
  answer.replayed = reply.replayed;
  answer.location = std::move(reply.location);
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

json::Value body_of(const std::optional<Reply>& reply) {
  auto body = reply ? json::parse(reply->body) : Result<json::Value>(json::Value());
  return body ? *std::move(body) : json::Value();
}

/// The document that answers a request to an API with faults: it is sent again until there is a
/// good one.
json::Value insist(std::uint16_t port, const std::string& request) {
  HttpClient client(port);
  for (int i = 0; i < kMostRepeats; ++i) {
    const auto reply = client.exchange(request);
    if (!reply || reply->status != 200) continue;
    json::Value body = body_of(reply);
    if (!body.is_null()) return body;
  }
  return {};
}

std::string bearer(const std::string& key) { return "authorization: Bearer " + key + "\r\n"; }

constexpr const char* kProjectIds[kProjects] = {"shop", "market"};
constexpr int kConnected = 1;
constexpr const char* kPlatformKey = "sk_test_platform";
constexpr const char* kOwnKey = "sk_test_own";

}  // namespace

Shop::Shop(ShopOptions options)
    : options_(std::move(options)),
      sandbox_(options_.program, options_.work, options_.sandbox_seed) {
  if (!options_.postgres.empty()) {
    database_ = std::make_unique<DatabaseServer>(options_.postgres, options_.database_folder,
                                                 options_.work + "/postgres.log");
  }
  for (int i = 0; i < options_.nodes; ++i) add_node();
}

std::string Shop::home(std::size_t node) const {
  return node == 0 ? options_.work : options_.work + "/node-" + std::to_string(node);
}

std::string Shop::database() const {
  return database_ ? database_->url() : options_.work + "/data/purser.db";
}

void Shop::add_node() {
  const std::size_t number = nodes_.size();
  std::vector<std::string> words = {"--clock",
                                    "manual",
                                    "--http-threads",
                                    "1",
                                    "--log-level",
                                    "warn",
                                    "--events-retention-days",
                                    "3650",
                                    "--config",
                                    options_.work + "/purser.toml"};
  if (database_) words.insert(words.end(), {"--database", database_->url()});
  if (number > 0) {
    words.insert(words.end(), {"--encryption-key-file", options_.work + "/data/encryption.key"});
  }
  Node& node = nodes_.emplace_back();
  node.place.node = number;
  node.server = std::make_unique<ServerProcess>(options_.program, home(number), std::move(words));
}

const std::string& Shop::credentials(int project, As as) const {
  if (as == As::kRoot) return root_credentials_;
  return stalls_[project].credentials[static_cast<std::size_t>(as)];
}

/// As the server derives it: src/server/sandbox_payments.cpp.
std::string Shop::derive_stripe_key(const std::string& project) const {
  const auto key = crypto::from_hex(trimmed(read_file(options_.work + "/data/encryption.key")));
  const auto digest = crypto::hmac_sha256(key.value_or(""), "sandbox account of " + project);
  return "sk_test_" + crypto::to_hex(digest).substr(0, 32);
}

std::uint16_t Shop::sandbox_port() const {
  return options_.sandbox_apart ? sandbox_.port() : first().sandbox_port();
}

/// A sandbox that is apart does not know Purser: accounts and endpoints are made as at Stripe.
std::string Shop::start_sandbox() {
  if (!options_.sandbox_apart) return "";
  if (!sandbox_.start()) return "the sandbox does not start";
  for (int project = 0; project < kProjects; ++project) {
    Stall& stall = stalls_[project];
    stall.stripe_key = project == kConnected ? kPlatformKey : kOwnKey;
    const std::string form = std::string("url=http://127.0.0.1:9/&enabled_events[0]=*&connect=") +
                             (project == kConnected ? "true" : "false");
    const json::Value made = insist(sandbox_.port(), form_text("POST", "/v1/webhook_endpoints",
                                                               bearer(stall.stripe_key), form));
    stall.endpoint = made.string_at("id").value_or("");
    stall.endpoint_secret = made.string_at("secret").value_or("");
    if (stall.endpoint_secret.empty()) return "the sandbox makes no endpoint";
  }
  return "";
}

std::string Shop::write_config() const {
  std::ofstream file(options_.work + "/purser.toml", std::ios::trunc);
  if (options_.sandbox_apart) {
    file << "[stripe]\nbase_url = \"http://127.0.0.1:" << sandbox_.port() << "\"\nsecret_key = \""
         << kPlatformKey << "\"\nwebhook_secret = [\"" << stalls_[kConnected].endpoint_secret
         << "\"]\n";
  }
  file.close();
  return file ? "" : "the settings cannot be written";
}

std::string Shop::open_project(int project, const std::string& catalog) {
  Stall& stall = stalls_[project];
  if (!first().create_project(kProjectIds[project], stall.keys)) return "it cannot be created";
  const std::string named = "x-purser-project-id: " + stall.keys.project + "\r\n";
  stall.credentials[0] =
      named + "x-purser-access-type: server\r\nx-purser-secret-server-key: " + stall.keys.server +
      "\r\n";
  stall.credentials[1] =
      named +
      "x-purser-access-type: admin\r\nx-purser-super-secret-admin-key: " + stall.keys.admin +
      "\r\n";
  HttpClient client(first().port());
  const std::string& admin = credentials(project, As::kAdmin);
  const auto put = client.exchange(request_text("PUT", "/catalog", admin, catalog));
  if (!put || put->status != 200) return "PUT /catalog: " + (put ? put->body : "no answer");
  if (!options_.sandbox_apart) {
    stall.stripe_key = derive_stripe_key(stall.keys.project);
  } else if (project != kConnected) {
    const std::string access = "{\"stripe_secret_key\":\"" + stall.stripe_key +
                               "\",\"stripe_webhook_secrets\":[\"" + stall.endpoint_secret + "\"]}";
    const auto set = client.exchange(
        request_text("PATCH", "/projects/" + stall.keys.project, root_credentials_, access));
    if (!set || set->status != 200) return "PATCH /projects: " + (set ? set->body : "no answer");
  }
  stall.stripe_access = bearer(stall.stripe_key);
  // The first look makes the project's endpoints at an embedded sandbox, while nothing goes wrong.
  if (project == kConnected) return connect_account();
  const bool has_account =
      answers_ok(first().port(), request_text("GET", "/payments/account", admin, ""));
  return has_account ? "" : "it has no account at the sandbox";
}

std::string Shop::connect_account() {
  const std::string& admin = credentials(kConnected, As::kAdmin);
  HttpClient client(first().port());
  const auto asked = client.exchange(request_text("POST", "/payments/onboarding", admin, "{}"));
  const std::string url = body_of(asked).string_at("url").value_or("");
  const auto page = url.find("/c/");
  if (page == std::string::npos) return "no account can be connected";
  HttpClient owner(sandbox_port());
  const auto completed = owner.exchange(form_text("POST", url.substr(page), "", ""));
  if (!completed || completed->status != 303) return "its owner cannot complete the onboarding";
  const auto seen = client.exchange(request_text("GET", "/payments/account", admin, ""));
  const std::string account = body_of(seen).string_at("account_id").value_or("");
  if (account.empty()) return "its account is not known";
  stalls_[kConnected].stripe_access += "stripe-account: " + account + "\r\n";
  return "";
}

/// The others begin with the keys that the first one made.
std::string Shop::start_nodes() {
  if (database_ && !database_->start()) {
    return "PostgreSQL does not start: " + read_file(options_.work + "/postgres.log");
  }
  const std::string root_key = options_.work + "/data/root.key";
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i > 0) {
      std::filesystem::create_directories(home(i) + "/data");
      std::filesystem::copy_file(root_key, home(i) + "/data/root.key");
    }
    if (!nodes_[i].server->start() || sandbox_port() == 0) {
      return "the server does not start: " + read_file(home(i) + "/server.log");
    }
  }
  root_credentials_ = "x-purser-root-key: " + trimmed(read_file(root_key)) + "\r\n";
  return "";
}

std::string Shop::open(Timestamp now, const std::string& catalog) {
  if (std::string trouble = start_sandbox(); !trouble.empty()) return trouble;
  if (std::string trouble = write_config(); !trouble.empty()) return trouble;
  if (std::string trouble = start_nodes(); !trouble.empty()) return trouble;
  for (int project = 0; project < kProjects; ++project) {
    const std::string trouble = open_project(project, catalog);
    if (!trouble.empty()) return std::string(kProjectIds[project]) + ": " + trouble;
  }
  if (!lead_endpoints()) return "the sandbox's events cannot be led to the server";
  std::vector<Node*> all;
  for (Node& node : nodes_) all.push_back(&node);
  announce(all, true);
  return set_clock(now) ? "" : "the clock cannot be set";
}

std::optional<Place> Shop::place(std::size_t node) {
  const Node* found = nullptr;
  const auto look = [&] {
    for (std::size_t i = 0; i < nodes_.size() && !found; ++i) {
      const Node& candidate = nodes_[(node + i) % nodes_.size()];
      if (candidate.is_up) found = &candidate;
    }
    return found != nullptr || is_gone_;
  };
  std::unique_lock lock(mutex_);
  changed_.wait(lock, look);
  if (is_gone_) return std::nullopt;
  return found->place;
}

/// Where these nodes are now, or that they do not come back.
void Shop::announce(const std::vector<Node*>& nodes, bool stand) {
  {
    const std::lock_guard lock(mutex_);
    for (Node* node : nodes) {
      ++node->place.life;
      node->place.port = node->server->port();
      node->place.sandbox_port = sandbox_port();
      node->is_up = stand;
    }
    is_gone_ = !stand;
  }
  changed_.notify_all();
}

bool Shop::set_clock(Timestamp now) {
  now_ = now;
  if (options_.sandbox_apart) {
    // First, because what it knows is never newer than what Purser asks for.
    const std::string seconds = std::to_string(now.millis() / 1000);
    if (!control("POST", "/_sandbox/clock", "now=" + seconds)) return false;
  }
  const std::string request = request_text("POST", "/internal/clock", root_credentials_,
                                           "{\"now\":\"" + now.to_iso8601() + "\"}");
  for (const Node& node : nodes_) {
    if (!answers_ok(node.server->port(), request)) return false;
  }
  return true;
}

bool Shop::control(const char* method, const std::string& path, const std::string& form) {
  return answers_ok(sandbox_port(), form_text(method, path, "", form));
}

/// The sandbox keeps them over its deaths.
bool Shop::set_faults(const std::vector<std::string>& faults) {
  if (!control("DELETE", "/_sandbox/faults", "")) return false;
  for (const std::string& fault : faults) {
    if (!control("POST", "/_sandbox/faults", fault)) return false;
  }
  return true;
}

bool Shop::lead_endpoints() {
  if (!options_.sandbox_apart) return true;  // the server does that itself
  for (int project = 0; project < kProjects; ++project) {
    const Stall& stall = stalls_[project];
    const Node& node = nodes_[static_cast<std::size_t>(project) % nodes_.size()];
    const std::string form = "url=http://127.0.0.1:" + std::to_string(node.server->port()) +
                             "/webhooks/stripe/" + kProjectIds[project];
    const std::string path = "/v1/webhook_endpoints/" + stall.endpoint;
    if (insist(sandbox_port(), form_text("POST", path, bearer(stall.stripe_key), form)).is_null()) {
      return false;
    }
  }
  return true;
}

bool Shop::restart(const std::vector<Node*>& dead, const Kill& kill) {
  if (kill.with_sandbox && options_.sandbox_apart) {
    sandbox_.kill();
    if (!sandbox_.start() || !write_config().empty()) return false;
  }
  for (const std::int64_t delay : kill.starts_cut_off) {
    ServerProcess& server = *dead.front()->server;
    if (!server.spawn()) return false;
    pause_for(std::chrono::milliseconds(delay));
    server.kill();
    ++kills_;
  }
  for (Node* node : dead) {
    if (!node->server->start() || sandbox_port() == 0) return false;
  }
  return lead_endpoints();
}

bool Shop::kill_and_restart(const Kill& kill) {
  // A sandbox that starts again is somewhere else, which only a start tells a node.
  const bool all = kill.with_sandbox && options_.sandbox_apart;
  std::vector<Node*> dead;
  for (std::size_t i = 0; i < (all ? nodes_.size() : 1); ++i) {
    dead.push_back(&nodes_[next_to_die_++ % nodes_.size()]);
  }
  {
    const std::lock_guard lock(mutex_);
    for (Node* node : dead) node->is_up = false;
  }
  for (Node* node : dead) {
    node->server->kill();
    ++kills_;
  }
  const bool stand = restart(dead, kill);
  announce(dead, stand);
  return stand;
}

bool Shop::crash_database() {
  if (!database_) return true;
  ++database_crashes_;
  return database_->crash();
}

void Shop::keep_database() {
  if (database_) database_->keep();
}

bool Shop::tick() { return control("POST", "/_sandbox/tick", ""); }

std::string Shop::verify() {
  std::string output;
  const int status = first().command({"verify"}, output);
  return status == 0 ? "" : "status " + std::to_string(status) + ": " + output;
}

std::string Shop::reconcile(bool repair) {
  std::vector<std::string> words{"reconcile"};
  if (repair) words.emplace_back("--repair");
  std::string output;
  const int status = first().command(words, output);
  return status == 0 ? "" : "status " + std::to_string(status) + ": " + output;
}

std::optional<Reply> Caller::exchange(bool sandbox, const std::string& request) {
  const auto place = shop_.place(next_node_++);
  if (!place) return std::nullopt;
  Line& line = lines_[place->node];
  if (place->life != line.life) {
    line.life = place->life;
    line.api = std::make_unique<HttpClient>(place->port);
    line.sandbox = std::make_unique<HttpClient>(place->sandbox_port);
  }
  auto reply = (sandbox ? line.sandbox : line.api)->exchange(request);
  if (reply) shop_.count_answer();
  return reply;
}

Answer Caller::ask(As as, const char* method, const std::string& path, const std::string& body,
                   const std::string& key) {
  std::string headers = shop_.credentials(project_, as);
  if (!key.empty()) headers += "idempotency-key: " + key + "\r\n";
  const std::string request = request_text(method, path, headers, body);
  int lost = 0;
  for (int repeats = 0; repeats < kMostPatience; ++repeats) {
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
  const std::string request = form_text(method, path, shop_.stripe_access(project_), form);
  for (int repeats = 0; repeats < kMostRepeats; ++repeats) {
    auto reply = exchange(true, request);
    if (!reply || reply->status == 409 || reply->status == 429 || reply->status >= 500) continue;
    Answer answer = answer_of(*std::move(reply));
    if (!answer.body.is_null()) return answer;  // else it is garbage
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

Answer Caller::submit(const std::string& path, const std::string& form) {
  const std::string request = form_text("POST", path, "", form);
  for (int repeats = 0; repeats < kMostPatience; ++repeats) {
    auto reply = exchange(false, request);
    if (!reply) continue;
    if (reply->status != 429 && reply->status != 503) return answer_of(*std::move(reply));
    pause_for(std::chrono::milliseconds(std::min(10 * (repeats + 1), kLongestPauseMs)));
  }
  return {};
}

}  // namespace purser::faults
