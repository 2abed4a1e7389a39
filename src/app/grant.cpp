#include <utility>

#include "app/fulfilment.hpp"
#include "app/items.hpp"
#include "app/purchase_book.hpp"
#include "app/sales.hpp"
#include "domain/subscription.hpp"

namespace purser::app {
namespace {

Error price_required(const domain::Product& product) {
  std::string names;
  for (const domain::Price& price : product.prices) {
    names += (names.empty() ? "" : ", ") + price.id.str();
  }
  return {ErrorCode::kSchemaError,
          "The product has several prices; say with price_id which one is granted: " + names + ".",
          {{"fields", std::vector<FieldError>{{"body.price_id", "must name one of " + names}}}}};
}

/// At which price a product is granted; absent for one that has none.
Result<std::optional<domain::Price>> granted_price(const domain::Product& product,
                                                   const std::optional<PriceId>& named) {
  if (!named && product.prices.empty()) return std::optional<domain::Price>();
  PURSER_TRY(std::optional<domain::Price> price, domain::choose_price(product, named, false));
  if (!price) return price_required(product);
  return price;
}

}  // namespace

Result<domain::Purchase> Sales::grant(const ProjectContext& context, StoreBatch& batch,
                                      const NewGrant& order) const {
  PURSER_CHECK_OK(require_customer_exists(batch, order.customer));
  PURSER_TRY(ChosenProduct chosen, choose_product(context, order.product, false));
  PurchaseBook book(batch, ids_, grace_of(context.project.settings));
  PURSER_TRY(const std::vector<domain::Purchase> owned, book.owned(order.customer));
  PURSER_CHECK_OK(domain::check_order(
      {chosen.product, order.price, order.quantity, order.customer, false}, owned));
  PURSER_TRY(const std::optional<domain::Price> price, granted_price(chosen.product, order.price));
  domain::Purchase purchase;
  purchase.id = PurchaseId(ids_.unique_id());
  purchase.customer = order.customer;
  purchase.product = std::move(chosen.product);
  purchase.catalog_version = chosen.catalog_version;
  purchase.quantity = order.quantity;
  purchase.type = domain::purchase_type(price);
  purchase.origin = domain::PurchaseOrigin::kGranted;
  purchase.created_at = batch.now();
  purchase.anchor = batch.now();
  if (price) purchase.price = price->id;
  if (price && price->interval) {
    // Without a trial: nobody pays, so there is nothing to try.
    purchase.subscription = domain::start_local(*price->interval, std::nullopt, batch.now());
  }
  PURSER_CHECK_OK(book.replace_for(purchase.product, purchase.customer));
  PURSER_CHECK_OK(book.open(purchase, {TransactionKind::kGrant, std::nullopt, ""}));
  return purchase;
}

}  // namespace purser::app
