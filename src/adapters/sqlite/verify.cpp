#include "adapters/sqlite/verify.hpp"

#include "adapters/sqlite/findings.hpp"
#include "adapters/sqlite/verify_ledger.hpp"
#include "adapters/sqlite/verify_purchases.hpp"
#include "adapters/sqlite/verify_rules.hpp"

namespace purser::sqlite {
namespace {

Status check_file(Connection& db, Findings& findings) {
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
  Findings findings(db, report);
  PURSER_CHECK_OK(check_file(db, findings));
  PURSER_CHECK_OK(findings.load_items());
  PURSER_CHECK_OK(check_rules(db, findings));
  PURSER_CHECK_OK(check_purchases(db, findings, now));
  return check_ledger(db, cache, findings, progress, report);
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
