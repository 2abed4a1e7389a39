#include "adapters/sql/verify_rules.hpp"

namespace purser::sql {
namespace {

// Invariants that one query can see. A damaged index must not hide a duplicate: columns that are
// joined with an empty text are in no index.
constexpr Rule kRules[] = {
    {"a purchase is of no customer of its project",
     "SELECT 'purchase ' || p.id FROM purchases p LEFT JOIN customers c ON c.id = p.customer_id "
     "WHERE c.id IS NULL OR c.project_id <> p.project_id"},
    {"it is of no project",
     "SELECT 'customer number ' || c.id FROM customers c LEFT JOIN projects j "
     "ON j.row = c.project_id WHERE j.row IS NULL"},
    {"a transaction is of no customer of its project",
     "SELECT 'transaction ' || t.id FROM transactions t LEFT JOIN customers c "
     "ON c.id = t.customer_id WHERE c.id IS NULL OR c.project_id <> t.project_id"},
    {"a checkout is of no customer of its project",
     "SELECT 'checkout ' || k.id FROM checkouts k LEFT JOIN customers c ON c.id = k.customer_id "
     "WHERE c.id IS NULL OR c.project_id <> k.project_id"},
    {"an event is of no customer of its project",
     "SELECT 'event ' || o.id FROM outbox o LEFT JOIN customers c ON c.id = o.customer_id "
     "WHERE o.customer_id IS NOT NULL AND (c.id IS NULL OR c.project_id <> o.project_id)"},
    {"a delivery is of no event or endpoint of one project, or stands in another customer's line",
     "SELECT 'delivery of event ' || d.event_id FROM webhook_deliveries d "
     "LEFT JOIN outbox o ON o.id = d.event_id LEFT JOIN webhook_endpoints e ON e.row = d.endpoint "
     "WHERE o.id IS NULL OR e.row IS NULL OR e.project_id <> o.project_id "
     "OR coalesce(o.customer_id, 0) <> d.customer_id"},
    {"a delivery is pending but its line never goes on",
     "SELECT 'delivery of event ' || d.event_id FROM webhook_deliveries d LEFT JOIN webhook_lines "
     "l ON l.endpoint = d.endpoint AND l.customer_id = d.customer_id "
     "JOIN webhook_endpoints e ON e.row = d.endpoint "
     "WHERE d.state = 0 AND l.next_at IS NULL AND e.deleted = 0"},
    {"a line of deliveries has none that is pending",
     "SELECT 'line of customer row ' || l.customer_id FROM webhook_lines l "
     "JOIN webhook_endpoints e ON e.row = l.endpoint WHERE e.deleted = 0 AND NOT EXISTS("
     "SELECT 1 FROM webhook_deliveries d WHERE d.endpoint = l.endpoint "
     "AND d.customer_id = l.customer_id AND d.state = 0)"},
    {"a transaction names no purchase of its customer",
     "SELECT 'transaction ' || t.id FROM transactions t LEFT JOIN purchases p "
     "ON p.project_id = t.project_id AND p.id = t.purchase_id "
     "WHERE t.purchase_id <> '' AND (p.id IS NULL OR p.customer_id <> t.customer_id)"},
    {"a completed checkout names no purchase of its customer",
     "SELECT 'checkout ' || k.id FROM checkouts k LEFT JOIN purchases p "
     "ON p.project_id = k.project_id AND p.id = k.purchase_id "
     "WHERE k.state = 2 AND (p.id IS NULL OR p.customer_id <> k.customer_id)"},
    {"an invoice is of no customer of its project",
     "SELECT 'invoice ' || i.id FROM invoices i LEFT JOIN customers c ON c.id = i.customer_id "
     "WHERE c.id IS NULL OR c.project_id <> i.project_id"},
    {"an invoice names no purchase of its customer",
     "SELECT 'invoice ' || i.id FROM invoices i LEFT JOIN purchases p "
     "ON p.project_id = i.project_id AND p.id = i.purchase_id "
     "WHERE p.id IS NULL OR p.customer_id <> i.customer_id"},
    {"a refund names no invoice of its purchase",
     "SELECT 'refund ' || r.id FROM refunds r LEFT JOIN invoices i "
     "ON i.project_id = r.project_id AND i.id = r.invoice_id "
     "WHERE i.id IS NULL OR i.purchase_id <> r.purchase_id"},
    {"a dispute names no purchase of its project",
     "SELECT 'dispute ' || d.id FROM disputes d LEFT JOIN purchases p "
     "ON p.project_id = d.project_id AND p.id = d.purchase_id WHERE p.id IS NULL"},
    {"a payment was granted more than once",
     "SELECT 'payment ' || payment_ref FROM purchases WHERE payment_ref || '' <> '' "
     "GROUP BY project_id, payment_ref HAVING count(*) > 1"},
    {"a subscription of the provider is of more than one purchase",
     "SELECT 'subscription ' || remote_ref FROM purchases WHERE remote_ref || '' <> '' "
     "GROUP BY project_id, remote_ref HAVING count(*) > 1"},
    {"it is paid through the provider but names no payment",
     "SELECT 'purchase ' || id FROM purchases WHERE origin = 0 AND type = 0 AND payment_ref = ''"},
    {"it is paid through the provider but names no subscription there",
     "SELECT 'purchase ' || id FROM purchases WHERE origin = 0 AND type = 1 AND remote_ref = ''"},
    {"nobody paid for it but it names a payment",
     "SELECT 'purchase ' || id FROM purchases WHERE origin <> 0 "
     "AND (payment_ref <> '' OR remote_ref <> '')"},
    {"a payment is of more than one invoice",
     "SELECT 'payment ' || payment_ref FROM invoices WHERE payment_ref || '' <> '' "
     "GROUP BY project_id, payment_ref HAVING count(*) > 1"},
    {"a refund of the provider was counted more than once",
     "SELECT 'refund ' || remote_ref FROM refunds WHERE remote_ref || '' <> '' "
     "GROUP BY project_id, remote_ref HAVING count(*) > 1"},
    {"more was refunded than was paid",
     "SELECT 'invoice ' || id FROM invoices WHERE refunded NOT BETWEEN 0 AND amount_paid"},
    {"its refunds do not add up to what it says was refunded",
     "SELECT 'invoice ' || i.id FROM invoices i LEFT JOIN "
     "(SELECT project_id, invoice_id, sum(amount) AS amount FROM refunds WHERE state = 1 "
     "GROUP BY project_id, invoice_id) r ON r.project_id = i.project_id AND r.invoice_id = i.id "
     "WHERE i.refunded <> coalesce(r.amount, 0)"},
    {"a refund is in another currency than its invoice",
     "SELECT 'refund ' || r.id FROM refunds r JOIN invoices i ON i.project_id = r.project_id "
     "AND i.id = r.invoice_id WHERE i.currency <> r.currency"},
    // A sale, a renewal and a switch are paid; where there are invoices, those say how much.
    {"more was refunded than was paid",
     "SELECT 'purchase ' || t.purchase_id FROM transactions t WHERE t.purchase_id <> '' "
     "GROUP BY t.project_id, t.purchase_id, t.currency HAVING "
     "sum(CASE WHEN t.kind = 2 THEN t.amount ELSE 0 END) > coalesce("
     "(SELECT sum(i.amount_paid) FROM invoices i WHERE i.project_id = t.project_id "
     "AND i.purchase_id = t.purchase_id AND i.currency = t.currency), "
     "sum(CASE WHEN t.kind IN (0, 3, 4) THEN coalesce(t.amount, 0) ELSE 0 END))"},
    {"an active user or team has no customer",
     "SELECT 'user ' || u.id FROM users u LEFT JOIN customers c ON c.project_id = u.project_id "
     "AND c.type = 0 AND c.external_id = u.id WHERE c.id IS NULL OR c.deleted_at IS NOT NULL "
     "UNION ALL SELECT 'team ' || t.id FROM teams t LEFT JOIN customers c "
     "ON c.project_id = t.project_id AND c.type = 1 AND c.external_id = t.id "
     "WHERE c.id IS NULL OR c.deleted_at IS NOT NULL"},
};

Status check_all(Connection& db, std::span<const Rule> rules, Findings& findings) {
  for (const Rule& rule : rules) {
    PURSER_TRY(Cursor row, db.query(rule.sql));
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      findings.add(row.text(0), rule.what);
    }
  }
  return {};
}

}  // namespace

Status check_rules(Connection& db, std::span<const Rule> of_engine, Findings& findings) {
  PURSER_CHECK_OK(check_all(db, kRules, findings));
  return check_all(db, of_engine, findings);
}

}  // namespace purser::sql
