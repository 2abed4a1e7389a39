#pragma once

// A running API: the real store, engine and use cases behind a real server on a port of its own.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/api.hpp"
#include "http/route.hpp"
#include "json/json.hpp"
#include "net/server.hpp"
#include "net/test_client.hpp"
#include "tests/app/world.hpp"
#include "tests/contract/temporary_folder.hpp"

namespace purser::http_test {

using http::Api;
using http::Route;
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  json::Value json() const;                          ///< null when the body is none
  std::string code() const;                          ///< of an error
  std::string text(std::string_view name) const;     ///< a member that is a string
  std::int64_t number(std::string_view name) const;  ///< a member that is an integer; -1 for none
  /// The paths in details.fields.
  std::vector<std::string> wrong_fields() const;
};

/// What was logged of a request.
struct Logged {
  http::LogLevel level;
  /// Every text of the record but the request's id: its random digits can look like a card's.
  std::string line;
};

class ApiWorld {
 public:
  explicit ApiWorld(http::WorkerPoolOptions workers = {.threads = 4, .queue_limit = 2000});
  ~ApiWorld();
  ApiWorld(const ApiWorld&) = delete;
  ApiWorld& operator=(const ApiWorld&) = delete;

  Answer send(std::string_view method, const std::string& target, const Headers& headers = {},
              const std::string& body = {});
  /// With a server key of the project "shop" and JSON as the content type.
  Answer server(std::string_view method, const std::string& target, const std::string& body = {},
                const Headers& more = {});
  Answer admin(std::string_view method, const std::string& target, const std::string& body = {},
               const Headers& more = {});
  Answer root(std::string_view method, const std::string& target, const std::string& body = {},
              const Headers& more = {});
  /// As the app of a signed-in user.
  Answer client(const std::string& user, std::string_view method, const std::string& target,
                const std::string& body = {}, const Headers& more = {});

  Headers server_key() const;
  Headers admin_key() const;
  Headers client_key(const std::string& user = {}) const;
  Headers root_key() const;
  /// The headers that a route's access asks for.
  Headers key_for(const Route& route) const;

  /// Every row of every table but the balances, which follow from the ledger in their own time.
  std::string state();
  std::vector<Logged> logged();
  std::uint16_t port() const { return server_->port(); }

  app::testing::World world;
  app::ProjectKeys other_keys;  ///< of the project "other"

 private:
  void populate();
  contract::TemporaryFolder folder_;
  int snapshots_ = 0;
  std::mutex log_mutex_;
  std::vector<Logged> log_;

 public:
  std::unique_ptr<Api> api;

 private:
  std::unique_ptr<net::Server> server_;
};

/// One connection, kept open between requests. Not thread-safe.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : client_(port) {}
  Answer send(std::string_view method, const std::string& target, const Headers& headers,
              const std::string& body);

 private:
  net::TestClient client_;
};

inline constexpr const char* kRootKey = "srk_for_tests";

}  // namespace purser::http_test
