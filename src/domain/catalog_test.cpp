#include "domain/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace purser::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};

Quantity q(std::int64_t value) { return Quantity::of(value).value(); }
Money usd(std::int64_t cents) { return {cents, Currency::parse("usd").value()}; }
Price price(const char* id, std::int64_t cents, std::optional<CalendarInterval> interval = {}) {
  return {PriceId(id), usd(cents), interval, std::nullopt, false};
}

void add_product(Catalog& catalog, Product product) {
  if (product.display_name.empty()) product.display_name = product.id.str();
  catalog.products[product.id.str()] = std::move(product);
}

Product product(const char* id) {
  Product p;
  p.id = ProductId(id);
  p.display_name = id;
  return p;
}

// Credits for users, seats for teams, a line of plans, and the plans "free" and "pro" in it.
Catalog sample() {
  Catalog catalog;
  catalog.items["credits"] = {ItemId("credits"), "Credits", CustomerType::kUser};
  catalog.items["seats"] = {ItemId("seats"), "Seats", CustomerType::kTeam};
  catalog.product_lines["plans"] = {ProductLineId("plans"), "Plans", CustomerType::kUser};
  catalog.product_lines["other"] = {ProductLineId("other"), "Other", CustomerType::kUser};
  for (const char* id : {"free", "pro"}) {
    Product plan = product(id);
    plan.product_line = ProductLineId("plans");
    plan.prices = {price("monthly", 1000, kMonthly)};
    plan.included_items = {{ItemId("credits"), q(10), kMonthly, Expiry::kWhenRepeated}};
    add_product(catalog, plan);
  }
  return catalog;
}

std::vector<std::string> paths(const std::vector<FieldError>& errors) {
  std::vector<std::string> list;
  for (const FieldError& error : errors) list.push_back(error.path);
  return list;
}

// The paths that are wrong once `change` was made to the product "pro" of the sample.
template <class Change>
std::vector<std::string> wrong_paths(Change change) {
  Catalog catalog = sample();
  change(catalog.products.at("pro"));
  return paths(validate(catalog));
}

TEST(CatalogId, Shape) {
  for (const char* good : {"a", "A1", "_x", "credits-1000", "0", "a_b-c"}) {
    EXPECT_TRUE(is_catalog_id(good)) << good;
  }
  for (const char* bad : {"", "-a", "a b", "a.b", "a/b", "\xC3\xA9", "a\n"}) {
    EXPECT_FALSE(is_catalog_id(bad)) << bad;
  }
  EXPECT_TRUE(is_catalog_id(std::string(63, 'x')));
  EXPECT_FALSE(is_catalog_id(std::string(64, 'x')));
  EXPECT_FALSE(is_catalog_id(std::string_view("a\0b", 3)));
}

TEST(Validate, TheSampleIsValid) { EXPECT_THAT(validate(sample()), IsEmpty()); }

TEST(Validate, AnEmptyCatalogIsValid) { EXPECT_THAT(validate({}), IsEmpty()); }

TEST(Validate, ReportsEveryErrorAtOnce) {
  Catalog catalog = sample();
  catalog.items["bad id"] = {ItemId("bad id"), "", CustomerType::kUser};
  catalog.products.at("pro").product_line = ProductLineId("nowhere");
  catalog.products.at("free").prices[0].amount = usd(-1);
  EXPECT_THAT(
      paths(validate(catalog)),
      UnorderedElementsAre("items.bad id", "items.bad id.display_name", "products.pro.product_line",
                           "products.free.prices.monthly.amount"));
}

TEST(Validate, AmountsOfPrices) {
  const auto with = [](std::int64_t cents, std::optional<CalendarInterval> interval) {
    return wrong_paths([&](Product& p) { p.prices = {price("x", cents, interval)}; });
  };
  EXPECT_THAT(with(0, kMonthly), IsEmpty());
  EXPECT_THAT(with(1, {}), IsEmpty());
  EXPECT_THAT(with(kMaxPriceMinorUnits, {}), IsEmpty());
  EXPECT_THAT(with(0, {}), ElementsAre("products.pro.prices.x.amount"));
  EXPECT_THAT(with(-1, kMonthly), ElementsAre("products.pro.prices.x.amount"));
  EXPECT_THAT(with(kMaxPriceMinorUnits + 1, {}), ElementsAre("products.pro.prices.x.amount"));
}

