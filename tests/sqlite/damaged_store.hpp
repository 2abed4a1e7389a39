#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"

namespace purser::sqlite {

/// A store whose file is changed behind its back, to see what verify finds.
class DamagedStore : public testing::Test {
 protected:
  void open() {
    SqliteOptions options;
    options.path = path_;
    options.background = false;
    auto opened = open_sqlite_store(options, clock_);
    PURSER_ASSERT_OK(opened);
    store_ = *std::move(opened);
  }
  std::string findings() {
    const auto report = store_->verify({});
    EXPECT_TRUE(report.has_value());
    if (!report) return "failed";
    std::string all;
    for (const auto& finding : report->findings) all += finding.where + ": " + finding.what + "\n";
    return all;
  }
  /// Changes the file behind the store's back and opens it again.
  void damage(const char* sql) {
    store_.reset();
    {
      auto db = Connection::open(path_, OpenMode::kExisting, "");
      PURSER_ASSERT_OK(db);
      PURSER_ASSERT_OK((*db)->exec("PRAGMA ignore_check_constraints=ON;"));
      PURSER_ASSERT_OK((*db)->exec(sql));
    }
    open();
  }
  void expect_found(const char* sql, const std::string& what) {
    damage(sql);
    if (HasFatalFailure()) return;
    const std::string found = findings();
    EXPECT_NE(found.find(what), std::string::npos) << "found only: " << found;
  }
  /// The same change must be allowed: verify finds nothing.
  void expect_fine(const char* sql) {
    damage(sql);
    if (HasFatalFailure()) return;
    EXPECT_EQ(findings(), "");
  }

  contract::TemporaryFolder folder_;
  const std::string path_ = folder_.path("purser.db");
  contract::TestClock clock_;
  std::unique_ptr<app::Store> store_;
};

}  // namespace purser::sqlite
