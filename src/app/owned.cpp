#include <algorithm>
#include <utility>

#include "app/fulfilment.hpp"
#include "app/items.hpp"
#include "app/sales.hpp"

namespace purser::app {
namespace {

// Where a purchase stands in the list; also the cursor that points behind it. '\n' sorts below and
// '~' above every character of a product id.
std::string place_of(const domain::Purchase& purchase) {
  const domain::Product& product = purchase.product;
  return (product.is_inline() ? std::string("~") : product.id.str()) + "\n" + purchase.id.str();
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

Result<domain::Purchase> Sales::grant(const ProjectContext& context, StoreBatch& batch,
                                      const NewGrant& order) const {
  PURSER_CHECK_OK(require_customer_exists(batch, order.customer));
  PURSER_TRY(ChosenProduct chosen, choose_product(context, order.product, false));
  PURSER_TRY(const std::vector<domain::Purchase> owned, batch.owned(order.customer));
  PURSER_CHECK_OK(domain::check_order(
      {chosen.product, order.price, order.quantity, order.customer, false}, owned));
  std::optional<PriceId> price;
  if (order.price || !chosen.product.prices.empty()) {
    PURSER_TRY(const domain::Price found,
               choose_one_time_price(chosen.product, order.price, false));
    price = found.id;
  }
  domain::Purchase purchase;
  purchase.id = PurchaseId(ids_.unique_id());
  purchase.customer = order.customer;
  purchase.product = std::move(chosen.product);
  purchase.catalog_version = chosen.catalog_version;
  purchase.price = price;
  purchase.quantity = order.quantity;
  purchase.origin = domain::PurchaseOrigin::kGranted;
  purchase.created_at = batch.now();
  PURSER_CHECK_OK(write_purchase(batch, purchase, std::nullopt, TransactionId(ids_.unique_id())));
  return purchase;
}

}  // namespace purser::app
