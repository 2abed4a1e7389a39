#include "http/compat/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "codec/catalog_codec.hpp"

namespace purser::http::compat {
namespace {

json::Value parsed(const std::string& text) { return json::parse(text).value(); }

json::Value changed(json::Value tree, const std::string& path, const std::string& value) {
  set_config(tree, path, parsed(value));
  return tree;
}

std::vector<std::string> wrong_places(const std::string& tree) {
  const auto change = decode_config(parsed(tree));
  std::vector<std::string> places;
  if (change) return places;
  for (const auto& [name, value] : change.error().details) {
    const auto* fields = std::get_if<std::vector<FieldError>>(&value);
    if (fields == nullptr) continue;
    for (const FieldError& field : *fields) places.push_back(field.path);
  }
  return places;
}

TEST(SetConfig, ReplacesWhatIsThereAndBelow) {
  const json::Value tree = parsed(R"({"a":{"b":{"c":1,"d":2}},"e":3})");
  EXPECT_EQ(json::dump(changed(tree, "a.b.c", "9")), R"({"a":{"b":{"c":9,"d":2}},"e":3})");
  EXPECT_EQ(json::dump(changed(tree, "a.b", R"({"x":1})")), R"({"a":{"b":{"x":1}},"e":3})");
  EXPECT_EQ(json::dump(changed(tree, "a", "true")), R"({"a":true,"e":3})");
  EXPECT_EQ(json::dump(changed(tree, "a.b.c", "null")), R"({"a":{"b":{"d":2}},"e":3})");
  EXPECT_EQ(json::dump(changed(tree, "e.f", "1")), R"({"a":{"b":{"c":1,"d":2}},"e":{"f":1}})");
  EXPECT_EQ(json::dump(changed(tree, "g", R"({"h.i":1,"h.j":null})")),
            R"({"a":{"b":{"c":1,"d":2}},"e":3,"g":{"h":{"i":1}}})");
}

TEST(SetConfig, TakesOlderNamesForTodays) {
  const json::Value none = parsed("{}");
  EXPECT_EQ(json::dump(changed(none, "payments.offers.pro.groupId", R"("plans")")),
            R"({"payments":{"products":{"pro":{"productLineId":"plans"}}}})");
  EXPECT_EQ(
      json::dump(changed(none, "payments", R"({"catalogs":{"a":{}},"groups":{"offers":{}}})")),
      R"({"payments":{"productLines":{"offers":{}}}})")
      << "the later one wins, and an id is no name";
  EXPECT_EQ(json::dump(changed(none, "payments.products.groups.catalogId", R"("x")")),
            R"({"payments":{"products":{"groups":{"productLineId":"x"}}}})");
  EXPECT_EQ(json::dump(changed(none, "offers.groups", "1")), R"({"offers":{"groups":1}})");
}

constexpr const char* kCatalog = R"({
  "items": {"credits": {"display_name": "Credits", "customer_type": "user"},
            "seats": {"customer_type": "team"}},
  "product_lines": {"plans": {}},
  "products": {
    "pro": {"customer_type": "user", "product_line": "plans", "free_trial": [7, "day"],
            "prices": {"m": {"amount": 1999, "currency": "usd", "interval": [1, "month"]},
                       "y": {"amount": 150000, "currency": "jpy", "interval": [1, "year"],
                             "free_trial": [1, "month"], "server_only": true}},
            "included_items": {"credits": {"quantity": 5, "repeat": [1, "month"],
                                           "expires": "when-repeated"}}},
    "extra": {"customer_type": "user", "product_line": "plans", "is_add_on_to": ["pro"],
              "stackable": true,
              "prices": {"k": {"amount": 1500, "currency": "kwd"}}},
    "gift": {"customer_type": "user", "server_only": true,
             "included_items": {"credits": {"quantity": 1}}}}})";

