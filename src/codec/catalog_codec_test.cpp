#include "codec/catalog_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <sstream>

#include "codec/catalog_generators.hpp"
#include "codec/purchase_codec.hpp"

namespace purser::codec {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::vector<FieldError> fields_of(const Error& error) {
  for (const auto& [name, value] : error.details) {
    if (name == "fields") return std::get<std::vector<FieldError>>(value);
  }
  return {};
}

// The paths at which this text is wrong; empty when it is a catalog.
std::vector<std::string> wrong_paths(std::string_view text) {
  const auto catalog = parse_catalog(text);
  if (catalog) return {};
  EXPECT_EQ(catalog.error().code, ErrorCode::kCatalogInvalid);
  std::vector<std::string> paths;
  for (const FieldError& field : fields_of(catalog.error())) paths.push_back(field.path);
  return paths;
}

std::string first_message(std::string_view text) {
  const auto catalog = parse_catalog(text);
  return catalog ? "" : fields_of(catalog.error()).at(0).message;
}

constexpr const char* kItems = R"("items": {"credits": {"customer_type": "user"}})";

// A catalog of one product with these fields beside its customer type.
std::string product_with(const std::string& fields) {
  return std::string("{") + kItems + R"(, "products": {"p": {"customer_type": "user", )" + fields +
         "}}}";
}
std::string price_with(const std::string& fields) {
  return product_with(R"("prices": {"x": {)" + fields + "}}");
}
std::string included_with(const std::string& fields) {
  return product_with(R"("included_items": {"credits": {)" + fields + "}}");
}

TEST(ParseCatalog, DefaultsAreFilledIn) {
  const auto catalog = parse_catalog(included_with(R"("quantity": 5)")).value();
  EXPECT_EQ(catalog.items.at("credits").display_name, "credits");
  const domain::Product& p = catalog.products.at("p");
  EXPECT_EQ(p.id, ProductId("p"));
  EXPECT_EQ(p.display_name, "p");
  EXPECT_FALSE(p.server_only || p.stackable || p.product_line || p.free_trial);
  EXPECT_TRUE(p.is_add_on_to.empty() && p.prices.empty());
  EXPECT_EQ(p.included_items.at(0).repeat, std::nullopt);
  EXPECT_EQ(p.included_items.at(0).expires, domain::Expiry::kNever);
  EXPECT_EQ(catalog.version, 0);
}

TEST(ParseCatalog, IntervalsAreWrittenInTwoWays) {
  const auto interval = [](const std::string& text) {
    return parse_catalog(price_with(R"("amount": 1, "currency": "EUR", "interval": )" + text))
        .value()
        .products.at("p")
        .prices.at(0)
        .interval;
  };
  EXPECT_EQ(interval("\"month\""), (CalendarInterval{IntervalUnit::kMonth, 1}));
  EXPECT_EQ(interval("[2, \"week\"]"), (CalendarInterval{IntervalUnit::kWeek, 2}));
  EXPECT_EQ(interval("null"), std::nullopt);
}

TEST(ParseCatalog, WrongIntervalsAreRefused) {
  for (const char* text : {"\"months\"", "[0, \"month\"]", "[1001, \"day\"]", "[1]",
                           "[\"month\", 1]", "1", "[1.5, \"day\"]", "[1, \"day\", 2]", "true", "{}",
                           "[-1, \"day\"]", "[9223372036854775807, \"day\"]"}) {
    EXPECT_THAT(wrong_paths(price_with(R"("amount": 1, "currency": "EUR", "interval": )" +
                                       std::string(text))),
                ElementsAre("products.p.prices.x.interval"))
        << text;
  }
}

TEST(ParseCatalog, IsAddOnToIsFalseOneIdOrAList) {
  const auto bases = [](const std::string& text) {
    return parse_catalog(
               R"({"products": {"a": {"customer_type": "user"}, "b": {"customer_type": "user",
                          "is_add_on_to": )" +
               text + "}}}")
        .value()
        .products.at("b")
        .is_add_on_to;
  };
  EXPECT_TRUE(bases("false").empty());
  EXPECT_TRUE(bases("[]").empty());
  EXPECT_THAT(bases("\"a\""), ElementsAre(ProductId("a")));
  EXPECT_THAT(bases("[\"a\"]"), ElementsAre(ProductId("a")));
  EXPECT_THAT(wrong_paths(product_with(R"("is_add_on_to": true)")),
              ElementsAre("products.p.is_add_on_to"));
  EXPECT_THAT(wrong_paths(product_with(R"("is_add_on_to": [1])")),
              ElementsAre("products.p.is_add_on_to[0]"));
}

