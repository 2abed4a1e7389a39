#include "tests/faults/books_audit.hpp"

#include <set>
#include <unordered_map>

namespace purser::faults {

namespace {

constexpr int kActive = 0;
constexpr int kPaidThroughStripe = 0;
constexpr int kCompleted = 2;
constexpr int kGivenBack = 4;

bool is_final(const std::string& status) {
  return status == "canceled" || status == "incomplete_expired";
}

bool is_paid(const ProviderBooks::Session& session) {
  return session.status == "complete" &&
         (session.payment_status == "paid" || session.payment_status == "no_payment_required");
}

/// What became of one payment at the provider.
struct Money {
  int charges = 0;
  std::int64_t amount = 0;
  std::int64_t refunded = 0;
};

/// The comparison of money and sales.
class Comparison {
 public:
  Comparison(const ProviderBooks& provider, const SellerBooks& seller, Findings& findings)
      : provider_(provider), seller_(seller), findings_(findings) {
    for (const auto& charge : provider.charges) {
      if (charge.status != "succeeded") continue;
      Money& money = money_[charge.payment];
      ++money.charges;
      money.amount += charge.amount;
      money.refunded += charge.refunded;
    }
    for (const auto& dispute : provider.disputes) {
      const bool is_open = dispute.status != "won" && dispute.status != "lost";
      if (is_open) in_dispute_.insert(dispute.payment);
      if (dispute.status != "won") disputed_.insert(dispute.payment);
    }
    for (const auto& invoice : provider.invoices) invoices_[invoice.id] = &invoice;
    for (const auto& row : provider.subscriptions) subscriptions_[row.id] = &row;
    for (const auto& row : seller.purchases) purchases_[row.id] = &row;
    for (const auto& row : seller.checkouts) {
      if (!row.session.empty()) checkouts_[row.session] = &row;
    }
    for (const auto& row : seller.invoices) {
      if (!row.payment.empty()) paid_invoices_[row.payment] = &row;
    }
  }

  void run() {
    check_accounts();
    check_customers();
    check_charges();
    check_sessions();
    check_grants_have_payments();
    check_money();
    check_refunds();
    check_disputes();
    check_subscriptions();
    check_work();
  }

 private:
  void fail(const std::string& what) { findings_.add(what); }

  /// What a project sold is in its own account (9).
  void check_accounts() {
    const auto account_of = [this](const std::string& project) {
      const auto found = seller_.accounts.find(project);
      return found == seller_.accounts.end() ? std::string("none") : found->second;
    };
    for (const auto& session : provider_.sessions) {
      const auto known = checkouts_.find(session.id);
      if (known != checkouts_.end() && session.account != account_of(known->second->project)) {
        fail("session " + session.id + ": is in the account of another project");
      }
    }
    for (const auto& purchase : seller_.purchases) {
      const auto known = subscriptions_.find(purchase.subscription_ref);
      if (known != subscriptions_.end() && known->second->account != account_of(purchase.project)) {
        fail("purchase " + purchase.id + ": its subscription is in another project's account");
      }
    }
    std::set<std::string> used;
    for (const auto& [project, account] : seller_.accounts) {
      if (!account.empty() && !used.insert(account).second) {
        fail("project " + project + ": sells through the account of another one");
      }
    }
  }

  /// A customer that was made twice, because an answer was lost, is used once.
  void check_customers() {
    std::unordered_map<std::string, std::set<std::string>> used;
    for (const auto& session : provider_.sessions) {
      const auto whose = provider_.customers.find(session.customer);
      if (whose == provider_.customers.end()) {
        fail("session " + session.id + ": is of no customer of Purser's");
      } else {
        used[whose->second].insert(session.customer);
      }
    }
    for (const auto& [customer, accounts] : used) {
      if (accounts.size() > 1) fail(customer + ": buys as more than one customer at Stripe");
    }
  }

