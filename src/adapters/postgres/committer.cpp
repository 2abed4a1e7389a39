#include "adapters/postgres/committer.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "adapters/postgres/arrays.hpp"
#include "adapters/postgres/batch.hpp"

namespace purser::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kAttempts = 10;
constexpr milliseconds kTryFor{10'000};
constexpr milliseconds kLookUpFor{20'000};
constexpr milliseconds kBetweenLooks{100};

// Batches of remembered accounts find numbers for so many lines of each command …
constexpr std::size_t kLinesAhead = 4;
// … and use them soon, so that none is of a month that is over.
constexpr milliseconds kIdsGoodFor{10'000};
// Where other nodes work on the same accounts, such batches are tried ever more rarely.
constexpr int kMostDoublings = 8;

Error gave_up(const Error& last) {
  return sql::unavailable("gave a batch up: " + last.message + " " + last.log.for_log());
}

void add_new(std::vector<CustomerKey>& known, const std::vector<CustomerKey>& more) {
  for (const CustomerKey& customer : more) {
    if (std::find(known.begin(), known.end(), customer) == known.end()) known.push_back(customer);
  }
}

}  // namespace

Committer::Committer(ConnectOptions options, std::string instance, int lanes,
                     const app::Clock* clock, KnownRows& known_rows, Nodes& nodes,
                     std::function<void()> webhooks_queued)
    : options_(std::move(options)),
      instance_(std::move(instance)),
      clock_(clock),
      known_rows_(known_rows),
      nodes_(nodes),
      webhooks_queued_(std::move(webhooks_queued)) {
  for (int i = 0; i < lanes; ++i)
    free_.push_back(lanes_.emplace_back(std::make_unique<Lane>()).get());
}

Status Committer::commit(std::span<const app::PlannedCommand> commands,
                         const app::Store::Work& work) {
  Lane* lane = borrow();
  Status status = commit(*lane, commands, work);
  give_back(lane);
  return status;
}

Committer::Lane* Committer::borrow() {
  std::unique_lock lock(mutex_);
  given_back_.wait(lock, [this] { return !free_.empty(); });
  Lane* lane = free_.back();
  free_.pop_back();
  return lane;
}

void Committer::give_back(Lane* lane) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(lane);
  }
  given_back_.notify_one();
}

Status Committer::commit(Lane& lane, std::span<const app::PlannedCommand> commands,
                         const app::Store::Work& work) {
  std::vector<CustomerKey> customers;
  Attempt last{Outcome::kAgain, {}};
  const auto deadline = steady_clock::now() + kTryFor;
  bool was_quick = false;
  for (int i = 0; i < kAttempts && (i == 0 || steady_clock::now() < deadline); ++i) {
    if (i > 0 && !was_quick) pause(i);
    if (Status connected = connect(lane); !connected) {
      was_quick = false;
      last = {Outcome::kAgain, std::move(connected)};  // it may just be starting again
      continue;
    }
    std::optional<Attempt> quick;
    if (i == 0) quick = attempt_remembered(lane, commands, work);
    was_quick = quick.has_value();
    last = was_quick ? *std::move(quick) : attempt(lane, commands, work, customers);
    if (last.outcome == Outcome::kUnknown) {
      PURSER_TRY(const bool committed, look_up(lane));
      if (committed) last.outcome = Outcome::kCommitted;
    }
    if (last.outcome == Outcome::kRefused) return last.status;
    if (last.outcome != Outcome::kCommitted) continue;
    ++lane.mark.batch;
    if (last.queued_webhooks && webhooks_queued_) webhooks_queued_();
    if (last.is_told) wait_until_followed(lane, last.version);
    return {};
  }
  return gave_up(last.status.error());
}

