#pragma once

// Every read of the store port that is plain SQL, over one connection. Views and batches share it.

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sql/connection.hpp"
#include "adapters/sql/resolver.hpp"
#include "app/ports/store.hpp"

namespace purser::sql {

/// Above every row number: where a list that comes newest first begins.
inline constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();

/// See app::StoreView for what each answers. Used by the thread that uses the connection.
///
/// What a command reads by key, and the lists that it may write back, are read with
/// `query_for_update`. A customer's purchases are read under a lock of the customer, because what
/// may be sold depends on rows that are not there. Lists of what is due, pages and catalogs take no
/// locks.
class Reads {
 public:
  Reads(Connection& db, Resolver& resolver) : db_(db), resolver_(resolver) {}

  Result<std::optional<app::Project>> project(const ProjectId& id);
  Result<std::vector<app::Project>> projects(const app::PageRequest& page);
  Result<std::vector<app::ApiKey>> keys(const ProjectId& project);
  Result<std::vector<app::SigningKey>> signing_keys(const ProjectId& project);

  Result<std::optional<app::User>> user(const ProjectId& project, const UserId& id);
  Result<std::optional<app::User>> user_by_subject(const ProjectId& project,
                                                   const std::string& external_subject);
  Result<std::vector<app::User>> users(const ProjectId& project, const app::PageRequest& page);
  Result<std::optional<app::Team>> team(const ProjectId& project, const TeamId& id);
  Result<std::vector<app::Team>> teams(const ProjectId& project, const app::PageRequest& page);
  Result<std::optional<app::Membership>> membership(const ProjectId& project, const TeamId& team,
                                                    const UserId& user);
  Result<std::vector<app::Membership>> members(const ProjectId& project, const TeamId& team,
                                               const app::PageRequest& page);
  Result<std::vector<app::Membership>> memberships(const ProjectId& project, const UserId& user,
                                                   const app::PageRequest& page);
  Result<std::optional<app::Session>> session(const ProjectId& project, const SessionId& id);
  Result<std::optional<app::Session>> session_by_refresh_hash(const ProjectId& project,
                                                              const crypto::Digest& hash);
  Result<std::vector<app::Session>> sessions(const ProjectId& project, const UserId& user);

  Result<domain::Catalog> catalog(const ProjectId& project);
  Result<std::optional<domain::Catalog>> catalog_at(const ProjectId& project, std::int64_t version);
  Result<bool> customer_exists(const CustomerKey& key);

  Result<std::optional<domain::Purchase>> purchase(const ProjectId& project, const PurchaseId& id);
  Result<std::optional<domain::Purchase>> purchase_by_payment(const ProjectId& project,
                                                              const std::string& payment_ref);
  Result<std::optional<domain::Purchase>> purchase_by_subscription(const ProjectId& project,
                                                                   const std::string& remote_ref);
  Result<std::vector<domain::Purchase>> owned(const CustomerKey& customer);
  Result<std::vector<domain::Purchase>> due_purchases(Timestamp now, int limit);
  Result<std::vector<app::Transaction>> transactions(const CustomerKey& customer,
                                                     const app::PageRequest& page);

  Result<std::optional<app::Checkout>> checkout(const ProjectId& project, const CheckoutId& id);
  Result<std::optional<app::Checkout>> checkout_by_session(const ProjectId& project,
                                                           const std::string& session_ref);
  Result<std::optional<app::Checkout>> checkout_by_code(const crypto::Digest& code_hash);
  Result<std::vector<app::Checkout>> due_checkouts(Timestamp now, int limit);
  Result<std::optional<std::string>> remote(const ProjectId& project, const std::string& account_id,
                                            app::RemoteKind kind, const std::string& local);
  Result<std::optional<app::InboxEvent>> inbox_event(const ProjectId& project,
                                                     const std::string& event_id);
  Result<std::vector<app::InboxEvent>> inbox(const ProjectId& project,
                                             std::optional<app::InboxState> state,
                                             const app::PageRequest& page);
  Result<std::vector<app::InboxEvent>> due_inbox(Timestamp now, int limit);
  Result<std::vector<app::Intention>> due_intentions(Timestamp now, int limit);
  Result<std::vector<app::OutboxEvent>> outbox(std::int64_t after_id, int limit);

  Result<std::optional<app::WebhookEndpoint>> webhook_endpoint(const ProjectId& project,
                                                               const std::string& id);
  Result<std::vector<app::WebhookEndpoint>> webhook_endpoints(const ProjectId& project,
                                                              const app::PageRequest& page);
  Result<std::optional<app::WebhookDelivery>> webhook_delivery(const ProjectId& project,
                                                               const std::string& endpoint,
                                                               std::int64_t event);
  Result<std::vector<app::WebhookDelivery>> webhook_deliveries(
      const ProjectId& project, const std::string& endpoint,
      std::optional<app::DeliveryState> state, std::optional<std::int64_t> before, int limit);
  Result<std::vector<app::WebhookEndpoint>> due_webhook_endpoints(Timestamp now, int limit);
  Result<std::vector<app::WebhookDelivery>> due_webhooks(const ProjectId& project,
                                                         const std::string& endpoint, Timestamp now,
                                                         int limit);
  Result<std::vector<app::WebhookEndpoint>> replaying_webhook_endpoints(int limit);
  Result<std::int64_t> last_event(const ProjectId& project, std::optional<Timestamp> before);

