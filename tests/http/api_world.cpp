#include "tests/http/api_world.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "http/compat/protocol.hpp"
#include "tests/http/switched_store.hpp"

namespace purser::http_test {
namespace {

[[noreturn]] void die(const std::string& what) {
  std::cerr << what << "\n";
  std::abort();
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

Answer parse(const std::string& response) {
  Answer answer;
  answer.status = net::status_of(response);
  answer.body = net::body_of(response);
  std::size_t at = response.find("\r\n");
  while (at != std::string::npos && response.compare(at, 4, "\r\n\r\n") != 0) {
    const std::size_t end = response.find("\r\n", at + 2);
    const std::string line = response.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos)
      answer.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = end;
  }
  return answer;
}

// All rows of a table as text, in the order of their row ids.
std::string dump_table(sqlite3* db, const std::string& table) {
  sqlite3_stmt* statement = nullptr;
  const std::string sql = "SELECT * FROM " + table;
  if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) die(sql);
  std::string text = table + "\n";
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
      if (bytes != nullptr) {
        text.append(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
      }
      text += '|';
    }
    text += '\n';
  }
  sqlite3_finalize(statement);
  return text;
}

}  // namespace

json::Value Answer::json() const { return json::parse(body).value_or(json::Value()); }
std::string Answer::code() const { return text("code"); }
std::string Answer::text(std::string_view name) const {
  return json().string_at(name).value_or("");
}
std::int64_t Answer::number(std::string_view name) const {
  return json().int_at(name).value_or(-1);
}

std::vector<std::string> Answer::wrong_fields() const {
  std::vector<std::string> paths;
  const json::Value document = json();
  const json::Value* details = document.find("details");
  const json::Value* fields = details == nullptr ? nullptr : details->find("fields");
  if (fields == nullptr || fields->as_array() == nullptr) return paths;
  for (const json::Value& field : *fields->as_array()) paths.push_back(*field.string_at("path"));
  return paths;
}

ApiWorld::ApiWorld(http::WorkerPoolOptions workers) {
  populate();
  world.store = std::make_unique<SwitchedStore>(std::move(world.store));
  http::ApiDependencies dependencies{.engine = *world.engine,
                                     .store = *world.store,
                                     .registry = *world.registry,
                                     .access = *world.access,
                                     .items = *world.items,
                                     .projects = *world.projects,
                                     .people = world.people,
                                     .sessions = *world.sessions,
                                     .sales = *world.sales,
                                     .subscriptions = *world.subscriptions,
                                     .refunds = *world.refunds,
                                     .billing = *world.billing,
                                     .onboarding = *world.onboarding,
                                     .webhooks = *world.webhooks,
                                     .endpoints = *world.endpoints,
                                     .reconciler = *world.reconciler,
                                     .clock = world.clock,
                                     .ids = world.ids,
                                     .root_key_hash = crypto::sha256(kRootKey),
                                     .encryption_key = Secret(std::string(32, 'k')),
                                     .public_url = std::string(app::testing::kPublicUrl),
                                     .version = "0.0.0-test",
                                     .log = {},
                                     .log_level = http::LogLevel::kInfo,
                                     .dialect = &http::compat::protocol(),
                                     .hooks = {},
                                     .workers = workers};
  dependencies.log = [this](const http::LogRecord& record) {
    std::string line;
    for (const std::string_view part :
         {record.method, record.operation, record.path, record.project, record.access,
          record.error_code, record.detail}) {
      line.append(part).append(" ");
    }
    const std::lock_guard lock(log_mutex_);
    log_.push_back({record.level, std::move(line)});
  };
  dependencies.hooks.set_clock = [this](Timestamp now) { return world.clock.set(now); };
  api = std::make_unique<Api>(std::move(dependencies));
  api->set_ready(true);
  net::ServerOptions options;
  options.max_body_bytes = Api::max_body_bytes();
  options.refusal = [this](int status) { return api->refusal(status); };
  auto started = net::Server::start(options, [this](net::Request request, net::Responder respond) {
    api->handle(std::move(request), std::move(respond));
  });
  if (!started) die("start server: " + started.error().message);
  server_ = *std::move(started);
}

ApiWorld::~ApiWorld() {
  server_.reset();
  api.reset();
}

