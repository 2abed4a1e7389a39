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

}  // namespace

Engine::Engine(Store& store, EngineOptions options)
    : store_(store), options_(std::move(options)), committer_([this] { run(); }) {}

Engine::~Engine() {
  drain();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  committer_.join();
}

void Engine::submit(std::optional<IdempotencyScope> scope, Work work, Done done) {
  bool wake = false;
  {
    std::unique_lock lock(mutex_);
    const bool full = queue_.size() >= options_.queue_limit;
    if (draining_ || full) {
      const Error refusal = draining_ ? shutting_down() : overloaded();
      lock.unlock();
      refused_full_.fetch_add(1, std::memory_order_relaxed);
      return done(refusal);
    }
    wake = queue_.empty() && !busy_;
    queue_.push_back({std::move(scope), std::move(work), std::move(done)});
  }
  // While a batch commits the committer looks at the queue by itself: no wake-up is needed then.
  if (wake) wake_.notify_one();
}

Result<EngineReply> Engine::execute(std::optional<IdempotencyScope> scope, Work work) {
  // Shared: the waiter may be gone before set_value has returned on the committer thread.
  auto promise = std::make_shared<std::promise<Result<EngineReply>>>();
  auto future = promise->get_future();
  submit(std::move(scope), std::move(work),
         [promise](Result<EngineReply> result) { promise->set_value(std::move(result)); });
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
    std::lock_guard lock(mutex_);
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
      const bool others = known->owner != options_.instance && !store_.sole_owner();
      if (others) return key_in_use();
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
  auto result = execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
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
  return result;
}

void Engine::abandon_operation(const std::optional<IdempotencyScope>& scope) {
  if (!scope) return;
  std::lock_guard lock(mutex_);
  running_operations_.erase(scope_key(*scope));
}

EngineStats Engine::stats() const {
  EngineStats stats;
  stats.batches = batches_.load(std::memory_order_relaxed);
  stats.commands = commands_.load(std::memory_order_relaxed);
  stats.refused_full = refused_full_.load(std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  stats.waiting = queue_.size();
  return stats;
}

void Engine::drain() {
  std::unique_lock lock(mutex_);
  draining_ = true;
  idle_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

void Engine::run() {
  std::vector<Job> jobs;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      busy_ = false;
      if (queue_.empty()) idle_.notify_all();
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      busy_ = true;
      if (queue_.size() <= options_.batch_limit) {
        jobs.swap(queue_);
      } else {
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(options_.batch_limit);
        jobs.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
        queue_.erase(queue_.begin(), end);
      }
    }
    commit_batch(jobs);
    jobs.clear();
  }
}

void Engine::commit_batch(std::vector<Job>& jobs) {
  std::vector<Result<EngineReply>> results;
  results.reserve(jobs.size());
  AfterCommit after_commit;
  const Status committed = store_.commit([&](StoreBatch& batch) -> Status {
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
