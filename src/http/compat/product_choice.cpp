#include "http/compat/product_choice.hpp"

#include <utility>

#include "http/compat/known_errors.hpp"
#include "http/compat/products.hpp"
#include "http/compat/translate.hpp"

namespace purser::http::compat {

std::variant<app::ProductChoice, Reply> choose_product(const Call& call, std::string_view id,
                                                       std::string_view inline_product) {
  const auto product_id = call.body.string_at(id);
  const json::Value* document = call.body.find(inline_product);
  const bool is_described = document != nullptr && !document->is_null();
  if (is_described && call.is_client()) {
    return plain(400,
                 "Cannot specify product_inline when calling from client! Please call with a "
                 "server API key, or use the product_id parameter.");
  }
  if (is_described && product_id) {
    return plain(400, "Cannot specify both product_id and product_inline!");
  }
  if (product_id) return app::ProductChoice(ProductId(*product_id));
  if (!is_described) return plain(400, "Must specify either product_id or product_inline!");
  auto product = decode_inline_product(*document);
  if (!product) return reply_for(call, product.error());
  return app::ProductChoice(*std::move(product));
}

}  // namespace purser::http::compat