void ApiWorld::populate() {
  world.add_user("bob", "Bob");
  world.add_user("carol", "Carol");
  world.add_team("crew");
  const auto join = [this](const std::string& user, bool administrator) {
    const Status joined = world.engine->apply([&](app::StoreBatch& batch) -> Status {
      auto made = world.people.put_membership(batch, world.project, TeamId("crew"), UserId(user),
                                              administrator);
      if (!made) return std::move(made).error();
      return {};
    });
    if (!joined) die("join: " + joined.error().message);
  };
  join("alice", true);
  join("bob", false);
  app::NewProject wanted;
  wanted.id = ProjectId("other");
  wanted.display_name = "Other";
  auto other = world.write<app::CreatedProject>(
      [&](auto& batch, auto& after) { return world.projects->create(batch, wanted, after); });
  if (!other) die("create project: " + other.error().message);
  other_keys = other->keys;
}

Answer Connection::send(std::string_view method, const std::string& target, const Headers& headers,
                        const std::string& body) {
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nhost: test\r\n");
  for (const auto& [name, value] : headers) {
    request.append(name).append(": ").append(value).append("\r\n");
  }
  if (!body.empty()) request.append("content-length: " + std::to_string(body.size()) + "\r\n");
  client_.send(request.append("\r\n").append(body));
  return parse(client_.read_response(method != "HEAD"));
}

Answer ApiWorld::send(std::string_view method, const std::string& target, const Headers& headers,
                      const std::string& body) {
  return Connection(port()).send(method, target, headers, body);
}

namespace {
Headers joined(Headers first, const Headers& more) {
  first.insert(first.end(), more.begin(), more.end());
  first.emplace_back("content-type", "application/json");
  return first;
}
}  // namespace

Answer ApiWorld::server(std::string_view method, const std::string& target, const std::string& body,
                        const Headers& more) {
  return send(method, target, joined(server_key(), more), body);
}
Answer ApiWorld::admin(std::string_view method, const std::string& target, const std::string& body,
                       const Headers& more) {
  return send(method, target, joined(admin_key(), more), body);
}
Answer ApiWorld::root(std::string_view method, const std::string& target, const std::string& body,
                      const Headers& more) {
  return send(method, target, joined(root_key(), more), body);
}
Answer ApiWorld::client(const std::string& user, std::string_view method, const std::string& target,
                        const std::string& body, const Headers& more) {
  return send(method, target, joined(client_key(user), more), body);
}

Headers ApiWorld::server_key() const {
  return {{"authorization", "Bearer " + world.keys.secret_server_key.reveal()}};
}
Headers ApiWorld::admin_key() const {
  return {{"authorization", "Bearer " + world.keys.super_secret_admin_key.reveal()}};
}
Headers ApiWorld::client_key(const std::string& user) const {
  Headers headers = {
      {"x-purser-access-type", "client"},
      {"x-purser-project-id", world.project.str()},
      {"x-purser-publishable-client-key", world.keys.publishable_client_key.reveal()}};
  if (!user.empty()) {
    headers.emplace_back("x-purser-access-token", "own:" + world.project.str() + ":" + user + ":s");
  }
  return headers;
}
Headers ApiWorld::root_key() const { return {{"x-purser-root-key", kRootKey}}; }

Headers ApiWorld::key_for(const Route& route) const {
  switch (http::Need(route.access)) {
    case http::Need::kPublic:
      return {};
    case http::Need::kClient:
      return client_key("alice");
    case http::Need::kServer:
      return server_key();
    case http::Need::kAdmin:
      return admin_key();
    case http::Need::kRoot:
      break;
  }
  return root_key();
}

std::string ApiWorld::state() {
  const std::string path = folder_.path("copy" + std::to_string(++snapshots_) + ".db");
  if (const Status copied = world.store->backup(path, {}); !copied) {
    die("backup: " + copied.error().message);
  }
  sqlite3* db = nullptr;
  if (sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) die(path);
  std::string text;
  for (const char* table :
       {"projects",     "api_keys",    "signing_keys", "customers",         "users",
        "teams",        "memberships", "sessions",     "catalogs",          "item_names",
        "ledger",       "purchases",   "transactions", "checkouts",         "remotes",
        "trials",       "invoices",    "refunds",      "disputes",          "inbox",
        "intentions",   "outbox",      "idempotency",  "webhook_endpoints", "webhook_deliveries",
        "webhook_lines"}) {
    text += dump_table(db, table);
  }
  sqlite3_close(db);
  return text;
}

std::vector<Logged> ApiWorld::logged() {
  const std::lock_guard lock(log_mutex_);
  return log_;
}

}  // namespace purser::http_test
