#include "adapters/sqlite/verify.hpp"

#include "adapters/sql/findings.hpp"
#include "adapters/sql/verify.hpp"

namespace purser::sqlite {
namespace {

// NOT INDEXED: a damaged index must not hide a duplicate.
constexpr sql::Rule kRules[] = {
    {"its document names another subscription of the provider than its row",
     "SELECT 'purchase ' || id FROM purchases WHERE subscription IS NOT NULL "
     "AND json_valid(subscription) AND json_extract(subscription, '$.remote_ref') <> remote_ref"},
    {"an idempotency key has more than one record",
     "SELECT 'key ' || quote(key) FROM idempotency NOT INDEXED "
     "GROUP BY project_id, key HAVING count(*) > 1"},
};

Status check_file(Connection& db, app::VerifyReport& report) {
  sql::Findings findings(db, report);
  {
    PURSER_TRY(sql::Cursor row, db.query("PRAGMA integrity_check(20)"));
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      if (row.view(0) != "ok") findings.add("the database file", row.text(0));
    }
  }
  PURSER_TRY(sql::Cursor row, db.query("PRAGMA foreign_key_check"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    findings.add("table " + row.text(0),
                 "a row refers to one of " + row.text(2) + " that does not exist");
  }
}

Status check_all(Connection& db, AccountCache& cache, Timestamp now, const app::Progress& progress,
                 app::VerifyReport& report) {
  PURSER_CHECK_OK(check_file(db, report));
  PURSER_TRY(const auto folded_up_to,
             db.integer("SELECT value FROM meta WHERE name = 'folded_up_to'"));
  const sql::Verified store{folded_up_to.value_or(0),
                            [&](const AccountKey& key) { return cache.find(key).value; }, kRules};
  return sql::verify_tables(db, store, now, progress, report);
}

}  // namespace

Result<app::VerifyReport> verify_store(Connection& db, AccountCache& cache, Timestamp now,
                                       const app::Progress& progress) {
  app::VerifyReport report;
  PURSER_CHECK_OK(db.exec("BEGIN; SELECT count(*) FROM meta;"));
  const Status checked = check_all(db, cache, now, progress, report);
  // A file that cannot be read to its end is a finding like any other: verify must say what it saw.
  if (!checked) report.findings.push_back({"the database file", checked.error().log.for_log()});
  db.forget_failure();
  PURSER_CHECK_OK(db.exec("ROLLBACK"));
  return report;
}

}  // namespace purser::sqlite
