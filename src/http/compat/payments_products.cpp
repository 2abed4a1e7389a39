#include <algorithm>
#include <limits>
#include <utility>

#include "app/items.hpp"
#include "app/sales.hpp"
#include "http/compat/customer_access.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/page.hpp"
#include "http/compat/payments_handlers.hpp"
#include "http/compat/product_choice.hpp"
#include "http/compat/products.hpp"
#include "http/encode_sales.hpp"
#include "http/json_fields.hpp"
#include "http/paging.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr ClientMay kClientMay{"access their own user or team products."};
constexpr const char* kInlineRow = "__null__";

std::string place_of(const OwnedProduct& row) {
  const domain::Product& product = row.newest->product;
  return product.is_inline() ? std::string(kInlineRow) : product.id.str();
}

// All inline products are one row here, with the newest one's looks.
std::vector<OwnedProduct> fold_inline(std::vector<OwnedProduct> rows) {
  std::vector<OwnedProduct> folded;
  for (OwnedProduct& row : rows) {
    const bool again = !folded.empty() && row.newest->product.is_inline() &&
                       folded.back().newest->product.is_inline();
    if (!again) {
      folded.push_back(std::move(row));
      continue;
    }
    const auto sum = folded.back().quantity.plus(row.quantity);
    folded.back().quantity = sum.value_or(*Quantity::of(Quantity::kMax));
    folded.back().newest = row.newest;
  }
  std::ranges::sort(folded, {}, place_of);
  return folded;
}

// One that is to end with its period was canceled; it is still owned, but no subscription any more.
bool is_subscription(const domain::Purchase& purchase) {
  return purchase.subscription && !purchase.subscription->cancel_at_period_end;
}

void write_subscription(json::Writer& out, const domain::Purchase& purchase, Timestamp now) {
  const domain::Subscription& subscription = *purchase.subscription;
  out.begin_object().field("subscription_id", purchase.id.str());
  instant(out, "current_period_end", subscription.current_period_end);
  out.field("cancel_at_period_end", subscription.cancel_at_period_end);
  out.field("is_cancelable", domain::is_cancelable(subscription, now)).end_object();
}

void write_options(json::Writer& out, const std::vector<domain::SwitchOption>& options) {
  out.key("switch_options").begin_array();
  for (const domain::SwitchOption& option : options) {
    out.begin_object().field("product_id", option.product->id.str());
    write_product(out.key("product"), *option.product, option.prices);
    out.end_object();
  }
  out.end_array();
}

void write_row(json::Writer& out, const OwnedProduct& row, Timestamp now) {
  const domain::Purchase& purchase = *row.newest;
  const bool subscribed = is_subscription(purchase);
  out.begin_object();
  text_or_null(out, "id", purchase.product.id.str());
  out.field("quantity", row.quantity.value());
  write_product(out.key("product"), purchase.product);
  out.field("type", subscribed ? "subscription" : "one_time").key("subscription");
  if (subscribed) {
    write_subscription(out, purchase, now);
  } else {
    out.null();
  }
  if (purchase.product.product_line) write_options(out, row.options);
  out.end_object();
}

// Without a price named, the first one of the product: the SDKs cannot name one.
std::optional<PriceId> first_price(const Call& call, const app::ProductChoice& choice) {
  const auto* id = std::get_if<ProductId>(&choice);
  const domain::Product* product = id == nullptr ? std::get_if<domain::Product>(&choice)
                                                 : call.context().catalog->find_product(*id);
  if (product == nullptr || product->prices.empty()) return std::nullopt;
  return product->prices.front().id;
}

std::string encode_granted(const domain::Purchase& purchase) {
  json::Writer out;
  out.begin_object().field("success", true);
  if (purchase.subscription) out.field("subscription_id", purchase.id.str());
  return out.end_object().take();
}

}  // namespace

void list_products(const CallPtr& call) {
  if (auto refusal = refused_customer(*call, call->customer(), kClientMay)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  // Rows are in another order here, and cursors name the first row of a page.
  const auto owned = call->core.use().sales.owned(
      call->context(), call->customer(), "", std::numeric_limits<int>::max(), call->is_client());
  if (!owned) return call->core.answer(*call, owned.error());
  const auto rows =
      fold_inline(fold_products(owned->items, *call->context().catalog, call->is_client()));
  auto row = rows.begin();
  if (const auto cursor = call->query_value("cursor")) {
    row = std::ranges::find(rows, *cursor, place_of);
    if (row == rows.end()) return call->core.answer(*call, invalid_cursor());
  }
  const Timestamp now = call->core.use().clock.now();
  json::Writer out;
  out.begin_array();
  for (int i = limit_of(*call); i > 0 && row != rows.end(); --i, ++row) write_row(out, *row, now);
  out.end_array();
  std::optional<std::string> next;
  if (row != rows.end()) next = place_of(*row);
  call->core.answer(*call, encode_page(out.str(), next));
}

void grant_product(const CallPtr& call) {
  const Status exists =
      app::require_customer_exists(*call->core.use().store.view(), call->customer());
  if (!exists) return call->core.answer(*call, exists.error());
  auto choice = choose_product(*call, "product_id", "product_inline");
  if (auto* refusal = std::get_if<Reply>(&choice)) {
    return call->core.answer(*call, std::move(*refusal));
  }
  app::NewGrant wanted;
  wanted.customer = call->customer();
  wanted.product = std::move(std::get<app::ProductChoice>(choice));
  wanted.price = first_price(*call, wanted.product);
  wanted.quantity = *Quantity::of(call->body.int_at("quantity").value_or(1));
  call->core.write(call,
                   [call = call.get(), wanted = std::move(wanted)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto purchase,
                                call->core.use().sales.grant(call->context(), batch, wanted));
                     return Written{.body = encode_granted(purchase)};
                   });
}

}  // namespace purser::http::compat::handlers
