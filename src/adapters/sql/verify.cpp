#include "adapters/sql/verify.hpp"

#include "adapters/sql/findings.hpp"
#include "adapters/sql/verify_archives.hpp"
#include "adapters/sql/verify_ledger.hpp"
#include "adapters/sql/verify_purchases.hpp"
#include "adapters/sql/verify_rules.hpp"

namespace purser::sql {

Status verify_tables(Connection& db, const Verified& store, Timestamp now,
                     const app::Progress& progress, app::VerifyReport& report) {
  Findings findings(db, report);
  PURSER_CHECK_OK(findings.load_items());
  PURSER_CHECK_OK(check_rules(db, store.rules, findings));
  if (!store.archives.empty()) PURSER_CHECK_OK(check_archives(db, store.archives, findings));
  PURSER_CHECK_OK(check_purchases(db, findings, now, store.page));
  return check_ledger(db, store, findings, progress, report);
}

}  // namespace purser::sql
