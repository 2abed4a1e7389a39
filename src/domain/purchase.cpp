#include "domain/purchase.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "domain/purchase_rules.hpp"

namespace purser::domain {
namespace {

DetailValue id_or_null(const ProductId& id) {
  if (id.empty()) return nullptr;
  return id.str();
}

std::string name_of(const Product& product) {
  return product.is_inline() ? std::string("The inline product")
                             : "Product \"" + product.id.str() + "\"";
}

bool is_active(const Purchase& purchase) { return purchase.status == PurchaseStatus::kActive; }

Error price_not_found(const Product& product, const PriceId& price) {
  return {ErrorCode::kPriceNotFound,
          name_of(product) + " has no price \"" + price.str() + "\".",
          {{"product_id", id_or_null(product.id)}, {"price_id", price.str()}}};
}

const Price* visible_price(const Product& product, const PriceId& id, bool from_client) {
  const Price* price = product.find_price(id);
  return price == nullptr || (from_client && price->server_only) ? nullptr : price;
}

Status check_customer_type(const Order& order) {
  const CustomerType wanted = order.product.customer_type;
  const CustomerType actual = order.customer.type;
  if (wanted == actual) return {};
  return Error(ErrorCode::kProductCustomerTypeDoesNotMatch,
               name_of(order.product) + " is for " + std::string(to_string(wanted)) +
                   " customers, but the customer \"" + order.customer.id + "\" is a " +
                   std::string(to_string(actual)) + " customer.",
               {{"product_id", id_or_null(order.product.id)},
                {"customer_id", order.customer.id},
                {"product_customer_type", std::string(to_string(wanted))},
                {"actual_customer_type", std::string(to_string(actual))}});
}

Status check_quantity(const Order& order) {
  if (!order.quantity.is_positive()) {
    return Error(ErrorCode::kSchemaError, "The quantity must be at least 1.",
                 {{"fields", std::vector<FieldError>{{"quantity", "must be at least 1"}}}});
  }
  if (order.product.stackable || order.quantity.value() == 1) return {};
  return Error(
      ErrorCode::kProductNotStackable,
      name_of(order.product) + " is not stackable; its quantity must be 1.",
      {{"product_id", id_or_null(order.product.id)}, {"quantity", order.quantity.value()}});
}

Status check_not_owned(const Order& order, const std::vector<Purchase>& owned) {
  if (order.product.stackable || order.product.is_inline()) return {};
  for (const Purchase& purchase : owned) {
    if (!is_active(purchase) || purchase.product.id != order.product.id) continue;
    return Error(ErrorCode::kProductAlreadyGranted,
                 "Customer with ID \"" + order.customer.id + "\" already owns product \"" +
                     order.product.id.str() + "\".",
                 {{"product_id", order.product.id.str()}, {"customer_id", order.customer.id}});
  }
  return {};
}

Status check_base(const Order& order, const std::vector<Purchase>& owned) {
  const auto& bases = order.product.is_add_on_to;
  if (bases.empty()) return {};
  const bool has_base = std::any_of(owned.begin(), owned.end(), [&](const Purchase& purchase) {
    return is_active(purchase) && is_base_of(purchase.product, order.product);
  });
  if (has_base) return {};
  std::string names;
  for (const ProductId& base : bases) names += (names.empty() ? "" : ", ") + base.str();
  return Error(
      ErrorCode::kAddOnRequiresBase,
      name_of(order.product) + " is an add-on; the customer must own one of: " + names + ".",
      {{"product_id", id_or_null(order.product.id)}, {"is_add_on_to", names}});
}

Status check_line(const Order& order, const std::vector<Purchase>& owned) {
  const Product& wanted = order.product;
  for (const Purchase& purchase : owned) {
    // A subscription ends once the new purchase is paid; what was bought for good blocks.
    if (purchase.type == PurchaseType::kSubscription || !takes_the_place_of(purchase, wanted)) {
      continue;
    }
    const Product& other = purchase.product;
    return Error(ErrorCode::kProductLineConflict,
                 "The customer owns product \"" + other.id.str() +
                     "\" of the same product line \"" + wanted.product_line->str() + "\".",
                 {{"product_id", id_or_null(wanted.id)},
                  {"product_line", wanted.product_line->str()},
                  {"conflicting_product_id", id_or_null(other.id)}});
  }
  return {};
}

}  // namespace

Error product_does_not_exist(const ProductId& id) {
  return {ErrorCode::kProductDoesNotExist,
          "Product with ID \"" + id.str() + "\" does not exist.",
          {{"product_id", id_or_null(id)}, {"context", nullptr}}};
}

Status check_order(const Order& order, const std::vector<Purchase>& owned) {
  if (order.from_client && order.product.server_only) {
    return product_does_not_exist(order.product.id);
  }
  PURSER_CHECK_OK(check_customer_type(order));
  if (order.price && visible_price(order.product, *order.price, order.from_client) == nullptr) {
    return price_not_found(order.product, *order.price);
  }
  PURSER_CHECK_OK(check_quantity(order));
  PURSER_CHECK_OK(check_not_owned(order, owned));
  PURSER_CHECK_OK(check_base(order, owned));
  return check_line(order, owned);
}

Result<std::optional<Price>> choose_price(const Product& product,
                                          const std::optional<PriceId>& named, bool from_client) {
  if (named) {
    const Price* price = visible_price(product, *named, from_client);
    if (price == nullptr) return price_not_found(product, *named);
    return std::optional<Price>(*price);
  }
  std::vector<const Price*> choices;
  for (const Price& price : product.prices) {
    if (!from_client || !price.server_only) choices.push_back(&price);
  }
  if (choices.empty()) {
    return Error(ErrorCode::kProductHasNoPrice,
                 name_of(product) + " has no price; it can only be granted by the server.",
                 {{"product_id", id_or_null(product.id)}});
  }
  if (choices.size() > 1) return std::optional<Price>();
  return std::optional<Price>(*choices.front());
}

PurchaseType purchase_type(const std::optional<Price>& price) {
  return price && price->interval ? PurchaseType::kSubscription : PurchaseType::kOneTime;
}

Result<Money> total(const Price& price, Quantity quantity) {
  return price.amount.times(quantity.value());
}

Result<std::vector<ItemGrant>> initial_grants(const Purchase& purchase, Millis grace) {
  TermLimits limits;
  if (purchase.subscription) limits = term_limits(*purchase.subscription, grace);
  std::vector<ItemGrant> grants;
  for (const IncludedItem& included : purchase.product.included_items) {
    const auto quantity = included.quantity.times(purchase.quantity);
    if (!quantity) {
      return Error(ErrorCode::kQuantityOutOfRange,
                   "The purchase would grant too much of item \"" + included.item.str() + "\".",
                   {{"item_id", included.item.str()}});
    }
    IncludedGrant grant;
    grant.source = purchase.id;
    grant.quantity = *quantity;
    grant.repeat = included.repeat;
    grant.expires = included.expires;
    grant.anchor = purchase.anchor;
    grant.keeps_term = purchase.subscription.has_value();
    grant.until = limits.until;
    grant.ends_at = limits.ends_at;
    grants.push_back({included.item, std::move(grant)});
  }
  std::sort(grants.begin(), grants.end(),
            [](const ItemGrant& a, const ItemGrant& b) { return a.item < b.item; });
  return grants;
}

std::string_view to_string(PurchaseType type) {
  switch (type) {
    case PurchaseType::kOneTime:
      return "one_time";
    case PurchaseType::kSubscription:
      return "subscription";
  }
  std::abort();
}

std::string_view to_string(PurchaseStatus status) {
  switch (status) {
    case PurchaseStatus::kActive:
      return "active";
    case PurchaseStatus::kRefunded:
      return "refunded";
    case PurchaseStatus::kEnded:
      return "ended";
  }
  std::abort();
}

std::string_view to_string(PurchaseOrigin origin) {
  switch (origin) {
    case PurchaseOrigin::kStripe:
      return "stripe";
    case PurchaseOrigin::kTestMode:
      return "test_mode";
    case PurchaseOrigin::kGranted:
      return "granted";
  }
  std::abort();
}

std::optional<PurchaseType> parse_purchase_type(std::string_view text) {
  for (const auto type : {PurchaseType::kOneTime, PurchaseType::kSubscription}) {
    if (to_string(type) == text) return type;
  }
  return std::nullopt;
}

std::optional<PurchaseStatus> parse_purchase_status(std::string_view text) {
  for (const auto status :
       {PurchaseStatus::kActive, PurchaseStatus::kRefunded, PurchaseStatus::kEnded}) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

std::optional<PurchaseOrigin> parse_purchase_origin(std::string_view text) {
  for (const auto origin :
       {PurchaseOrigin::kStripe, PurchaseOrigin::kTestMode, PurchaseOrigin::kGranted}) {
    if (to_string(origin) == text) return origin;
  }
  return std::nullopt;
}

}  // namespace purser::domain
