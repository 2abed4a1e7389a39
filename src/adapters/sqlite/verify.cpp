#include "adapters/sqlite/verify.hpp"

#include "adapters/sqlite/findings.hpp"
#include "adapters/sqlite/verify_ledger.hpp"

namespace purser::sqlite {
namespace {

/// A rule as a query that answers a line of text for each violation.
struct Rule {
  const char* what;
  const char* sql;
};

// Invariants that one query can see. NOT INDEXED: a damaged index must not hide a duplicate.
constexpr Rule kRules[] = {
    {"a purchase is of no customer of its project",
     "SELECT 'purchase ' || p.id FROM purchases p LEFT JOIN customers c ON c.id = p.customer_id "
     "WHERE c.id IS NULL OR c.project_id <> p.project_id"},
    {"a transaction is of no customer of its project",
     "SELECT 'transaction ' || t.id FROM transactions t LEFT JOIN customers c "
     "ON c.id = t.customer_id WHERE c.id IS NULL OR c.project_id <> t.project_id"},
    {"a checkout is of no customer of its project",
     "SELECT 'checkout ' || k.id FROM checkouts k LEFT JOIN customers c ON c.id = k.customer_id "
     "WHERE c.id IS NULL OR c.project_id <> k.project_id"},
    {"an event is of no customer of its project",
     "SELECT 'event ' || o.id FROM outbox o LEFT JOIN customers c ON c.id = o.customer_id "
     "WHERE o.customer_id IS NOT NULL AND (c.id IS NULL OR c.project_id <> o.project_id)"},
    {"a transaction names no purchase of its customer",
     "SELECT 'transaction ' || t.id FROM transactions t LEFT JOIN purchases p "
     "ON p.project_id = t.project_id AND p.id = t.purchase_id "
     "WHERE t.purchase_id <> '' AND (p.id IS NULL OR p.customer_id <> t.customer_id)"},
    {"a completed checkout names no purchase of its customer",
     "SELECT 'checkout ' || k.id FROM checkouts k LEFT JOIN purchases p "
     "ON p.project_id = k.project_id AND p.id = k.purchase_id "
     "WHERE k.state = 2 AND (p.id IS NULL OR p.customer_id <> k.customer_id)"},
    {"a payment was granted more than once",
     "SELECT 'payment ' || payment_ref FROM purchases NOT INDEXED WHERE payment_ref <> '' "
     "GROUP BY project_id, payment_ref HAVING count(*) > 1"},
    {"an idempotency key has more than one record",
     "SELECT 'key ' || quote(key) FROM idempotency NOT INDEXED "
     "GROUP BY project_id, key HAVING count(*) > 1"},
    {"more was refunded than was paid",
     "SELECT 'purchase ' || purchase_id FROM transactions WHERE purchase_id <> '' "
     "GROUP BY project_id, purchase_id, currency HAVING "
     "sum(CASE WHEN kind = 2 THEN amount ELSE 0 END) > "
     "sum(CASE WHEN kind <> 2 THEN coalesce(amount, 0) ELSE 0 END)"},
    {"an active user or team has no customer",
     "SELECT 'user ' || u.id FROM users u LEFT JOIN customers c ON c.project_id = u.project_id "
     "AND c.type = 0 AND c.external_id = u.id WHERE c.id IS NULL OR c.deleted_at IS NOT NULL "
     "UNION ALL SELECT 'team ' || t.id FROM teams t LEFT JOIN customers c "
     "ON c.project_id = t.project_id AND c.type = 1 AND c.external_id = t.id "
     "WHERE c.id IS NULL OR c.deleted_at IS NOT NULL"},
};

Status check_file(Connection& db, Findings& findings) {
  {
    PURSER_TRY(Query row, db.query("PRAGMA integrity_check(20)"));
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      if (row.view(0) != "ok") findings.add("the database file", row.text(0));
    }
  }
  PURSER_TRY(Query row, db.query("PRAGMA foreign_key_check"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    findings.add("table " + row.text(0),
                 "a row refers to one of " + row.text(2) + " that does not exist");
  }
}

Status check_rules(Connection& db, Findings& findings) {
  for (const Rule& rule : kRules) {
    PURSER_TRY(Query row, db.query(rule.sql));
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      findings.add(row.text(0), rule.what);
    }
  }
  return {};
}

Status check_all(Connection& db, AccountCache& cache, const app::Progress& progress,
                 app::VerifyReport& report) {
  Findings findings(db, report);
  PURSER_CHECK_OK(check_file(db, findings));
  PURSER_CHECK_OK(findings.load_items());
  PURSER_CHECK_OK(check_rules(db, findings));
  return check_ledger(db, cache, findings, progress, report);
}

}  // namespace

Result<app::VerifyReport> verify_store(Connection& db, AccountCache& cache,
                                       const app::Progress& progress) {
  app::VerifyReport report;
  PURSER_CHECK_OK(db.exec("BEGIN; SELECT count(*) FROM meta;"));
  const Status checked = check_all(db, cache, progress, report);
  // A file that cannot be read to its end is a finding like any other: verify must say what it saw.
  if (!checked) report.findings.push_back({"the database file", checked.error().log.for_log()});
  db.forget_failure();
  PURSER_CHECK_OK(db.exec("ROLLBACK"));
  return report;
}

}  // namespace purser::sqlite
