#pragma once

// The engine: the one way to write. Commands queue; a committer takes whatever is waiting, lets
// each decide in arrival order on one store batch, commits them together, and only then gives the
// answers. Where the store commits several batches at once there are as many committers, each with
// a queue of its own, and a customer's commands go to one of them.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "app/ports/store.hpp"
#include "app/records.hpp"
#include "types/result.hpp"

namespace purser::app {

/// What a use case wants done once its writes are durable; the caller moves it into
/// Decision::after_commit.
using AfterCommit = std::vector<std::function<void()>>;

/// What a command decided. A refused one (`accepted` false) has changed nothing; its reply, when it
/// is final, is kept under its idempotency key all the same.
struct Decision {
  StoredReply reply;
  bool accepted = true;
  bool replayable = true;  ///< false for passing faults: not kept under the idempotency key
  /// Called once after the commit and before the answer, never for a replay: publishes what was
  /// written.
  AfterCommit after_commit;
};

struct EngineReply {
  StoredReply reply;
  bool replayed = false;  ///< it was decided before, under the same idempotency key
};

struct EngineOptions {
  std::size_t queue_limit = 10'000;  ///< waiting commands; above: kOverloaded
  std::size_t batch_limit = 512;     ///< commands decided and committed together
  std::string instance;              ///< names this engine in unfinished idempotency records
  /// An engine of which the caller knows that it has ended, whatever the store has heard of it:
  /// what it left unfinished is taken over at once. Empty: none.
  std::string predecessor = {};
  /// Called with the release of a batch's answers, which it must carry out at once; lets whoever
  /// sends the answers collect them. Absent: they are released one by one.
  std::function<void(const std::function<void()>& release)> around_release = {};
};

struct EngineStats {
  std::uint64_t batches = 0;
  std::uint64_t commands = 0;
  std::uint64_t refused_full = 0;
  std::size_t waiting = 0;
};

/// Thread-safe. Owns the committer threads, one for each of the store's lanes.
class Engine {
 public:
  /// Decides one command on the batch. Called on a committer thread, possibly more than once;
  /// must not block or call out. An Error sinks nothing but this command (it is answered with the
  /// error).
  using Work = std::function<Result<Decision>(StoreBatch&)>;
  /// Called once, on a committer thread after the commit (or after the refusal).
  using Done = std::function<void(Result<EngineReply>)>;

  Engine(Store& store, EngineOptions options);
  ~Engine();  ///< drains

  /// Queues a command: with those of its customer, or with all others of which nothing is known.
  /// Errors reach `done`: kOverloaded, kShuttingDown, kStoreUnavailable, kIdempotencyKeyMismatch,
  /// kIdempotencyKeyInUse, or what `work` answered.
  void submit(std::optional<IdempotencyScope> scope, Work work, Done done,
              std::optional<Touches> touches = std::nullopt);

  /// Queues a command and waits for it. Not for I/O threads.
  Result<EngineReply> execute(std::optional<IdempotencyScope> scope, Work work,
                              std::optional<Touches> touches = std::nullopt);

  /// Runs work that has no reply: a worker's or a multi-step operation's step. Waits.
  Status apply(std::function<Status(StoreBatch&)> work);

  /// Starts or resumes an operation of several steps under an idempotency key (design: a checkout).
  struct Operation {
    std::optional<StoredReply> replay;  ///< finished before: answer this
    std::string id;  ///< else the operation's id: new, or that of the unfinished one
    bool resumed = false;
  };
  /// Without a scope a new operation always starts. While an operation runs, others with its key
  /// get kIdempotencyKeyInUse. Every successful start without a replay must be followed by
  /// `finish_operation` or `abandon_operation`. Waits.
  Result<Operation> start_operation(const std::optional<IdempotencyScope>& scope,
                                    const std::string& new_id);
  /// Runs the last step and records its reply under the key in the same commit; when another node
  /// took the operation over and finished it, answers what that recorded. Waits.
  Result<EngineReply> finish_operation(const std::optional<IdempotencyScope>& scope,
                                       const std::string& operation_id, Work work);
  /// Lets the key be resumed (a passing fault stopped the operation).
  void abandon_operation(const std::optional<IdempotencyScope>& scope);

  EngineStats stats() const;

  /// Refuses new commands and returns when every queued one was answered.
  void drain();

 private:
  struct Job {
    std::optional<IdempotencyScope> scope;
    Work work;
    Done done;
    std::optional<Touches> touches;
  };
  /// A committer and what waits for it.
  struct Lane {
    std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable idle;
    std::vector<Job> queue;
    bool draining = false;
    bool stopping = false;
    bool busy = false;
    std::thread committer;
  };

  Lane& lane_of(const std::optional<Touches>& touches);
  /// Takes a place among the waiting commands, unless all are taken.
  bool take_place();
  void run(Lane& lane);
  void commit_batch(std::vector<Job>& jobs);
  Result<EngineReply> decide(StoreBatch& batch, Job& job, AfterCommit& after_commit) const;
  static std::string scope_key(const IdempotencyScope& scope);

  Store& store_;
  const EngineOptions options_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<std::size_t> waiting_{0};
  std::mutex operations_mutex_;
  std::unordered_set<std::string> running_operations_;
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<std::uint64_t> refused_full_{0};
};

}  // namespace purser::app
