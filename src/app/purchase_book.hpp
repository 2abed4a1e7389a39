#pragma once

// Purchases and what belongs to them, within one store batch: the one place that writes a purchase
// together with its items, transactions and events, and that applies to purchases what is due.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/events.hpp"
#include "app/ports/ids.hpp"
#include "app/ports/store.hpp"
#include "domain/plan_change.hpp"
#include "domain/purchase.hpp"

namespace purser::app {

/// past_due_grace_days as a length of time.
Millis grace_of(const ProjectSettings& settings);

/// When to ask the provider of a subscription again, if nothing is heard of it: some minutes after
/// the instant at which it should have told something (its period's end, the payment of a period
/// that has begun, the outcome of a switch), then at growing intervals, hourly at most, seldomer
/// after a month. After `now`.
Timestamp next_look(const domain::Subscription& subscription, Timestamp now);

/// What a transaction says beside its purchase.
struct TransactionNote {
  TransactionKind kind = TransactionKind::kPurchase;
  std::optional<Money> amount = {};
  std::string payment_ref = {};
};

/// Borrows the batch; lives as long as one command. Every method applies what is due first, dated
/// when it was due. Errors of all: kStoreUnavailable, and what is named.
class PurchaseBook {
 public:
  PurchaseBook(StoreBatch& batch, Ids& ids, Millis grace)
      : batch_(batch), ids_(ids), grace_(grace) {}

  /// What the customer owns now, oldest first, after what was due of their purchases was applied
  /// and written (renewals and ends of local subscriptions, pending switches, ends of cancelled
  /// ones, add-ons that lost their base).
  Result<std::vector<domain::Purchase>> owned(const CustomerKey& customer);
  /// The purchase with what was due of it applied and written; absent when there is none.
  Result<std::optional<domain::Purchase>> find(const ProjectId& project, const PurchaseId& id);

  /// Could the purchase's initial grants be made now? Writes nothing. Errors: kQuantityOutOfRange.
  Status check_grants(const domain::Purchase& purchase);
  /// Records a new purchase: its initial grants, itself, its transaction ("purchase" or "grant")
  /// and the event purchase.created. Writes nothing when it fails with kQuantityOutOfRange.
  Status open(const domain::Purchase& purchase, const TransactionNote& note);
  /// Ends what a new purchase of this product replaces (domain::replaced_by, and a subscription of
  /// the same once-only product that gives no access any more), and what ends with that, as of now.
  /// To be called after the new one is paid and before it is opened.
  Status replace_for(const domain::Product& product, const CustomerKey& customer);

  /// Writes a purchase whose subscription changed (status, period, limits, cancellation, pending
  /// switch) and moves the limits of its items' terms; ends it when it gives no access any more and
  /// is final, or was canceled at a period's end that has come. `wake_at` soonest: asks for a look
  /// then, if domain::next_due is not sooner; absent: next_look. What was asked for or called off
  /// since it was last written (cancellation, pending switch) becomes a transaction, and what a
  /// customer sees of it the event subscription.updated, so whoever changes it first tells of it.
  Status update(domain::Purchase purchase, std::optional<Timestamp> wake_at = {});
  /// Says when a worker should look at it next: as update() does, of one that did not change.
  Status reschedule(const domain::Purchase& purchase);
  /// One more period began and was paid: transaction "renewal" and event subscription.renewed.
  Status renewed(const domain::Purchase& purchase, const TransactionNote& note, Timestamp at);
  /// A period of a subscription with a provider is paid, whose purchase is written afterwards: its
  /// repeats are made, each dated when it was due. Those that waited from before its start were not
  /// paid for and are never made. Errors: kQuantityOutOfRange.
  Status pay_period(const domain::Purchase& purchase, Timestamp start, Timestamp end);
  /// A switch of plan takes effect at `at` ≤ now (absent: now): items, purchase, transaction
  /// "switch", event subscription.switched, and the add-ons that lose their last base. `after`
  /// comes from domain::switched. Errors: kQuantityOutOfRange.
  Status switch_plan(const domain::Purchase& before, domain::Purchase after,
                     const std::optional<Money>& charged, std::optional<Timestamp> at = {});
  /// Could that be done? Writes nothing. Errors: kQuantityOutOfRange.
  Status check_switch(const domain::Purchase& before, const domain::Purchase& after);
  /// Ends the purchase at `at` ≤ now: status kEnded, its items' terms and lots, transaction "end",
  /// event purchase.ended, and the add-ons that lose their last base. A subscription that still
  /// runs at the provider is ended there by an intention (credit for unused time that was
  /// paid when `credit_unused`).
  Status end(domain::Purchase purchase, Timestamp at, bool credit_unused);
  /// Refunded in full or disputed: as end(), but all that is left of its lots goes and the status
  /// is kRefunded. Answers what was taken, for giving it back.
  Result<std::vector<TakenLot>> revoke(domain::Purchase purchase);
  /// A partial refund or dispute: of each included item the share of domain::revoked_share goes (by
  /// quantity: included × quantity). The purchase stays as it is; who refunds by quantity records
  /// that in it. Answers what was taken.
  struct Share {
    std::int64_t before = 0;  ///< minor units refunded before and after, of `amount`
    std::int64_t after = 0;
    std::int64_t amount = 0;
    Quantity quantity;  ///< > 0: by quantity instead
  };
  Result<std::vector<TakenLot>> revoke_part(const domain::Purchase& purchase, const Share& share);
  /// A dispute was won: gives back what it took (lots that would have expired meanwhile excepted)
  /// and makes the purchase active again if the dispute had ended it and nothing of its product
  /// line is owned now. A subscription has ended at the provider and stays so: what would have
  /// ended with it comes back until the time is over that was paid; of another purchase that stays
  /// ended it does not come back.
  Status restore(domain::Purchase purchase, const std::vector<TakenLot>& taken, bool reactivate);

