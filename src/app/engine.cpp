#include "app/engine.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>
#include <utility>

namespace purser::app {
namespace {

Error overloaded() {
  return {ErrorCode::kOverloaded,
          "The server has too many requests waiting; send it again shortly."};
}
Error shutting_down() {
  return {ErrorCode::kShuttingDown,
          "The server is stopping; send it again to another one or later."};
}
Error key_in_use() {
  return {ErrorCode::kIdempotencyKeyInUse,
          "A request with this idempotency key is still running; send it again shortly."};
}
Error key_mismatch() {
  return {ErrorCode::kIdempotencyKeyMismatch,
          "This idempotency key was used for a different request; use a new key."};
}

IdempotencyRecord record_of(const IdempotencyScope& scope, Timestamp now) {
  IdempotencyRecord record;
  record.project = scope.project;
  record.key = scope.key;
  record.request_hash = scope.request_hash;
  record.created_at = now;
  return record;
}

constexpr int kTurns = 3;

/// A batch costs nearly the same whatever it holds: who is about to submit something gets the
/// processor first, a few times, while commands come. Where nobody wants it this takes no time.
template <class Queue>
void let_others_submit(std::unique_lock<std::mutex>& lock, const Queue& queue) {
  for (int turn = 0; turn < kTurns; ++turn) {
    const std::size_t before = queue.size();
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
    if (queue.size() == before) return;
  }
}

}  // namespace

Engine::Engine(Store& store, EngineOptions options) : store_(store), options_(std::move(options)) {
  for (int i = 0; i < store_.lanes(); ++i) {
    Lane& lane = *lanes_.emplace_back(std::make_unique<Lane>());
    lane.committer = std::thread([this, &lane] { run(lane); });
  }
}

Engine::~Engine() {
  drain();
  for (const auto& lane : lanes_) {
    {
      std::lock_guard lock(lane->mutex);
      lane->stopping = true;
    }
    lane->wake.notify_all();
    lane->committer.join();
  }
}

// The first lane is for what says nothing of whom it touches, when there are others: it may have to
// wait for anybody.
Engine::Lane& Engine::lane_of(const std::optional<Touches>& touches) {
  if (!touches || lanes_.size() == 1) return *lanes_.front();
  const std::size_t hash = std::hash<std::string>()(touches->customer.id);
  return *lanes_[1 + hash % (lanes_.size() - 1)];
}

bool Engine::take_place() {
  if (waiting_.fetch_add(1) < options_.queue_limit) return true;
  waiting_.fetch_sub(1);
  return false;
}

void Engine::submit(std::optional<IdempotencyScope> scope, Work work, Done done,
                    std::optional<Touches> touches) {
  Lane& lane = lane_of(touches);
  bool wake = false;
  {
    std::unique_lock lock(lane.mutex);
    if (lane.draining || !take_place()) {
      const Error refusal = lane.draining ? shutting_down() : overloaded();
      lock.unlock();
      refused_full_.fetch_add(1, std::memory_order_relaxed);
      return done(refusal);
    }
    wake = lane.queue.empty() && !lane.busy;
    lane.queue.push_back({std::move(scope), std::move(work), std::move(done), std::move(touches)});
  }
  // While a batch commits the committer looks at the queue by itself: no wake-up is needed then.
  if (wake) lane.wake.notify_one();
}

Result<EngineReply> Engine::execute(std::optional<IdempotencyScope> scope, Work work,
                                    std::optional<Touches> touches) {
  // Shared: the waiter may be gone before set_value has returned on the committer thread.
  auto promise = std::make_shared<std::promise<Result<EngineReply>>>();
  auto future = promise->get_future();
  submit(
      std::move(scope), std::move(work),
      [promise](Result<EngineReply> result) { promise->set_value(std::move(result)); },
      std::move(touches));
  return future.get();
}

Status Engine::apply(std::function<Status(StoreBatch&)> work) {
  auto result = execute(std::nullopt, [&work](StoreBatch& batch) -> Result<Decision> {
    PURSER_CHECK_OK(work(batch));
    return Decision{};
  });
  if (!result) return std::move(result).error();
  return {};
}

std::string Engine::scope_key(const IdempotencyScope& scope) {
  return scope.project.str() + '\n' + scope.key;
}

Result<Engine::Operation> Engine::start_operation(const std::optional<IdempotencyScope>& scope,
                                                  const std::string& new_id) {
  if (!scope) return Operation{std::nullopt, new_id, false};
  const std::string running = scope_key(*scope);
  {
    std::lock_guard lock(operations_mutex_);
    if (!running_operations_.insert(running).second) return key_in_use();
  }
  Operation operation{std::nullopt, new_id, false};
  const Status status = apply([&](StoreBatch& batch) -> Status {
    operation = {std::nullopt, new_id, false};
    PURSER_TRY(auto known, batch.idempotency(scope->project, scope->key));
    if (known) {
      if (known->request_hash != scope->request_hash) return key_mismatch();
      if (known->completed) {
        operation.replay = known->reply;
        return {};
      }
      if (known->owner != options_.instance && known->owner != options_.predecessor) {
        PURSER_TRY(const bool runs_elsewhere, store_.may_run(known->owner));
        if (runs_elsewhere) return key_in_use();
      }
      operation = {std::nullopt, known->operation, true};
    }
    IdempotencyRecord record = known ? *known : record_of(*scope, batch.now());
    record.operation = operation.id;
    record.owner = options_.instance;
    return batch.put_idempotency(record);
  });
  if (!status || operation.replay) abandon_operation(scope);
  if (!status) return status.error();
  return operation;
}

Result<EngineReply> Engine::finish_operation(const std::optional<IdempotencyScope>& scope,
                                             const std::string& operation_id, Work work) {
  std::optional<StoredReply> finished_elsewhere;
  auto result = execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
    finished_elsewhere.reset();
    if (scope) {
      PURSER_TRY(auto known, batch.idempotency(scope->project, scope->key));
      if (known && known->completed) {
        finished_elsewhere = std::move(known->reply);
        return Decision{};
      }
    }
    PURSER_TRY(Decision decision, work(batch));
    if (!scope || !decision.replayable) return decision;
    // A refusal takes back what the command wrote, but the reply under its key must stay.
    if (!decision.accepted) {
      PURSER_CHECK_OK(batch.undo_command());
      batch.begin_command();
    }
    IdempotencyRecord record = record_of(*scope, batch.now());
    record.completed = true;
    record.operation = operation_id;
    record.reply = decision.reply;
    PURSER_CHECK_OK(batch.put_idempotency(record));
    decision.accepted = true;
    return decision;
  });
  abandon_operation(scope);
  if (result && finished_elsewhere) return EngineReply{*std::move(finished_elsewhere), true};
  return result;
}

