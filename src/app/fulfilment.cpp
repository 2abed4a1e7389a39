#include "app/fulfilment.hpp"

#include <map>
#include <utility>
#include <vector>

#include "app/events.hpp"

namespace purser::app {
namespace {

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

/// One item's account with what the purchase adds to it.
using Grants = std::map<ItemId, domain::Change>;

Result<Grants> decide_grants(StoreBatch& batch, const domain::Purchase& purchase) {
  PURSER_TRY(const std::vector<domain::ItemGrant> wanted, domain::initial_grants(purchase));
  Grants grants;
  for (const domain::ItemGrant& grant : wanted) {
    auto found = grants.find(grant.item);
    if (found == grants.end()) {
      PURSER_TRY(domain::ItemAccount account, batch.item({purchase.customer, grant.item}));
      found = grants.emplace(grant.item, domain::Change{std::move(account), {}}).first;
    }
    domain::Change& change = found->second;
    PURSER_TRY(domain::Change next,
               domain::grant_included(change.account, grant.grant, batch.now()));
    change.account = std::move(next.account);
    for (domain::Entry& entry : next.entries) change.entries.push_back(std::move(entry));
  }
  return grants;
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

Result<domain::Price> choose_one_time_price(const domain::Product& product,
                                            const std::optional<PriceId>& named, bool from_client) {
  PURSER_TRY(std::optional<domain::Price> price, domain::choose_price(product, named, from_client));
  if (!price) {
    return Error{ErrorCode::kNotImplemented,
                 "The product has several prices; choose one with price_id. The page on which the "
                 "buyer chooses comes with a later version."};
  }
  if (price->interval) {
    return Error{ErrorCode::kNotImplemented,
                 "Subscriptions come with a later version; nothing was sold. Choose a one-time "
                 "price.",
                 {{"price_id", price->id.str()}}};
  }
  return *std::move(price);
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
  return purchase;
}

Status check_grants(StoreBatch& batch, const domain::Purchase& purchase) {
  PURSER_CHECK_OK(decide_grants(batch, purchase));
  return {};
}

Status write_purchase(StoreBatch& batch, const domain::Purchase& purchase,
                      const std::optional<Money>& paid, const TransactionId& transaction) {
  // Everything is decided before the first write, so that a refusal can be answered otherwise.
  PURSER_TRY(const Grants grants, decide_grants(batch, purchase));
  PURSER_CHECK_OK(batch.insert_purchase(purchase));
  for (const auto& [item, change] : grants) {
    PURSER_CHECK_OK(batch.put_item({purchase.customer, item}, change.account, change.entries));
  }
  Transaction record;
  record.id = transaction;
  record.customer = purchase.customer;
  record.kind = purchase.origin == domain::PurchaseOrigin::kGranted ? TransactionKind::kGrant
                                                                    : TransactionKind::kPurchase;
  record.purchase = purchase.id;
  record.amount = paid;
  record.payment_ref = purchase.payment_ref;
  record.at = batch.now();
  PURSER_CHECK_OK(batch.insert_transaction(record));
  const auto product_id = purchase.product.is_inline()
                              ? EventField{"product_id", std::monostate{}}
                              : EventField{"product_id", purchase.product.id.str()};
  return append_event(batch, purchase.customer, "purchase.created",
                      {{"purchase_id", purchase.id.str()},
                       product_id,
                       {"quantity", purchase.quantity.value()},
                       {"origin", std::string(to_string(purchase.origin))}});
}

}  // namespace purser::app
