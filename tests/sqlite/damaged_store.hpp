#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "adapters/sql/verify.hpp"
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
    expect_same_in_small_pages(*report);
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

  /// How much is read at once, and how many customers are looked at together, must not matter.
  void expect_same_in_small_pages(const app::VerifyReport& report) {
    auto db = Connection::open(path_, OpenMode::kExisting, "");
    PURSER_ASSERT_OK(db);
    const auto folded = (*db)->integer("SELECT value FROM meta WHERE name = 'folded_up_to'");
    if (!folded) return;  // the file itself is damaged
    sql::Verified store{**folded, {}, {}};
    store.page = 1;
    store.portion = 1;
    app::VerifyReport small;
    const Status done = sql::verify_tables(**db, store, clock_.now(), {}, small);
    if (!done) return;
    EXPECT_EQ(small.accounts, report.accounts);
    EXPECT_EQ(small.entries, report.entries);
    EXPECT_EQ(small.purchases, report.purchases);
    for (const auto& finding : small.findings) {
      const bool known = std::any_of(
          report.findings.begin(), report.findings.end(), [&](const app::VerifyFinding& other) {
            return other.where == finding.where && other.what == finding.what;
          });
      EXPECT_TRUE(known) << finding.where << ": " << finding.what;
    }
  }

  contract::TemporaryFolder folder_;
  const std::string path_ = folder_.path("purser.db");
  contract::TestClock clock_;
  std::unique_ptr<app::Store> store_;
};

}  // namespace purser::sqlite