// The batch is durable, whatever happens to the waiting. Who cannot be asked is waited for until it
// has stopped answering: an early answer would promise what other nodes do not yet know.
void Committer::wait_until_followed(Lane& lane, std::int64_t version) {
  const auto deadline = nodes_.all_by_themselves();
  while (steady_clock::now() < deadline) {
    if (connect(lane) && nodes_.wait_for_all(*lane.db, version, deadline)) return;
    // tidy: allow sleep: the server may not even stand
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

Status Committer::connect(Lane& lane) {
  const bool stands =
      lane.db && lane.db->failure() != Connection::Failure::kLost && lane.db->is_alive();
  if (!stands) {
    PURSER_TRY(lane.db, Connection::open(options_));
  }
  if (lane.mark.row != 0) return {};
  PURSER_TRY(const auto row, lane.db->integer("INSERT INTO lanes(node, batch, at) VALUES($1, 0, 0) "
                                              "RETURNING row",
                                              instance_));
  lane.mark = {row.value_or(0), 0};
  return {};
}

Committer::Attempt Committer::attempt(Lane& lane, std::span<const app::PlannedCommand> commands,
                                      const app::Store::Work& work,
                                      std::vector<CustomerKey>& customers) {
  Connection& db = *lane.db;
  db.forget_failure();
  BatchResolver resolver(db, known_rows_);
  Batch batch(db, resolver);
  Opening opening(db, known_rows_, resolver, batch, clock_);
  Status status = opening.begin(lane.mark, commands, customers);
  db.set_in_batch(true);
  if (status) status = work(batch);
  db.set_in_batch(false);
  add_new(customers, resolver.asked());
  if (!status) {
    Attempt lost = given_up(lane, std::move(status));
    if (opening.lane_is_gone()) lane = {};  // gets another row
    return lost;
  }
  // Nobody may have looked at an error that lost the transaction.
  if (db.failure() != Connection::Failure::kNone) {
    return given_up(lane, sql::unavailable("a batch went on after its transaction was lost"));
  }
  return finish(lane, batch, resolver);
}

std::optional<Committer::Attempt> Committer::attempt_remembered(
    Lane& lane, std::span<const app::PlannedCommand> commands, const app::Store::Work& work) {
  lane.wanted_ids = 0;
  if (commands.empty() || (lane.without > 0 && lane.without-- > 0)) return std::nullopt;
  Connection& db = *lane.db;
  BatchResolver resolver(db, known_rows_);
  Batch batch(db, resolver);
  const auto not_before = recall(batch, resolver, commands);
  if (!not_before) return std::nullopt;
  lane.wanted_ids = kLinesAhead * commands.size();
  if (steady_clock::now() >= lane.ids_until) lane.ids.clear();
  if (lane.ids.size() < commands.size()) return std::nullopt;  // the next one finds more
  const Timestamp now = clock_ != nullptr ? clock_->now() : nodes_.clock().now();
  const std::int64_t at = std::max({now.millis(), *not_before, lane.at});
  batch.begin(Timestamp::from_millis(at).value_or(now), std::move(lane.ids));
  db.forget_failure();
  db.set_silent(true);
  const Status decided = work(batch);
  db.set_silent(false);
  if (!decided || db.failure() != Connection::Failure::kNone) {
    lane.ids.clear();
    db.forget_failure();
    return std::nullopt;  // it needs more than is remembered
  }
  lane.ids = batch.take_ids();
  batch.send_checked_begin();
  Attempt done = finish(lane, batch, resolver);
  if (done.outcome == Outcome::kRefused) done.outcome = Outcome::kAgain;  // in the common way
  lane.failures = done.outcome == Outcome::kAgain ? lane.failures + 1 : 0;
  if (done.outcome != Outcome::kAgain) return done;
  lane.without = 1 << std::min(lane.failures, kMostDoublings);
  batch.each_account(
      [this](const ItemKey& key, AccountRows, const StoredAccount&) { remembered_.forget(key); });
  return done;
}

std::optional<std::int64_t> Committer::recall(Batch& batch, BatchResolver& resolver,
                                              std::span<const app::PlannedCommand> commands) {
  std::int64_t not_before = 0;
  for (const app::PlannedCommand& command : commands) {
    const app::Touches* touches = command.touches;
    if (touches == nullptr || touches->items.empty()) return std::nullopt;
    const CustomerKey& customer = touches->customer;
    const auto project = known_rows_.project(customer.project.str());
    if (!project) return std::nullopt;
    for (const ItemId& item : touches->items) {
      const ItemKey key{touches->customer, item};
      if (batch.knows(key)) continue;
      auto found = remembered_.find(key);
      if (!found) return std::nullopt;
      not_before = std::max(not_before, found->at);
      resolver.keep_seen({*project, customer.type, customer.id}, {found->rows.customer, false});
      if (!batch.keep_account(key, found->rows, std::move(found->stored))) return std::nullopt;
    }
  }
  for (const app::PlannedCommand& command : commands) {
    if (command.scope == nullptr) continue;
    const auto owner = known_rows_.project(command.scope->project.str());
    if (!owner) return std::nullopt;
    batch.keep_record(command.scope->project, command.scope->key,
                      {*owner, pack_key(command.scope->key), std::nullopt, false, false});
  }
  return not_before;
}

Committer::Attempt Committer::finish(Lane& lane, Batch& batch, BatchResolver& resolver) {
  Connection& db = *lane.db;
  batch.send_writes();
  const bool empty = batch.is_empty();
  const Integer row(lane.mark.row);
  const Integer next(lane.mark.batch + 1);
  const Integer at(batch.now().millis());
  const std::size_t ids = lane.ids.size();
  const Integer new_ids(
      static_cast<std::int64_t>(lane.wanted_ids > ids ? lane.wanted_ids - ids : 0));
  const Param mark[] = {row.param(), next.param(), at.param(), new_ids.param()};
  const std::vector<ProjectId>& changed = batch.published();
  if (!changed.empty()) Nodes::send_changes(db, changed);
  const bool is_told = !changed.empty() || batch.repeats_answers();
  // Also of an empty batch: its instant counts. No time limit from here on: waiting for a standby
  // must not be cut short, the commit would stand, but only here.
  db.send(
      "WITH mark AS (UPDATE lanes SET batch = $2::bigint, at = $3, seen_at = clock_timestamp() "
      "WHERE row = $1 AND batch = $2::bigint - 1 RETURNING set_config('statement_timeout', '0', "
      "true)) " PURSER_UNLESS("NOT EXISTS(SELECT 1 FROM mark)") ", ARRAY(SELECT "
      "nextval('ledger_ids') FROM generate_series(1, $4::bigint))",
      mark);
  db.send("COMMIT");
  auto answers = db.collect();
  if (!answers) {
    if (db.failure() == Connection::Failure::kLost) {
      if (empty) return {Outcome::kAgain, std::move(answers).error()};
      return {Outcome::kUnknown, std::move(answers).error(), is_told, 0, batch.queued_webhooks()};
    }
    const bool elsewhere = answers.error().code == ErrorCode::kAlreadyExists;
    Attempt lost = given_up(lane, std::move(answers).error());
    // Only what was staged is written here: another node has made the same idempotency record.
    if (elsewhere) lost.outcome = Outcome::kAgain;
    return lost;
  }
  if (answers->back().tag() != "COMMIT") {
    return given_up(lane, sql::unavailable("a COMMIT rolled back"));
  }
  resolver.publish();
  committed(lane, batch, resolver, (*answers)[answers->size() - 2].integers(0, 1));
  std::int64_t version = 0;
  if (!changed.empty()) {
    const Rows& versions = (*answers)[answers->size() - 3];
    for (int i = 0; i < versions.size(); ++i) version = std::max(version, versions.integer(i, 0));
  }
  return {Outcome::kCommitted, {}, is_told, version, batch.queued_webhooks()};
}

void Committer::committed(Lane& lane, Batch& batch, BatchResolver& resolver,
                          const std::vector<std::int64_t>& new_ids) {
  lane.at = batch.now().millis();
  if (!new_ids.empty()) lane.ids_until = steady_clock::now() + kIdsGoodFor;
  lane.ids.insert(lane.ids.end(), new_ids.begin(), new_ids.end());
  batch.each_account([&](const ItemKey& key, AccountRows rows, const StoredAccount& stored) {
    const bool is_there = !stored.bytes.empty();
    const bool is_custom = key.customer.type == CustomerType::kCustom;
    if (!is_there || !(is_custom || resolver.is_known_to_exist(key.customer))) return;
    remembered_.keep(key, {rows, stored, lane.at});
  });
}

Committer::Attempt Committer::given_up(Lane& lane, Status why) {
  const Connection::Failure failure = lane.db->failure();
  roll_back(lane);
  const bool again =
      failure == Connection::Failure::kConflict || failure == Connection::Failure::kLost;
  return {again ? Outcome::kAgain : Outcome::kRefused, std::move(why)};
}

void Committer::roll_back(Lane& lane) {
  if (lane.db->failure() == Connection::Failure::kLost) return;
  lane.db->send("ROLLBACK");
  if (!lane.db->collect()) lane.db.reset();
}

// A batch writes its number into the lane's row last. If it has, the row is held until the server
// has ended the transaction, one way or the other, and be it that it first has to notice the lost
// connection. If it has not, it will find another number and fail.
Result<bool> Committer::look_up(Lane& lane) {
  const auto deadline = steady_clock::now() + kLookUpFor;
  for (;;) {
    const Integer row(lane.mark.row);
    const Integer next(lane.mark.batch + 1);
    const Param params[] = {row.param(), next.param()};
    auto db = Connection::open(options_);
    if (db) {
      const auto mark = (*db)->ask(
          "UPDATE lanes SET batch = CASE WHEN batch = $2 THEN batch ELSE -1 END WHERE row = $1 "
          "RETURNING batch",
          params);
      if (mark) {
        const bool committed = mark->size() == 1 && mark->integer(0, 0) == lane.mark.batch + 1;
        if (!committed) lane = {};
        lane.db = *std::move(db);
        return committed;
      }
    }
    if (steady_clock::now() >= deadline) {
      // Another row from now on: this one may still become the next number.
      lane = {};
      return sql::unavailable("the connection was lost during a COMMIT, and nobody can be asked");
    }
    // tidy: allow sleep: the server may not even stand
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

/// Longer each time, and never the same: those that met must not meet again.
void Committer::pause(int attempt) {
  const std::string bytes = crypto::random_bytes(1);
  const int share = static_cast<unsigned char>(bytes.front());
  const int longest = 2 << std::min(attempt, 7);  // milliseconds
  const milliseconds chosen(longest * share / 255);
  std::this_thread::sleep_for(chosen);  // tidy: allow sleep: what it waits for is on another node
}

}  // namespace purser::postgres
