#pragma once

// What selling and granting share: the choice of a product, and writing a purchase with its grants.

#include <cstdint>
#include <optional>
#include <string>

#include "app/ports/store.hpp"
#include "app/registry.hpp"
#include "app/sales.hpp"
#include "domain/purchase.hpp"

namespace purser::app {

struct ChosenProduct {
  domain::Product product;           ///< a copy: what is sold from here on
  std::int64_t catalog_version = 0;  ///< 0 for an inline product
};

/// The catalog's product, or the inline one once its included items were checked.
/// Errors: kProductDoesNotExist (also for a client's server_only product), kInsufficientAccessType
/// (a client's inline product), kSchemaError (an inline product's included items).
Result<ChosenProduct> choose_product(const ProjectContext& context, const ProductChoice& choice,
                                     bool from_client);

/// The price that is sold under. Errors: those of domain::choose_price; kNotImplemented for a price
/// with an interval, and when there are several and none was chosen.
Result<domain::Price> choose_one_time_price(const domain::Product& product,
                                            const std::optional<PriceId>& named, bool from_client);

/// What a checkout sells, as a purchase that begins now.
domain::Purchase purchase_of(const Checkout& checkout, PurchaseId id, domain::PurchaseOrigin origin,
                             Timestamp now);

/// Could the purchase's initial grants be made now? Writes nothing. Errors: kQuantityOutOfRange.
Status check_grants(StoreBatch& batch, const domain::Purchase& purchase);

/// Records a purchase: the initial grants of its included items, itself, its transaction and its
/// event. Writes nothing when it fails with kQuantityOutOfRange (a balance would leave its range).
Status write_purchase(StoreBatch& batch, const domain::Purchase& purchase,
                      const std::optional<Money>& paid, const TransactionId& transaction);

}  // namespace purser::app
