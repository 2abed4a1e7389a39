#include "adapters/postgres/nodes.hpp"

#include <set>
#include <utility>

#include "adapters/postgres/arrays.hpp"

namespace purser::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kMargin{1'000};  // a node stops before the others count it as dead
constexpr milliseconds kListen{20};     // between looks at whether to stop
constexpr milliseconds kCare{600'000};  // between looks after the tables
constexpr milliseconds kNotYet{5};      // between looks at whether all have followed
constexpr int kLeasesOfWork = 3;        // an operation may pause for longer than a reader

std::int64_t steady_millis(steady_clock::time_point at) {
  return std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count();
}

ConnectOptions quick(ConnectOptions options, milliseconds lease) {
  options.statement_timeout = lease;
  options.lock_timeout = lease;
  return options;
}

}  // namespace

Nodes::Nodes(ConnectOptions options, std::string instance, milliseconds lease,
             const app::Clock& local)
    : options_(quick(std::move(options), lease)),
      instance_(std::move(instance)),
      lease_(lease),
      local_(local),
      clock_(local) {}

Nodes::~Nodes() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

Status Nodes::start() {
  PURSER_CHECK_OK(round());
  thread_ = std::thread([this] { run(); });
  return {};
}

Status Nodes::watch(app::Store::Changed changed) {
  {
    const std::lock_guard lock(changed_mutex_);
    watched_ = static_cast<bool>(changed);
    changed_ = std::move(changed);
  }
  // What is loaded after the next round is followed from there.
  Status joined;
  {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++wanted_;
    round_done_.wait(lock, [&] { return done_ >= mine; });
    joined = last_round_;
  }
  if (joined) return joined;
  // Whoever is told that it is not called may go.
  const std::lock_guard lock(changed_mutex_);
  watched_ = false;
  changed_ = nullptr;
  return joined;
}

bool Nodes::is_current() const {
  return !watched_ || steady_millis(steady_clock::now()) < current_until_.load();
}

void Nodes::run() {
  auto next = steady_clock::now() + lease_ / 5;
  for (;;) {
    const bool due = listen(next);
    std::uint64_t wanted = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return leave();
      wanted = wanted_;
      if (!due && wanted == done_) continue;
    }
    Status status = round();
    if (!status) db_.reset();
    next = steady_clock::now() + lease_ / 5;
    {
      const std::lock_guard lock(mutex_);
      last_round_ = std::move(status);
      done_ = wanted;
    }
    round_done_.notify_all();
  }
}

bool Nodes::listen(steady_clock::time_point next) {
  if (!db_) {
    std::this_thread::sleep_for(kListen);  // tidy: allow sleep: the server may not even stand
  } else {
    const auto heard = db_->notifications(kListen);
    if (!heard) db_.reset();
    if (heard && !heard->empty()) return true;
  }
  return steady_clock::now() >= next;
}

Status Nodes::connect() {
  if (db_ && db_->is_alive()) return {};
  PURSER_TRY(db_, Connection::open(options_));
  PURSER_CHECK_OK(db_->exec("LISTEN purser_changes"));
  return {};
}

Status Nodes::round() {
  const auto began = steady_clock::now();
  PURSER_CHECK_OK(connect());
  if (!watched_) leave();
  if (watched_ && !joined_) PURSER_CHECK_OK(join());
  if (joined_) PURSER_CHECK_OK(follow());
  PURSER_CHECK_OK(say_alive());
  if (joined_) current_until_.store(steady_millis(began + lease_ - kMargin));
  if (began >= next_care_) PURSER_CHECK_OK(look_after_tables());
  return {};
}

/// From now on the others wait for this node. What it keeps is loaded after this.
Status Nodes::join() {
  PURSER_TRY(const auto newest, db_->integer("SELECT max(version) FROM changes"));
  followed_ = newest.value_or(0);
  joined_ = true;
  return {};
}

Status Nodes::follow() {
  std::vector<std::pair<std::int64_t, std::string>> news;
  {
    PURSER_TRY(
        sql::Cursor row,
        db_->query("SELECT version, project FROM changes WHERE version > $1 ORDER BY version",
                   followed_));
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      news.emplace_back(row.integer(0), row.text(1));
    }
  }
  const std::lock_guard lock(changed_mutex_);
  if (!news.empty() && news.front().first > followed_ + 1 && changed_) {
    // Away for so long that some of the news are gone: it may be any project.
    PURSER_CHECK_OK(changed_(ProjectId()));
  }
  for (const auto& [version, project] : news) {
    if (changed_) PURSER_CHECK_OK(changed_(ProjectId(project)));
    followed_ = version;
  }
  return {};
}

