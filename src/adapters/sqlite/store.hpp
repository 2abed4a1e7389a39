#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "adapters/sqlite/balance_writer.hpp"
#include "adapters/sqlite/connection_pool.hpp"
#include "adapters/sqlite/file_lock.hpp"
#include "adapters/sqlite/shared_state.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/sqlite/wal_keeper.hpp"

namespace purser::sqlite {

/// The store behind open_sqlite_store, which documents it.
class SqliteStore final : public app::Store {
 public:
  static Result<std::unique_ptr<SqliteStore>> open(SqliteOptions options, const app::Clock& clock);
  ~SqliteStore() override;

  std::unique_ptr<app::StoreView> view() override;
  void read_items(const CustomerKey& customer, std::vector<ItemId> items,
                  std::function<void(Result<app::CustomerItems>)> done) override;
  std::optional<app::KnownOwned> known_owned(const CustomerKey& customer) override;
  using app::Store::commit;
  Status commit(std::span<const app::PlannedCommand> commands, const Work& work) override;
  Result<app::VerifyReport> verify(const app::Progress& progress) override;
  Status backup(const std::string& path, const app::Progress& progress) override;

 private:
  SqliteStore(SqliteOptions options, const app::Clock& clock, FileLock lock);
  Status start();
  Status open_writer();
  Result<std::unique_ptr<Connection>> open_reader() const;
  Result<std::unique_ptr<ConnectionPool>> open_pool(int size, const SnapshotRule* snapshots) const;

  Status run_batch(const Work& work);
  Status commit_batch(Batch& batch);
  void publish(Batch& batch);
  void roll_back();
  /// Writes some balances that are behind; false when none are, or when it failed.
  bool catch_up(std::size_t count);
  void run_background();

  Result<app::CustomerItems> load_items(const CustomerKey& customer,
                                        const std::vector<ItemId>& items);

  const SqliteOptions options_;
  const app::Clock& clock_;
  const FileLock lock_;
  SharedState shared_;

  // The writer's side, under writer_mutex_.
  std::mutex writer_mutex_;
  std::unique_ptr<Connection> writer_;
  std::unique_ptr<WalKeeper> wal_;
  std::optional<BalanceWriter> balances_;
  std::int64_t next_id_ = 1;
  Timestamp last_instant_;

  std::unique_ptr<ConnectionPool> views_;
  std::unique_ptr<ConnectionPool> hot_;  // of read_items alone: long views never make it wait

  std::atomic<std::uint64_t> batches_{0};
  std::mutex background_mutex_;
  std::condition_variable background_wake_;
  bool stopping_ = false;
  std::thread background_;
};

}  // namespace purser::sqlite
