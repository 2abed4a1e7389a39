#include "adapters/sql/rows.hpp"

#include "adapters/sql/documents.hpp"
#include "codec/purchase_codec.hpp"

namespace purser::sql::rows {

Money money(Cursor& row, int amount_column, int currency_column) {
  const auto currency = Currency::parse(row.view(currency_column));
  if (!currency) row.note_bad(currency_column);
  return {row.integer(amount_column), currency.value_or(*Currency::parse("USD"))};
}

Result<app::Project> project(Cursor& row) {
  app::Project project;
  project.id = ProjectId(row.text(0));
  project.display_name = row.text(1);
  PURSER_TRY(project.settings, decode_settings(row.view(2)));
  PURSER_TRY(project.payments, decode_payments(row.view(3)));
  project.created_at = row.timestamp(4);
  return row.checked(std::move(project));
}

Result<app::ApiKey> key(Cursor& row, const ProjectId& project) {
  app::ApiKey key;
  key.project = project;
  key.id = KeyId(row.text(0));
  key.access = row.enumeration(1, app::AccessType::kAdmin);
  key.hash = row.digest(2);
  key.hint = row.text(3);
  key.description = row.text(4);
  key.created_at = row.timestamp(5);
  key.last_used_at = row.optional_timestamp(6);
  key.revoked_at = row.optional_timestamp(7);
  key.expires_at = row.optional_timestamp(8);
  return row.checked(std::move(key));
}

Result<app::SigningKey> signing_key(Cursor& row, const ProjectId& project) {
  app::SigningKey key;
  key.project = project;
  key.kid = row.text(0);
  key.public_jwk = row.text(1);
  key.sealed_private_key = row.text(2);
  key.created_at = row.timestamp(3);
  return row.checked(std::move(key));
}

Result<app::User> user(Cursor& row, const ProjectId& project) {
  app::User user;
  user.project = project;
  user.id = UserId(row.text(0));
  user.display_name = row.text(1);
  user.primary_email = row.optional_text(2);
  user.external_subject = row.text(3);
  user.created_at = row.timestamp(4);
  PURSER_TRY(user.profile, decode_user_profile(row.view(5)));
  return row.checked(std::move(user));
}

Result<app::Team> team(Cursor& row, const ProjectId& project) {
  app::Team team;
  team.project = project;
  team.id = TeamId(row.text(0));
  team.display_name = row.text(1);
  team.created_at = row.timestamp(2);
  PURSER_TRY(team.profile, decode_team_profile(row.view(3)));
  return row.checked(std::move(team));
}

Result<app::Membership> membership(Cursor& row, const ProjectId& project) {
  app::Membership membership;
  membership.project = project;
  membership.team = TeamId(row.text(0));
  membership.user = UserId(row.text(1));
  membership.administrator = row.boolean(2);
  membership.created_at = row.timestamp(3);
  return row.checked(std::move(membership));
}

Result<app::Session> session(Cursor& row, const ProjectId& project) {
  app::Session session;
  session.project = project;
  session.id = SessionId(row.text(0));
  session.user = UserId(row.text(1));
  session.refresh_hash = row.digest(2);
  session.created_at = row.timestamp(3);
  session.expires_at = row.timestamp(4);
  session.revoked_at = row.optional_timestamp(5);
  return row.checked(std::move(session));
}

Result<domain::Purchase> purchase(Cursor& row) {
  domain::Purchase purchase;
  purchase.id = PurchaseId(row.text(0));
  purchase.customer = {ProjectId(row.text(1)), row.enumeration(2, CustomerType::kCustom),
                       row.text(3)};
  PURSER_TRY(purchase.product, codec::decode_snapshot(row.view(5), ProductId(row.text(4))));
  purchase.catalog_version = row.integer(6);
  if (!row.is_null(7)) purchase.price = PriceId(row.text(7));
  purchase.quantity = row.quantity(8);
  purchase.type = row.enumeration(9, domain::PurchaseType::kSubscription);
  purchase.status = row.enumeration(10, domain::PurchaseStatus::kEnded);
  purchase.origin = row.enumeration(11, domain::PurchaseOrigin::kGranted);
  purchase.payment_ref = row.text(12);
  purchase.created_at = row.timestamp(13);
  purchase.anchor = row.timestamp(14);
  if (!row.is_null(15)) {
    PURSER_TRY(purchase.subscription, codec::decode_subscription(row.view(15)));
  }
  purchase.refunded_quantity = row.quantity(16);
  return row.checked(std::move(purchase));
}

Result<app::Transaction> transaction(Cursor& row, const CustomerKey& customer) {
  app::Transaction transaction;
  transaction.id = TransactionId(row.text(0));
  transaction.customer = customer;
  transaction.kind = row.enumeration(1, app::TransactionKind::kDisputeWon);
  transaction.purchase = PurchaseId(row.text(2));
  transaction.product_id = row.text(3);
  if (!row.is_null(4)) transaction.amount = money(row, 4, 5);
  transaction.payment_ref = row.text(6);
  transaction.at = row.timestamp(7);
  return row.checked(std::move(transaction));
}

Result<app::Checkout> checkout(Cursor& row) {
  app::Checkout checkout;
  checkout.id = CheckoutId(row.text(0));
  checkout.customer = {ProjectId(row.text(1)), row.enumeration(2, CustomerType::kCustom),
                       row.text(3)};
  PURSER_TRY(checkout.product, codec::decode_snapshot(row.view(5), ProductId(row.text(4))));
  checkout.catalog_version = row.integer(6);
  checkout.price = PriceId(row.text(7));
  checkout.quantity = row.quantity(8);
  checkout.total = money(row, 9, 10);
  checkout.return_url = row.text(11);
  checkout.account_id = row.text(12);
  checkout.livemode = row.boolean(13);
  checkout.state = row.enumeration(14, app::CheckoutState::kChoosing);
  checkout.session_ref = row.text(15);
  checkout.url = row.text(16);
  checkout.purchase = PurchaseId(row.text(17));
  checkout.created_at = row.timestamp(18);
  checkout.next_check_at = row.timestamp(19);
  checkout.checks = static_cast<int>(row.integer(20));
  if (!row.is_null(21)) {
    checkout.trial = CalendarInterval{row.enumeration(21, IntervalUnit::kYear),
                                      static_cast<int>(row.integer(22))};
  }
  checkout.is_subscription = row.boolean(23);
  checkout.from_client = row.boolean(24);
  if (!row.is_null(25)) checkout.code_hash = row.digest(25);
  return row.checked(std::move(checkout));
}

Result<app::InboxEvent> inbox_event(Cursor& row) {
  app::InboxEvent event;
  event.project = ProjectId(row.text(0));
  event.event_id = row.text(1);
  event.type = row.text(2);
  event.object_id = row.text(3);
  event.payload = row.text(4);
  event.received_at = row.timestamp(5);
  event.state = row.enumeration(6, app::InboxState::kQuarantined);
  event.attempts = static_cast<int>(row.integer(7));
  event.next_at = row.timestamp(8);
  event.error = row.text(9);
  return row.checked(std::move(event));
}

Result<app::Intention> intention(Cursor& row) {
  app::Intention intention;
  intention.project = ProjectId(row.text(0));
  intention.id = row.text(1);
  intention.kind = row.text(2);
  intention.subject = row.text(3);
  intention.attempts = static_cast<int>(row.integer(4));
  intention.next_at = row.timestamp(5);
  intention.done = row.boolean(6);
  intention.error = row.text(7);
  return row.checked(std::move(intention));
}

Result<app::OutboxEvent> outbox_event(Cursor& row) {
  app::OutboxEvent event;
  event.id = row.integer(0);
  event.project = ProjectId(row.text(1));
  if (!row.is_null(2)) {
    event.customer =
        CustomerKey{event.project, row.enumeration(2, CustomerType::kCustom), row.text(3)};
  }
  event.type = row.text(4);
  event.payload = row.text(5);
  event.at = row.timestamp(6);
  return row.checked(std::move(event));
}

domain::Entry entry(Cursor& row, int first) {
  domain::Entry entry;
  entry.change = row.quantity(first);
  entry.quantity_after = row.quantity(first + 1);
  entry.cause = row.enumeration(first + 2, domain::Cause::kRestoration);
  entry.at = row.timestamp(first + 3);
  entry.source = PurchaseId(row.text(first + 4));
  entry.expires_at = row.optional_timestamp(first + 5);
  entry.ends_with_source = row.boolean(first + 6);
  entry.description = row.text(first + 7);
  return entry;
}

Result<app::IdempotencyRecord> idempotency(Cursor& row, const ProjectId& project,
                                           const std::string& key) {
  app::IdempotencyRecord record;
  record.project = project;
  record.key = key;
  record.request_hash = row.digest(0);
  record.created_at = row.timestamp(1);
  record.completed = !row.is_null(2);
  if (record.completed) record.reply = {static_cast<int>(row.integer(2)), row.text(3)};
  record.operation = row.text(4);
  record.owner = row.text(5);
  return row.checked(std::move(record));
}

}  // namespace purser::sql::rows