void Engine::abandon_operation(const std::optional<IdempotencyScope>& scope) {
  if (!scope) return;
  std::lock_guard lock(operations_mutex_);
  running_operations_.erase(scope_key(*scope));
}

EngineStats Engine::stats() const {
  EngineStats stats;
  stats.batches = batches_.load(std::memory_order_relaxed);
  stats.commands = commands_.load(std::memory_order_relaxed);
  stats.refused_full = refused_full_.load(std::memory_order_relaxed);
  stats.waiting = waiting_.load(std::memory_order_relaxed);
  return stats;
}

void Engine::drain() {
  for (const auto& lane : lanes_) {
    std::lock_guard lock(lane->mutex);
    lane->draining = true;
  }
  for (const auto& lane : lanes_) {
    std::unique_lock lock(lane->mutex);
    lane->idle.wait(lock, [&lane] { return lane->queue.empty() && !lane->busy; });
  }
}

void Engine::run(Lane& lane) {
  std::vector<Job> jobs;
  std::vector<Job>& queue = lane.queue;
  for (;;) {
    {
      std::unique_lock lock(lane.mutex);
      lane.busy = false;
      if (queue.empty()) lane.idle.notify_all();
      lane.wake.wait(lock, [&lane] { return lane.stopping || !lane.queue.empty(); });
      if (queue.empty()) return;
      let_others_submit(lock, queue);
      lane.busy = true;
      if (queue.size() <= options_.batch_limit) {
        jobs.swap(queue);
      } else {
        const auto end = queue.begin() + static_cast<std::ptrdiff_t>(options_.batch_limit);
        jobs.assign(std::make_move_iterator(queue.begin()), std::make_move_iterator(end));
        queue.erase(queue.begin(), end);
      }
      waiting_.fetch_sub(jobs.size());
    }
    commit_batch(jobs);
    jobs.clear();
  }
}

void Engine::commit_batch(std::vector<Job>& jobs) {
  std::vector<Result<EngineReply>> results;
  results.reserve(jobs.size());
  AfterCommit after_commit;
  std::vector<PlannedCommand> planned;
  planned.reserve(jobs.size());
  for (const Job& job : jobs) {
    planned.push_back({job.touches ? &*job.touches : nullptr, job.scope ? &*job.scope : nullptr});
  }
  const Status committed = store_.commit(planned, [&](StoreBatch& batch) -> Status {
    results.clear();
    after_commit.clear();
    for (Job& job : jobs) {
      batch.begin_command();
      results.push_back(decide(batch, job, after_commit));
      const bool store_failed =
          !results.back() && results.back().error().code == ErrorCode::kStoreUnavailable;
      if (store_failed) return results.back().error();  // the batch cannot be trusted any more
    }
    return {};
  });
  batches_.fetch_add(1, std::memory_order_relaxed);
  commands_.fetch_add(jobs.size(), std::memory_order_relaxed);
  if (committed) {
    for (const auto& publish : after_commit) publish();
  }
  const auto release = [&] {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (committed) {
        jobs[i].done(std::move(results[i]));
      } else {
        jobs[i].done(committed.error());
      }
    }
  };
  if (options_.around_release) {
    options_.around_release(release);
  } else {
    release();
  }
}

Result<EngineReply> Engine::decide(StoreBatch& batch, Job& job, AfterCommit& after_commit) const {
  if (job.scope) {
    PURSER_TRY(auto known, batch.idempotency(job.scope->project, job.scope->key));
    if (known) {
      if (known->request_hash != job.scope->request_hash) return key_mismatch();
      if (!known->completed) return key_in_use();
      return EngineReply{std::move(known->reply), true};
    }
  }
  Result<Decision> decided = job.work(batch);
  if (!decided || !decided->accepted) {
    PURSER_CHECK_OK(batch.undo_command());
    batch.begin_command();  // the record of a refusal stays
  }
  if (!decided) return std::move(decided).error();
  Decision decision = *std::move(decided);
  if (job.scope && decision.replayable) {
    IdempotencyRecord record = record_of(*job.scope, batch.now());
    record.completed = true;
    record.reply = decision.reply;
    PURSER_CHECK_OK(batch.put_idempotency(record));
  }
  if (decision.accepted) {
    std::move(decision.after_commit.begin(), decision.after_commit.end(),
              std::back_inserter(after_commit));
  }
  return EngineReply{std::move(decision.reply), false};
}

}  // namespace purser::app
