#include "adapters/sqlite/store.hpp"

#include <algorithm>
#include <chrono>

#include "adapters/sqlite/backup.hpp"
#include "adapters/sqlite/migrations.hpp"
#include "adapters/sqlite/recovery.hpp"
#include "adapters/sqlite/verify.hpp"
#include "adapters/sqlite/view.hpp"

namespace purser::sqlite {
namespace {

constexpr std::chrono::milliseconds kBackgroundPeriod{250};
constexpr std::size_t kIdleSlice =
    2'048;  // accounts; keeps a commit that comes along waiting briefly
// One for each thread that reads requests, so that none waits for another's.
int hot_readers() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 2, 8);
}

std::string lock_path(const std::string& path) { return path + ".lock"; }

}  // namespace

SqliteStore::SqliteStore(SqliteOptions options, const app::Clock& clock, FileLock lock)
    : options_(std::move(options)),
      clock_(clock),
      lock_(std::move(lock)),
      shared_(options_.cache_accounts) {}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(SqliteOptions options,
                                                       const app::Clock& clock) {
  PURSER_TRY(FileLock lock, FileLock::acquire(lock_path(options.path), options.path));
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(options), clock, std::move(lock)));
  PURSER_CHECK_OK(store->start());
  return store;
}

Status SqliteStore::start() {
  PURSER_CHECK_OK(open_writer());
  PURSER_TRY(const Recovered recovered, recover(*writer_, shared_));
  balances_.emplace(shared_, recovered.folded_up_to, options_.dirty_limit, options_.background);
  next_id_ = recovered.last_id + 1;
  last_instant_ = recovered.last_instant;
  PURSER_TRY(views_, open_pool(options_.readers, nullptr));
  PURSER_TRY(hot_, open_pool(hot_readers(), &shared_.snapshots));
  std::unique_ptr<Connection> own;
  if (options_.background) {
    PURSER_TRY(own, Connection::open(options_.path, OpenMode::kExisting, options_.vfs));
  }
  wal_ = std::make_unique<WalKeeper>(*writer_, std::move(own), options_.checkpoint_pages, *hot_,
                                     shared_.snapshots);
  if (options_.background) background_ = std::thread([this] { run_background(); });
  return {};
}

Status SqliteStore::open_writer() {
  PURSER_CHECK_OK(discard_log_of_replaced_file(options_.path));
  PURSER_TRY(writer_, Connection::open(options_.path, OpenMode::kWriter, options_.vfs));
  // The schema is looked at before anything is written, in case the file is not ours.
  PURSER_CHECK_OK(writer_->exec("PRAGMA synchronous=FULL;"));
  PURSER_CHECK_OK(migrate(*writer_, sql::embedded_migrations("sqlite"), clock_.now()));
  PURSER_TRY(sql::Cursor mode, writer_->query("PRAGMA journal_mode=WAL"));
  PURSER_TRY(const bool answered, mode.step());
  if (!answered || mode.view(0) != "wal") {
    return Error{ErrorCode::kStoreUnavailable,
                 "The file system of " + options_.path +
                     " does not allow write-ahead logging; put the data on a local disk."};
  }
  const std::string cache = "PRAGMA cache_size=-" + std::to_string(options_.page_cache_kib) + ";";
  PURSER_CHECK_OK(writer_->exec(cache.c_str()));
  return writer_->exec("PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;");
}

Result<std::unique_ptr<Connection>> SqliteStore::open_reader() const {
  PURSER_TRY(auto reader, Connection::open(options_.path, OpenMode::kReader, options_.vfs));
  const std::string cache =
      "PRAGMA cache_size=-" + std::to_string(std::max(options_.page_cache_kib / 8, 256)) + ";";
  PURSER_CHECK_OK(reader->exec(cache.c_str()));
  return reader;
}

Result<std::unique_ptr<ConnectionPool>> SqliteStore::open_pool(
    int size, const SnapshotRule* snapshots) const {
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < std::max(size, 1); ++i) {
    PURSER_TRY(auto reader, open_reader());
    if (snapshots) reader->keep_snapshots(*snapshots);
    connections.push_back(std::move(reader));
  }
  return std::make_unique<ConnectionPool>(std::move(connections));
}

SqliteStore::~SqliteStore() {
  if (background_.joinable()) {
    {
      std::lock_guard lock(background_mutex_);
      stopping_ = true;
    }
    background_wake_.notify_all();
    background_.join();
  }
  // Not needed for safety: it only makes the next start find nothing to fold.
  if (balances_) {
    while (catch_up(kIdleSlice)) {
    }
  }
  wal_.reset();
}

std::unique_ptr<app::StoreView> SqliteStore::view() {
  return std::make_unique<View>(*views_, shared_);
}

