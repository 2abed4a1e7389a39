#include "codec/purchase_codec.hpp"

#include <utility>

#include "codec/catalog_codec.hpp"
#include "json/json.hpp"

namespace purser::codec {

std::string encode_snapshot(const domain::Product& product) {
  json::Writer out;
  write_product(out, product);
  return out.take();
}

Result<domain::Product> decode_snapshot(std::string_view text, ProductId id) {
  const auto document = json::parse(text);
  if (!document) {
    return Error::internal("a product snapshot is not JSON: " + document.error().message);
  }
  auto product = decode_product(*document, std::move(id), "snapshot");
  if (!product) {
    return Error::internal("a product snapshot is corrupt: " + product.error().message);
  }
  return product;
}

}  // namespace purser::codec