TEST(ParseCatalog, WrongTypesAreNamedByTheirPath) {
  EXPECT_THAT(wrong_paths(R"({"items": []})"), ElementsAre("items"));
  EXPECT_THAT(wrong_paths(R"({"items": {"a": 1}})"), Contains("items.a"));
  EXPECT_THAT(wrong_paths(R"({"items": {"a": {}}})"), ElementsAre("items.a.customer_type"));
  EXPECT_THAT(wrong_paths(R"({"items": {"a": {"customer_type": "x"}}})"),
              ElementsAre("items.a.customer_type"));
  EXPECT_THAT(wrong_paths(product_with(R"("display_name": 5)")),
              ElementsAre("products.p.display_name"));
  EXPECT_THAT(wrong_paths(product_with(R"("stackable": "yes")")),
              ElementsAre("products.p.stackable"));
  EXPECT_THAT(wrong_paths(product_with(R"("server_only": null)")),
              ElementsAre("products.p.server_only"));
  EXPECT_THAT(wrong_paths(product_with(R"("product_line": 1)")),
              ElementsAre("products.p.product_line"));
  EXPECT_THAT(wrong_paths(product_with(R"("prices": [])")), ElementsAre("products.p.prices"));
  EXPECT_THAT(wrong_paths("{\"items\": null}"), ElementsAre("items"));
}

TEST(ParseCatalog, AmountsAreIntegersOfMinorUnits) {
  for (const char* amount :
       {"1.5", "\"5\"", "1e400", "1e2", "9223372036854775808", "null", "true", "[1]"}) {
    EXPECT_THAT(wrong_paths(price_with(R"("currency": "usd", "amount": )" + std::string(amount))),
                ElementsAre("products.p.prices.x.amount"))
        << amount;
  }
  EXPECT_THAT(wrong_paths(price_with("")),
              UnorderedElementsAre("products.p.prices.x.amount", "products.p.prices.x.currency"));
  EXPECT_THAT(wrong_paths(price_with(R"("currency": "abc", "amount": 1)")),
              ElementsAre("products.p.prices.x.currency"));
}

TEST(ParseCatalog, QuantitiesAreIntegers) {
  const std::string path = "products.p.included_items.credits";
  for (const char* quantity :
       {"1.5", "\"5\"", "9007199254740992", "-9007199254740992", "null", "0", "-1"}) {
    EXPECT_THAT(wrong_paths(included_with(R"("quantity": )" + std::string(quantity))),
                ElementsAre(path + ".quantity"))
        << quantity;
  }
  EXPECT_THAT(wrong_paths(included_with("")), ElementsAre(path + ".quantity"));
  EXPECT_THAT(wrong_paths(included_with(R"("quantity": 1, "repeat": "sometimes")")),
              ElementsAre(path + ".repeat"));
  EXPECT_THAT(wrong_paths(included_with(R"("quantity": 1, "expires": "later")")),
              ElementsAre(path + ".expires"));
  EXPECT_THAT(wrong_paths(included_with(R"("quantity": 1, "repeat": "never", "expires": "never")")),
              ElementsAre());
}

TEST(ParseCatalog, UnknownFieldsAreRefusedEverywhere) {
  EXPECT_THAT(wrong_paths(R"({"itemz": {}})"), ElementsAre("itemz"));
  EXPECT_THAT(wrong_paths(R"({"items": {"a": {"customer_type": "user", "x": 1}}})"),
              ElementsAre("items.a.x"));
  EXPECT_THAT(wrong_paths(product_with(R"("price": {})")), ElementsAre("products.p.price"));
  EXPECT_THAT(wrong_paths(price_with(R"("amount": 1, "currency": "usd", "id": "x")")),
              ElementsAre("products.p.prices.x.id"));
  EXPECT_THAT(wrong_paths(included_with(R"("quantity": 1, "item": "x")")),
              ElementsAre("products.p.included_items.credits.item"));
}

TEST(ParseCatalog, EveryErrorIsReportedAtOnce) {
  EXPECT_THAT(wrong_paths(R"(
items:
  bad id: {customer_type: user}
  credits: {customer_type: robot, colour: red}
products:
  a:
    customer_type: team
    product_line: nowhere
    prices: {x: {amount: ten, currency: usd}}
    included_items: {credits: {quantity: 1}, other: {quantity: 0}}
)"),
              UnorderedElementsAre("items.bad id", "items.credits.customer_type",
                                   "items.credits.colour", "products.a.product_line",
                                   "products.a.prices.x.amount", "products.a.included_items.other",
                                   "products.a.included_items.other.quantity"));
}