TEST(Validate, IntervalsOfPricesAreAtMostThreeYears) {
  const auto with = [](IntervalUnit unit, int count) {
    return wrong_paths([&](Product& p) {
      p.prices = {price("x", 1, CalendarInterval{unit, count})};
    });
  };
  EXPECT_THAT(with(IntervalUnit::kYear, 3), IsEmpty());
  EXPECT_THAT(with(IntervalUnit::kMonth, 36), IsEmpty());
  EXPECT_THAT(with(IntervalUnit::kYear, 4), ElementsAre("products.pro.prices.x.interval"));
  EXPECT_THAT(with(IntervalUnit::kWeek, 157), ElementsAre("products.pro.prices.x.interval"));
  EXPECT_THAT(with(IntervalUnit::kDay, 1096), testing::Contains("products.pro.prices.x.interval"));
  EXPECT_THAT(with(IntervalUnit::kDay, 0), ElementsAre("products.pro.prices.x.interval"));
}

TEST(Validate, FreeTrialsNeedAnInterval) {
  EXPECT_THAT(wrong_paths([](Product& p) {
                p.free_trial = CalendarInterval{IntervalUnit::kDay, 14};
              }),
              IsEmpty());
  EXPECT_THAT(wrong_paths([](Product& p) {
                p.prices = {price("once", 5)};
                p.free_trial = kMonthly;
              }),
              ElementsAre("products.pro.free_trial"));
  EXPECT_THAT(wrong_paths([](Product& p) {
                p.prices = {price("once", 5)};
                p.prices[0].free_trial = kMonthly;
              }),
              ElementsAre("products.pro.prices.once.free_trial"));
  EXPECT_THAT(wrong_paths([](Product& p) {
                p.free_trial = CalendarInterval{IntervalUnit::kYear, 3};
              }),
              ElementsAre("products.pro.free_trial"));
}

TEST(Validate, IncludedItems) {
  const auto with = [](IncludedItem included) {
    return wrong_paths([&](Product& p) { p.included_items = {included}; });
  };
  const std::string path = "products.pro.included_items.credits";
  EXPECT_THAT(with({ItemId("credits"), q(0), {}, Expiry::kNever}), ElementsAre(path + ".quantity"));
  EXPECT_THAT(with({ItemId("credits"), q(1), {}, Expiry::kWhenRepeated}),
              ElementsAre(path + ".expires"));
  EXPECT_THAT(with({ItemId("credits"), q(1), {}, Expiry::kWhenPurchaseExpires}), IsEmpty());
  EXPECT_THAT(with({ItemId("nothing"), q(1), {}, Expiry::kNever}),
              ElementsAre("products.pro.included_items.nothing"));
  EXPECT_THAT(with({ItemId("seats"), q(1), {}, Expiry::kNever}),
              ElementsAre("products.pro.included_items.seats"));
}

TEST(Validate, TwiceTheSamePriceOrItem) {
  EXPECT_THAT(wrong_paths([](Product& p) { p.prices.push_back(p.prices[0]); }),
              ElementsAre("products.pro.prices.monthly"));
  EXPECT_THAT(wrong_paths([](Product& p) { p.included_items.push_back(p.included_items[0]); }),
              ElementsAre("products.pro.included_items.credits"));
}

TEST(Validate, ProductLinesAreForTheSameCustomers) {
  Catalog catalog = sample();
  catalog.product_lines.at("plans").customer_type = CustomerType::kTeam;
  EXPECT_THAT(paths(validate(catalog)),
              ElementsAre("products.free.product_line", "products.pro.product_line"));
}

TEST(Validate, BasesOfAddOns) {
  const auto with = [](std::vector<ProductId> bases, std::optional<ProductLineId> line) {
    Catalog catalog = sample();
    Product add_on = product("extra");
    add_on.is_add_on_to = std::move(bases);
    add_on.product_line = std::move(line);
    add_product(catalog, add_on);
    Product team = product("team");
    team.customer_type = CustomerType::kTeam;
    add_product(catalog, team);
    add_product(catalog, product("single"));
    return paths(validate(catalog));
  };
  const std::string path = "products.extra.is_add_on_to";
  EXPECT_THAT(with({ProductId("pro"), ProductId("free")}, {}), IsEmpty());
  EXPECT_THAT(with({ProductId("pro"), ProductId("single")}, ProductLineId("plans")), IsEmpty());
  EXPECT_THAT(with({ProductId("pro")}, ProductLineId("other")), ElementsAre(path + "[0]"));
  EXPECT_THAT(with({ProductId("pro"), ProductId("no")}, {}), ElementsAre(path + "[1]"));
  EXPECT_THAT(with({ProductId("team")}, {}), ElementsAre(path + "[0]"));
  EXPECT_THAT(with({ProductId("pro"), ProductId("pro")}, {}), ElementsAre(path + "[1]"));
  EXPECT_THAT(with({ProductId("extra")}, {}), ElementsAre(path));
}

