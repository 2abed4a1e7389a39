#include "adapters/sqlite/batch.hpp"
#include "codec/purchase_codec.hpp"

// Purchases, checkouts, Stripe's side, and events.

namespace purser::sqlite {
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

Status Batch::insert_purchase(const domain::Purchase& purchase, std::optional<Timestamp> wake_at) {
  PURSER_TRY(const std::int64_t project, project_row(purchase.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(purchase.customer));
  PURSER_CHECK_OK(write());
  owners_.push_back(customer);
  return db_.run(
      "INSERT INTO purchases(project_id, id, customer_id, product_id, product, catalog_version, "
      "price_id, quantity, type, status, origin, payment_ref, remote_ref, subscription, "
      "refunded_quantity, anchor, wake_at, created_at) "
      "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      project, purchase.id.str(), customer, purchase.product.id.str(),
      codec::encode_snapshot(purchase.product), purchase.catalog_version, text_of(purchase.price),
      purchase.quantity, purchase.type, purchase.status, purchase.origin, purchase.payment_ref,
      remote_ref_of(purchase), document_of(purchase.subscription), purchase.refunded_quantity,
      purchase.anchor, wake_at, purchase.created_at);
}

Status Batch::update_purchase(const domain::Purchase& purchase, std::optional<Timestamp> wake_at) {
  PURSER_TRY(const std::int64_t project, project_row(purchase.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(purchase.customer));
  PURSER_CHECK_OK(write());
  owners_.push_back(customer);
  PURSER_CHECK_OK(db_.run(
      "UPDATE purchases SET product_id = ?, product = ?, catalog_version = ?, price_id = ?, "
      "quantity = ?, type = ?, status = ?, origin = ?, payment_ref = ?, remote_ref = ?, "
      "subscription = ?, refunded_quantity = ?, anchor = ?, wake_at = ? "
      "WHERE project_id = ? AND id = ?",
      purchase.product.id.str(), codec::encode_snapshot(purchase.product), purchase.catalog_version,
      text_of(purchase.price), purchase.quantity, purchase.type, purchase.status, purchase.origin,
      purchase.payment_ref, remote_ref_of(purchase), document_of(purchase.subscription),
      purchase.refunded_quantity, purchase.anchor, wake_at, project, purchase.id.str()));
  return must_have_changed("purchase");
}

Status Batch::insert_transaction(const app::Transaction& transaction) {
  PURSER_TRY(const std::int64_t project, project_row(transaction.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(transaction.customer));
  PURSER_CHECK_OK(write());
  std::optional<std::int64_t> amount;
  std::optional<std::string> currency;
  if (transaction.amount) {
    amount = transaction.amount->minor_units();
    currency = std::string(transaction.amount->currency().code());
  }
  return db_.run(
      "INSERT INTO transactions(project_id, id, customer_id, kind, purchase_id, product_id, "
      "amount, currency, payment_ref, at) VALUES(?,?,?,?,?,?,?,?,?,?)",
      project, transaction.id.str(), customer, transaction.kind, transaction.purchase.str(),
      transaction.product_id, amount, currency, transaction.payment_ref, transaction.at);
}

Status Batch::insert_checkout(const app::Checkout& checkout) {
  PURSER_TRY(const std::int64_t project, project_row(checkout.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(checkout.customer));
  PURSER_CHECK_OK(write());
  return db_.run(
      "INSERT INTO checkouts(project_id, id, customer_id, product_id, product, catalog_version, "
      "price_id, quantity, total, currency, trial_unit, trial_count, is_subscription, from_client, "
      "code_hash, return_url, account_id, livemode, state, session_ref, url, purchase_id, "
      "created_at, next_check_at, checks) "
      "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      project, checkout.id.str(), customer, checkout.product.id.str(),
      codec::encode_snapshot(checkout.product), checkout.catalog_version, checkout.price.str(),
      checkout.quantity, checkout.total.minor_units(), checkout.total.currency().code(),
      unit_of(checkout.trial), count_of(checkout.trial), checkout.is_subscription,
      checkout.from_client, code_of(checkout), checkout.return_url, checkout.account_id,
      checkout.livemode, checkout.state, checkout.session_ref, checkout.url,
      checkout.purchase.str(), checkout.created_at, checkout.next_check_at, checkout.checks);
}

Status Batch::update_checkout(const app::Checkout& checkout) {
  PURSER_TRY(const std::int64_t project, project_row(checkout.customer.project));
  PURSER_CHECK_OK(write());
  // Who buys which product was fixed when the checkout was made; price and quantity may be chosen
  // later.
  PURSER_CHECK_OK(db_.run(
      "UPDATE checkouts SET price_id = ?, quantity = ?, total = ?, currency = ?, trial_unit = ?, "
      "trial_count = ?, is_subscription = ?, code_hash = ?, account_id = ?, livemode = ?, "
      "state = ?, session_ref = ?, url = ?, purchase_id = ?, next_check_at = ?, checks = ? "
      "WHERE project_id = ? AND id = ?",
      checkout.price.str(), checkout.quantity, checkout.total.minor_units(),
      checkout.total.currency().code(), unit_of(checkout.trial), count_of(checkout.trial),
      checkout.is_subscription, code_of(checkout), checkout.account_id, checkout.livemode,
      checkout.state, checkout.session_ref, checkout.url, checkout.purchase.str(),
      checkout.next_check_at, checkout.checks, project, checkout.id.str()));
  return must_have_changed("checkout");
}

Result<std::string> Batch::put_remote(const app::RemoteRef& ref) {
  PURSER_TRY(const auto standing, remote(ref.project, ref.account_id, ref.kind, ref.local));
  if (standing) return *standing;
  PURSER_TRY(const std::int64_t project, project_row(ref.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("INSERT INTO remotes(project_id, account_id, kind, local, remote) VALUES(?,?,?,?,?)",
              project, ref.account_id, ref.kind, ref.local, ref.remote));
  return ref.remote;
}

Status Batch::delete_remote(const ProjectId& project_id, const std::string& account_id,
                            app::RemoteKind kind, const std::string& local) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(write());
  return db_.run(
      "DELETE FROM remotes WHERE project_id = ? AND account_id = ? AND kind = ? AND local = ?",
      project, account_id, kind, local);
}

Result<bool> Batch::insert_inbox(const app::InboxEvent& event) {
  PURSER_TRY(const std::int64_t project, project_row(event.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(db_.run(
      "INSERT INTO inbox(project_id, event_id, type, object_id, payload, received_at, state, "
      "attempts, next_at, error) VALUES(?,?,?,?,?,?,?,?,?,?) "
      "ON CONFLICT(project_id, event_id) DO NOTHING",
      project, event.event_id, event.type, event.object_id, event.payload, event.received_at,
      event.state, event.attempts, event.next_at, event.error));
  return db_.changes() > 0;
}

Status Batch::update_inbox(const app::InboxEvent& event) {
  PURSER_TRY(const std::int64_t project, project_row(event.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("UPDATE inbox SET state = ?, attempts = ?, next_at = ?, error = ? "
              "WHERE project_id = ? AND event_id = ?",
              event.state, event.attempts, event.next_at, event.error, project, event.event_id));
  return must_have_changed("inbox event");
}

Status Batch::insert_intention(const app::Intention& intention) {
  PURSER_TRY(const std::int64_t project, project_row(intention.project));
  PURSER_CHECK_OK(write());
  return db_.run(
      "INSERT INTO intentions(project_id, id, kind, subject, attempts, next_at, done, error) "
      "VALUES(?,?,?,?,?,?,?,?)",
      project, intention.id, intention.kind, intention.subject, intention.attempts,
      intention.next_at, intention.done, intention.error);
}

Status Batch::update_intention(const app::Intention& intention) {
  PURSER_TRY(const std::int64_t project, project_row(intention.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("UPDATE intentions SET attempts = ?, next_at = ?, done = ?, error = ? "
              "WHERE project_id = ? AND id = ?",
              intention.attempts, intention.next_at, intention.done, intention.error, project,
              intention.id));
  return must_have_changed("intention");
}

Status Batch::append_outbox(const app::OutboxEvent& event) {
  PURSER_TRY(const std::int64_t project, project_row(event.project));
  std::optional<std::int64_t> customer;
  if (event.customer) {
    PURSER_TRY(customer, customer_row(*event.customer));
  }
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(db_.run(
      "INSERT INTO outbox(id, project_id, customer_id, type, payload, at) VALUES(?,?,?,?,?,?)",
      next_id_, project, customer, event.type, event.payload, event.at));
  ++next_id_;
  return {};
}

}  // namespace purser::sqlite