TEST(ParseCatalog, TheAnswerStaysBounded) {
  std::string text = "{\"items\": {";
  for (int i = 0; i < 5000; ++i) text += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\": 1";
  const auto refused = parse_catalog(text + "}}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(fields_of(refused.error()).size(), 1000u);
}

TEST(ParseCatalog, JsonWithDuplicateKeysOrRubbishIsRefused) {
  EXPECT_FALSE(parse_catalog(R"({"items": {}, "items": {}})"));
  EXPECT_FALSE(parse_catalog("{"));
  EXPECT_FALSE(parse_catalog("{} {}"));
  EXPECT_FALSE(parse_catalog(""));
  EXPECT_FALSE(parse_catalog("[]"));
  EXPECT_TRUE(parse_catalog("{}"));
}

TEST(ParseYaml, QuotedScalarsAreStringsAndPlainOnesAreTyped) {
  const auto catalog = parse_catalog(R"(
items:
  credits: {customer_type: user, display_name: "2026"}
  012: {customer_type: 'user', display_name: yes}
  true: {customer_type: user, display_name: 1.5}
)")
                           .value();
  EXPECT_EQ(catalog.items.at("credits").display_name, "2026");
  EXPECT_EQ(catalog.items.at("012").display_name, "yes");
  EXPECT_EQ(catalog.items.at("true").display_name, "1.5");
  for (const char* text : {"2026", "0x1F", "-7", "+7", "true", "False", "~", "null", "0o17"}) {
    EXPECT_THAT(
        wrong_paths("items:\n  a: {customer_type: user, display_name: " + std::string(text) + "}"),
        ElementsAre("items.a.display_name"))
        << text;
  }
}

TEST(ParseYaml, NumbersOfEveryBase) {
  for (const char* amount : {"255", "+255", "0xff", "0xFF", "0o377", "0255"}) {
    const auto catalog =
        parse_catalog("products:\n  p: {customer_type: user, prices: {x: {currency: usd, amount: " +
                      std::string(amount) + "}}}");
    ASSERT_TRUE(catalog) << amount;
    EXPECT_EQ(catalog->products.at("p").prices.at(0).amount.minor_units(), 255) << amount;
  }
  for (const char* amount : {"1.5", "1e3", "99999999999999999999", "'5'", "0x", "1_000"}) {
    EXPECT_FALSE(
        parse_catalog("products:\n  p: {customer_type: user, prices: {x: {currency: usd, amount: " +
                      std::string(amount) + "}}}"))
        << amount;
  }
}

TEST(ParseYaml, WhatIsMagicIsRefused) {
  EXPECT_THAT(first_message("items: &a {}\nproducts: {}"), HasSubstr("anchors"));
  EXPECT_THAT(wrong_paths("items: &a {}\nproducts: *a"), Contains("products"));
  EXPECT_THAT(first_message("items: !!map {}"), HasSubstr("tags"));
  EXPECT_THAT(first_message("items: {a: {customer_type: !!str user}}"), HasSubstr("tags"));
  EXPECT_THAT(first_message("items: {<<: {}}"), HasSubstr("merge keys"));
  EXPECT_THAT(first_message("items: {}\n---\nproducts: {}"), HasSubstr("one document"));
  EXPECT_THAT(first_message("? [a]\n: {}"), HasSubstr("keys must be plain text"));
}

TEST(ParseYaml, DuplicateKeysAreNamed) {
  EXPECT_THAT(wrong_paths("items:\n  a: {customer_type: user}\n  a: {customer_type: team}\n"),
              ElementsAre("items.a"));
  EXPECT_THAT(wrong_paths("items: {}\nitems: {}\n"), ElementsAre("items"));
}

TEST(ParseYaml, WhatIsNotYamlTellsTheLine) {
  EXPECT_THAT(first_message("items:\n  a: [1, 2\nb: 3"), HasSubstr("line "));
  EXPECT_THAT(first_message("items: {a: {customer_type: \"us\xFF\"}}"), HasSubstr("UTF-8"));
  EXPECT_THAT(first_message("items: {a: {display_name: \"a\\0b\"}}"), HasSubstr("UTF-8"));
}

TEST(ParseYaml, DepthIsBounded) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(first_message(deep), HasSubstr("nested too deeply"));
  for (const char* open : {"[", "{", "- ", "? ", "a: {"}) {
    std::string endless = "items: ";
    for (int i = 0; i < 100'000; ++i) endless += open;
    EXPECT_FALSE(parse_catalog(endless)) << open;
  }
}

TEST(ParseYaml, SizeIsBounded) {
  EXPECT_THAT(first_message("#" + std::string(5 << 20, 'x')), HasSubstr("4 MiB"));
}

TEST(EncodeYaml, ReadsWell) {
  const auto catalog =
      parse_catalog(price_with(R"("amount": 5, "currency": "USD", "interval": "month")"));
  EXPECT_EQ(encode_catalog_yaml(*catalog), R"(items:
  credits:
    display_name: credits
    customer_type: user
product_lines: {}
products:
  p:
    display_name: p
    customer_type: user
    is_add_on_to: false
    server_only: false
    stackable: false
    prices:
      x:
        amount: 5
        currency: usd
        interval: [1, month]
        server_only: false
    included_items: {}
)");
}

TEST(DecodeProduct, InlineProductsNeedADisplayName) {
  const auto decode = [](const char* text, const char* id) {
    return decode_product(json::parse(text).value(), ProductId(id), "body.product");
  };
  const auto refused = decode(R"({"customer_type": "user"})", "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kSchemaError);
  EXPECT_EQ(fields_of(refused.error()).at(0).path, "body.product.display_name");
  EXPECT_TRUE(decode(R"({"customer_type": "user", "display_name": "x"})", "").value().is_inline());
  EXPECT_EQ(decode(R"({"customer_type": "user"})", "p").value().display_name, "p");
  EXPECT_EQ(fields_of(decode("5", "p").error()).at(0).path, "body.product");
}

TEST(DecodeProduct, ListsComeInTheOrderOfTheirIds) {
  const auto product = decode_product(
      json::parse(R"({"customer_type": "user", "prices": {"b": {"amount": 1, "currency": "usd"},
                      "a": {"amount": 1, "currency": "usd"}},
                      "included_items": {"z": {"quantity": 1}, "c": {"quantity": 1}}})")
          .value(),
      ProductId("p"), "");
  EXPECT_EQ(product->prices.at(0).id, PriceId("a"));
  EXPECT_EQ(product->included_items.at(0).item, ItemId("c"));
}

