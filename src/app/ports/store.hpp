#pragma once

// The store: everything durable, in the words of the application. No SQL, rows or transactions
// here. docs/adr/0002 and 0003 say how the embedded adapter keeps balances and the ledger.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/records.hpp"
#include "domain/catalog.hpp"
#include "domain/ledger.hpp"
#include "domain/purchase.hpp"
#include "types/result.hpp"

namespace purser::app {

/// What a customer owns, for several readers at once; never null.
using OwnedPurchases = std::shared_ptr<const std::vector<domain::Purchase>>;

/// Reads. What is absent is an empty optional, never an error; errors are kStoreUnavailable.
/// A view is used by one thread at a time. Lists are ordered by id unless said otherwise.
class StoreView {
 public:
  virtual ~StoreView() = default;

  virtual Result<std::optional<Project>> project(const ProjectId& id) = 0;
  virtual Result<std::vector<Project>> projects(const PageRequest& page) = 0;
  virtual Result<std::vector<ApiKey>> keys(
      const ProjectId& project) = 0;  ///< revoked ones included
  virtual Result<std::vector<SigningKey>> signing_keys(
      const ProjectId& project) = 0;  ///< newest first

  virtual Result<std::optional<User>> user(const ProjectId& project, const UserId& id) = 0;
  virtual Result<std::optional<User>> user_by_subject(const ProjectId& project,
                                                      const std::string& external_subject) = 0;
  virtual Result<std::vector<User>> users(const ProjectId& project, const PageRequest& page) = 0;
  virtual Result<std::optional<Team>> team(const ProjectId& project, const TeamId& id) = 0;
  virtual Result<std::vector<Team>> teams(const ProjectId& project, const PageRequest& page) = 0;
  virtual Result<std::optional<Membership>> membership(const ProjectId& project, const TeamId& team,
                                                       const UserId& user) = 0;
  /// Members of a team, ordered by user id.
  virtual Result<std::vector<Membership>> members(const ProjectId& project, const TeamId& team,
                                                  const PageRequest& page) = 0;
  /// A user's memberships, ordered by team id.
  virtual Result<std::vector<Membership>> memberships(const ProjectId& project, const UserId& user,
                                                      const PageRequest& page) = 0;
  virtual Result<std::optional<Session>> session(const ProjectId& project, const SessionId& id) = 0;
  virtual Result<std::optional<Session>> session_by_refresh_hash(const ProjectId& project,
                                                                 const crypto::Digest& hash) = 0;
  virtual Result<std::vector<Session>> sessions(const ProjectId& project, const UserId& user) = 0;

  /// The current catalog; version 0 (empty) when none was put.
  virtual Result<domain::Catalog> catalog(const ProjectId& project) = 0;

  /// The catalog of that version; absent when there never was one.
  virtual Result<std::optional<domain::Catalog>> catalog_at(const ProjectId& project,
                                                            std::int64_t version) = 0;

  /// Users and teams exist when created and not deleted; custom customers always.
  virtual Result<bool> customer_exists(const CustomerKey& key) = 0;
  /// The account as last committed, due things not yet applied; empty when there is none.
  virtual Result<domain::ItemAccount> item(const ItemKey& key) = 0;
  /// Ledger lines, newest first, ids below `before` (all when absent), at most `limit`.
  virtual Result<std::vector<LedgerLine>> ledger(const ItemKey& key,
                                                 std::optional<std::int64_t> before, int limit) = 0;

  virtual Result<std::optional<domain::Purchase>> purchase(const ProjectId& project,
                                                           const PurchaseId& id) = 0;
  virtual Result<std::optional<domain::Purchase>> purchase_by_payment(
      const ProjectId& project, const std::string& payment_ref) = 0;
  /// The purchase of a provider's subscription (sub_…), whatever its status.
  virtual Result<std::optional<domain::Purchase>> purchase_by_subscription(
      const ProjectId& project, const std::string& remote_ref) = 0;
  /// A customer's purchases with status kActive, oldest first. Whether they still give access is
  /// for domain::owned_at to say.
  virtual Result<std::vector<domain::Purchase>> owned(const CustomerKey& customer) = 0;
  /// The same, for whoever only looks: an adapter may keep the list.
  virtual Result<OwnedPurchases> shared_owned(const CustomerKey& customer) {
    PURSER_TRY(std::vector<domain::Purchase> list, owned(customer));
    return std::make_shared<const std::vector<domain::Purchase>>(std::move(list));
  }
  /// Purchases whose `wake_at` (put_purchase) is not after `now`, soonest first.
  virtual Result<std::vector<domain::Purchase>> due_purchases(Timestamp now, int limit) = 0;
  /// Whether the customer has used the trial of this name (domain::trial_name).
  virtual Result<bool> trial_used(const CustomerKey& customer, const std::string& name) = 0;