TEST(Config, TheCatalogComesBackAsItWas) {
  const domain::Catalog catalog = codec::parse_catalog(kCatalog).value();
  app::ProjectSettings settings;
  settings.trusted_domains = {"https://a.example.com", "https://*.b.example.com"};
  settings.test_mode = true;
  settings.other_config = R"({"auth":{"allowSignUp":false},"payments":{"autoPay":{"interval":1}}})";
  const json::Value tree = config_of(settings, catalog);
  const auto back = decode_config(tree);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->catalog, catalog);
  EXPECT_EQ(back->settings.trusted_domains, settings.trusted_domains);
  EXPECT_EQ(back->settings.test_mode, true);
  EXPECT_EQ(back->settings.block_new_purchases, false);
  EXPECT_EQ(back->settings.other_config, settings.other_config);
  EXPECT_FALSE(config_flag(settings, "auth.allowSignUp", true));
  EXPECT_TRUE(config_flag(settings, "auth.password.allowSignIn", true));
  EXPECT_TRUE(config_flag({}, "auth.allowSignUp", true));
}

TEST(Config, AmountsAreWrittenInMajorUnits) {
  const json::Value tree = config_of({}, codec::parse_catalog(kCatalog).value());
  const json::Value& products = *tree.find("payments")->find("products");
  const json::Value& prices = *products.find("pro")->find("prices");
  EXPECT_EQ(json::dump(*prices.find("m")),
            R"({"USD":"19.99","interval":[1,"month"],"serverOnly":false})");
  EXPECT_EQ(json::dump(*prices.find("y")),
            R"({"JPY":"150000","interval":[1,"year"],"freeTrial":[1,"month"],"serverOnly":true})");
  EXPECT_EQ(products.find("extra")->find("prices")->find("k")->string_at("KWD"), "1.500");
}

TEST(Config, WhatIsLeftOutHasItsDefault) {
  const auto change = decode_config(parsed(R"({"payments":{"items":{"c":{}},"products":{"p":{
      "prices":{"one":{"USD":"10"}},
      "includedItems":{"c":{"quantity":3}}},"q":{"includedItems":{"c":{}}}}}})"));
  ASSERT_TRUE(change.has_value());
  const domain::Product& product = change->catalog.products.at("p");
  EXPECT_EQ(product.display_name, "p");
  EXPECT_EQ(product.prices.at(0).amount, Money(1000, *Currency::parse("USD")));
  EXPECT_FALSE(product.included_items.at(0).repeat);
  EXPECT_EQ(product.included_items.at(0).expires, domain::Expiry::kNever);
  EXPECT_TRUE(change->catalog.products.at("q").included_items.empty()) << "none of it is included";
  EXPECT_EQ(change->settings.test_mode, std::nullopt) << "what nobody set stays";
}

TEST(Config, EveryWrongPlaceIsNamed) {
  const auto one = [](const std::string& product) {
    return wrong_places(R"({"payments":{"products":{"p":)" + product + "}}}");
  };
  using Places = std::vector<std::string>;
  EXPECT_EQ(one(R"({"colour":"red"})"), Places{"payments.products.p.colour"});
  EXPECT_EQ(one(R"({"prices":{"x":{"USD":"1.234"}}})"), Places{"payments.products.p.prices.x.USD"});
  EXPECT_EQ(one(R"({"prices":{"x":{"USD":1}}})"), Places{"payments.products.p.prices.x.USD"});
  EXPECT_EQ(one(R"({"prices":{"x":{"JPY":"1.5"}}})"), Places{"payments.products.p.prices.x.JPY"});
  EXPECT_EQ(one(R"({"prices":{"x":{"usd":"1"}}})"), Places{"payments.products.p.prices.x"});
  EXPECT_EQ(one(R"({"prices":{"x":{"USD":"1","colour":"red"}}})"),
            Places{"payments.products.p.prices.x.colour"});
  EXPECT_EQ(one(R"({"prices":"include-by-default"})"), Places{"payments.products.p.prices"});
  EXPECT_EQ(one(R"({"isAddOnTo":"pro"})"), Places{"payments.products.p.isAddOnTo"});
  EXPECT_EQ(one(R"({"productLineId":"none"})"), Places{"payments.products.p.productLineId"});
  EXPECT_EQ(one("7"), Places{"payments.products.p"});
  EXPECT_EQ(
      wrong_places(R"({"payments":{"testMode":"yes"},"domains":{"trustedDomains":{"a":{}}}})"),
      (Places{"payments.testMode", "domains.trustedDomains.a.baseUrl"}));
}

}  // namespace
}  // namespace purser::http::compat
