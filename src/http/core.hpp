#pragma once

// The life of a request, from the route to its answer. Internal to this folder: handlers work with
// a Call and answer it through the Core.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/access.hpp"
#include "app/engine.hpp"
#include "http/api.hpp"
#include "http/cursor.hpp"
#include "http/decode.hpp"
#include "http/guess_limit.hpp"
#include "http/metrics.hpp"
#include "http/request_id.hpp"
#include "http/route.hpp"
#include "http/router.hpp"
#include "http/worker_pool.hpp"

namespace purser::http {

class Core;
class Dialect;

/// Counts the requests that are running, so that a stop can wait for them.
class InFlight {
 public:
  void enter() { count_.fetch_add(1, std::memory_order_relaxed); }
  void leave();
  void wait_until_none();

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::atomic<std::size_t> count_{0};
};

/// One request on its way. Owned by whoever works on it; answered exactly once through the Core.
/// Not thread-safe: one thread at a time works on it.
struct Call {
  Call(Core& core, std::shared_ptr<InFlight> in_flight, net::Request request,
       net::Responder respond);
  ~Call();  ///< answers 500 when nobody did
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Core& core;
  std::shared_ptr<InFlight> in_flight;
  net::Request request;
  net::Responder respond;
  std::string request_id;
  std::chrono::steady_clock::time_point started;
  const Route* route = nullptr;      ///< null: no route was found
  const Dialect* dialect = nullptr;  ///< null: a canonical call
  std::size_t operation = 0;         ///< index for the metrics
  app::Principal principal;          ///< empty on public and root routes
  std::vector<std::string> path;
  Query query;
  json::Value body;
  std::optional<app::IdempotencyScope> scope;
  bool on_worker = false;
  bool answered = false;

  /// A path parameter by its name in the pattern; it must be there.
  const std::string& parameter(std::string_view name) const;
  /// A query parameter; nothing when absent.
  std::optional<std::string> query_value(std::string_view name) const;
  const app::ProjectContext& context() const { return *principal.context; }
  const ProjectId& project() const { return principal.context->project.id; }
  bool is_client() const { return principal.access == app::AccessType::kClient; }
  /// The customer of a path under /customers/.
  CustomerKey customer() const;
};

/// An answer before it is put into headers.
struct Reply {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json; charset=utf-8";
  bool replayed = false;
  std::vector<net::Header> headers = {};  ///< beside those that every answer has
};

/// What a write decided: the answer to give and to keep.
struct Written {
  int status = 200;
  std::string body;
  bool accepted = true;  ///< false: nothing is written
};

/// Thread-safe.
class Core {
 public:
  explicit Core(ApiDependencies dependencies);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void handle(net::Request request, net::Responder respond);
  net::Response refusal(int status);
  void set_ready(bool ready) { ready_.store(ready); }
  bool is_ready() const { return ready_.load(); }

  void answer(Call& call, Reply reply);
  /// Answers a JSON body with the route's status.
  void answer(Call& call, std::string body);
  void answer(Call& call, const Error& error);
  /// Answers what the engine gave, opening what was sealed.
  void answer(Call& call, Result<app::EngineReply> result);

  /// Puts a write through the engine under the call's idempotency key and answers it. `decide` runs
  /// on a committer, possibly more than once. `items`: those of the call's customer that it will
  /// touch, as far as known.
  using Decide = std::function<Result<Written>(app::StoreBatch&, app::AfterCommit&)>;
  void write(const CallPtr& call, Decide decide, std::vector<ItemId> items = {});

  /// The reply as it is kept under the call's idempotency key: sealed when the route shows a
  /// secret.
  app::StoredReply kept(const Call& call, int status, std::string body) const;
  /// An error's answer, as it is kept.
  app::StoredReply kept(const Call& call, const Error& error) const;

  /// Goes on with the call on a worker thread; answers it when there are too many.
  void to_worker(const CallPtr& call, std::function<void()> step);
  /// Reads the call's Idempotency-Key, if it has one and the route obeys it. Errors: kSchemaError.
  static Status read_scope(Call& call);

  ApiDependencies& use() { return dependencies_; }
  const Cursors& cursors() const { return cursors_; }
  const Metrics& metrics() const { return metrics_; }
  const WorkerPool& workers() const { return *workers_; }
  GuessLimit& guesses() { return guesses_; }

 private:
  void begin(const CallPtr& call);
  void refuse_path(Call& call, const Match& match);
  void authenticate(const CallPtr& call);
  void proceed(const CallPtr& call, Result<app::Principal> principal);
  void decode_and_run(const CallPtr& call);
  Status decode(Call& call);
  void run(const CallPtr& call);
  void authenticate_slowly(const CallPtr& call);
  static Reply encoded(const Call& call, const Error& error);
  bool needs_worker(const Call& call) const;
  std::optional<Reply> opened(const Call& call, app::EngineReply& kept) const;
  void finish(Call& call, Reply reply, std::string_view code, std::string_view detail);
  static net::Response response_of(const Call& call, Reply reply);
  void log(const Call& call, const Reply& reply, std::string_view code, std::string_view detail,
           std::int64_t duration_us) const;

  ApiDependencies dependencies_;
  const Router router_;
  const Cursors cursors_;
  Metrics metrics_;
  RequestIds request_ids_;
  GuessLimit guesses_;
  std::shared_ptr<InFlight> in_flight_;
  std::atomic<bool> ready_{false};
  std::unique_ptr<WorkerPool> workers_;
};

}  // namespace purser::http
