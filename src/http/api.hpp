#pragma once

// The public face of the HTTP API: give it the use cases, hand it requests.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "app/access.hpp"
#include "app/billing.hpp"
#include "app/endpoints.hpp"
#include "app/engine.hpp"
#include "app/items.hpp"
#include "app/people.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/ids.hpp"
#include "app/ports/store.hpp"
#include "app/projects.hpp"
#include "app/reconciler.hpp"
#include "app/refunds.hpp"
#include "app/registry.hpp"
#include "app/sales.hpp"
#include "app/subscriptions.hpp"
#include "app/webhooks.hpp"
#include "crypto/crypto.hpp"
#include "http/log_record.hpp"
#include "http/worker_pool.hpp"
#include "net/server.hpp"
#include "types/secret.hpp"

namespace purser::http {

/// What only the wiring knows how to do. Each may be empty. Called from several threads.
struct ApiHooks {
  /// Moves the manual clock (and the sandbox's) forward. Absent: the route /internal/clock does not
  /// exist. Errors: kSchemaError when `now` lies before the present instant.
  std::function<Status(Timestamp now)> set_clock;
  /// For /metrics: how many connections are open.
  std::function<std::size_t()> open_connections;
  /// Further lines for /metrics, in the Prometheus text format.
  std::function<std::string()> more_metrics;
};

class Dialect;

/// Everything the API needs; all of it must outlive the Api.
struct ApiDependencies {
  app::Engine& engine;
  app::Store& store;
  app::Registry& registry;
  app::Access& access;
  app::Items& items;
  app::Projects& projects;
  app::People& people;
  app::Sessions& sessions;
  app::Sales& sales;
  app::Subscriptions& subscriptions;
  app::Refunds& refunds;
  app::Billing& billing;
  app::Onboarding& onboarding;
  app::Webhooks& webhooks;
  app::Endpoints& endpoints;
  app::Reconciler& reconciler;
  const app::Clock& clock;
  app::Ids& ids;

  crypto::Digest root_key_hash{};  ///< SHA-256 of the root key's text
  Secret encryption_key = {};   ///< 32 bytes; cursors and sealed replies derive their keys from it
  std::string public_url = {};  ///< "https://pay.example.com", without a slash at the end
  std::string version = {};     ///< of the program

  /// Called once for each request whose level is not below `log_level`; must not block for long.
  std::function<void(const LogRecord&)> log = {};
  LogLevel log_level = LogLevel::kInfo;

  /// Another protocol beside the canonical routes; null: none. Must outlive the Api.
  const Dialect* dialect = nullptr;

  ApiHooks hooks = {};
  WorkerPoolOptions workers = {};
};

class Core;

/// Answers requests. Thread-safe. Destroy it after the server was drained and before the engine and
/// the store: it waits for the requests that are still running.
class Api {
 public:
  explicit Api(ApiDependencies dependencies);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Answers one request through `respond`, at once or later, from any thread. Never blocks.
  void handle(net::Request request, net::Responder respond);

  /// What /readyz says. False until it is set; set it false before draining.
  void set_ready(bool ready);

  /// The answer to a request that the server core itself refuses (ServerOptions::refusal).
  net::Response refusal(int status) const;

  /// The largest body that any route takes (ServerOptions::max_body_bytes).
  static std::size_t max_body_bytes();

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace purser::http
