#include <algorithm>
#include <utility>

#include "app/items.hpp"
#include "app/purchase_book.hpp"
#include "app/sales.hpp"
#include "domain/plan_change.hpp"

namespace purser::app {
namespace {

// Where a purchase stands in the list; also the cursor that points behind it. '\n' sorts below and
// '~' above every character of a product id.
std::string place_of(const domain::Purchase& purchase) {
  const domain::Product& product = purchase.product;
  return (product.is_inline() ? std::string("~") : product.id.str()) + "\n" + purchase.id.str();
}

struct Placed {
  std::string place;
  const domain::Purchase* purchase;
};

/// The purchase with a switch at a period's end that has come, though nobody has written it down.
domain::Purchase after_due_switch(domain::Purchase purchase, Timestamp now) {
  const bool is_local = purchase.subscription && purchase.subscription->is_local();
  if (!is_local || !purchase.subscription->pending) return purchase;
  const domain::PendingSwitch pending = *purchase.subscription->pending;
  const domain::Price* price = pending.product.find_price(pending.price);
  if (pending.at > now || price == nullptr) return purchase;
  domain::SwitchPlan plan{*price, pending.quantity};
  plan.new_interval = price->interval != domain::interval_of(purchase);
  return domain::switched(std::move(purchase), pending.product, pending.catalog_version, plan,
                          pending.at);
}

/// What gives access now, whatever a worker has written down of it. A one-time purchase is shown as
/// it is stored; a subscription as a copy, as of now.
void fill(OwnedPage& page, Millis grace, Timestamp now) {
  for (const domain::Purchase& stored : *page.stored) {
    if (!stored.subscription) {
      if (stored.status == domain::PurchaseStatus::kActive) page.items.push_back(&stored);
      continue;
    }
    auto purchase = std::make_unique<domain::Purchase>(after_due_switch(stored, now));
    if (!domain::bring_up_to(*purchase, grace, now)) continue;
    page.items.push_back(purchase.get());
    page.as_of_now.push_back(std::move(purchase));
  }
  for (;;) {
    const std::vector<PurchaseId> orphans = domain::orphaned_add_ons(page.items);
    if (orphans.empty()) return;
    std::erase_if(page.items, [&](const domain::Purchase* purchase) {
      return std::find(orphans.begin(), orphans.end(), purchase->id) != orphans.end();
    });
  }
}

bool same_row(const domain::Purchase& a, const domain::Purchase& b) {
  return !a.product.is_inline() && a.product.id == b.product.id;
}

/// The rows of one page, of those in order.
void cut(OwnedPage& page, const std::vector<Placed>& owned, int limit) {
  page.items.clear();
  int rows = 0;
  for (const Placed& next : owned) {
    const bool new_row = page.items.empty() || !same_row(*page.items.back(), *next.purchase);
    if (new_row && rows == limit) {
      page.next_after = place_of(*page.items.back());
      return;
    }
    if (new_row) ++rows;
    page.items.push_back(next.purchase);
  }
}

struct Wanted {
  const std::string& after;
  int limit;
  bool from_client;
};
OwnedPage page_of(OwnedPurchases stored, Millis grace, Timestamp now, const Wanted& wanted) {
  OwnedPage page;
  page.stored = std::move(stored);
  fill(page, grace, now);
  std::vector<Placed> owned;
  owned.reserve(page.items.size());
  for (const domain::Purchase* purchase : page.items) {
    if (wanted.from_client && purchase->product.server_only) continue;
    std::string place = place_of(*purchase);
    if (place > wanted.after) owned.push_back({std::move(place), purchase});
  }
  std::sort(owned.begin(), owned.end(),
            [](const Placed& a, const Placed& b) { return a.place < b.place; });
  cut(page, owned, wanted.limit);
  return page;
}

constexpr std::size_t kLittle = 64;  // purchases that take no longer than a request may

}  // namespace

Result<OwnedPage> Sales::owned(const ProjectContext& context, const CustomerKey& customer,
                               const std::string& after, int limit, bool from_client) {
  if (customer.project != context.project.id) return customer_not_found(customer);
  OwnedPurchases stored;
  {
    const auto view = store_.view();
    PURSER_CHECK_OK(require_customer_exists(*view, customer));
    PURSER_TRY(stored, view->shared_owned(customer));
  }
  return page_of(std::move(stored), grace_of(context.project.settings), clock_.now(),
                 {after, limit, from_client});
}

std::optional<Result<OwnedPage>> Sales::owned_at_once(const ProjectContext& context,
                                                      const CustomerKey& customer,
                                                      const std::string& after, int limit,
                                                      bool from_client) {
  if (customer.project != context.project.id) return customer_not_found(customer);
  auto known = store_.known_owned(customer);
  if (!known || known->purchases->size() > kLittle) return std::nullopt;
  if (!known->customer_exists) return customer_not_found(customer);
  return page_of(std::move(known->purchases), grace_of(context.project.settings), clock_.now(),
                 {after, limit, from_client});
}

}  // namespace purser::app
