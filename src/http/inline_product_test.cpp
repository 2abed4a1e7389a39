#include "http/inline_product.hpp"

#include <gtest/gtest.h>

namespace purser::http {
namespace {

Result<domain::Product> decode(std::string_view text, CustomerType buyer = CustomerType::kTeam) {
  const auto document = json::parse(text);
  EXPECT_TRUE(document) << text;
  return decode_inline_product(*document, buyer);
}

TEST(InlineProduct, PricesMayBeAnArray) {
  const auto product = decode(R"({"display_name":"Setup","type":"one_time","is_server_only":true,
      "stackable":true,"prices":[{"amount":500,"currency":"usd"},{"amount":7,"currency":"jpy"}]})");
  ASSERT_TRUE(product) << product.error().message;
  EXPECT_TRUE(product->id.empty());
  EXPECT_EQ(product->display_name, "Setup");
  EXPECT_EQ(product->customer_type, CustomerType::kTeam);
  EXPECT_TRUE(product->server_only);
  EXPECT_TRUE(product->stackable);
  ASSERT_EQ(product->prices.size(), 2U);
  EXPECT_EQ(product->prices[0].id.str(), "price-1");
  EXPECT_EQ(product->prices[0].amount.minor_units(), 500);
}

TEST(InlineProduct, TheCatalogsShapeWorksToo) {
  const auto product = decode(
      R"({"display_name":"S","customer_type":"user","prices":{"once":{"amount":1,"currency":"EUR"}}})");
  ASSERT_TRUE(product) << product.error().message;
  EXPECT_EQ(product->customer_type, CustomerType::kUser);
  EXPECT_EQ(product->prices.at(0).id.str(), "once");
}

TEST(InlineProduct, BadOnesNameThePlace) {
  for (const char* bad :
       {R"({"display_name":5})", R"({"display_name":"S","prices":[3]})",
        R"({"display_name":"S","prices":[{"amount":1.5,"currency":"usd"}]})",
        R"({"display_name":"S","prices":[{"amount":1,"currency":"zzz"}]})",
        R"({"display_name":"S","prices":[{"id":"a","amount":1,"currency":"usd"},
            {"id":"a","amount":2,"currency":"usd"}]})",
        R"({"display_name":"S","type":"monthly"})", R"({"display_name":"S","unknown":1})",
        R"({"display_name":"S","server_only":true,"is_server_only":false})",
        R"({"display_name":"S","type":"subscription","prices":[{"amount":1,"currency":"usd"}]})"}) {
    const auto product = decode(bad);
    ASSERT_FALSE(product) << bad;
    EXPECT_EQ(product.error().code, ErrorCode::kSchemaError) << bad;
    const auto* fields =
        std::get_if<std::vector<FieldError>>(&product.error().details.at(0).second);
    ASSERT_NE(fields, nullptr) << bad;
    EXPECT_TRUE(fields->at(0).path.starts_with("body.product")) << fields->at(0).path;
  }
}

}  // namespace
}  // namespace purser::http