  /// At most one charge for each attempt; refunded never exceeds paid (6).
  void check_charges() {
    std::unordered_map<std::string, int> by_invoice;
    std::unordered_map<std::string, std::int64_t> refunds;
    for (const auto& refund : provider_.refunds) {
      if (refund.status == "succeeded") refunds[refund.charge] += refund.amount;
    }
    for (const auto& charge : provider_.charges) {
      if (charge.status != "succeeded") continue;
      if (!charge.invoice.empty() && ++by_invoice[charge.invoice] > 1) {
        fail("invoice " + charge.invoice + ": was charged more than once");
      }
      if (refunds[charge.id] != charge.refunded || charge.refunded > charge.amount) {
        fail("charge " + charge.id + ": its refunds do not add up");
      }
    }
    for (const auto& [payment, money] : money_) {
      if (money.charges > 1) fail("payment " + payment + ": was charged more than once");
    }
  }

  /// Every paid object has exactly one grant, or the money went back (5).
  void check_sessions() {
    std::unordered_map<std::string, int> paid_sessions;
    for (const auto& session : provider_.sessions) {
      const auto found = checkouts_.find(session.id);
      const auto* checkout = found == checkouts_.end() ? nullptr : found->second;
      if (!is_paid(session)) {
        const bool settled =
            checkout != nullptr && (checkout->state == kCompleted || checkout->state == kGivenBack);
        if (settled) fail("session " + session.id + ": is settled and was never paid");
        continue;
      }
      if (++paid_sessions[session.checkout] > 1) {
        fail("checkout " + session.checkout + ": was paid in more than one session");
      }
      if (checkout == nullptr) {
        fail("session " + session.id + ": was paid, and no checkout knows it");
      } else if (checkout->state == kCompleted) {
        check_sale(session, *checkout);
      } else if (checkout->state == kGivenBack) {
        check_given_back(session);
      } else {
        fail("session " + session.id + ": was paid, and its checkout is in state " +
             std::to_string(checkout->state));
      }
    }
  }

  void check_sale(const ProviderBooks::Session& session, const SellerBooks::Checkout& checkout) {
    const auto purchase = purchases_.find(checkout.purchase);
    if (purchase == purchases_.end()) {
      return fail("session " + session.id + ": was paid, and its purchase is missing");
    }
    const auto invoice = invoices_.find(session.invoice);
    const std::string first = invoice == invoices_.end() ? "" : invoice->second->payment;
    const std::string& recorded = purchase->second->payment;
    sold_.insert(purchase->second->id);
    if (recorded.empty() ||
        (recorded != session.payment && recorded != first && recorded != session.id)) {
      fail("purchase " + checkout.purchase + ": says that it was paid with " + recorded +
           ", which session " + session.id + " was not");
    }
    if (purchase->second->subscription_ref != session.subscription) {
      fail("purchase " + checkout.purchase + ": is not subscription " + session.subscription);
    }
  }

  bool has_ended(const std::string& subscription) const {
    const auto found = subscriptions_.find(subscription);
    return found != subscriptions_.end() && is_final(found->second->status);
  }

  std::vector<std::string> payments_of(const ProviderBooks::Session& session) const {
    std::vector<std::string> payments;
    if (!session.payment.empty()) payments.push_back(session.payment);
    if (session.subscription.empty()) return payments;
    for (const auto& invoice : provider_.invoices) {
      const bool of_it = invoice.subscription == session.subscription;
      if (of_it && !invoice.payment.empty()) payments.push_back(invoice.payment);
    }
    return payments;
  }

  /// What a dispute took back cannot be refunded too, unless it is won.
  void check_given_back(const ProviderBooks::Session& session) {
    for (const std::string& payment : payments_of(session)) {
      given_back_.insert(payment);
      const auto money = money_.find(payment);
      if (money == money_.end() || disputed_.count(payment) > 0) continue;
      if (money->second.refunded != money->second.amount) {
        fail("payment " + payment + ": could not be granted and was not given back");
      }
    }
    if (!session.subscription.empty() && !has_ended(session.subscription)) {
      fail("subscription " + session.subscription + ": could not be granted and goes on");
    }
  }

