#include "adapters/sql/writes.hpp"
#include "codec/purchase_codec.hpp"

// Purchases, checkouts, Stripe's side, and events.

namespace purser::sql {
namespace {

std::optional<std::string_view> text_of(const std::optional<PriceId>& price) {
  return price ? std::optional<std::string_view>(price->str()) : std::nullopt;
}

std::string_view remote_ref_of(const domain::Purchase& purchase) {
  return purchase.subscription ? std::string_view(purchase.subscription->remote_ref) : "";
}

std::optional<std::string> document_of(const std::optional<domain::Subscription>& subscription) {
  if (!subscription) return std::nullopt;
  return codec::encode_subscription(*subscription);
}

std::optional<IntervalUnit> unit_of(const std::optional<CalendarInterval>& interval) {
  return interval ? std::optional(interval->unit) : std::nullopt;
}

std::optional<int> count_of(const std::optional<CalendarInterval>& interval) {
  return interval ? std::optional(interval->count) : std::nullopt;
}

/// A checkout without a page has no code.
std::optional<crypto::Digest> code_of(const app::Checkout& checkout) {
  if (checkout.code_hash == crypto::Digest{}) return std::nullopt;
  return checkout.code_hash;
}

}  // namespace

Status BatchWrites::insert_purchase(const domain::Purchase& purchase,
                                    std::optional<Timestamp> wake_at) {
  PURSER_TRY(const std::int64_t project, project_row(purchase.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(purchase.customer));
  PURSER_CHECK_OK(before_write());
  purchases_change(customer);
  return db_.run(
      "INSERT INTO purchases(project_id, id, customer_id, product_id, product, catalog_version, "
      "price_id, quantity, type, status, origin, payment_ref, remote_ref, subscription, "
      "refunded_quantity, anchor, wake_at, created_at) "
      "VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18)",
      project, purchase.id.str(), customer, purchase.product.id.str(),
      codec::encode_snapshot(purchase.product), purchase.catalog_version, text_of(purchase.price),
      purchase.quantity, purchase.type, purchase.status, purchase.origin, purchase.payment_ref,
      remote_ref_of(purchase), document_of(purchase.subscription), purchase.refunded_quantity,
      purchase.anchor, wake_at, purchase.created_at);
}

Status BatchWrites::update_purchase(const domain::Purchase& purchase,
                                    std::optional<Timestamp> wake_at) {
  PURSER_TRY(const std::int64_t project, project_row(purchase.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(purchase.customer));
  PURSER_CHECK_OK(before_write());
  purchases_change(customer);
  return update_row(
      "purchase",
      "UPDATE purchases SET product_id = $1, product = $2, catalog_version = $3, price_id = $4, "
      "quantity = $5, type = $6, status = $7, origin = $8, payment_ref = $9, remote_ref = $10, "
      "subscription = $11, refunded_quantity = $12, anchor = $13, wake_at = $14 "
      "WHERE project_id = $15 AND id = $16",
      purchase.product.id.str(), codec::encode_snapshot(purchase.product), purchase.catalog_version,
      text_of(purchase.price), purchase.quantity, purchase.type, purchase.status, purchase.origin,
      purchase.payment_ref, remote_ref_of(purchase), document_of(purchase.subscription),
      purchase.refunded_quantity, purchase.anchor, wake_at, project, purchase.id.str());
}

Status BatchWrites::insert_transaction(const app::Transaction& transaction) {
  PURSER_TRY(const std::int64_t project, project_row(transaction.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(transaction.customer));
  PURSER_CHECK_OK(before_write());
  std::optional<std::int64_t> amount;
  std::optional<std::string> currency;
  if (transaction.amount) {
    amount = transaction.amount->minor_units();
    currency = std::string(transaction.amount->currency().code());
  }
  return db_.run(
      "INSERT INTO transactions(project_id, id, customer_id, kind, purchase_id, product_id, "
      "amount, currency, payment_ref, at) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
      project, transaction.id.str(), customer, transaction.kind, transaction.purchase.str(),
      transaction.product_id, amount, currency, transaction.payment_ref, transaction.at);
}

Status BatchWrites::insert_checkout(const app::Checkout& checkout) {
  PURSER_TRY(const std::int64_t project, project_row(checkout.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(checkout.customer));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO checkouts(project_id, id, customer_id, product_id, product, catalog_version, "
      "price_id, quantity, total, currency, trial_unit, trial_count, is_subscription, from_client, "
      "code_hash, return_url, account_id, livemode, state, session_ref, url, purchase_id, "
      "created_at, next_check_at, checks) "
      "VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$"
      "24,$25)",
      project, checkout.id.str(), customer, checkout.product.id.str(),
      codec::encode_snapshot(checkout.product), checkout.catalog_version, checkout.price.str(),
      checkout.quantity, checkout.total.minor_units(), checkout.total.currency().code(),
      unit_of(checkout.trial), count_of(checkout.trial), checkout.is_subscription,
      checkout.from_client, code_of(checkout), checkout.return_url, checkout.account_id,
      checkout.livemode, checkout.state, checkout.session_ref, checkout.url,
      checkout.purchase.str(), checkout.created_at, checkout.next_check_at, checkout.checks);
}

Status BatchWrites::update_checkout(const app::Checkout& checkout) {
  PURSER_TRY(const std::int64_t project, project_row(checkout.customer.project));
  PURSER_CHECK_OK(before_write());
  // Who buys which product was fixed when the checkout was made; price and quantity may be chosen
  // later.
  return update_row(
      "checkout",
      "UPDATE checkouts SET price_id = $1, quantity = $2, total = $3, currency = $4, trial_unit = "
      "$5, "
      "trial_count = $6, is_subscription = $7, code_hash = $8, account_id = $9, livemode = $10, "
      "state = $11, session_ref = $12, url = $13, purchase_id = $14, next_check_at = $15, checks = "
      "$16 "
      "WHERE project_id = $17 AND id = $18",
      checkout.price.str(), checkout.quantity, checkout.total.minor_units(),
      checkout.total.currency().code(), unit_of(checkout.trial), count_of(checkout.trial),
      checkout.is_subscription, code_of(checkout), checkout.account_id, checkout.livemode,
      checkout.state, checkout.session_ref, checkout.url, checkout.purchase.str(),
      checkout.next_check_at, checkout.checks, project, checkout.id.str());
}

Result<std::string> BatchWrites::put_remote(const app::RemoteRef& ref) {
  PURSER_TRY(const std::int64_t project, project_row(ref.project));
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const std::int64_t rows,
             db_.change("INSERT INTO remotes(project_id, account_id, kind, local, remote) "
                        "VALUES($1,$2,$3,$4,$5) "
                        "ON CONFLICT(project_id, account_id, kind, local) DO NOTHING",
                        project, ref.account_id, ref.kind, ref.local, ref.remote));
  if (rows > 0) return ref.remote;
  PURSER_TRY(auto standing, remote(ref.project, ref.account_id, ref.kind, ref.local));
  if (!standing) return unavailable("a mapping went while another was put");
  return *std::move(standing);
}

Status BatchWrites::delete_remote(const ProjectId& project_id, const std::string& account_id,
                                  app::RemoteKind kind, const std::string& local) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "DELETE FROM remotes WHERE project_id = $1 AND account_id = $2 AND kind = $3 AND local = $4",
      project, account_id, kind, local);
}

Result<bool> BatchWrites::insert_inbox(const app::InboxEvent& event) {
  PURSER_TRY(const std::int64_t project, project_row(event.project));
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(
      const std::int64_t rows,
      db_.change(
          "INSERT INTO inbox(project_id, event_id, type, object_id, payload, received_at, state, "
          "attempts, next_at, error) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) "
          "ON CONFLICT(project_id, event_id) DO NOTHING",
          project, event.event_id, event.type, event.object_id, event.payload, event.received_at,
          event.state, event.attempts, event.next_at, event.error));
  return rows > 0;
}

Status BatchWrites::update_inbox(const app::InboxEvent& event) {
  PURSER_TRY(const std::int64_t project, project_row(event.project));
  PURSER_CHECK_OK(before_write());
  return update_row("inbox event",
                    "UPDATE inbox SET state = $1, attempts = $2, next_at = $3, error = $4 "
                    "WHERE project_id = $5 AND event_id = $6",
                    event.state, event.attempts, event.next_at, event.error, project,
                    event.event_id);
}

Status BatchWrites::insert_intention(const app::Intention& intention) {
  PURSER_TRY(const std::int64_t project, project_row(intention.project));
  PURSER_CHECK_OK(before_write());
  // Commands go on when it was there: a statement that fails would end an engine's transaction.
  PURSER_TRY(const std::int64_t rows,
             db_.change("INSERT INTO intentions(project_id, id, kind, subject, attempts, next_at, "
                        "done, error) VALUES($1,$2,$3,$4,$5,$6,$7,$8) "
                        "ON CONFLICT(project_id, id) DO NOTHING",
                        project, intention.id, intention.kind, intention.subject,
                        intention.attempts, intention.next_at, intention.done, intention.error));
  if (rows > 0) return {};
  return already_exists("intention " + intention.id);
}

Status BatchWrites::update_intention(const app::Intention& intention) {
  PURSER_TRY(const std::int64_t project, project_row(intention.project));
  PURSER_CHECK_OK(before_write());
  return update_row("intention",
                    "UPDATE intentions SET attempts = $1, next_at = $2, done = $3, error = $4 "
                    "WHERE project_id = $5 AND id = $6",
                    intention.attempts, intention.next_at, intention.done, intention.error, project,
                    intention.id);
}

Status BatchWrites::append_outbox(const app::OutboxEvent& event) {
  PURSER_TRY(const std::int64_t project, project_row(event.project));
  std::optional<std::int64_t> customer;
  if (event.customer) {
    PURSER_TRY(customer, customer_row(*event.customer));
  }
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const std::int64_t id, next_event_id());
  PURSER_CHECK_OK(
      db_.run("INSERT INTO outbox(id, project_id, customer_id, type, payload, at) "
              "VALUES($1,$2,$3,$4,$5,$6)",
              id, project, customer, event.type, event.payload, event.at));
  return queue_webhooks(project, id, customer.value_or(kNoCustomer), event.type);
}

}  // namespace purser::sql