  /// Newest first (by creation here); `after` is an Invoice::id of the same customer. An unknown
  /// one answers an empty list.
  virtual Result<std::vector<Invoice>> invoices(const CustomerKey& customer,
                                                const PageRequest& page) = 0;
  virtual Result<std::optional<Invoice>> invoice(const ProjectId& project,
                                                 const std::string& id) = 0;
  virtual Result<std::optional<Invoice>> invoice_by_payment(const ProjectId& project,
                                                            const std::string& payment_ref) = 0;
  /// A purchase's invoices, newest first, at most `limit`.
  virtual Result<std::vector<Invoice>> invoices_of(const ProjectId& project,
                                                   const PurchaseId& purchase, int limit) = 0;
  virtual Result<std::optional<Refund>> refund(const ProjectId& project, const std::string& id) = 0;
  virtual Result<std::optional<Refund>> refund_by_remote(const ProjectId& project,
                                                         const std::string& remote_ref) = 0;
  /// Oldest first.
  virtual Result<std::vector<Refund>> refunds_of(const ProjectId& project,
                                                 const PurchaseId& purchase) = 0;
  virtual Result<std::optional<Dispute>> dispute(const ProjectId& project,
                                                 const std::string& id) = 0;

  /// Newest first.
  virtual Result<std::vector<Transaction>> transactions(const CustomerKey& customer,
                                                        const PageRequest& page) = 0;

  virtual Result<std::optional<Checkout>> checkout(const ProjectId& project,
                                                   const CheckoutId& id) = 0;
  virtual Result<std::optional<Checkout>> checkout_by_session(const ProjectId& project,
                                                              const std::string& session_ref) = 0;
  /// The checkout whose purchase page has this code.
  virtual Result<std::optional<Checkout>> checkout_by_code(const crypto::Digest& code_hash) = 0;
  /// Open checkouts whose next_check_at is not after `now`, oldest first.
  virtual Result<std::vector<Checkout>> due_checkouts(Timestamp now, int limit) = 0;
  virtual Result<std::optional<std::string>> remote(const ProjectId& project,
                                                    const std::string& account_id, RemoteKind kind,
                                                    const std::string& local) = 0;
  virtual Result<std::optional<InboxEvent>> inbox_event(const ProjectId& project,
                                                        const std::string& event_id) = 0;
  /// The inbox for operators, newest first; `after` is an event id of the project. All states when
  /// `state` is absent.
  virtual Result<std::vector<InboxEvent>> inbox(const ProjectId& project,
                                                std::optional<InboxState> state,
                                                const PageRequest& page) = 0;
  /// Pending inbox events whose next_at is not after `now`, oldest first.
  virtual Result<std::vector<InboxEvent>> due_inbox(Timestamp now, int limit) = 0;
  virtual Result<std::vector<Intention>> due_intentions(Timestamp now, int limit) = 0;
  virtual Result<std::vector<OutboxEvent>> outbox(std::int64_t after_id, int limit) = 0;