TEST(Validate, AddOnsDoNotLeadBackToThemselves) {
  Catalog catalog;
  for (const auto& [id, base] :
       {std::pair{"a", "b"}, {"b", "c"}, {"c", "a"}, {"d", "a"}, {"e", "f"}}) {
    Product p = product(id);
    p.is_add_on_to = {ProductId(base)};
    add_product(catalog, p);
  }
  add_product(catalog, product("f"));
  EXPECT_THAT(paths(validate(catalog)),
              ElementsAre("products.a.is_add_on_to", "products.b.is_add_on_to",
                          "products.c.is_add_on_to", "products.d.is_add_on_to"));
}

TEST(Validate, Bounds) {
  Catalog catalog;
  for (std::size_t i = 0; i <= kMaxItems; ++i) {
    const std::string id = "i" + std::to_string(i);
    catalog.items[id] = {ItemId(id), id, CustomerType::kUser};
    catalog.product_lines[id] = {ProductLineId(id), id, CustomerType::kUser};
    add_product(catalog, product(id.c_str()));
  }
  Product& full = catalog.products.at("i0");
  for (std::size_t i = 0; i <= kMaxPricesPerProduct; ++i) {
    const std::string id = "i" + std::to_string(i);
    full.prices.push_back(price(id.c_str(), 1));
    full.included_items.push_back({ItemId(id), q(1), {}, Expiry::kNever});
    full.is_add_on_to.emplace_back("i" + std::to_string(i + 1));
  }
  full.display_name = std::string(201, 'x');
  EXPECT_THAT(paths(validate(catalog)),
              UnorderedElementsAre("items", "product_lines", "products", "products.i0.prices",
                                   "products.i0.included_items", "products.i0.is_add_on_to",
                                   "products.i0.display_name"));
}

TEST(ValidateInline, KnowsTheCatalogsItemsAndNoProducts) {
  Product p;
  p.display_name = "Ten credits";
  p.prices = {price("only", 100)};
  p.included_items = {{ItemId("credits"), q(10), {}, Expiry::kNever}};
  EXPECT_THAT(validate_inline_product(p, sample(), "body.product"), IsEmpty());
  p.included_items[0].item = ItemId("nothing");
  p.product_line = ProductLineId("plans");
  p.is_add_on_to = {ProductId("pro")};
  p.display_name = "";
  EXPECT_THAT(
      paths(validate_inline_product(p, sample(), "body.product")),
      UnorderedElementsAre("body.product.included_items.nothing", "body.product.product_line",
                           "body.product.is_add_on_to", "body.product.display_name"));
}

TEST(Diff, NamesWhatChanged) {
  const Catalog before = sample();
  Catalog after = sample();
  EXPECT_TRUE(diff(before, after).empty());
  after.items.erase("seats");
  after.products.at("pro").server_only = true;
  add_product(after, product("new"));
  const CatalogDiff changes = diff(before, after);
  EXPECT_THAT(changes.added, ElementsAre("products.new"));
  EXPECT_THAT(changes.changed, ElementsAre("products.pro"));
  EXPECT_THAT(changes.removed, ElementsAre("items.seats"));
  EXPECT_FALSE(changes.empty());
}

TEST(Find, GivesNullForWhatIsNotThere) {
  const Catalog catalog = sample();
  EXPECT_EQ(catalog.find_item(ItemId("credits"))->display_name, "Credits");
  EXPECT_EQ(catalog.find_item(ItemId("pro")), nullptr);
  EXPECT_EQ(catalog.find_product(ProductId("pro"))->id, ProductId("pro"));
  EXPECT_EQ(catalog.find_product(ProductId("")), nullptr);
  EXPECT_NE(catalog.products.at("pro").find_price(PriceId("monthly")), nullptr);
  EXPECT_EQ(catalog.products.at("pro").find_price(PriceId("yearly")), nullptr);
}

}  // namespace
}  // namespace purser::domain
