#include "adapters/postgres/claims.hpp"

#include <algorithm>

#include "adapters/sql/rows.hpp"

namespace purser::postgres {
namespace {

// Few enough to be done before the claim ends; whoever asks comes again at once.
constexpr int kClaimedAtOnce = 20;

Timestamp end_of_claim(Timestamp now) { return now + app::Store::kClaim; }

struct Line {
  std::int64_t endpoint = 0;
  std::int64_t customer = 0;
};
Result<Line> line(sql::Cursor& row) { return Line{row.integer(0), row.integer(1)}; }

// A row that another node has just taken is passed over, not waited for. What is answered is the
// row as it was before the claim.
#define PURSER_CLAIM(table, alias, instant, condition, columns)                              \
  "WITH due AS MATERIALIZED (SELECT row FROM " table " WHERE " condition " AND " instant     \
  " <= $1 ORDER BY " instant                                                                 \
  ", row LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED), claimed AS (UPDATE " table " SET " instant \
  " = $3 FROM due WHERE " table ".row = due.row RETURNING " table ".row) SELECT " columns    \
  "JOIN claimed ON claimed.row = " alias ".row ORDER BY " alias "." instant ", " alias ".row"

}  // namespace

Result<std::vector<domain::Purchase>> claim_purchases(Connection& db, Timestamp now, int limit) {
  return sql::rows::all(db.query(PURSER_CLAIM("purchases", "p", "wake_at", "wake_at IS NOT NULL",
                                              "" PURSER_PURCHASE_COLUMNS),
                                 now, std::min(limit, kClaimedAtOnce), end_of_claim(now)),
                        sql::rows::purchase);
}

Result<std::vector<app::Checkout>> claim_checkouts(Connection& db, Timestamp now, int limit) {
  return sql::rows::all(db.query(PURSER_CLAIM("checkouts", "k", "next_check_at", "state = 1",
                                              "" PURSER_CHECKOUT_COLUMNS),
                                 now, std::min(limit, kClaimedAtOnce), end_of_claim(now)),
                        sql::rows::checkout);
}

Result<std::vector<app::InboxEvent>> claim_inbox(Connection& db, Timestamp now, int limit) {
  return sql::rows::all(
      db.query(PURSER_CLAIM("inbox", "i", "next_at", "state = 0", "" PURSER_INBOX_COLUMNS), now,
               std::min(limit, kClaimedAtOnce), end_of_claim(now)),
      sql::rows::inbox_event);
}

Result<std::vector<app::Intention>> claim_intentions(Connection& db, Timestamp now, int limit) {
  return sql::rows::all(
      db.query(PURSER_CLAIM("intentions", "i", "next_at", "done = 0", "" PURSER_INTENTION_COLUMNS),
               now, std::min(limit, kClaimedAtOnce), end_of_claim(now)),
      sql::rows::intention);
}

// The lines are what is claimed. Their first deliveries are looked up afterwards: the statement
// that claims sees them as they were when it began, and another node may have recorded them since.
Result<std::vector<app::WebhookDelivery>> claim_webhooks(Connection& db, const ProjectId& project,
                                                         const std::string& endpoint, Timestamp now,
                                                         int limit) {
  PURSER_TRY(
      const auto lines,
      sql::rows::all(
          db.query("WITH due AS MATERIALIZED (SELECT l.endpoint, l.customer_id FROM webhook_lines "
                   "l JOIN webhook_endpoints e ON e.row = l.endpoint JOIN projects j "
                   "ON j.row = e.project_id WHERE j.id = $1 AND e.id = $2 AND e.disabled = 0 "
                   "AND l.next_at <= $3 ORDER BY l.next_at LIMIT $4 "
                   "FOR NO KEY UPDATE OF l SKIP LOCKED) "
                   "UPDATE webhook_lines SET next_at = $5 FROM due "
                   "WHERE webhook_lines.endpoint = due.endpoint "
                   "AND webhook_lines.customer_id = due.customer_id "
                   "RETURNING webhook_lines.endpoint, webhook_lines.customer_id",
                   project.str(), endpoint, now, limit, end_of_claim(now)),
          line));
  std::vector<app::WebhookDelivery> first;
  for (const Line& claimed : lines) {
    PURSER_TRY(auto delivery,
               sql::rows::one(db.query("SELECT " PURSER_DELIVERY_COLUMNS
                                       "WHERE d.endpoint = $1 AND d.customer_id = $2 "
                                       "AND " PURSER_FIRST_OF_LINE,
                                       claimed.endpoint, claimed.customer),
                              sql::rows::webhook_delivery));
    if (delivery) first.push_back(*std::move(delivery));
  }
  return first;
}

}  // namespace purser::postgres