  virtual Result<std::optional<WebhookEndpoint>> webhook_endpoint(const ProjectId& project,
                                                                  const std::string& id) = 0;
  virtual Result<std::vector<WebhookEndpoint>> webhook_endpoints(const ProjectId& project,
                                                                 const PageRequest& page) = 0;
  virtual Result<std::optional<WebhookDelivery>> webhook_delivery(const ProjectId& project,
                                                                  const std::string& endpoint,
                                                                  std::int64_t event) = 0;
  /// Newest event first, ids below `before` (all when absent), at most `limit`; in all states when
  /// `state` is absent.
  virtual Result<std::vector<WebhookDelivery>> webhook_deliveries(
      const ProjectId& project, const std::string& endpoint, std::optional<DeliveryState> state,
      std::optional<std::int64_t> before, int limit) = 0;
  /// Enabled endpoints, of all projects, that have a line whose time has come.
  virtual Result<std::vector<WebhookEndpoint>> due_webhook_endpoints(Timestamp now, int limit) = 0;
  /// The first delivery of each of an endpoint's lines whose time has come, longest waiting first.
  virtual Result<std::vector<WebhookDelivery>> due_webhooks(const ProjectId& project,
                                                            const std::string& endpoint,
                                                            Timestamp now, int limit) = 0;
  virtual Result<std::vector<WebhookEndpoint>> replaying_webhook_endpoints(int limit) = 0;
  /// The id of the project's last event that stands before all of those from `before` on (of its
  /// last when absent or when there are none); 0: none. Several nodes' events stand only roughly in
  /// the order of their instants.
  virtual Result<std::int64_t> last_event(const ProjectId& project,
                                          std::optional<Timestamp> before) = 0;
  virtual Result<std::optional<IdempotencyRecord>> idempotency(const ProjectId& project,
                                                               const std::string& key) = 0;
};

/// Reads and writes of one batch; reads see the batch's own writes. Used by one thread.
/// A batch holds several commands: `begin_command` starts one, `undo_command` takes back all that
/// it wrote. Unique violations are kAlreadyExists, updates of what is absent kInternalError;
/// anything else that fails is kStoreUnavailable and sinks the whole batch.
class StoreBatch : public StoreView {
 public:
  /// The instant of this batch: never before that of an earlier batch. Where several run at once:
  /// never before that of one that had ended, or that touched a customer whom this one touches.
  virtual Timestamp now() const = 0;

  virtual void begin_command() = 0;
  virtual Status undo_command() = 0;

  virtual Status insert_project(const Project& project) = 0;
  virtual Status update_project(const Project& project) = 0;
  virtual Status insert_key(const ApiKey& key) = 0;
  virtual Status update_key(const ApiKey& key) = 0;  ///< last_used_at, revoked_at, description
  virtual Status insert_signing_key(const SigningKey& key) = 0;

  virtual Status insert_user(const User& user) = 0;  ///< also makes its customer
  virtual Status update_user(const User& user) = 0;
  /// Deletes the user with memberships and sessions; the customer's ledger and purchases stay as
  /// history.
  virtual Status delete_user(const ProjectId& project, const UserId& id) = 0;
  virtual Status insert_team(const Team& team) = 0;
  virtual Status update_team(const Team& team) = 0;
  virtual Status delete_team(const ProjectId& project, const TeamId& id) = 0;
  virtual Status put_membership(const Membership& membership) = 0;
  virtual Status delete_membership(const ProjectId& project, const TeamId& team,
                                   const UserId& user) = 0;
  virtual Status insert_session(const Session& session) = 0;
  virtual Status update_session(const Session& session) = 0;

  /// Keeps `catalog` as the project's current one; its version must be the current one + 1.
  virtual Status put_catalog(const ProjectId& project, const domain::Catalog& catalog) = 0;

  /// Replaces the account and appends its entries, which continue the account as it was read in
  /// this batch. Creates a custom customer on first use. The account's lots and debt must follow
  /// from the old one by the entries; its terms may change beyond them (domain::terms_follow says
  /// whether they did). There may be no entries when only terms changed.
  virtual Status put_item(const ItemKey& key, const domain::ItemAccount& account,
                          std::span<const domain::Entry> entries) = 0;

