#pragma once

// A store in memory for the engine's own tests: it keeps idempotency records and users, which is
// enough to see what was committed, undone or lost. Everything else aborts.

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/ports/store.hpp"

namespace purser::app::testing {

struct FakeState {
  std::map<std::pair<ProjectId, std::string>, IdempotencyRecord> idempotency;
  std::map<std::string, User> users;
};

// NOLINTBEGIN(bugprone-easily-swappable-parameters)
class FakeBatch final : public StoreBatch {
 public:
  FakeBatch(FakeState state, Timestamp now, bool& broken)
      : state_(std::move(state)), undo_(state_), now_(now), broken_(broken) {}

  FakeState take() { return std::move(state_); }

  Timestamp now() const override { return now_; }
  void begin_command() override { undo_ = state_; }
  Status undo_command() override {
    state_ = undo_;
    return {};
  }
  Result<std::optional<IdempotencyRecord>> idempotency(const ProjectId& project,
                                                       const std::string& key) override {
    if (broken_) return Error{ErrorCode::kStoreUnavailable, "broken"};
    const auto found = state_.idempotency.find({project, key});
    if (found == state_.idempotency.end()) return std::optional<IdempotencyRecord>();
    return std::optional<IdempotencyRecord>(found->second);
  }
  Status put_idempotency(const IdempotencyRecord& record) override {
    state_.idempotency[{record.project, record.key}] = record;
    return {};
  }
  Status insert_user(const User& user) override {
    if (!state_.users.emplace(user.id.str(), user).second) {
      return Error{ErrorCode::kAlreadyExists, "known"};
    }
    return {};
  }
  Result<std::optional<User>> user(const ProjectId&, const UserId& id) override {
    const auto found = state_.users.find(id.str());
    if (found == state_.users.end()) return std::optional<User>();
    return std::optional<User>(found->second);
  }

#define PURSER_UNUSED(type, call) \
  type call override { std::abort(); }
  PURSER_UNUSED(Result<std::optional<Project>>, project(const ProjectId&))
  PURSER_UNUSED(Result<std::vector<Project>>, projects(const PageRequest&))
  PURSER_UNUSED(Result<std::vector<ApiKey>>, keys(const ProjectId&))
  PURSER_UNUSED(Result<std::vector<SigningKey>>, signing_keys(const ProjectId&))
  PURSER_UNUSED(Result<std::optional<User>>, user_by_subject(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::vector<User>>, users(const ProjectId&, const PageRequest&))
  PURSER_UNUSED(Result<std::optional<Team>>, team(const ProjectId&, const TeamId&))
  PURSER_UNUSED(Result<std::vector<Team>>, teams(const ProjectId&, const PageRequest&))
  PURSER_UNUSED(Result<std::optional<Membership>>,
                membership(const ProjectId&, const TeamId&, const UserId&))
  PURSER_UNUSED(Result<std::vector<Membership>>,
                members(const ProjectId&, const TeamId&, const PageRequest&))
  PURSER_UNUSED(Result<std::vector<Membership>>,
                memberships(const ProjectId&, const UserId&, const PageRequest&))
  PURSER_UNUSED(Result<std::optional<Session>>, session(const ProjectId&, const SessionId&))
  PURSER_UNUSED(Result<std::optional<Session>>,
                session_by_refresh_hash(const ProjectId&, const crypto::Digest&))
  PURSER_UNUSED(Result<std::vector<Session>>, sessions(const ProjectId&, const UserId&))
  PURSER_UNUSED(Result<domain::Catalog>, catalog(const ProjectId&))
  PURSER_UNUSED(Result<std::optional<domain::Catalog>>, catalog_at(const ProjectId&, std::int64_t))
  PURSER_UNUSED(Result<bool>, customer_exists(const CustomerKey&))
  PURSER_UNUSED(Result<domain::ItemAccount>, item(const ItemKey&))
  PURSER_UNUSED(Result<std::vector<LedgerLine>>,
                ledger(const ItemKey&, std::optional<std::int64_t>, int))
  PURSER_UNUSED(Result<std::optional<domain::Purchase>>,
                purchase(const ProjectId&, const PurchaseId&))
  PURSER_UNUSED(Result<std::optional<domain::Purchase>>,
                purchase_by_payment(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::optional<domain::Purchase>>,
                purchase_by_subscription(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::vector<domain::Purchase>>, owned(const CustomerKey&))
  PURSER_UNUSED(Result<std::vector<domain::Purchase>>, due_purchases(Timestamp, int))
  PURSER_UNUSED(Result<bool>, trial_used(const CustomerKey&, const std::string&))
  PURSER_UNUSED(Result<std::vector<Invoice>>, invoices(const CustomerKey&, const PageRequest&))
  PURSER_UNUSED(Result<std::optional<Invoice>>, invoice(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::optional<Invoice>>,
                invoice_by_payment(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::vector<Invoice>>, invoices_of(const ProjectId&, const PurchaseId&, int))
  PURSER_UNUSED(Result<std::optional<Refund>>, refund(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::optional<Refund>>,
                refund_by_remote(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::vector<Refund>>, refunds_of(const ProjectId&, const PurchaseId&))
  PURSER_UNUSED(Result<std::optional<Dispute>>, dispute(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::vector<Transaction>>,
                transactions(const CustomerKey&, const PageRequest&))
  PURSER_UNUSED(Result<std::optional<Checkout>>, checkout(const ProjectId&, const CheckoutId&))
  PURSER_UNUSED(Result<std::optional<Checkout>>,
                checkout_by_session(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::optional<Checkout>>, checkout_by_code(const crypto::Digest&))
  PURSER_UNUSED(Result<std::vector<Checkout>>, due_checkouts(Timestamp, int))
  PURSER_UNUSED(Result<std::optional<std::string>>,
                remote(const ProjectId&, const std::string&, RemoteKind, const std::string&))
  PURSER_UNUSED(Result<std::optional<InboxEvent>>,
                inbox_event(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::vector<InboxEvent>>,
                inbox(const ProjectId&, std::optional<InboxState>, const PageRequest&))
  PURSER_UNUSED(Result<std::vector<InboxEvent>>, due_inbox(Timestamp, int))
  PURSER_UNUSED(Result<std::vector<Intention>>, due_intentions(Timestamp, int))
  PURSER_UNUSED(Result<std::vector<OutboxEvent>>, outbox(std::int64_t, int))
  PURSER_UNUSED(Result<std::optional<WebhookEndpoint>>,
                webhook_endpoint(const ProjectId&, const std::string&))
  PURSER_UNUSED(Result<std::vector<WebhookEndpoint>>,
                webhook_endpoints(const ProjectId&, const PageRequest&))
  PURSER_UNUSED(Result<std::optional<WebhookDelivery>>,
                webhook_delivery(const ProjectId&, const std::string&, std::int64_t))
  PURSER_UNUSED(Result<std::vector<WebhookDelivery>>,
                webhook_deliveries(const ProjectId&, const std::string&,
                                   std::optional<DeliveryState>, std::optional<std::int64_t>, int))
  PURSER_UNUSED(Result<std::vector<WebhookEndpoint>>, due_webhook_endpoints(Timestamp, int))
  PURSER_UNUSED(Result<std::vector<WebhookDelivery>>,
                due_webhooks(const ProjectId&, const std::string&, Timestamp, int))
  PURSER_UNUSED(Result<std::vector<WebhookEndpoint>>, replaying_webhook_endpoints(int))
  PURSER_UNUSED(Result<std::int64_t>, last_event(const ProjectId&, std::optional<Timestamp>))
  PURSER_UNUSED(Status, insert_project(const Project&))
  PURSER_UNUSED(Status, update_project(const Project&))
  PURSER_UNUSED(Status, insert_key(const ApiKey&))
  PURSER_UNUSED(Status, update_key(const ApiKey&))
  PURSER_UNUSED(Status, insert_signing_key(const SigningKey&))
  PURSER_UNUSED(Status, update_user(const User&))
  PURSER_UNUSED(Status, delete_user(const ProjectId&, const UserId&))
  PURSER_UNUSED(Status, insert_team(const Team&))
  PURSER_UNUSED(Status, update_team(const Team&))
  PURSER_UNUSED(Status, delete_team(const ProjectId&, const TeamId&))
  PURSER_UNUSED(Status, put_membership(const Membership&))
  PURSER_UNUSED(Status, delete_membership(const ProjectId&, const TeamId&, const UserId&))
  PURSER_UNUSED(Status, insert_session(const Session&))
  PURSER_UNUSED(Status, update_session(const Session&))
  PURSER_UNUSED(Status, put_catalog(const ProjectId&, const domain::Catalog&))
  PURSER_UNUSED(Status, put_item(const ItemKey&, const domain::ItemAccount&,
                                 std::span<const domain::Entry>))
  PURSER_UNUSED(Status, insert_purchase(const domain::Purchase&, std::optional<Timestamp>))
  PURSER_UNUSED(Status, update_purchase(const domain::Purchase&, std::optional<Timestamp>))
  PURSER_UNUSED(Result<bool>, put_trial(const CustomerKey&, const std::string&))
  PURSER_UNUSED(Status, put_invoice(const Invoice&))
  PURSER_UNUSED(Status, insert_refund(const Refund&))
  PURSER_UNUSED(Status, update_refund(const Refund&))
  PURSER_UNUSED(Status, insert_dispute(const Dispute&))
  PURSER_UNUSED(Status, update_dispute(const Dispute&))
  PURSER_UNUSED(Status, insert_transaction(const Transaction&))
  PURSER_UNUSED(Status, insert_checkout(const Checkout&))
  PURSER_UNUSED(Status, update_checkout(const Checkout&))
  PURSER_UNUSED(Result<std::string>, put_remote(const RemoteRef&))
  PURSER_UNUSED(Status,
                delete_remote(const ProjectId&, const std::string&, RemoteKind, const std::string&))
  PURSER_UNUSED(Result<bool>, insert_inbox(const InboxEvent&))
  PURSER_UNUSED(Status, update_inbox(const InboxEvent&))
  PURSER_UNUSED(Status, insert_intention(const Intention&))
  PURSER_UNUSED(Status, update_intention(const Intention&))
  PURSER_UNUSED(Status, append_outbox(const OutboxEvent&))
  PURSER_UNUSED(Status, insert_webhook_endpoint(const WebhookEndpoint&))
  PURSER_UNUSED(Status, update_webhook_endpoint(const WebhookEndpoint&))
  PURSER_UNUSED(Status, delete_webhook_endpoint(const ProjectId&, const std::string&))
  PURSER_UNUSED(Status, record_webhook(const ProjectId&, const WebhookDelivery&))
  PURSER_UNUSED(Result<bool>, requeue_webhook(const ProjectId&, const std::string&, std::int64_t))
  PURSER_UNUSED(Result<int>, replay_webhooks(const ProjectId&, const std::string&, int))
  PURSER_UNUSED(Result<int>, purge_events(Timestamp, int))
  PURSER_UNUSED(Result<int>, purge_idempotency(Timestamp, int))
#undef PURSER_UNUSED

 private:
  FakeState state_;
  FakeState undo_;
  Timestamp now_;
  bool& broken_;
};
// NOLINTEND(bugprone-easily-swappable-parameters)

/// Commits into a map. `before_commit` runs at each commit after the work, and its error loses the
/// whole batch; `repeat_work` makes the work run twice, as a conflict with another node would.
class FakeStore final : public Store {
 public:
  std::function<Status()> before_commit;
  bool repeat_work = false;
  bool broken = false;  ///< reads fail
  int lane_count = 1;
  std::set<std::string> running;  ///< engines of other nodes
  std::function<void(std::span<const PlannedCommand>)> on_commit;

  FakeState state() const {
    std::lock_guard lock(mutex_);
    return state_;
  }
  int commits() const {
    std::lock_guard lock(mutex_);
    return commits_;
  }

  using Store::commit;
  Status commit(std::span<const PlannedCommand> commands, const Work& work) override {
    if (on_commit) on_commit(commands);
    const Timestamp now = *Timestamp::from_millis(1'700'000'000'000);
    if (repeat_work) {
      FakeBatch lost(state(), now, broken);
      PURSER_CHECK_OK(work(lost));
    }
    const FakeState before = state();
    FakeBatch batch(before, now, broken);
    PURSER_CHECK_OK(work(batch));
    if (before_commit) PURSER_CHECK_OK(before_commit());
    std::lock_guard lock(mutex_);
    keep_changes(before, batch.take());
    ++commits_;
    return {};
  }
  int lanes() const override { return lane_count; }
  Result<bool> may_run(const std::string& instance) override { return running.count(instance) > 0; }

  std::unique_ptr<StoreView> view() override { std::abort(); }
  void read_items(const CustomerKey&, std::vector<ItemId>,
                  std::function<void(Result<CustomerItems>)>) override {
    std::abort();
  }
  Result<VerifyReport> verify(const Progress&) override { std::abort(); }
  Status backup(const std::string&, const Progress&) override { std::abort(); }

 private:
  // What the batch left alone may have been changed by another lane's meanwhile.
  void keep_changes(const FakeState& before, FakeState after) {
    for (auto& [id, user] : after.users) state_.users.emplace(id, std::move(user));
    for (auto& [key, record] : after.idempotency) {
      const auto was = before.idempotency.find(key);
      const bool same = was != before.idempotency.end() &&
                        was->second.completed == record.completed &&
                        was->second.owner == record.owner;
      if (!same) state_.idempotency[key] = std::move(record);
    }
  }

  mutable std::mutex mutex_;
  FakeState state_;
  int commits_ = 0;
};

}  // namespace purser::app::testing