  Result<bool> trial_used(const CustomerKey& customer, const std::string& name);
  Result<std::vector<app::Invoice>> invoices(const CustomerKey& customer,
                                             const app::PageRequest& page);
  Result<std::optional<app::Invoice>> invoice(const ProjectId& project, const std::string& id);
  Result<std::optional<app::Invoice>> invoice_by_payment(const ProjectId& project,
                                                         const std::string& payment_ref);
  Result<std::vector<app::Invoice>> invoices_of(const ProjectId& project,
                                                const PurchaseId& purchase, int limit);
  Result<std::optional<app::Refund>> refund(const ProjectId& project, const std::string& id);
  Result<std::optional<app::Refund>> refund_by_remote(const ProjectId& project,
                                                      const std::string& remote_ref);
  Result<std::vector<app::Refund>> refunds_of(const ProjectId& project, const PurchaseId& purchase);
  Result<std::optional<app::Dispute>> dispute(const ProjectId& project, const std::string& id);

 private:
  /// In a batch of a store that several nodes write: no other batch passes here for this customer.
  Status lock_customer(std::int64_t row);

  Connection& db_;
  Resolver& resolver_;
};

/// Implements the reads of a view or a batch through `reads_`. Items, the ledger and idempotency
/// records are left to the heir: engines keep them each in their own way.
template <class Base>
class ReadsBy : public Base {
 public:
  ReadsBy(Connection& db, Resolver& resolver) : reads_(db, resolver) {}

