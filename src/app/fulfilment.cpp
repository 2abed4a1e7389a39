#include "app/fulfilment.hpp"

#include <utility>
#include <vector>

#include "domain/subscription.hpp"

namespace purser::app {
namespace {

constexpr Millis kPageLifetime{24LL * 3'600'000};

Status check_inline(const domain::Catalog& catalog, const domain::Product& product) {
  const std::vector<FieldError> errors =
      domain::validate_inline_product(product, catalog, "body.product");
  if (errors.empty()) return {};
  return Error{
      ErrorCode::kSchemaError,
      "The product is not valid: " + errors.front().path + " " + errors.front().message + ".",
      {{"fields", errors}}};
}

Error product_not_found(const domain::Catalog& catalog, const ProductId& id) {
  Error error = domain::product_does_not_exist(id);
  if (catalog.find_item(ItemId(id.str())) != nullptr) {
    error.details = {{"product_id", id.str()}, {"context", std::string("item_exists")}};
  }
  return error;
}

}  // namespace

Result<ChosenProduct> choose_product(const ProjectContext& context, const ProductChoice& choice,
                                     bool from_client) {
  if (const auto* id = std::get_if<ProductId>(&choice)) {
    const domain::Product* product = context.catalog->find_product(*id);
    if (product == nullptr) return product_not_found(*context.catalog, *id);
    if (from_client && product->server_only) return domain::product_does_not_exist(*id);
    return ChosenProduct{*product, context.catalog->version};
  }
  const auto& product = std::get<domain::Product>(choice);
  if (from_client) {
    return Error{ErrorCode::kInsufficientAccessType,
                 "A product can be described in the request only with a server key; send "
                 "product_id instead.",
                 {{"actual_access_type", std::string("client")},
                  {"allowed_access_types", std::string("server,admin")}}};
  }
  PURSER_CHECK_OK(check_inline(*context.catalog, product));
  ChosenProduct chosen{product, 0};
  chosen.product.id = ProductId();
  return chosen;
}

domain::Purchase purchase_of(const Checkout& checkout, PurchaseId id, domain::PurchaseOrigin origin,
                             Timestamp now) {
  domain::Purchase purchase;
  purchase.id = std::move(id);
  purchase.customer = checkout.customer;
  purchase.product = checkout.product;
  purchase.catalog_version = checkout.catalog_version;
  purchase.price = checkout.price;
  purchase.quantity = checkout.quantity;
  purchase.origin = origin;
  purchase.created_at = now;
  purchase.anchor = now;
  const domain::Price* price = checkout.product.find_price(checkout.price);
  if (price == nullptr || !price->interval) return purchase;
  purchase.type = domain::PurchaseType::kSubscription;
  if (origin != domain::PurchaseOrigin::kStripe) {
    purchase.subscription = domain::start_local(*price->interval, checkout.trial, now);
  }
  return purchase;
}

Result<bool> use_trial(StoreBatch& batch, const Checkout& checkout) {
  const std::string name = domain::trial_name(checkout.product);
  if (!checkout.trial || name.empty()) return true;
  return batch.put_trial(checkout.customer, name);
}

bool page_is_usable(const Checkout& checkout, Timestamp now) {
  const bool has_page = checkout.code_hash != crypto::Digest{};
  const bool is_unpaid = checkout.state == CheckoutState::kChoosing ||
                         checkout.state == CheckoutState::kCreating ||
                         checkout.state == CheckoutState::kOpen;
  return has_page && is_unpaid && now - checkout.created_at < kPageLifetime;
}

void reopen_page(Checkout& checkout) {
  checkout.state = CheckoutState::kChoosing;
  checkout.price = PriceId();
  checkout.total = Money(0, checkout.total.currency());
  checkout.trial.reset();
  checkout.is_subscription = false;
  checkout.url.clear();
}

}  // namespace purser::app
