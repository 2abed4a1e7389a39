// What a customer owns, and what that means for what else they own.

#include <algorithm>
#include <utility>

#include "domain/purchase.hpp"
#include "domain/purchase_rules.hpp"

namespace purser::domain {

bool is_base_of(const Product& base, const Product& add_on) {
  return !base.is_inline() && std::find(add_on.is_add_on_to.begin(), add_on.is_add_on_to.end(),
                                        base.id) != add_on.is_add_on_to.end();
}

bool takes_the_place_of(const Purchase& owned, const Product& wanted) {
  return wanted.product_line && wanted.is_add_on_to.empty() &&
         owned.status == PurchaseStatus::kActive &&
         owned.product.product_line == wanted.product_line && owned.product.is_add_on_to.empty() &&
         owned.product.id != wanted.id;
}

std::vector<PurchaseId> replaced_by(const Product& product, const std::vector<Purchase>& owned) {
  std::vector<PurchaseId> replaced;
  for (const Purchase& purchase : owned) {
    if (purchase.type == PurchaseType::kSubscription && takes_the_place_of(purchase, product)) {
      replaced.push_back(purchase.id);
    }
  }
  return replaced;
}

std::vector<PurchaseId> orphaned_add_ons(const std::vector<const Purchase*>& owned) {
  std::vector<PurchaseId> orphans;
  for (const Purchase* purchase : owned) {
    if (purchase->product.is_add_on_to.empty()) continue;
    const bool has_base = std::any_of(owned.begin(), owned.end(), [&](const Purchase* other) {
      return is_base_of(other->product, purchase->product);
    });
    if (!has_base) orphans.push_back(purchase->id);
  }
  return orphans;
}

std::vector<PurchaseId> orphaned_add_ons(const std::vector<Purchase>& owned) {
  std::vector<const Purchase*> borrowed;
  borrowed.reserve(owned.size());
  for (const Purchase& purchase : owned) borrowed.push_back(&purchase);
  return orphaned_add_ons(borrowed);
}

bool costs_nothing(const Purchase& purchase) {
  const Price* price = purchase.price ? purchase.product.find_price(*purchase.price) : nullptr;
  return price != nullptr && price->amount.minor_units() == 0;
}

bool bring_up_to(Purchase& purchase, Millis grace, Timestamp now) {
  if (purchase.status != PurchaseStatus::kActive) return false;
  if (!purchase.subscription) return true;
  if (const auto interval = interval_of(purchase)) {
    purchase.subscription = as_of(*std::move(purchase.subscription), *interval, now);
  }
  return gives_access(*purchase.subscription, grace, now);
}

std::vector<Purchase> owned_at(std::vector<Purchase> active, Millis grace, Timestamp now) {
  std::vector<Purchase> owned;
  for (Purchase& purchase : active) {
    if (bring_up_to(purchase, grace, now)) owned.push_back(std::move(purchase));
  }
  return owned;
}

std::optional<CalendarInterval> interval_of(const Purchase& purchase) {
  const Price* price = purchase.price ? purchase.product.find_price(*purchase.price) : nullptr;
  return price == nullptr ? std::nullopt : price->interval;
}

std::optional<CalendarInterval> free_trial(const Product& product, const Price& price, bool used) {
  if (used || !price.interval) return std::nullopt;
  return price.free_trial ? price.free_trial : product.free_trial;
}

std::string trial_name(const Product& product) {
  if (product.is_inline()) return {};
  return product.product_line ? "line:" + product.product_line->str()
                              : "product:" + product.id.str();
}

}  // namespace purser::domain
