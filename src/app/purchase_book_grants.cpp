#include <algorithm>
#include <utility>

#include "app/ports/archived_history.hpp"
#include "app/purchase_book.hpp"
#include "domain/refund.hpp"

// What a purchase gives of items, and takes away.

namespace purser::app {
namespace {

using End = std::optional<Timestamp>;  ///< absent: never

/// What is taken from a purchase's lots by a decision.
void collect_taken(const ItemId& item, const domain::Change& change, std::vector<TakenLot>& taken) {
  for (const domain::Entry& entry : change.entries) {
    if (entry.cause != domain::Cause::kRevocation) continue;
    taken.push_back({item, -entry.change, entry.expires_at, entry.ends_with_source});
  }
}

bool is_add_on(const domain::Product& product) { return !product.is_add_on_to.empty(); }

bool is_base_of(const domain::Product& base, const domain::Product& add_on) {
  const auto& bases = add_on.is_add_on_to;
  return !base.is_inline() && std::find(bases.begin(), bases.end(), base.id) != bases.end();
}

End sooner(const End& a, const End& b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

End later(const End& a, const End& b) {
  if (!a || !b) return std::nullopt;
  return std::max(*a, *b);
}

/// When purchases give access no longer, if nothing else is heard: of an add-on, with its bases.
class Ends {
 public:
  Ends(const std::vector<domain::Purchase>& active, Millis grace)
      : active_(active), grace_(grace) {}

  /// `depth`: how many add-ons stand above it. Snapshots of different versions could lead in a
  /// circle.
  End of(const domain::Purchase& purchase, std::size_t depth = 0) const {
    End own;
    if (purchase.subscription) own = domain::access_ends_at(*purchase.subscription, grace_);
    if (!is_add_on(purchase.product) || depth > active_.size()) return own;
    std::optional<End> bases;
    for (const domain::Purchase& base : active_) {
      if (base.id == purchase.id || !is_base_of(base.product, purchase.product)) continue;
      const End end = of(base, depth + 1);
      bases = bases ? later(*bases, end) : end;
    }
    return bases ? sooner(own, *bases) : own;
  }

 private:
  const std::vector<domain::Purchase>& active_;
  Millis grace_;
};

Quantity times(Quantity included, Quantity count) {
  // The purchase's own grant was in range, and this is no more of it.
  return included.times(count).value_or(*Quantity::of(Quantity::kMax));
}

}  // namespace

Result<std::vector<ItemId>> PurchaseBook::items_of(const domain::Purchase& purchase) {
  std::vector<ItemId> items;
  for (const domain::IncludedItem& included : purchase.product.included_items) {
    items.push_back(included.item);
  }
  if (purchase.subscription && purchase.product.product_line) {
    PURSER_TRY(const domain::Catalog catalog, batch_.catalog(purchase.customer.project));
    for (const auto& [id, item] : catalog.items) {
      if (item.customer_type == purchase.customer.type) items.push_back(item.id);
    }
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

Result<domain::TermLimits> PurchaseBook::limits_of(const domain::Purchase& purchase) {
  domain::TermLimits limits;
  if (purchase.subscription) limits = domain::term_limits(*purchase.subscription, grace_);
  if (!is_add_on(purchase.product)) return limits;
  PURSER_TRY(const std::vector<domain::Purchase> active, batch_.owned(purchase.customer));
  limits.ends_at = sooner(limits.ends_at, Ends(active, grace_).of(purchase));
  return limits;
}

Result<std::vector<domain::ItemGrant>> PurchaseBook::grants_of(const domain::Purchase& purchase) {
  PURSER_TRY(std::vector<domain::ItemGrant> grants, domain::initial_grants(purchase, grace_));
  if (!is_add_on(purchase.product)) return grants;
  PURSER_TRY(const domain::TermLimits limits, limits_of(purchase));
  for (domain::ItemGrant& grant : grants) {
    grant.grant.keeps_term = true;
    grant.grant.ends_at = limits.ends_at;
  }
  return grants;
}

Result<PurchaseBook::ItemChanges> PurchaseBook::decide_grants(const domain::Purchase& purchase) {
  PURSER_TRY(const std::vector<domain::ItemGrant> grants, grants_of(purchase));
  ItemChanges changes;
  for (const domain::ItemGrant& grant : grants) {
    PURSER_TRY(domain::ItemAccount account, batch_.item({purchase.customer, grant.item}));
    PURSER_TRY(domain::Change change,
               domain::grant_included(std::move(account), grant.grant, batch_.now()));
    changes.push_back({grant.item, std::move(change)});
  }
  return changes;
}

Result<PurchaseBook::ItemChanges> PurchaseBook::decide(const domain::Purchase& purchase,
                                                       const Decide& decide) {
  PURSER_TRY(const std::vector<ItemId> items, items_of(purchase));
  ItemChanges changes;
  for (const ItemId& item : items) {
    PURSER_TRY(domain::ItemAccount account, batch_.item({purchase.customer, item}));
    const domain::ItemAccount before = account;
    PURSER_TRY(domain::Change change, decide(std::move(account)));
    if (change.account == before) continue;
    changes.push_back({item, std::move(change)});
  }
  return changes;
}

Result<PurchaseBook::ItemChanges> PurchaseBook::decide_limits(const domain::Purchase& purchase,
                                                              Timestamp at) {
  PURSER_TRY(const domain::TermLimits limits, limits_of(purchase));
  return decide_limits(purchase, limits, at);
}

Result<PurchaseBook::ItemChanges> PurchaseBook::decide_limits(const domain::Purchase& purchase,
                                                              const domain::TermLimits& limits,
                                                              Timestamp at) {
  return decide(purchase, [&](domain::ItemAccount account) {
    return domain::extend_source(std::move(account), purchase.id, limits, at);
  });
}

Status PurchaseBook::pay_period(const domain::Purchase& purchase, Timestamp start, Timestamp end) {
  PURSER_TRY(domain::TermLimits limits, limits_of(purchase));
  limits.until = end;
  limits.unpaid_before = start;
  PURSER_TRY(const ItemChanges changes, decide_limits(purchase, limits, batch_.now()));
  return write(purchase, changes);
}

Result<PurchaseBook::ItemChanges> PurchaseBook::decide_switch(const domain::Purchase& before,
                                                              const domain::Purchase& after,
                                                              Timestamp at) {
  PURSER_TRY(const std::vector<domain::ItemSwitch> switches,
             domain::item_switches(before, after, grace_));
  PURSER_TRY(const domain::TermLimits limits, limits_of(after));
  ItemChanges changes;
  std::vector<ItemId> switched;
  for (const domain::ItemSwitch& one : switches) {
    switched.push_back(one.item);
    PURSER_TRY(domain::ItemAccount account, batch_.item({after.customer, one.item}));
    PURSER_TRY(domain::Change change,
               domain::switch_source(std::move(account), after.id, one.to, limits, at));
    changes.push_back({one.item, std::move(change)});
  }
  // Items of plans before these: what is left of them goes on with the purchase.
  PURSER_TRY(ItemChanges others, decide_limits(after, at));
  for (ItemChange& other : others) {
    if (std::find(switched.begin(), switched.end(), other.item) != switched.end()) continue;
    changes.push_back(std::move(other));
  }
  return changes;
}

Status PurchaseBook::write(const domain::Purchase& purchase, const ItemChanges& changes) {
  for (const auto& [item, change] : changes) {
    PURSER_CHECK_OK(batch_.put_item({purchase.customer, item}, change.account, change.entries));
  }
  return {};
}

Status PurchaseBook::check_grants(const domain::Purchase& purchase) {
  PURSER_CHECK_OK(decide_grants(purchase));
  return {};
}

Result<std::vector<TakenLot>> PurchaseBook::revoke(domain::Purchase purchase) {
  PURSER_TRY(const ItemChanges changes, decide(purchase, [&](domain::ItemAccount account) {
               return domain::revoke_source(std::move(account), purchase.id, batch_.now());
             }));
  PURSER_CHECK_OK(write(purchase, changes));
  std::vector<TakenLot> taken;
  for (const auto& [item, change] : changes) collect_taken(item, change, taken);
  if (purchase.status == domain::PurchaseStatus::kActive) {
    PURSER_CHECK_OK(end(purchase, batch_.now(), false));
    PURSER_TRY(const std::optional<domain::Purchase> ended,
               batch_.purchase(purchase.customer.project, purchase.id));
    if (!ended) return Error::internal("a revoked purchase is gone");
    purchase.subscription = ended->subscription;
  }
  purchase.status = domain::PurchaseStatus::kRefunded;
  PURSER_CHECK_OK(batch_.update_purchase(purchase, std::nullopt));
  return taken;
}

Result<std::vector<TakenLot>> PurchaseBook::revoke_part(const domain::Purchase& purchase,
                                                        const Share& share) {
  std::vector<TakenLot> taken;
  for (const domain::IncludedItem& included : purchase.product.included_items) {
    const Quantity goes = share.quantity.is_positive()
                              ? times(included.quantity, share.quantity)
                              : domain::revoked_share(times(included.quantity, purchase.quantity),
                                                      share.before, share.after, share.amount);
    if (!goes.is_positive()) continue;
    const ItemKey key{purchase.customer, included.item};
    PURSER_TRY(domain::ItemAccount account, batch_.item(key));
    PURSER_TRY(const domain::Change change,
               domain::revoke_part(std::move(account), purchase.id, goes, batch_.now()));
    PURSER_CHECK_OK(batch_.put_item(key, change.account, change.entries));
    collect_taken(included.item, change, taken);
  }
  return taken;
}

Result<bool> PurchaseBook::can_be_active_again(const domain::Purchase& purchase) {
  // A subscription has ended at the provider too.
  if (purchase.status != domain::PurchaseStatus::kRefunded || purchase.subscription) return false;
  PURSER_TRY(const std::vector<domain::Purchase> owned, this->owned(purchase.customer));
  if (!domain::replaced_by(purchase.product, owned).empty()) return false;
  const domain::Order order{purchase.product, purchase.price, purchase.quantity, purchase.customer,
                            false};
  return domain::check_order(order, owned).has_value();
}

Status PurchaseBook::restore(domain::Purchase purchase, const std::vector<TakenLot>& taken,
                             bool reactivate) {
  const Timestamp now = batch_.now();
  bool active = purchase.status == domain::PurchaseStatus::kActive;
  if (reactivate && !active) {
    PURSER_TRY(active, can_be_active_again(purchase));
    if (active) {
      purchase.status = domain::PurchaseStatus::kActive;
      PURSER_CHECK_OK(batch_.update_purchase(purchase, std::nullopt));
      PURSER_CHECK_OK(resume_terms(purchase));
    }
  }
  for (const TakenLot& lot : taken) {
    domain::Grant grant;
    grant.amount = lot.quantity;
    grant.expires_at = lot.expires_at;
    grant.source = purchase.id;
    grant.ends_with_source = lot.ends_with_source && active;
    grant.cause = domain::Cause::kRestoration;
    if (lot.ends_with_source && !active) {
      if (!purchase.subscription) continue;
      grant.expires_at = sooner(lot.expires_at, purchase.subscription->paid_through);
    }
    if (grant.expires_at && *grant.expires_at <= now) continue;
    const ItemKey key{purchase.customer, lot.item};
    PURSER_TRY(domain::ItemAccount account, batch_.item(key));
    PURSER_TRY(const domain::Change change, domain::grant(std::move(account), grant, now));
    PURSER_CHECK_OK(batch_.put_item(key, change.account, change.entries));
  }
  return {};
}

/// When the purchase was last granted of the item; its sale when the ledger does not say.
Result<Timestamp> PurchaseBook::last_granted(const ItemKey& key, const domain::Purchase& purchase) {
  constexpr int kPage = 200;
  std::optional<std::int64_t> before;
  for (;;) {
    PURSER_TRY(const std::vector<LedgerLine> lines, batch_.ledger(key, before, kPage));
    if (lines.empty()) {
      PURSER_TRY(const auto archived, ArchivedHistory::grant_in(batch_, key, purchase.id));
      return archived.value_or(purchase.anchor);
    }
    for (const LedgerLine& line : lines) {
      const bool grants = line.entry.cause == domain::Cause::kRepeat ||
                          line.entry.cause == domain::Cause::kPurchase;
      if (grants && line.entry.source == purchase.id) return line.entry.at;
    }
    before = lines.back().id;
  }
}

Status PurchaseBook::resume_terms(const domain::Purchase& purchase) {
  PURSER_TRY(const std::vector<domain::ItemGrant> grants, grants_of(purchase));
  for (const domain::ItemGrant& grant : grants) {
    const ItemKey key{purchase.customer, grant.item};
    // From where its repeats had stopped: no interval is granted twice, none is left out.
    PURSER_TRY(const Timestamp last, last_granted(key, purchase));
    PURSER_TRY(domain::ItemAccount account, batch_.item(key));
    PURSER_TRY(const domain::Change term,
               domain::restore_term(std::move(account), grant.grant, last));
    PURSER_TRY(const domain::Change due, domain::apply_due(term.account, batch_.now()));
    PURSER_CHECK_OK(batch_.put_item(key, due.account, due.entries));
  }
  return {};
}

}  // namespace purser::app
