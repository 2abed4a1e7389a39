#include <utility>

#include "app/sales.hpp"
#include "app/webhooks.hpp"
#include "http/encode_sales.hpp"
#include "http/error_reply.hpp"
#include "http/handlers.hpp"
#include "http/inline_product.hpp"
#include "http/kept_reply.hpp"
#include "http/paging.hpp"

namespace purser::http::handlers {
namespace {

const json::Value* inline_product(const json::Value& body) {
  const json::Value* product = body.find("product");
  return product == nullptr || product->is_null() ? nullptr : product;
}

// What checkout and grant have in common.
struct Ordered {
  app::ProductChoice product;
  std::optional<PriceId> price;
  Quantity quantity;
};

Result<Ordered> ordered(const Call& call) {
  Ordered order;
  if (const json::Value* product = inline_product(call.body)) {
    // Only the app itself may make up prices.
    PURSER_CHECK_OK(app::Access::require(call.principal, app::AccessType::kServer));
    PURSER_TRY(order.product, decode_inline_product(*product, call.customer().type));
  } else {
    order.product = ProductId(*call.body.string_at("product_id"));
  }
  if (const auto price = call.body.string_at("price_id")) order.price = PriceId(*price);
  order.quantity = *Quantity::of(call.body.int_at("quantity").value_or(1));
  return order;
}

}  // namespace

void check_product_choice(const json::Value& body, FieldErrors& errors) {
  const bool has_id = body.string_at("product_id").has_value();
  if (has_id == (inline_product(body) != nullptr)) {
    errors.push_back({"body", "must have either product_id or product"});
  }
}

void checkout(const CallPtr& call) {
  auto order = ordered(*call);
  if (!order) return call->core.answer(*call, order.error());
  app::NewCheckout wanted{.customer = call->customer(),
                          .product = std::move(order->product),
                          .price = std::move(order->price),
                          .quantity = order->quantity,
                          .return_url = call->body.string_at("return_url").value_or(""),
                          .from_client = call->is_client()};
  call->core.answer(*call,
                    call->core.use().sales.checkout(call->principal.context, call->scope, wanted,
                                                    kept_as<std::string>(*call, encode_url)));
}

void list_products(const CallPtr& call) {
  const auto page = page_of(*call, 10);
  if (!page) return call->core.answer(*call, page.error());
  app::Sales& sales = call->core.use().sales;
  std::optional<Result<app::OwnedPage>> found;
  if (call->on_worker) {
    found =
        sales.owned(call->context(), call->customer(), page->after, page->limit, call->is_client());
  } else {
    found = sales.owned_at_once(call->context(), call->customer(), page->after, page->limit,
                                call->is_client());
    if (!found) return call->core.to_worker(call, [call] { list_products(call); });
  }
  Result<app::OwnedPage>& owned = *found;
  if (!owned) return call->core.answer(*call, owned.error());
  const Timestamp now = call->core.use().clock.now();
  json::Writer rows;
  rows.begin_array();
  for (const OwnedProduct& row :
       fold_products(owned->items, *call->context().catalog, call->is_client())) {
    write(rows, row, now);
  }
  rows.end_array();
  std::optional<std::string> next;
  if (owned->next_after) next = cursor_after(*call, *owned->next_after);
  call->core.answer(*call, encode_page(rows.str(), next));
}

void grant_product(const CallPtr& call) {
  auto order = ordered(*call);
  if (!order) return call->core.answer(*call, order.error());
  app::NewGrant wanted{call->customer(), std::move(order->product), std::move(order->price),
                       order->quantity};
  call->core.write(call,
                   [call = call.get(), wanted = std::move(wanted)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto purchase,
                                call->core.use().sales.grant(call->context(), batch, wanted));
                     return Written{.body = encode_grant(purchase)};
                   });
}

}  // namespace purser::http::handlers
