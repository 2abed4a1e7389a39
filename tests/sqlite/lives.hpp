#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"

namespace purser::sqlite {

/// A store that is killed again and again: the files are copied while it has them open, and the
/// copy is opened in its place.
class Lives {
 public:
  explicit Lives(SqliteOptions options) : options_(std::move(options)) { start(); }

  app::Store& store() { return *store_; }
  contract::TestClock& clock() { return clock_; }

  /// What a killed process leaves: the files as they are now.
  void crash() {
    const std::string before = path();
    ++life_;
    for (const char* suffix : {"", "-wal"}) {
      if (std::filesystem::exists(before + suffix)) {
        std::filesystem::copy_file(before + suffix, path() + suffix);
      }
    }
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      std::filesystem::remove(before + suffix);
    }
    start();
  }
  /// Ends in order and opens again.
  void restart() {
    store_.reset();
    start();
  }

 private:
  std::string path() const { return folder_.path("life" + std::to_string(life_) + ".db"); }
  void start() {
    options_.path = path();
    auto opened = open_sqlite_store(options_, clock_);
    PURSER_ASSERT_OK(opened);
    store_ = *std::move(opened);
  }

  contract::TemporaryFolder folder_;
  contract::TestClock clock_;
  SqliteOptions options_;
  int life_ = 0;
  std::unique_ptr<app::Store> store_;
};

}  // namespace purser::sqlite
