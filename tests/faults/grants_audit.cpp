#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "tests/faults/books_audit.hpp"

namespace purser::faults {

namespace {

constexpr int kCausePurchase = 2;
constexpr int kCauseRepeat = 3;
constexpr int kCausePurchaseEnd = 5;  // and what comes after it: revoked, switched, restored
constexpr int kKindRefund = 2;
constexpr int kKindSwitch = 4;
constexpr int kKindDispute = 8;
constexpr int kKindDisputeWon = 9;
constexpr int kActive = 0;

/// What each product gives at its start: journeys_catalog().
const std::map<std::string, std::map<std::string, std::int64_t>>& included() {
  static const std::map<std::string, std::map<std::string, std::int64_t>> kIncluded = {
      {"pack", {{"credits", 100}}},
      {"lifetime", {{"seats", 3}}},
      {"gift", {{"credits", 10}}},
      {"basic", {{"seats", 5}, {"calls", 100}, {"bonus", 10}}},
      {"pro", {{"seats", 20}, {"calls", 1000}}},
      {"max", {{"calls", 5000}}},
      {"extra", {{"calls", 50}}}};
  return kIncluded;
}

bool is_plan(const std::string& product) {
  return product == "basic" || product == "pro" || product == "max";
}

/// Each purchase gave what it includes, once (5); what gave something is a purchase.
void check_first_grants(const SellerBooks& seller, Findings& findings) {
  std::set<std::string> switched;
  for (const auto& row : seller.transactions) {
    if (row.kind == kKindSwitch) switched.insert(row.purchase);
  }
  std::set<std::string> known;
  for (const auto& purchase : seller.purchases) known.insert(purchase.id);
  std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>> given;
  for (const auto& entry : seller.entries) {
    if (!entry.source.empty() && known.count(entry.source) == 0) {
      findings.add(entry.customer + ": got " + entry.item + " from purchase " + entry.source +
                   ", which does not exist");
    }
    if (entry.cause == kCausePurchase) given[{entry.source, entry.item}].push_back(entry.change);
  }
  for (const auto& [from, changes] : given) {
    if (changes.size() > 1) {
      findings.add("purchase " + from.first + ": gave its " + from.second + " " +
                   std::to_string(changes.size()) + " times");
    }
  }
  for (const auto& purchase : seller.purchases) {
    const auto product = included().find(purchase.product);
    if (product == included().end() || switched.count(purchase.id) > 0) continue;
    for (const auto& [item, quantity] : product->second) {
      const auto found = given.find({purchase.id, item});
      const std::int64_t actual = found == given.end() ? 0 : found->second.front();
      if (actual != quantity * purchase.quantity) {
        findings.add("purchase " + purchase.id + " of " + purchase.customer + ": gave " +
                     std::to_string(actual) + " " + item + " instead of " +
                     std::to_string(quantity * purchase.quantity));
      }
    }
  }
}

/// No interval is granted twice (7).
void check_repeats(const SellerBooks& seller, Findings& findings) {
  std::set<std::tuple<std::string, std::string, std::int64_t>> seen;
  for (const auto& entry : seller.entries) {
    if (entry.cause != kCauseRepeat) continue;
    if (!seen.insert({entry.source, entry.item, entry.at}).second) {
      findings.add("purchase " + entry.source + ": repeated " + entry.item + " twice at " +
                   std::to_string(entry.at));
    }
  }
}

/// A ledger continues itself, and no try-decrease made a debt (1, 2).
void check_chains(const SellerBooks& seller, Findings& findings) {
  constexpr int kCauseTryDecrease = 1;
  std::map<std::pair<std::string, std::string>, std::int64_t> quantities;
  for (const auto& entry : seller.entries) {
    std::int64_t& quantity = quantities[{entry.customer, entry.item}];
    quantity += entry.change;
    if (quantity != entry.quantity_after) {
      findings.add(entry.customer + ": the ledger of " + entry.item + " does not add up");
      quantity = entry.quantity_after;
    }
    if (entry.cause == kCauseTryDecrease && entry.quantity_after < 0) {
      findings.add(entry.customer + ": a try-decrease of " + entry.item + " made a debt");
    }
  }
}

/// At most one plan of the line gives access (8).
void check_plans(const SellerBooks& seller, Findings& findings) {
  std::unordered_map<std::string, int> plans;
  for (const auto& purchase : seller.purchases) {
    const std::string& status = purchase.subscription_status;
    const bool gives = purchase.status == kActive && (status == "active" || status == "trialing");
    if (gives && is_plan(purchase.product) && ++plans[purchase.customer] > 1) {
      findings.add(purchase.customer + ": has more than one plan of the product line");
    }
  }
}

/// What repeats of each product: journeys_catalog().
const std::map<std::string, std::map<std::string, IntervalUnit>>& repeated() {
  static const std::map<std::string, std::map<std::string, IntervalUnit>> kRepeated = {
      {"basic", {{"calls", IntervalUnit::kMonth}, {"bonus", IntervalUnit::kWeek}}},
      {"pro", {{"calls", IntervalUnit::kMonth}}},
      {"max", {{"calls", IntervalUnit::kMonth}}},
      {"extra", {{"calls", IntervalUnit::kMonth}}}};
  return kRepeated;
}

/// Purchases whose repeats something has interrupted.
std::set<std::string> interrupted(const SellerBooks& seller) {
  std::set<std::string> purchases;
  for (const auto& row : seller.transactions) {
    const bool counts = row.kind == kKindRefund || row.kind == kKindSwitch ||
                        row.kind == kKindDispute || row.kind == kKindDisputeWon;
    if (counts) purchases.insert(row.purchase);
  }
  for (const auto& entry : seller.entries) {
    if (entry.cause >= kCausePurchaseEnd) purchases.insert(entry.source);
  }
  return purchases;
}

std::vector<std::int64_t> due_repeats(const SellerBooks::Purchase& purchase, IntervalUnit unit,
                                      Timestamp now) {
  std::vector<std::int64_t> due;
  const Timestamp anchor = Timestamp::from_millis(purchase.anchor).value();
  for (int n = 1;; ++n) {
    const Timestamp at = nth_boundary(anchor, {unit, 1}, n);
    if (at > now || at.millis() >= purchase.paid_through) return due;
    due.push_back(at.millis());
  }
}

}  // namespace

void audit_repeats(const SellerBooks& seller, Timestamp now, Findings& findings) {
  const std::set<std::string> left_out = interrupted(seller);
  std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>> granted;
  for (const auto& entry : seller.entries) {
    if (entry.cause == kCauseRepeat) granted[{entry.source, entry.item}].push_back(entry.at);
  }
  for (const auto& purchase : seller.purchases) {
    const std::string& status = purchase.subscription_status;
    const bool runs = purchase.status == kActive && (status == "active" || status == "trialing");
    const auto product = repeated().find(purchase.product);
    if (!runs || product == repeated().end() || left_out.count(purchase.id) > 0) continue;
    for (const auto& [item, unit] : product->second) {
      const auto due = due_repeats(purchase, unit, now);
      const auto& had = granted[{purchase.id, item}];
      if (due != had) {
        findings.add("purchase " + purchase.id + " of " + purchase.customer + ": repeated " + item +
                     " " + std::to_string(had.size()) + " times instead of " +
                     std::to_string(due.size()));
      }
    }
  }
}

void audit_grants(const SellerBooks& seller, Findings& findings) {
  check_first_grants(seller, findings);
  check_repeats(seller, findings);
  check_chains(seller, findings);
  check_plans(seller, findings);
}

}  // namespace purser::faults
