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

/// What gives access now, whatever a worker has written down of it.
std::vector<domain::Purchase> owned_now(std::vector<domain::Purchase> active, Millis grace,
                                        Timestamp now) {
  for (domain::Purchase& purchase : active) {
    purchase = after_due_switch(std::move(purchase), now);
  }
  std::vector<domain::Purchase> owned = domain::owned_at(std::move(active), grace, now);
  for (;;) {
    const std::vector<PurchaseId> orphans = domain::orphaned_add_ons(owned);
    if (orphans.empty()) return owned;
    std::erase_if(owned, [&](const domain::Purchase& purchase) {
      return std::find(orphans.begin(), orphans.end(), purchase.id) != orphans.end();
    });
  }
}

bool same_row(const domain::Purchase& a, const domain::Purchase& b) {
  return !a.product.is_inline() && a.product.id == b.product.id;
}

}  // namespace

Result<OwnedPage> Sales::owned(const ProjectContext& context, const CustomerKey& customer,
                               const std::string& after, int limit, bool from_client) {
  if (customer.project != context.project.id) return customer_not_found(customer);
  std::vector<domain::Purchase> owned;
  {
    const auto view = store_.view();
    PURSER_CHECK_OK(require_customer_exists(*view, customer));
    PURSER_TRY(owned, view->owned(customer));
  }
  owned = owned_now(std::move(owned), grace_of(context.project.settings), clock_.now());
  std::erase_if(owned, [&](const domain::Purchase& purchase) {
    return (from_client && purchase.product.server_only) || place_of(purchase) <= after;
  });
  std::sort(owned.begin(), owned.end(),
            [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
  OwnedPage page;
  int rows = 0;
  for (domain::Purchase& purchase : owned) {
    const bool new_row = page.items.empty() || !same_row(page.items.back(), purchase);
    if (new_row && rows == limit) {
      page.next_after = place_of(page.items.back());
      break;
    }
    if (new_row) ++rows;
    page.items.push_back(std::move(purchase));
  }
  return page;
}

}  // namespace purser::app