Status Nodes::say_alive() {
  const Timestamp before = local_.now();
  const char* const kNow = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  const char* const kAlive =
      "INSERT INTO nodes(instance, seen_at, followed) VALUES($1, clock_timestamp(), $2) "
      "ON CONFLICT(instance) DO UPDATE SET seen_at = excluded.seen_at, followed = "
      "excluded.followed RETURNING floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  PURSER_TRY(const auto time,
             joined_ ? db_->integer(kAlive, instance_, followed_) : db_->integer(kNow));
  clock_.correct(time.value_or(before.millis()), before, local_.now());
  return {};
}

// Partitions are made before their months begin; what nobody needs any more goes.
Status Nodes::look_after_tables() {
  next_care_ = steady_clock::now() + kCare;
  PURSER_CHECK_OK(db_->query(
      "SELECT ledger_month(m, true), ledger_month(m + 1, false) FROM (SELECT (extract(year FROM "
      "today)::bigint - 1970) * 12 + extract(month FROM today)::bigint - 1 AS m FROM (SELECT now() "
      "AT TIME ZONE 'UTC' AS today) t) months"));
  PURSER_CHECK_OK(db_->run("DELETE FROM nodes WHERE seen_at < now() - interval '1 day'"));
  PURSER_CHECK_OK(
      db_->run("DELETE FROM changes WHERE at < now() - interval '1 day' AND "
               "version < (SELECT max(version) FROM changes)"));
  // The newest instant stays: no batch is dated before it.
  return db_->run(
      "DELETE FROM lanes WHERE seen_at < now() - interval '7 days' AND at < (SELECT max(at) FROM "
      "lanes)");
}

void Nodes::leave() {
  current_until_.store(0);
  if (!joined_ || !db_) return;
  joined_ = false;
  static_cast<void>(db_->run("DELETE FROM nodes WHERE instance = $1", instance_));
}

void Nodes::send_changes(Connection& db, const std::vector<ProjectId>& projects) {
  // One after the other, so that versions become visible in their order.
  db.send("SELECT pg_advisory_xact_lock(hashtext('purser changes'))");
  TextArray ids;
  for (const ProjectId& project : std::set<ProjectId>(projects.begin(), projects.end())) {
    ids.append(project.str());
  }
  const Param params[] = {ids.param()};
  db.send("SELECT pg_notify('purser_changes', '')");
  db.send(
      "INSERT INTO changes(version, project) SELECT (SELECT coalesce(max(version), 0) FROM "
      "changes) + k.n, k.project FROM unnest($1::text[]) WITH ORDINALITY AS k(project, n) "
      "RETURNING version",
      params);
}

steady_clock::time_point Nodes::all_by_themselves() const {
  return steady_clock::now() + lease_ + kMargin;
}

Status Nodes::wait_for_all(Connection& db, std::int64_t& version,
                           steady_clock::time_point deadline) const {
  while (steady_clock::now() < deadline) {
    PURSER_TRY(sql::Cursor row,
               db.query("WITH wanted AS (SELECT CASE WHEN $1::bigint > 0 THEN $1 ELSE (SELECT "
                        "coalesce(max(version), 0) FROM changes) END AS version) SELECT w.version, "
                        "(SELECT count(*) FROM nodes n WHERE n.followed < w.version AND n.seen_at "
                        "> clock_timestamp() - make_interval(secs => $2::bigint / 1000.0)) "
                        "FROM wanted w",
                        version, lease_.count()));
    PURSER_CHECK_OK(row.step());
    version = row.integer(0);
    if (row.integer(1) == 0) return {};
    std::this_thread::sleep_for(kNotYet);  // tidy: allow sleep: what it waits for is elsewhere
  }
  return {};
}

Result<bool> Nodes::may_run(Connection& db, const std::string& instance) const {
  PURSER_TRY(const auto alive,
             db.integer("SELECT 1 FROM nodes WHERE instance = $1 AND seen_at > clock_timestamp() - "
                        "make_interval(secs => $2::bigint / 1000.0)",
                        instance, lease_.count() * kLeasesOfWork));
  return alive.has_value();
}

}  // namespace purser::postgres