  /// `wake_at`: when a worker should look at the purchase (domain::next_due, or sooner to ask the
  /// provider again); absent: never.
  virtual Status insert_purchase(const domain::Purchase& purchase,
                                 std::optional<Timestamp> wake_at) = 0;
  virtual Status update_purchase(const domain::Purchase& purchase,
                                 std::optional<Timestamp> wake_at) = 0;
  /// Remembers a used trial; false when it was used before.
  virtual Result<bool> put_trial(const CustomerKey& customer, const std::string& name) = 0;
  /// Inserts, or replaces the one with this id (created_at, customer and purchase stay).
  virtual Status put_invoice(const Invoice& invoice) = 0;
  virtual Status insert_refund(const Refund& refund) = 0;
  virtual Status update_refund(const Refund& refund) = 0;  ///< state, remote_ref, error
  virtual Status insert_dispute(const Dispute& dispute) = 0;
  virtual Status update_dispute(const Dispute& dispute) = 0;  ///< state, taken, ended_purchase
  virtual Status insert_transaction(const Transaction& transaction) = 0;
  virtual Status insert_checkout(const Checkout& checkout) = 0;
  virtual Status update_checkout(const Checkout& checkout) = 0;
  /// Keeps the mapping unless there is one; answers the one that stands.
  virtual Result<std::string> put_remote(const RemoteRef& ref) = 0;
  /// Forgets a mapping whose remote object is gone.
  virtual Status delete_remote(const ProjectId& project, const std::string& account_id,
                               RemoteKind kind, const std::string& local) = 0;
  virtual Result<bool> insert_inbox(const InboxEvent& event) = 0;  ///< false: known already
  virtual Status update_inbox(const InboxEvent& event) = 0;
  virtual Status insert_intention(const Intention& intention) = 0;
  virtual Status update_intention(const Intention& intention) = 0;
  /// Also puts it at the end of its line at every enabled endpoint that gets such events.
  virtual Status append_outbox(const OutboxEvent& event) = 0;
  virtual Status insert_webhook_endpoint(const WebhookEndpoint& endpoint) = 0;
  virtual Status update_webhook_endpoint(const WebhookEndpoint& endpoint) = 0;
  /// It is gone at once; its deliveries go with purge_events.
  virtual Status delete_webhook_endpoint(const ProjectId& project, const std::string& id) = 0;
  /// Records an attempt: `state`, `attempts`, and what the last one came to. A pending delivery's
  /// line waits until `next_attempt_at`; any other lets its line go on. Does nothing when the
  /// delivery is not there (any more).
  virtual Status record_webhook(const ProjectId& project, const WebhookDelivery& delivery) = 0;
  /// Makes a delivery pending and its line due, with its attempts counted anew. Answers false when
  /// there is none.
  virtual Result<bool> requeue_webhook(const ProjectId& project, const std::string& endpoint,
                                       std::int64_t event) = 0;
  /// Queues the next events of the endpoint's replay, looking at up to `limit`: those that it gets
  /// and that are not on their way. Ends the replay after the last one. Answers how many it looked
  /// at.
  virtual Result<int> replay_webhooks(const ProjectId& project, const std::string& endpoint,
                                      int limit) = 0;
  /// Forgets events from before `before` with their deliveries, but none that is pending at an
  /// enabled endpoint, and what deleted endpoints left; about `limit` rows. Answers how many went.
  virtual Result<int> purge_events(Timestamp before, int limit) = 0;
  virtual Status put_idempotency(const IdempotencyRecord& record) = 0;  ///< inserts or completes
  /// Forgets completed records made before `before`, at most `limit`; answers how many went.
  virtual Result<int> purge_idempotency(Timestamp before, int limit) = 0;
};

/// One difference that verify found.
struct VerifyFinding {
  std::string where;  ///< "project p, user u, item credits"
  std::string what;   ///< "stored quantity 5, ledger says 4"
};
struct VerifyReport {
  std::int64_t accounts = 0;
  std::int64_t entries = 0;
  std::int64_t purchases = 0;
  std::vector<VerifyFinding> findings;  ///< the first 100
};
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

/// What `read_items` answers: whether the customer exists, and its accounts in the order asked.
struct CustomerItems {
  bool customer_exists = false;
  std::vector<domain::ItemAccount> accounts;
};

/// What `known_owned` answers: whether the customer exists, and its active purchases.
struct KnownOwned {
  bool customer_exists = false;
  OwnedPurchases purchases;
};

/// The caller's idempotency key and what it was sent with.
struct IdempotencyScope {
  ProjectId project;
  std::string key;
  crypto::Digest request_hash{};
};

/// What a command will touch, as far as that is known before it is decided. A hint: it may touch
/// more or less.
struct Touches {
  CustomerKey customer;
  std::vector<ItemId> items = {};
};

/// A command of a batch before it is decided: a store may lock and load for the whole batch at
/// once. Borrowed; null: not known, or none.
struct PlannedCommand {
  const Touches* touches = nullptr;
  const IdempotencyScope* scope = nullptr;
};

class Store {
 public:
  virtual ~Store() = default;

