#pragma once

// Every write of a batch that is plain SQL. What it changes is in the database at once; whether it
// stays is for the engine's transaction.

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/sql/connection.hpp"
#include "adapters/sql/reads.hpp"
#include "adapters/sql/resolver.hpp"
#include "app/ports/store.hpp"

namespace purser::sql {

/// A batch without items and idempotency records: an engine's batch derives from it and says how
/// commands are undone, how customers get their rows, and where the ids of events come from. See
/// app::StoreBatch for what each write does. Used by the thread that uses the connection.
class BatchWrites : public ReadsBy<app::StoreBatch> {
 public:
  Status insert_project(const app::Project& project) override;
  Status update_project(const app::Project& project) override;
  Status insert_key(const app::ApiKey& key) override;
  Status update_key(const app::ApiKey& key) override;
  Status insert_signing_key(const app::SigningKey& key) override;
  Status insert_user(const app::User& user) override;
  Status update_user(const app::User& user) override;
  Status delete_user(const ProjectId& project, const UserId& id) override;
  Status insert_team(const app::Team& team) override;
  Status update_team(const app::Team& team) override;
  Status delete_team(const ProjectId& project, const TeamId& id) override;
  Status put_membership(const app::Membership& membership) override;
  Status delete_membership(const ProjectId& project, const TeamId& team,
                           const UserId& user) override;
  Status insert_session(const app::Session& session) override;
  Status update_session(const app::Session& session) override;
  Status put_catalog(const ProjectId& project, const domain::Catalog& catalog) override;

  Status insert_purchase(const domain::Purchase& purchase,
                         std::optional<Timestamp> wake_at) override;
  Status update_purchase(const domain::Purchase& purchase,
                         std::optional<Timestamp> wake_at) override;
  Result<bool> put_trial(const CustomerKey& customer, const std::string& name) override;
  Status put_invoice(const app::Invoice& invoice) override;
  Status insert_refund(const app::Refund& refund) override;
  Status update_refund(const app::Refund& refund) override;
  Status insert_dispute(const app::Dispute& dispute) override;
  Status update_dispute(const app::Dispute& dispute) override;
  Status insert_transaction(const app::Transaction& transaction) override;
  Status insert_checkout(const app::Checkout& checkout) override;
  Status update_checkout(const app::Checkout& checkout) override;
  Result<std::string> put_remote(const app::RemoteRef& ref) override;
  Status delete_remote(const ProjectId& project, const std::string& account_id,
                       app::RemoteKind kind, const std::string& local) override;
  Result<bool> insert_inbox(const app::InboxEvent& event) override;
  Status update_inbox(const app::InboxEvent& event) override;
  Status insert_intention(const app::Intention& intention) override;
  Status update_intention(const app::Intention& intention) override;
  Status append_outbox(const app::OutboxEvent& event) override;
  Status insert_webhook_endpoint(const app::WebhookEndpoint& endpoint) override;
  Status update_webhook_endpoint(const app::WebhookEndpoint& endpoint) override;
  Status delete_webhook_endpoint(const ProjectId& project, const std::string& id) override;
  Status record_webhook(const ProjectId& project, const app::WebhookDelivery& delivery) override;
  Result<bool> requeue_webhook(const ProjectId& project, const std::string& endpoint,
                               std::int64_t event) override;
  Result<int> replay_webhooks(const ProjectId& project, const std::string& endpoint,
                              int limit) override;
  Result<int> purge_events(Timestamp before, int limit) override;

  /// Whether something may now be due for endpoints that was not: once the batch is committed,
  /// whoever delivers shall look. What was undone may count too.
  bool queued_webhooks() const { return queued_webhooks_; }

 protected:
  BatchWrites(Connection& db, Resolver& resolver)
      : ReadsBy(db, resolver), db_(db), resolver_(resolver) {}

  /// Called before each write: opens what `undo_command` goes back to.
  virtual Status before_write() = 0;
  /// Makes the customer's row, or brings a deleted customer back with the history that was kept.
  /// From then on the resolver finds it.
  virtual Status register_customer(std::int64_t project, CustomerType type,
                                   const std::string& id) = 0;
  /// The row of a customer is about to change: what the resolver knows of it counts no more.
  virtual void customer_changes(std::int64_t project, CustomerType type, const std::string& id) = 0;
  /// The purchases of the customer of this row are about to change.
  virtual void purchases_change(std::int64_t customer) = 0;
  /// The id of the next event: above those of all events that this batch wrote before.
  virtual Result<std::int64_t> next_event_id() = 0;

  /// Error: kProjectNotFound.
  Result<std::int64_t> project_row(const ProjectId& id);
  /// The customer's row; made for a custom customer that has none. Error: kCustomerNotFound.
  Result<std::int64_t> customer_row(const CustomerKey& key);

 private:
  Status queue_webhooks(std::int64_t project, std::int64_t event, std::int64_t customer,
                        const std::string& type);
  /// The row of an endpoint that is not deleted, or kNoRow.
  Result<std::int64_t> endpoint_row(const ProjectId& project, const std::string& id);
  /// Locks the line before it is looked at whether anything in it is pending.
  Status move_line_on(std::int64_t endpoint, std::int64_t customer);
  Status end_replay(std::int64_t endpoint);
  /// Forgets what has waited at disabled endpoints since before `before`.
  Result<int> purge_waiting(Timestamp before, int limit);
  Status retire_customer(std::int64_t project, CustomerType type, const std::string& id);
  /// kInternalError when the update finds no row; `what` names it.
  template <class... Args>
  Status update_row(const char* what, const char* sql, const Args&... args) {
    PURSER_TRY(const std::int64_t rows, db_.change(sql, args...));
    if (rows > 0) return {};
    return Error::internal(std::string("there is no ") + what + " to update");
  }

  Connection& db_;
  Resolver& resolver_;
  bool queued_webhooks_ = false;
};

}  // namespace purser::sql