  /// Nothing is left to do (10), and no alarm was raised.
  void check_work() {
    for (const auto& alarm : seller_.alarms) fail(alarm.type + " " + alarm.payload);
    for (const auto& intention : seller_.intentions) {
      const bool waits_for_bank =
          intention.kind == "refund_payment" && in_dispute_.count(intention.subject) > 0;
      if (waits_for_bank) continue;
      fail("not done: " + intention.kind + " " + intention.subject + ": " + intention.error);
    }
    for (const auto& stranger : seller_.strangers) {
      constexpr int kQuarantined = 3;
      if (stranger.state != kQuarantined) {
        fail("event " + stranger.id + ": was for somebody else, and is not held back");
      }
    }
    for (const auto& event : seller_.waiting) {
      // An event about money that went back waits a while for a sale that never comes.
      if (!event.quarantined && is_about_what_went_back(event.subject)) continue;
      fail("not done: event " + event.id + " " + event.type + " of " + event.subject + ": " +
           event.error);
    }
  }

  bool is_about_what_went_back(const std::string& subject) const {
    for (const auto& dispute : provider_.disputes) {
      if (dispute.id == subject) return given_back_.count(dispute.payment) > 0;
    }
    return given_back_.count(subject) > 0;
  }

  void check_grants_have_payments() {
    std::set<std::string> payments;
    for (const auto& purchase : seller_.purchases) {
      if (purchase.origin != kPaidThroughStripe) continue;
      if (!payments.insert(purchase.payment).second) {
        fail("payment " + purchase.payment + ": was granted more than once");
      }
      if (sold_.count(purchase.id) == 0) {
        fail("purchase " + purchase.id + ": was granted without a payment");
      }
    }
  }

  /// What was charged and given back is what Purser has written down, payment by payment.
  void check_money() {
    for (const auto& [payment, money] : money_) {
      const auto known = paid_invoices_.find(payment);
      if (known == paid_invoices_.end()) {
        if (given_back_.count(payment) == 0) {
          fail("payment " + payment + ": " + std::to_string(money.amount) +
               " were charged, and no invoice knows it");
        }
        continue;
      }
      const SellerBooks::Invoice& invoice = *known->second;
      if (invoice.amount_paid != money.amount) {
        fail("invoice " + invoice.id + ": says " + std::to_string(invoice.amount_paid) +
             " paid, and " + std::to_string(money.amount) + " were charged");
      }
      if (invoice.refunded != money.refunded) {
        fail("invoice " + invoice.id + ": says " + std::to_string(invoice.refunded) +
             " refunded, and " + std::to_string(money.refunded) + " were given back");
      }
    }
    for (const auto& invoice : seller_.invoices) {
      if (invoice.amount_paid > 0 && money_.count(invoice.payment) == 0) {
        fail("invoice " + invoice.id + ": is paid, and nothing was charged");
      }
      if (purchases_.count(invoice.purchase) == 0) {
        fail("invoice " + invoice.id + ": is of no purchase");
      }
    }
  }

  void check_refunds() {
    std::unordered_map<std::string, const SellerBooks::Refund*> by_remote;
    for (const auto& refund : seller_.refunds) {
      if (!refund.remote.empty()) by_remote[refund.remote] = &refund;
      if (refund.state == 0) fail("refund " + refund.id + ": is still under way");
    }
    std::set<std::string> seen;
    for (const auto& refund : provider_.refunds) {
      if (refund.status != "succeeded" || paid_invoices_.count(refund.payment) == 0) continue;
      const auto known = by_remote.find(refund.id);
      if (known == by_remote.end()) {
        fail("refund " + refund.id + ": was made, and Purser does not know it");
        continue;
      }
      seen.insert(refund.id);
      if (known->second->state != 1 || known->second->amount != refund.amount) {
        fail("refund " + refund.id + ": Purser has another state or amount of it");
      }
    }
    for (const auto& [remote, refund] : by_remote) {
      if (refund->state == 1 && seen.count(remote) == 0) {
        fail("refund " + refund->id + ": Purser counts it, and it was not made");
      }
    }
  }

