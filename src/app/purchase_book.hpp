#pragma once

// Purchases and what belongs to them, within one store batch: the one place that writes a purchase
// together with its items, transactions and events, and that applies to purchases what is due.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/ports/ids.hpp"
#include "app/ports/store.hpp"
#include "domain/plan_change.hpp"
#include "domain/purchase.hpp"

namespace purser::app {

/// past_due_grace_days as a length of time.
Millis grace_of(const ProjectSettings& settings);

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
  /// Ends what a new purchase of this product replaces (domain::replaced_by), and what ends with
  /// that, as of now. To be called after the new one is paid and before it is opened.
  Status replace_for(const domain::Product& product, const CustomerKey& customer);

  /// Writes a purchase whose subscription changed (status, period, limits, cancellation, pending
  /// switch) and moves the limits of its items' terms; ends it when it gives no access any more and
  /// is final, or was canceled at a period's end that has come. `wake_at` soonest: asks for a look
  /// then, if domain::next_due is not sooner.
  Status update(domain::Purchase purchase, std::optional<Timestamp> wake_at = {});
  /// A switch of plan takes effect at `now`: items, purchase, transaction "switch", event
  /// subscription.switched. `after` comes from domain::switched. Errors: kQuantityOutOfRange.
  Status switch_plan(const domain::Purchase& before, domain::Purchase after,
                     const std::optional<Money>& charged);
  /// Ends the purchase at `at` ≤ now: status kEnded, its items' terms and lots, transaction "end",
  /// event purchase.ended, and the add-ons that lose their last base. A subscription that still
  /// runs at the provider is ended there by an intention (credit for unused time when
  /// `credit_unused`).
  Status end(domain::Purchase purchase, Timestamp at, bool credit_unused);
  /// Refunded in full or disputed: as end(), but all that is left of its lots goes and the status
  /// is kRefunded. Answers what was taken, for giving it back.
  Result<std::vector<TakenLot>> revoke(domain::Purchase purchase);
  /// A partial refund or dispute: of each included item the share of domain::revoked_share goes (by
  /// quantity: included × quantity). The purchase stays. Answers what was taken.
  struct Share {
    std::int64_t before = 0;  ///< minor units refunded before and after, of `amount`
    std::int64_t after = 0;
    std::int64_t amount = 0;
    Quantity quantity;  ///< > 0: by quantity instead
  };
  Result<std::vector<TakenLot>> revoke_part(const domain::Purchase& purchase, const Share& share);
  /// A dispute was won: gives back what it took (lots that would have expired meanwhile excepted)
  /// and makes the purchase active again if the dispute had ended it and nothing of its product
  /// line is owned now.
  Status restore(domain::Purchase purchase, const std::vector<TakenLot>& taken, bool reactivate);

  /// A transaction of the purchase, now or `at`.
  Status record(const domain::Purchase& purchase, const TransactionNote& note,
                std::optional<Timestamp> at = {});
  /// Asks for a side effect outside the batch; one with this id is asked for once.
  Status intend(const ProjectId& project, std::string id, std::string_view kind,
                std::string subject);

 private:
  StoreBatch& batch_;
  Ids& ids_;
  Millis grace_;
};

// The kinds of intentions.
inline constexpr std::string_view kRefundPayment = "refund_payment";  ///< subject: payment
inline constexpr std::string_view kEndSubscription = "end_subscription";
inline constexpr std::string_view kEndSubscriptionWithCredit = "end_subscription_with_credit";
inline constexpr std::string_view kEndTrial = "end_trial";
inline constexpr std::string_view kExpireSession = "expire_session";

}  // namespace purser::app
