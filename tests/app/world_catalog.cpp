#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

constexpr CalendarInterval kWeekly{IntervalUnit::kWeek, 1};
constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
constexpr CalendarInterval kYearly{IntervalUnit::kYear, 1};

domain::Price price(const std::string& id, std::int64_t cents,
                    const std::optional<CalendarInterval>& interval = {}) {
  return {PriceId(id), Money(cents, *Currency::parse("USD")), interval, std::nullopt, false};
}

domain::IncludedItem included(const std::string& id, std::int64_t quantity,
                              const std::optional<CalendarInterval>& repeat = {},
                              domain::Expiry expires = domain::Expiry::kNever) {
  return {ItemId(id), *Quantity::of(quantity), repeat, expires};
}

domain::Product product(const std::string& id, CustomerType type = CustomerType::kUser) {
  domain::Product made;
  made.id = ProductId(id);
  made.display_name = "The " + id;
  made.customer_type = type;
  return made;
}

domain::Product in_line(const std::string& id, const std::string& line) {
  domain::Product made = product(id);
  made.product_line = ProductLineId(line);
  return made;
}

void add(domain::Catalog& catalog, const domain::Product& made) {
  catalog.products[made.id.str()] = made;
}

void add_one_time_products(domain::Catalog& catalog) {
  domain::Product pack = product("pack");
  pack.stackable = true;
  pack.prices = {price("once", 1000)};
  pack.included_items = {included("credits", 1000)};
  add(catalog, pack);

  domain::Product license = product("license");
  license.prices = {price("once", 2000)};
  license.included_items = {included("credits", 5)};
  add(catalog, license);

  domain::Product multi = product("multi");
  multi.prices = {price("eu", 1100), price("us", 1200)};
  add(catalog, multi);

  domain::Product hidden = product("hidden");
  hidden.server_only = true;
  hidden.prices = {price("once", 100)};
  add(catalog, hidden);

  domain::Product gift = product("gift");
  gift.included_items = {included("credits", 7)};
  add(catalog, gift);

  domain::Product daily = product("daily");
  daily.included_items = {included("days", 10, CalendarInterval{IntervalUnit::kDay, 1})};
  add(catalog, daily);

  domain::Product calls = product("calls-pack", CustomerType::kCustom);
  calls.prices = {price("once", 300)};
  calls.included_items = {included("calls", 50)};
  add(catalog, calls);
}

// The line "plans": free < basic < pro; staff for the server alone; lifetime, which is no
// subscription; and extra, an add-on to basic and pro.
void add_plans(domain::Catalog& catalog) {
  const auto allowance = [](std::int64_t credits) {
    return included("credits", credits, kMonthly, domain::Expiry::kWhenRepeated);
  };
  domain::Product free = in_line("free", "plans");
  free.prices = {price("monthly", 0, kMonthly)};
  free.included_items = {allowance(10)};
  add(catalog, free);

  domain::Product basic = in_line("basic", "plans");
  basic.prices = {price("monthly", 1000, kMonthly), price("yearly", 10'000, kYearly)};
  basic.included_items = {allowance(100)};
  add(catalog, basic);

  domain::Product pro = in_line("pro", "plans");
  pro.prices = {price("monthly", 3000, kMonthly), price("yearly", 30'000, kYearly)};
  pro.included_items = {allowance(500),
                        included("storage", 50, {}, domain::Expiry::kWhenPurchaseExpires)};
  add(catalog, pro);

  domain::Product staff = in_line("staff", "plans");
  staff.server_only = true;
  staff.prices = {price("monthly", 100, kMonthly)};
  add(catalog, staff);

  domain::Product lifetime = in_line("lifetime", "plans");
  lifetime.prices = {price("once", 50'000)};
  add(catalog, lifetime);

  domain::Product extra = product("extra");
  extra.is_add_on_to = {ProductId("basic"), ProductId("pro")};
  extra.prices = {price("monthly", 500, kMonthly)};
  extra.included_items = {included("storage", 20, {}, domain::Expiry::kWhenPurchaseExpires)};
  add(catalog, extra);
}

void add_other_subscriptions(domain::Catalog& catalog) {
  domain::Product plan = product("plan");
  plan.prices = {price("monthly", 900, kMonthly)};
  add(catalog, plan);

  // Two weeks free, once for the line.
  for (const auto& [id, cents] : {std::pair("trial-small", 1500), std::pair("trial-large", 4500)}) {
    domain::Product trial = in_line(id, "trials");
    trial.free_trial = CalendarInterval{IntervalUnit::kWeek, 2};
    trial.prices = {price("monthly", cents, kMonthly)};
    trial.included_items = {
        included("credits", cents / 10, kMonthly, domain::Expiry::kWhenRepeated)};
    add(catalog, trial);
  }

  domain::Product weekly = product("weekly");
  weekly.prices = {price("weekly", 250, kWeekly)};
  weekly.included_items = {included("days", 7, kWeekly, domain::Expiry::kWhenPurchaseExpires)};
  add(catalog, weekly);
}

}  // namespace

domain::Catalog make_catalog() {
  domain::Catalog catalog;
  const auto item = [&](const std::string& id, CustomerType type) {
    catalog.items[id] = {ItemId(id), "Some " + id, type};
  };
  item("credits", CustomerType::kUser);
  item("days", CustomerType::kUser);
  item("storage", CustomerType::kUser);
  item("seats", CustomerType::kTeam);
  item("calls", CustomerType::kCustom);
  for (const char* line : {"plans", "trials"}) {
    catalog.product_lines[line] = {ProductLineId(line), line, CustomerType::kUser};
  }
  add_one_time_products(catalog);
  add_plans(catalog);
  add_other_subscriptions(catalog);
  return catalog;
}

}  // namespace purser::app::testing