TEST(Snapshot, CorruptTextsAreInternalErrors) {
  EXPECT_EQ(decode_snapshot("", ProductId("p")).error().code, ErrorCode::kInternalError);
  EXPECT_EQ(decode_snapshot("{}", ProductId("p")).error().code, ErrorCode::kInternalError);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Example, TheShippedCatalogIsValid) {
  const auto catalog = parse_catalog(read_file(PURSER_SOURCE_DIR "/examples/catalog.yaml"));
  ASSERT_TRUE(catalog) << catalog.error().message;
  const domain::Product* credits = catalog->find_product(ProductId("credits-1000"));
  ASSERT_NE(credits, nullptr);
  EXPECT_EQ(credits->prices.at(0).amount.to_decimal(), "10.00");
  EXPECT_EQ(credits->included_items.at(0).quantity.value(), 1000);
}

// The guide's examples stand in fences that begin with ```yaml.
TEST(Example, EveryCatalogOfTheGuideIsValid) {
  const std::string guide = read_file(PURSER_SOURCE_DIR "/docs/guide/catalog.md");
  int checked = 0;
  for (std::size_t at = guide.find("```yaml\n"); at != std::string::npos;
       at = guide.find("```yaml\n", at)) {
    at += 8;
    const std::string text = guide.substr(at, guide.find("```", at) - at);
    const auto catalog = parse_catalog(text);
    EXPECT_TRUE(catalog) << text << catalog.error().message;
    ++checked;
  }
  EXPECT_GE(checked, 3);
}

RC_GTEST_PROP(CatalogProperty, JsonRoundTrips, ()) {
  const auto catalog = *testing::any_catalog();
  RC_ASSERT(domain::validate(catalog).empty());
  const auto decoded = parse_catalog(encode_catalog(catalog));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == catalog);
}

RC_GTEST_PROP(CatalogProperty, YamlRoundTrips, ()) {
  const auto catalog = *testing::any_catalog();
  const std::string text = encode_catalog_yaml(catalog);
  RC_LOG() << text;
  const auto decoded = parse_catalog(text);
  if (!decoded) RC_LOG() << decoded.error().message;
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == catalog);
}

RC_GTEST_PROP(CatalogProperty, SnapshotsRoundTrip, ()) {
  const auto catalog = *testing::any_catalog();
  for (const auto& [id, product] : catalog.products) {
    const auto decoded = decode_snapshot(encode_snapshot(product), product.id);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == product);
  }
}

RC_GTEST_PROP(CatalogProperty, ADamagedDocumentNeverCrashes, ()) {
  std::string text = encode_catalog_yaml(*testing::any_catalog());
  const int changes = *rc::gen::inRange(1, 5);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::elementOf(std::string("{}[]:,-#&*!|>'\"%@`? \n\t\\a1\x80"));
  }
  const auto decoded = parse_catalog(text);
  if (decoded) RC_ASSERT(domain::validate(*decoded).empty());
}

}  // namespace
}  // namespace purser::codec
