#pragma once

// What selling and granting share: the choice of a product, and a checkout as a purchase.

#include <cstdint>
#include <optional>

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

/// What a checkout sells, as a purchase that begins now. For a subscription without a provider its
/// subscription is started; with one, `subscription` is set by the caller.
domain::Purchase purchase_of(const Checkout& checkout, PurchaseId id, domain::PurchaseOrigin origin,
                             Timestamp now);

/// Remembers that the checkout's trial is used. False when another sale has used it meanwhile; true
/// also when there is none, or none that is remembered.
Result<bool> use_trial(StoreBatch& batch, const Checkout& checkout);

/// Whether the buyer can still choose on the checkout's purchase page: it has one, is at most 24
/// hours old, and nothing was paid.
bool page_is_usable(const Checkout& checkout, Timestamp now);
/// Makes it one whose buyer has not chosen yet. Its `session_ref` stays: that of a session which is
/// over, from which the next one's idempotency key is derived.
void reopen_page(Checkout& checkout);

}  // namespace purser::app