  Result<std::optional<app::Project>> project(const ProjectId& id) override {
    return reads_.project(id);
  }
  Result<std::vector<app::Project>> projects(const app::PageRequest& page) override {
    return reads_.projects(page);
  }
  Result<std::vector<app::ApiKey>> keys(const ProjectId& p) override { return reads_.keys(p); }
  Result<std::vector<app::SigningKey>> signing_keys(const ProjectId& p) override {
    return reads_.signing_keys(p);
  }
  Result<std::optional<app::User>> user(const ProjectId& p, const UserId& id) override {
    return reads_.user(p, id);
  }
  Result<std::optional<app::User>> user_by_subject(const ProjectId& p,
                                                   const std::string& subject) override {
    return reads_.user_by_subject(p, subject);
  }
  Result<std::vector<app::User>> users(const ProjectId& p, const app::PageRequest& page) override {
    return reads_.users(p, page);
  }
  Result<std::optional<app::Team>> team(const ProjectId& p, const TeamId& id) override {
    return reads_.team(p, id);
  }
  Result<std::vector<app::Team>> teams(const ProjectId& p, const app::PageRequest& page) override {
    return reads_.teams(p, page);
  }
  Result<std::optional<app::Membership>> membership(const ProjectId& p, const TeamId& team,
                                                    const UserId& user) override {
    return reads_.membership(p, team, user);
  }
  Result<std::vector<app::Membership>> members(const ProjectId& p, const TeamId& team,
                                               const app::PageRequest& page) override {
    return reads_.members(p, team, page);
  }
  Result<std::vector<app::Membership>> memberships(const ProjectId& p, const UserId& user,
                                                   const app::PageRequest& page) override {
    return reads_.memberships(p, user, page);
  }
  Result<std::optional<app::Session>> session(const ProjectId& p, const SessionId& id) override {
    return reads_.session(p, id);
  }
  Result<std::optional<app::Session>> session_by_refresh_hash(const ProjectId& p,
                                                              const crypto::Digest& hash) override {
    return reads_.session_by_refresh_hash(p, hash);
  }
  Result<std::vector<app::Session>> sessions(const ProjectId& p, const UserId& user) override {
    return reads_.sessions(p, user);
  }
  Result<domain::Catalog> catalog(const ProjectId& p) override { return reads_.catalog(p); }
  Result<std::optional<domain::Catalog>> catalog_at(const ProjectId& p,
                                                    std::int64_t version) override {
    return reads_.catalog_at(p, version);
  }
  Result<bool> customer_exists(const CustomerKey& key) override {
    return reads_.customer_exists(key);
  }
  Result<std::optional<domain::Purchase>> purchase(const ProjectId& p,
                                                   const PurchaseId& id) override {
    return reads_.purchase(p, id);
  }
  Result<std::optional<domain::Purchase>> purchase_by_payment(const ProjectId& p,
                                                              const std::string& ref) override {
    return reads_.purchase_by_payment(p, ref);
  }
  Result<std::optional<domain::Purchase>> purchase_by_subscription(
      const ProjectId& p, const std::string& ref) override {
    return reads_.purchase_by_subscription(p, ref);
  }
  Result<std::vector<domain::Purchase>> owned(const CustomerKey& customer) override {
    return reads_.owned(customer);
  }
  Result<std::vector<domain::Purchase>> due_purchases(Timestamp now, int limit) override {
    return reads_.due_purchases(now, limit);
  }
  Result<bool> trial_used(const CustomerKey& customer, const std::string& name) override {
    return reads_.trial_used(customer, name);
  }
  Result<std::vector<app::Invoice>> invoices(const CustomerKey& customer,
                                             const app::PageRequest& page) override {
    return reads_.invoices(customer, page);
  }
  Result<std::optional<app::Invoice>> invoice(const ProjectId& p, const std::string& id) override {
    return reads_.invoice(p, id);
  }
  Result<std::optional<app::Invoice>> invoice_by_payment(const ProjectId& p,
                                                         const std::string& ref) override {
    return reads_.invoice_by_payment(p, ref);
  }
  Result<std::vector<app::Invoice>> invoices_of(const ProjectId& p, const PurchaseId& purchase,
                                                int limit) override {
    return reads_.invoices_of(p, purchase, limit);
  }
  Result<std::optional<app::Refund>> refund(const ProjectId& p, const std::string& id) override {
    return reads_.refund(p, id);
  }
  Result<std::optional<app::Refund>> refund_by_remote(const ProjectId& p,
                                                      const std::string& ref) override {
    return reads_.refund_by_remote(p, ref);
  }
  Result<std::vector<app::Refund>> refunds_of(const ProjectId& p,
                                              const PurchaseId& purchase) override {
    return reads_.refunds_of(p, purchase);
  }
  Result<std::optional<app::Dispute>> dispute(const ProjectId& p, const std::string& id) override {
    return reads_.dispute(p, id);
  }
  Result<std::vector<app::Transaction>> transactions(const CustomerKey& customer,
                                                     const app::PageRequest& page) override {
    return reads_.transactions(customer, page);
  }
  Result<std::optional<app::Checkout>> checkout(const ProjectId& p, const CheckoutId& id) override {
    return reads_.checkout(p, id);
  }
  Result<std::optional<app::Checkout>> checkout_by_session(const ProjectId& p,
                                                           const std::string& ref) override {
    return reads_.checkout_by_session(p, ref);
  }
  Result<std::optional<app::Checkout>> checkout_by_code(const crypto::Digest& hash) override {
    return reads_.checkout_by_code(hash);
  }
  Result<std::vector<app::Checkout>> due_checkouts(Timestamp now, int limit) override {
    return reads_.due_checkouts(now, limit);
  }
  Result<std::optional<std::string>> remote(const ProjectId& p, const std::string& account,
                                            app::RemoteKind kind,
                                            const std::string& local) override {
    return reads_.remote(p, account, kind, local);
  }
  Result<std::optional<app::InboxEvent>> inbox_event(const ProjectId& p,
                                                     const std::string& id) override {
    return reads_.inbox_event(p, id);
  }
  Result<std::vector<app::InboxEvent>> inbox(const ProjectId& p,
                                             std::optional<app::InboxState> state,
                                             const app::PageRequest& page) override {
    return reads_.inbox(p, state, page);
  }
  Result<std::vector<app::InboxEvent>> due_inbox(Timestamp now, int limit) override {
    return reads_.due_inbox(now, limit);
  }
  Result<std::vector<app::Intention>> due_intentions(Timestamp now, int limit) override {
    return reads_.due_intentions(now, limit);
  }
  Result<std::vector<app::OutboxEvent>> outbox(std::int64_t after_id, int limit) override {
    return reads_.outbox(after_id, limit);
  }
  Result<std::optional<app::WebhookEndpoint>> webhook_endpoint(const ProjectId& p,
                                                               const std::string& id) override {
    return reads_.webhook_endpoint(p, id);
  }
  Result<std::vector<app::WebhookEndpoint>> webhook_endpoints(
      const ProjectId& p, const app::PageRequest& page) override {
    return reads_.webhook_endpoints(p, page);
  }
  Result<std::optional<app::WebhookDelivery>> webhook_delivery(const ProjectId& p,
                                                               const std::string& endpoint,
                                                               std::int64_t event) override {
    return reads_.webhook_delivery(p, endpoint, event);
  }
  Result<std::vector<app::WebhookDelivery>> webhook_deliveries(
      const ProjectId& p, const std::string& endpoint, std::optional<app::DeliveryState> state,
      std::optional<std::int64_t> before, int limit) override {
    return reads_.webhook_deliveries(p, endpoint, state, before, limit);
  }
  Result<std::vector<app::WebhookEndpoint>> due_webhook_endpoints(Timestamp now,
                                                                  int limit) override {
    return reads_.due_webhook_endpoints(now, limit);
  }
  Result<std::vector<app::WebhookDelivery>> due_webhooks(const ProjectId& p,
                                                         const std::string& endpoint, Timestamp now,
                                                         int limit) override {
    return reads_.due_webhooks(p, endpoint, now, limit);
  }
  Result<std::vector<app::WebhookEndpoint>> replaying_webhook_endpoints(int limit) override {
    return reads_.replaying_webhook_endpoints(limit);
  }
  Result<std::int64_t> last_event(const ProjectId& p, std::optional<Timestamp> before) override {
    return reads_.last_event(p, before);
  }

 protected:
  Reads reads_;
};

}  // namespace purser::sql