  /// A transaction of the purchase, now or `at`.
  Status record(const domain::Purchase& purchase, const TransactionNote& note,
                std::optional<Timestamp> at = {});
  /// app::intend in the book's batch.
  Status intend(const ProjectId& project, std::string id, std::string_view kind,
                std::string subject);

 private:
  /// Items with their accounts after a decision, before it is written.
  struct ItemChange {
    ItemId item;
    domain::Change change;
  };
  using ItemChanges = std::vector<ItemChange>;
  using Decide = std::function<Result<domain::Change>(domain::ItemAccount)>;

  // purchase_book_due.cpp
  Status apply_due(const CustomerKey& customer);
  Status apply_event(domain::Purchase purchase, const domain::Advance& advance);
  Status apply_pending(domain::Purchase purchase, const domain::PendingSwitch& pending);
  Status write_renewals(const domain::Purchase& purchase,
                        const std::vector<domain::Renewal>& renewals);
  /// Ends the add-ons that have no base among the customer's purchases and `successor` (may be
  /// null), and moves the limits of the others to those of their bases.
  Status settle_add_ons(const CustomerKey& customer, const domain::Product* successor, Timestamp at,
                        bool credit_unused);

  // purchase_book.cpp
  Status end_alone(domain::Purchase purchase, Timestamp at, bool credit_unused);
  Status tell_changes(const domain::Purchase& before, const domain::Purchase& after);

  // purchase_book_grants.cpp
  /// Every item that the purchase may have given something of: those of its product and, for a
  /// subscription that may have been switched, all items of its customer's kind.
  Result<std::vector<ItemId>> items_of(const domain::Purchase& purchase);
  /// until and ends_at of the purchase's terms; an add-on gives access no longer than its bases.
  Result<domain::TermLimits> limits_of(const domain::Purchase& purchase);
  /// What it gives at its start; the terms of an add-on end with its bases.
  Result<std::vector<domain::ItemGrant>> grants_of(const domain::Purchase& purchase);
  Result<ItemChanges> decide_grants(const domain::Purchase& purchase);
  Result<ItemChanges> decide_switch(const domain::Purchase& before, const domain::Purchase& after,
                                    Timestamp at);
  Result<ItemChanges> decide_limits(const domain::Purchase& purchase, Timestamp at);
  Result<ItemChanges> decide_limits(const domain::Purchase& purchase,
                                    const domain::TermLimits& limits, Timestamp at);
  Result<ItemChanges> decide(const domain::Purchase& purchase, const Decide& decide);
  Status write(const domain::Purchase& purchase, const ItemChanges& changes);
  Result<bool> can_be_active_again(const domain::Purchase& purchase);
  Result<Timestamp> last_granted(const ItemKey& key, const domain::Purchase& purchase);
  Status resume_terms(const domain::Purchase& purchase);

  std::optional<Timestamp> wake_of(const domain::Purchase& purchase,
                                   std::optional<Timestamp> look) const;

  StoreBatch& batch_;
  Ids& ids_;
  Millis grace_;
};

/// The interval of the price of a subscription. Errors: kInternalError for a purchase without one.
Result<CalendarInterval> require_interval(const domain::Purchase& purchase);
/// A recorded change of the purchase's plan, as domain::switched takes it. Errors: kInternalError
/// for one to a price that its snapshot lacks.
Result<domain::SwitchPlan> plan_of(const domain::Purchase& purchase,
                                   const domain::PendingSwitch& change);
/// The product's id in an event's payload; null for an inline product.
EventField product_field(const domain::Purchase& purchase);

// The kinds of intentions.
inline constexpr std::string_view kRefundPayment = "refund_payment";  ///< subject: payment
inline constexpr std::string_view kEndSubscription = "end_subscription";
inline constexpr std::string_view kEndSubscriptionWithCredit = "end_subscription_with_credit";
/// What it sold could not be granted: it ends, and what it charged until then is given back.
inline constexpr std::string_view kGiveBackSubscription = "give_back_subscription";
inline constexpr std::string_view kEndTrial = "end_trial";
inline constexpr std::string_view kExpireSession = "expire_session";

/// Asks for a side effect outside the batch; one with this id is asked for once.
Status intend(StoreBatch& batch, const ProjectId& project, std::string id, std::string_view kind,
              std::string subject);

}  // namespace purser::app