  /// A view of what is committed, borrowed until destroyed. Waits when all are borrowed.
  virtual std::unique_ptr<StoreView> view() = 0;

  /// The hot read: never waits for a commit; sees every write whose answer was given. `done` may be
  /// called before this returns or from another thread.
  virtual void read_items(const CustomerKey& customer, std::vector<ItemId> items,
                          std::function<void(Result<CustomerItems>)> done) = 0;

  /// StoreView::shared_owned, where it is known without waiting for anything; sees every write
  /// whose answer was given. Absent: ask a view.
  virtual std::optional<KnownOwned> known_owned(const CustomerKey& customer) {
    static_cast<void>(customer);
    return std::nullopt;
  }

  using Work = std::function<Status(StoreBatch&)>;
  /// Runs `work` on one batch and makes all of it durable before it returns, or nothing of it.
  /// `work` may be called more than once (a conflict with another node), each time on a fresh
  /// batch; it returns an error to give the whole batch up. `lanes` threads may call it at once,
  /// the engine's committers.
  virtual Status commit(std::span<const PlannedCommand> commands, const Work& work) = 0;
  Status commit(const Work& work) { return commit({}, work); }

  /// How many batches it can commit at once, 1 or more. They wait for each other only where they
  /// touch the same things.
  virtual int lanes() const { return 1; }

  /// Whether the engine of this name, another than this store's own, may still be running: then its
  /// unfinished work is not to be taken over. Errors: kStoreUnavailable.
  virtual Result<bool> may_run(const std::string& instance) {
    static_cast<void>(instance);
    return false;  // one process owns the store
  }

  // What is due, for a worker to do: StoreView's due_…, each claimed for this node. Until a claim
  // expires (kClaim after `now`) no other node gets it; whoever did it says when it is due again.
  static constexpr Millis kClaim{120'000};
  virtual Result<std::vector<domain::Purchase>> claim_purchases(Timestamp now, int limit) {
    return view()->due_purchases(now, limit);
  }
  virtual Result<std::vector<Checkout>> claim_checkouts(Timestamp now, int limit) {
    return view()->due_checkouts(now, limit);
  }
  virtual Result<std::vector<InboxEvent>> claim_inbox(Timestamp now, int limit) {
    return view()->due_inbox(now, limit);
  }
  virtual Result<std::vector<Intention>> claim_intentions(Timestamp now, int limit) {
    return view()->due_intentions(now, limit);
  }
  /// The due deliveries of an endpoint (StoreView::due_webhooks), each line claimed for this node:
  /// no other node gets it until it was recorded or the claim ran out. `running`: how many this
  /// node has claimed and not recorded; where nothing needs to be claimed, up to that many more are
  /// answered, because those are among them.
  virtual Result<std::vector<WebhookDelivery>> claim_webhooks(const ProjectId& project,
                                                              const std::string& endpoint,
                                                              Timestamp now, int limit,
                                                              int running) {
    return view()->due_webhooks(project, endpoint, now, limit + running);  // one owns the store
  }

  /// Calls `changed` for every project of which any node committed something that nodes keep in
  /// memory (the project itself, its keys, its catalogs), this node included, and for the empty id
  /// when it may be any project. Such a commit returns only when `changed` has returned on every
  /// node that still answers (`is_current`). Called from a thread of the store's own, until
  /// `changed` is replaced by nothing; an error is tried again. False: nobody else writes this
  /// store, and nothing is called. Errors: kStoreUnavailable.
  using Changed = std::function<Status(const ProjectId&)>;
  virtual Result<bool> watch(Changed changed) {  // NOLINT(performance-unnecessary-value-param)
    static_cast<void>(changed);
    return false;
  }
  /// False while what is kept in memory may be older than what other nodes were told is committed.
  virtual bool is_current() const { return true; }

  /// Recomputes every balance from the ledger and checks what can be checked of the invariants.
  virtual Result<VerifyReport> verify(const Progress& progress) = 0;
  /// Writes a consistent copy to a new file while serving. Errors: kAlreadyExists when the file is
  /// there.
  virtual Status backup(const std::string& path, const Progress& progress) = 0;
};

}  // namespace purser::app