  void check_disputes() {
    std::unordered_map<std::string, int> known;
    for (const auto& dispute : seller_.disputes) known[dispute.id] = dispute.state;
    std::set<std::string> made;
    for (const auto& dispute : provider_.disputes) {
      made.insert(dispute.id);
      if (paid_invoices_.count(dispute.payment) == 0) continue;
      const int state = dispute.status == "won" ? 1 : dispute.status == "lost" ? 2 : 0;
      const auto found = known.find(dispute.id);
      if (found == known.end()) {
        fail("dispute " + dispute.id + ": Purser does not know it");
      } else if (found->second != state) {
        fail("dispute " + dispute.id + ": is " + dispute.status + ", Purser has it in state " +
             std::to_string(found->second));
      }
    }
    for (const auto& [id, state] : known) {
      if (made.count(id) == 0) fail("dispute " + id + ": was never opened");
    }
  }

  void check_subscriptions() {
    std::unordered_map<std::string, const SellerBooks::Purchase*> by_ref;
    for (const auto& purchase : seller_.purchases) {
      if (!purchase.subscription_ref.empty()) by_ref[purchase.subscription_ref] = &purchase;
    }
    for (const auto& row : provider_.subscriptions) {
      const auto known = by_ref.find(row.id);
      if (known != by_ref.end()) {
        check_subscription(row, *known->second);
      } else if (!is_final(row.status) && row.status != "incomplete") {
        fail("subscription " + row.id + ": is " + row.status + ", and no purchase knows it");
      }
    }
    for (const auto& [ref, purchase] : by_ref) {
      if (subscriptions_.count(ref) == 0)
        fail("purchase " + purchase->id + ": " + ref + " is none");
    }
  }

  void check_subscription(const ProviderBooks::Subscription& row,
                          const SellerBooks::Purchase& purchase) {
    const std::string name = "subscription " + row.id + " of " + purchase.customer;
    if (purchase.status != kActive) {
      if (!is_final(row.status)) fail(name + ": has ended, and goes on at Stripe as " + row.status);
      return;
    }
    if (row.status != purchase.subscription_status) {
      fail(name + ": is " + row.status + ", Purser says " + purchase.subscription_status);
    }
    if (row.period_end != purchase.period_end / 1000) {
      fail(name + ": its period ends at " + std::to_string(row.period_end) + ", Purser says " +
           std::to_string(purchase.period_end / 1000));
    }
    if (row.cancels_at_period_end != purchase.cancels_at_period_end) {
      fail(name + ": whether it ends with its period is not agreed on");
    }
  }

  const ProviderBooks& provider_;
  const SellerBooks& seller_;
  Findings& findings_;
  std::unordered_map<std::string, Money> money_;  ///< by payment
  std::unordered_map<std::string, const ProviderBooks::Invoice*> invoices_;
  std::unordered_map<std::string, const ProviderBooks::Subscription*> subscriptions_;
  std::unordered_map<std::string, const SellerBooks::Purchase*> purchases_;
  std::unordered_map<std::string, const SellerBooks::Checkout*> checkouts_;     ///< by session
  std::unordered_map<std::string, const SellerBooks::Invoice*> paid_invoices_;  ///< by payment
  std::set<std::string> sold_;
  std::set<std::string> given_back_;
  std::set<std::string> disputed_;    ///< payments; won ones excepted
  std::set<std::string> in_dispute_;  ///< of these, those whose dispute is open
};

}  // namespace

void audit_books(const ProviderBooks& provider, const SellerBooks& seller,
                 const std::vector<Diary>& diaries, Findings& findings) {
  Comparison(provider, seller, findings).run();
  audit_grants(seller, findings);
  audit_diaries(provider, seller, diaries, findings);
}

}  // namespace purser::faults
