#pragma once

// From rows to records. Each function names the columns that it expects, in their order.

#include "adapters/sql/connection.hpp"
#include "app/records.hpp"
#include "domain/purchase.hpp"

namespace purser::sql::rows {

/// Walks a query to its end, reading each row with `read`.
template <class Read>
auto all(Result<Cursor> query, Read read)
    -> Result<std::vector<typename decltype(read(std::declval<Cursor&>()))::value_type>> {
  if (!query) return std::move(query).error();
  std::vector<typename decltype(read(std::declval<Cursor&>()))::value_type> values;
  for (;;) {
    PURSER_TRY(const bool more, query->step());
    if (!more) return values;
    PURSER_TRY(auto value, read(*query));
    values.push_back(std::move(value));
  }
}

/// Reads the one row of a query, if there is one.
template <class Read>
auto one(Result<Cursor> query, Read read)
    -> Result<std::optional<typename decltype(read(std::declval<Cursor&>()))::value_type>> {
  using Value = typename decltype(read(std::declval<Cursor&>()))::value_type;
  if (!query) return std::move(query).error();
  PURSER_TRY(const bool found, query->step());
  if (!found) return std::optional<Value>();
  PURSER_TRY(auto value, read(*query));
  return std::optional<Value>(std::move(value));
}

/// An amount in minor units and its currency's code.
Money money(Cursor& row, int amount_column, int currency_column);

#define PURSER_PROJECT_COLUMNS "id, display_name, settings, payments, created_at"
Result<app::Project> project(Cursor& row);

#define PURSER_KEY_COLUMNS \
  "id, access, hash, hint, description, created_at, last_used_at, revoked_at, expires_at"
Result<app::ApiKey> key(Cursor& row, const ProjectId& project);

#define PURSER_SIGNING_KEY_COLUMNS "kid, public_jwk, sealed_private_key, created_at"
Result<app::SigningKey> signing_key(Cursor& row, const ProjectId& project);

#define PURSER_USER_COLUMNS "id, display_name, primary_email, external_subject, created_at, profile"
Result<app::User> user(Cursor& row, const ProjectId& project);

#define PURSER_TEAM_COLUMNS "id, display_name, created_at, profile"
Result<app::Team> team(Cursor& row, const ProjectId& project);

#define PURSER_MEMBERSHIP_COLUMNS "team_id, user_id, administrator, created_at"
Result<app::Membership> membership(Cursor& row, const ProjectId& project);

#define PURSER_SESSION_COLUMNS "id, user_id, refresh_hash, created_at, expires_at, revoked_at"
Result<app::Session> session(Cursor& row, const ProjectId& project);

#define PURSER_PURCHASE_COLUMNS                                                       \
  "p.id, j.id, c.type, c.external_id, p.product_id, p.product, p.catalog_version, "   \
  "p.price_id, p.quantity, p.type, p.status, p.origin, p.payment_ref, p.created_at, " \
  "p.anchor, p.subscription, p.refunded_quantity "                                    \
  "FROM purchases p JOIN customers c ON c.id = p.customer_id JOIN projects j "        \
  "ON j.row = p.project_id "
Result<domain::Purchase> purchase(Cursor& row);

#define PURSER_TRANSACTION_COLUMNS \
  "id, kind, purchase_id, product_id, amount, currency, payment_ref, at"
Result<app::Transaction> transaction(Cursor& row, const CustomerKey& customer);

#define PURSER_INVOICE_COLUMNS                                                                  \
  "i.id, j.id, c.type, c.external_id, i.purchase_id, i.number, i.status, i.total, i.currency, " \
  "i.amount_paid, i.refunded, i.payment_ref, i.hosted_url, i.period_start, i.period_end, "      \
  "i.created_at FROM invoices i JOIN customers c ON c.id = i.customer_id JOIN projects j "      \
  "ON j.row = i.project_id "
Result<app::Invoice> invoice(Cursor& row);

#define PURSER_REFUND_COLUMNS                                                             \
  "id, purchase_id, invoice_id, payment_ref, amount, currency, quantity, reason, state, " \
  "remote_ref, error, created_at"
Result<app::Refund> refund(Cursor& row, const ProjectId& project);

#define PURSER_DISPUTE_COLUMNS \
  "id, purchase_id, payment_ref, amount, currency, state, taken, ended_purchase, created_at"
Result<app::Dispute> dispute(Cursor& row, const ProjectId& project);

#define PURSER_CHECKOUT_COLUMNS                                                                 \
  "k.id, j.id, c.type, c.external_id, k.product_id, k.product, k.catalog_version, k.price_id, " \
  "k.quantity, k.total, k.currency, k.return_url, k.account_id, k.livemode, k.state, "          \
  "k.session_ref, k.url, k.purchase_id, k.created_at, k.next_check_at, k.checks, "              \
  "k.trial_unit, k.trial_count, k.is_subscription, k.from_client, k.code_hash "                 \
  "FROM checkouts k JOIN customers c ON c.id = k.customer_id JOIN projects j "                  \
  "ON j.row = k.project_id "
Result<app::Checkout> checkout(Cursor& row);

#define PURSER_INBOX_COLUMNS                                                               \
  "j.id, i.event_id, i.type, i.object_id, i.payload, i.received_at, i.state, i.attempts, " \
  "i.next_at, i.error FROM inbox i JOIN projects j ON j.row = i.project_id "
Result<app::InboxEvent> inbox_event(Cursor& row);

#define PURSER_INTENTION_COLUMNS                                           \
  "j.id, i.id, i.kind, i.subject, i.attempts, i.next_at, i.done, i.error " \
  "FROM intentions i JOIN projects j ON j.row = i.project_id "
Result<app::Intention> intention(Cursor& row);

#define PURSER_OUTBOX_COLUMNS                                                                 \
  "o.id, j.id, c.type, c.external_id, o.type, o.payload, o.at FROM outbox o JOIN projects j " \
  "ON j.row = o.project_id LEFT JOIN customers c ON c.id = o.customer_id "
Result<app::OutboxEvent> outbox_event(Cursor& row);

#define PURSER_ENDPOINT_COLUMNS                                                                \
  "j.id, e.id, e.url, e.description, e.event_types, e.disabled, e.secret, e.previous_secret, " \
  "e.previous_until, e.failing_since, e.replay_after, e.replay_until, e.replay_delivered, "    \
  "e.created_at FROM webhook_endpoints e JOIN projects j ON j.row = e.project_id "
Result<app::WebhookEndpoint> webhook_endpoint(Cursor& row);
/// As the column `event_types` holds them.
std::string pack_event_types(const std::vector<std::string>& types);

#define PURSER_DELIVERY_COLUMNS                                                             \
  "o.id, j.id, c.type, c.external_id, o.type, o.payload, o.at, e.id, d.state, d.attempts, " \
  "d.last_attempt_at, l.next_at, d.response_status, d.error "                               \
  "FROM webhook_deliveries d JOIN webhook_endpoints e ON e.row = d.endpoint "               \
  "JOIN outbox o ON o.id = d.event_id JOIN projects j ON j.row = o.project_id "             \
  "LEFT JOIN customers c ON c.id = o.customer_id LEFT JOIN webhook_lines l "                \
  "ON l.endpoint = d.endpoint AND l.customer_id = d.customer_id "
Result<app::WebhookDelivery> webhook_delivery(Cursor& row);
/// The columns of a claimed or due line `l`, of which the first pending delivery is meant.
#define PURSER_FIRST_OF_LINE                                                        \
  "d.state = 0 AND d.event_id = (SELECT min(p.event_id) FROM webhook_deliveries p " \
  "WHERE p.endpoint = l.endpoint AND p.customer_id = l.customer_id AND p.state = 0) "

#define PURSER_ENTRY_COLUMNS \
  "change, quantity_after, cause, at, source, expires_at, ends_with_source, description"
/// The entry whose columns begin at `first`.
domain::Entry entry(Cursor& row, int first);

#define PURSER_IDEMPOTENCY_COLUMNS "request_hash, created_at, status, body, operation, owner"
Result<app::IdempotencyRecord> idempotency(Cursor& row, const ProjectId& project,
                                           const std::string& key);

}  // namespace purser::sql::rows
