#include <set>
#include <unordered_map>

#include "json/json.hpp"
#include "tests/faults/books_audit.hpp"

namespace purser::faults {

namespace {

constexpr int kGranted = 2;

/// One customer's expectations, from what was answered.
class Memory {
 public:
  Memory(const ProviderBooks& provider, const SellerBooks& seller, Findings& findings)
      : seller_(seller), findings_(findings) {
    for (const auto& session : provider.sessions) sessions_.insert(session.id);
    for (const auto& row : provider.subscriptions) subscriptions_[row.id] = &row;
    for (const auto& purchase : seller.purchases) {
      purchases_[purchase.id] = &purchase;
      if (purchase.origin == kGranted) ++granted_[purchase.customer];
    }
    for (const auto& checkout : seller.checkouts) ++checkouts_[checkout.customer];
    for (const auto& entry : seller.entries) {
      if (!entry.description.empty()) ++described_[entry.description];
    }
    for (const auto& row : seller.transactions) {
      plans_.insert({row.purchase, row.product});
    }
  }

  void check(const Diary& diary) {
    counts_ = {};
    for (const Deed& deed : diary.deeds) {
      const auto answer = json::parse(deed.answer.empty() ? "{}" : deed.answer);
      if (answer) check(deed, *answer);
    }
    check_count(diary.customer, "grants", granted_[diary.customer], counts_.grants,
                counts_.unknown_grants);
    check_count(diary.customer, "checkouts", checkouts_[diary.customer], counts_.checkouts,
                counts_.unknown_checkouts + counts_.refused_checkouts);
    for (const std::string& complaint : diary.complaints) fail(complaint);
  }

 private:
  struct Counts {
    int grants = 0, unknown_grants = 0;
    int checkouts = 0, unknown_checkouts = 0, refused_checkouts = 0;
  };

  void fail(const std::string& what) { findings_.add(what); }

  void check_count(const std::string& customer, const char* what, int actual, int acknowledged,
                   int unknown) {
    if (actual < acknowledged || actual > acknowledged + unknown) {
      fail(customer + ": " + std::to_string(acknowledged) + " " + what + " were acknowledged and " +
           std::to_string(unknown) + " are unknown, and there are " + std::to_string(actual));
    }
  }

  void check(const Deed& deed, const json::Value& answer) {
    switch (deed.kind) {
      case StepKind::kChange:
      case StepKind::kTryDecrease:
        return check_change(deed, answer);
      case StepKind::kGrant:
        return check_grant(deed, answer);
      case StepKind::kCheckout:
        return check_checkout(deed);
      case StepKind::kCancel:
        return check_cancel(deed, answer);
      case StepKind::kRefund:
        return check_refund(deed, answer);
      case StepKind::kSwitch:
        return check_switch(deed, answer);
      default:
        return;
    }
  }

  /// What was acknowledged stands there once, what was refused does not (3).
  void check_change(const Deed& deed, const json::Value& answer) {
    const auto found = described_.find(deed.key);
    const int times = found == described_.end() ? 0 : found->second;
    bool applied = deed.status == 200;
    if (applied && deed.kind == StepKind::kTryDecrease) {
      applied = answer.bool_at("success").value_or(false);
    }
    if (deed.status == 0 ? times > 1 : times != (applied ? 1 : 0)) {
      fail(deed.key + ": was answered " + std::to_string(deed.status) + " " + deed.answer +
           " and took effect " + std::to_string(times) + " times");
    }
  }

  void check_switch(const Deed& deed, const json::Value& answer) {
    const json::Value* subscription = answer.find("subscription");
    const auto order = json::parse(deed.body);
    const bool later = deed.body.find("period_end") != std::string::npos;
    if (deed.status != 200 || later || subscription == nullptr || !order) return;
    const std::string purchase = subscription->string_at("id").value_or("");
    const std::string to = plain(order->string_at("to_product_id").value_or(""));
    if (plans_.count({purchase, to}) == 0) {
      fail(deed.key + ": was acknowledged, and purchase " + purchase + " never became " + to);
    }
  }

  void check_grant(const Deed& deed, const json::Value& answer) {
    if (deed.status == 0) ++counts_.unknown_grants;
    if (deed.status != 200) return;
    ++counts_.grants;
    const auto purchase = purchases_.find(answer.string_at("purchase_id").value_or(""));
    if (purchase == purchases_.end() || purchase->second->origin != kGranted) {
      fail(deed.key + ": was acknowledged with " + deed.answer + " and does not exist");
    }
  }

  /// One key makes one checkout (4).
  void check_checkout(const Deed& deed) {
    if (deed.status == 0) ++counts_.unknown_checkouts;
    if (deed.status > 200) ++counts_.refused_checkouts;  // some were recorded before the refusal
    if (deed.status != 200) return;
    ++counts_.checkouts;
    const bool never_chosen =
        deed.session.empty() && deed.answer.find("/purchase/") != std::string::npos;
    if (never_chosen) return;
    if (sessions_.count(deed.session) == 0) {
      fail(deed.key + ": leads to session " + deed.session + ", which does not exist");
    }
    if (!led_to_.insert(deed.session).second) {
      fail(deed.key + ": leads to the session of another checkout");
    }
  }

  void check_cancel(const Deed& deed, const json::Value& answer) {
    const json::Value* subscription = answer.find("subscription");
    const bool at_once = deed.path.find("immediately=true") != std::string::npos;
    if (deed.status != 200 || subscription == nullptr || !at_once) return;
    const auto purchase = purchases_.find(subscription->string_at("id").value_or(""));
    if (purchase == purchases_.end()) return fail(deed.key + ": canceled what is not there");
    const auto remote = subscriptions_.find(purchase->second->subscription_ref);
    if (purchase->second->status == 0 ||
        (remote != subscriptions_.end() && remote->second->status != "canceled")) {
      fail(deed.key + ": was canceled at once, and goes on");
    }
  }

  void check_refund(const Deed& deed, const json::Value& answer) {
    const json::Value* refund = answer.find("refund");
    if (deed.status != 200 || refund == nullptr) return;
    const std::string id = refund->string_at("id").value_or("");
    for (const auto& row : seller_.refunds) {
      if (row.id != id) continue;
      if (row.amount != refund->int_at("amount") || row.state == 2) {
        fail(deed.key + ": its refund is not what was acknowledged: " + deed.answer);
      }
      return;
    }
    fail(deed.key + ": its refund is gone: " + deed.answer);
  }

  const SellerBooks& seller_;
  Findings& findings_;
  std::set<std::string> sessions_;
  std::set<std::string> led_to_;
  std::unordered_map<std::string, const ProviderBooks::Subscription*> subscriptions_;
  std::unordered_map<std::string, const SellerBooks::Purchase*> purchases_;
  std::unordered_map<std::string, int> granted_;
  std::unordered_map<std::string, int> checkouts_;
  std::unordered_map<std::string, int> described_;
  std::set<std::pair<std::string, std::string>> plans_;  ///< that each purchase had
  Counts counts_;
};

}  // namespace

void audit_diaries(const ProviderBooks& provider, const SellerBooks& seller,
                   const std::vector<Diary>& diaries, Findings& findings) {
  Memory memory(provider, seller, findings);
  for (const Diary& diary : diaries) memory.check(diary);
}

}  // namespace purser::faults