// What a batch will touch is of no use here: caches and pages serve one command after the other.
Status SqliteStore::commit(std::span<const app::PlannedCommand>, const Work& work) {
  const std::lock_guard lock(writer_mutex_);
  batches_.fetch_add(1, std::memory_order_relaxed);
  wal_->between_batches();
  writer_->forget_failure();
  if (writer_->in_transaction()) roll_back();
  Status status = writer_->run("BEGIN IMMEDIATE");
  if (status) status = run_batch(work);
  if (!status) roll_back();
  return status;
}

Status SqliteStore::run_batch(const Work& work) {
  last_instant_ = std::max(last_instant_, clock_.now());
  BatchResolver resolver(*writer_, shared_);
  Batch batch(*writer_, shared_, resolver, last_instant_, next_id_);
  PURSER_CHECK_OK(work(batch));
  PURSER_CHECK_OK(commit_batch(batch));
  // From here on it is durable: nothing below may fail.
  publish(batch);
  resolver.publish();
  if (batch.queued_webhooks() && options_.webhooks_queued) options_.webhooks_queued();
  if (options_.background && wal_->wants_copy()) background_wake_.notify_one();
  return {};
}

Status SqliteStore::commit_batch(Batch& batch) {
  PURSER_CHECK_OK(batch.finish());
  PURSER_CHECK_OK(balances_->write_with(*writer_, batch.accounts(), next_id_ - 1, batch.lines()));
  if (writer_->broken() || !writer_->in_transaction()) return writer_->failed("commit");
  return writer_->run("COMMIT");
}

void SqliteStore::publish(Batch& batch) {
  balances_->committed();
  for (auto& [key, staged] : batch.accounts()) {
    if (!staged.changed) continue;
    shared_.accounts.publish(key, {std::move(staged.blob), staged.last_entry}, !staged.written);
  }
  shared_.owned.forget(batch.owners());
  next_id_ = batch.next_id();
}

void SqliteStore::roll_back() {
  if (balances_) balances_->rolled_back();
  writer_->forget_failure();
  // SQLite rolls back by itself after some errors. Should this fail, the next commit tries it
  // again.
  if (writer_->in_transaction()) static_cast<void>(writer_->run("ROLLBACK"));
  writer_->forget_failure();
}

bool SqliteStore::catch_up(std::size_t count) {
  if (balances_->caught_up(next_id_ - 1)) return false;
  writer_->forget_failure();
  if (writer_->in_transaction()) return false;
  Status status = writer_->run("BEGIN IMMEDIATE");
  if (status) status = balances_->write_idle(*writer_, next_id_ - 1, count);
  if (status) status = writer_->run("COMMIT");
  if (!status) {
    roll_back();
    return false;
  }
  balances_->committed();
  return true;
}

void SqliteStore::run_background() {
  std::uint64_t seen = 0;
  std::unique_lock lock(background_mutex_);
  while (!stopping_) {
    background_wake_.wait_for(lock, kBackgroundPeriod);
    if (stopping_) return;
    lock.unlock();
    if (wal_->wants_copy()) wal_->copy();
    if (balances_->wants_list()) balances_->make_list();
    const std::uint64_t batches = batches_.load(std::memory_order_relaxed);
    if (batches == seen) {
      const std::unique_lock writer(writer_mutex_, std::try_to_lock);
      if (writer.owns_lock()) {
        wal_->between_batches();
        catch_up(kIdleSlice);
      }
    }
    seen = batches;
    lock.lock();
  }
}

Result<app::VerifyReport> SqliteStore::verify(const app::Progress& progress) {
  PURSER_TRY(const auto reader, open_reader());
  return verify_store(*reader, shared_.accounts, clock_.now(), progress);
}

Status SqliteStore::backup(const std::string& path, const app::Progress& progress) {
  PURSER_TRY(const auto reader, open_reader());
  return backup_database(*reader, path, options_.vfs, progress);
}

Result<std::unique_ptr<app::Store>> open_sqlite_store(SqliteOptions options,
                                                      const app::Clock& clock) {
  PURSER_TRY(auto store, SqliteStore::open(std::move(options), clock));
  return std::unique_ptr<app::Store>(std::move(store));
}

Result<std::vector<MigrationStatus>> migration_status(const SqliteOptions& options) {
  PURSER_TRY(const FileLock lock, FileLock::acquire(lock_path(options.path), options.path));
  PURSER_TRY(const auto db, Connection::open(options.path, OpenMode::kReader, options.vfs));
  PURSER_TRY(const auto states, migration_states(*db, sql::embedded_migrations("sqlite")));
  std::vector<MigrationStatus> answer;
  answer.reserve(states.size());
  for (const sql::MigrationState& state : states) {
    answer.push_back({state.number, state.slug, state.applied});
  }
  return answer;
}

}  // namespace purser::sqlite
