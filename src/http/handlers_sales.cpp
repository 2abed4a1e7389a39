#include <utility>

#include "app/sales.hpp"
#include "app/webhooks.hpp"
#include "http/encode.hpp"
#include "http/error_reply.hpp"
#include "http/handlers.hpp"
#include "http/inline_product.hpp"
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

std::string encode_url(const std::string& url) {
  return json::Writer().begin_object().field("url", url).end_object().take();
}

std::string encode_grant(const domain::Purchase& purchase) {
  json::Writer out;
  return out.begin_object().field("purchase_id", purchase.id.str()).end_object().take();
}

// The purchases of one product stand side by side; each inline one is its own.
std::vector<OwnedProduct> folded(const std::vector<domain::Purchase>& purchases) {
  std::vector<OwnedProduct> rows;
  for (const domain::Purchase& purchase : purchases) {
    const bool is_inline = purchase.product.id.empty();
    const bool same = !rows.empty() && !is_inline && rows.back().product.id == purchase.product.id;
    if (!same) {
      rows.push_back({purchase.product, purchase.type, purchase.quantity});
      continue;
    }
    // A sum above the range is shown as the largest number: the list must not fail for it.
    const auto sum = rows.back().quantity.plus(purchase.quantity);
    rows.back().quantity = sum.value_or(*Quantity::of(Quantity::kMax));
    rows.back().product = purchase.product;
  }
  return rows;
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
  const auto encode_reply = [&call](const Result<std::string>& url) -> app::StoredReply {
    if (url) return {call->route->answer.status, encode_url(*url)};
    return {status_of(url.error()), encode_error(url.error(), call->request_id)};
  };
  call->core.answer(*call, call->core.use().sales.checkout(call->principal.context, call->scope,
                                                           wanted, encode_reply));
}

void list_products(const CallPtr& call) {
  const auto page = page_of(*call, 10);
  if (!page) return call->core.answer(*call, page.error());
  const auto owned = call->core.use().sales.owned(call->context(), call->customer(), page->after,
                                                  page->limit, call->is_client());
  if (!owned) return call->core.answer(*call, owned.error());
  json::Writer rows;
  rows.begin_array();
  for (const OwnedProduct& row : folded(owned->items)) write(rows, row);
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

void stripe_webhook(const CallPtr& call) {
  const ProjectId project(call->parameter("project_id"));
  const std::string signature(call->request.header("stripe-signature"));
  const Status kept = call->core.use().webhooks.receive(project, call->request.body, signature);
  if (!kept) return call->core.answer(*call, kept.error());
  call->core.answer(*call, R"({"received":true})");
}

}  // namespace purser::http::handlers
