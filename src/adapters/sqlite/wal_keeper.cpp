#include "adapters/sqlite/wal_keeper.hpp"

#include <utility>

namespace purser::sqlite {
namespace {
constexpr int kFirstVersionWithoutTheRace = 3'051'003;
}  // namespace

WalKeeper::WalKeeper(Connection& writer, std::unique_ptr<Connection> own, int pages,
                     ConnectionPool& readers, SnapshotRule& rule)
    : writer_(writer), threshold_(pages), readers_(readers), rule_(rule), next_at_(pages) {
  if (sqlite3_libversion_number() >= kFirstVersionWithoutTheRace) own_ = std::move(own);
  sqlite3_wal_hook(writer_.handle(), &WalKeeper::on_commit, this);
}

WalKeeper::~WalKeeper() { sqlite3_wal_hook(writer_.handle(), nullptr, nullptr); }

int WalKeeper::on_commit(void* self, sqlite3*, const char*, int pages) {
  auto& keeper = *static_cast<WalKeeper*>(self);
  keeper.rule_.commits.fetch_add(1);
  if (pages < keeper.pages_) keeper.next_at_ = keeper.threshold_;  // the log began anew
  keeper.pages_ = pages;
  if (pages >= keeper.next_at_ && keeper.stage_.load() == Stage::kIdle) {
    keeper.next_at_ = pages + keeper.threshold_;
    keeper.rule_.may_keep.store(false);
    keeper.stage_.store(keeper.own_ ? Stage::kCopy : Stage::kFinish);
  }
  return SQLITE_OK;
}

void WalKeeper::copy() {
  // SQLite syncs the database file only with a checkpoint that reached the log's end, which is the
  // writer's: syncing here takes tens of milliseconds off it. The second pass takes what was
  // committed during the first, so that hardly any pages are left to the writer.
  for (int pass = 0; pass < 2; ++pass) {
    checkpoint(*own_);
    own_->sync_database_file();
  }
  stage_.store(Stage::kFinish);
}

void WalKeeper::between_batches() {
  if (stage_.load() != Stage::kFinish) return;
  checkpoint(writer_);
  // Readers that begin now stand on the database file alone and do not keep the log from beginning
  // anew.
  rule_.may_keep.store(true);
  stage_.store(Stage::kIdle);
}

void WalKeeper::checkpoint(Connection& db) {
  readers_.end_snapshots();
  const int rc =
      sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (rc == SQLITE_OK || rc == SQLITE_BUSY) return;
  static_cast<void>(db.failed("checkpoint"));
  db.forget_failure();
}

}  // namespace purser::sqlite
