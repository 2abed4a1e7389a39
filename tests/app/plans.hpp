#pragma once

// What the tests of subscriptions sell: a product line with plans and an add-on to one of them.

#include <string>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {

inline Money usd(std::int64_t cents) { return {cents, *Currency::parse("USD")}; }
inline constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
inline constexpr CalendarInterval kYearly{IntervalUnit::kYear, 1};

inline domain::Price recurring(const std::string& id, std::int64_t cents,
                               CalendarInterval interval) {
  return {PriceId(id), usd(cents), interval, std::nullopt, false};
}

inline domain::IncludedItem monthly_credits(std::int64_t quantity) {
  return {ItemId("credits"), *Quantity::of(quantity), kMonthly, domain::Expiry::kWhenRepeated};
}

inline domain::Product plan_product(const std::string& id, std::vector<domain::Price> prices) {
  domain::Product product;
  product.id = ProductId(id);
  product.display_name = "The " + id;
  product.product_line = ProductLineId("plans");
  product.prices = std::move(prices);
  return product;
}

/// make_catalog() and, in the line "plans": "basic" (5.00 a month, 100 credits), "pro" (20.00 a
/// month or 200.00 a year, 1000 credits), "trial" and "trial2" (30.00 a month after 14 days free,
/// 300 credits), "forever" (once, 500.00) and "extra" (3.00 a month, an add-on to pro). Outside it:
/// "seat" (7.00 a month, stackable), "tryseat" (the same with a trial).
inline domain::Catalog plans_catalog() {
  domain::Catalog catalog = make_catalog();
  catalog.product_lines["plans"] = {ProductLineId("plans"), "Plans", CustomerType::kUser};
  const auto add = [&](const domain::Product& made) { catalog.products[made.id.str()] = made; };
  domain::Product basic = plan_product("basic", {recurring("monthly", 500, kMonthly)});
  basic.included_items = {monthly_credits(100)};
  add(basic);
  domain::Product pro = plan_product(
      "pro", {recurring("monthly", 2000, kMonthly), recurring("yearly", 20000, kYearly)});
  pro.included_items = {monthly_credits(1000)};
  add(pro);
  for (const char* id : {"trial", "trial2"}) {
    domain::Product trial = plan_product(id, {recurring("monthly", 3000, kMonthly)});
    trial.free_trial = CalendarInterval{IntervalUnit::kDay, 14};
    trial.included_items = {monthly_credits(300)};
    add(trial);
  }
  domain::Price once = recurring("once", 50000, kMonthly);
  once.interval.reset();
  add(plan_product("forever", {once}));
  domain::Product extra = plan_product("extra", {recurring("monthly", 300, kMonthly)});
  extra.is_add_on_to = {ProductId("pro")};
  extra.included_items = {
      {ItemId("days"), *Quantity::of(5), kMonthly, domain::Expiry::kWhenRepeated}};
  add(extra);
  domain::Product seat = plan_product("seat", {recurring("monthly", 700, kMonthly)});
  seat.product_line.reset();
  seat.stackable = true;
  add(seat);
  seat.id = ProductId("tryseat");
  seat.free_trial = CalendarInterval{IntervalUnit::kDay, 14};
  add(seat);
  return catalog;
}

/// A world that sells them.
class PlansWorld : public World {
 public:
  PlansWorld() { put_catalog(plans_catalog()); }

  NewCheckout order_at(const std::string& product, const std::string& price) const {
    NewCheckout made = order(product);
    made.price = PriceId(price);
    return made;
  }
  /// "200 <url>", or the code of the refusal.
  std::string answer(const NewCheckout& wanted, const std::string& key = "") {
    const auto reply = checkout(wanted, key);
    if (!reply) return std::string(error_row(reply.error().code).name);
    return reply->reply.body;
  }
  Result<domain::Purchase> grant(const NewGrant& wanted) {
    return write<domain::Purchase>(
        [&](StoreBatch& batch, AfterCommit&) { return sales->grant(*context(), batch, wanted); });
  }
  Result<domain::Purchase> grant(const std::string& product, const std::string& price = "",
                                 std::int64_t quantity = 1) {
    NewGrant wanted;
    wanted.customer = user();
    wanted.product = ProductId(product);
    wanted.quantity = *Quantity::of(quantity);
    if (!price.empty()) wanted.price = PriceId(price);
    return grant(wanted);
  }
  void test_mode(bool on) {
    SettingsChange change;
    change.test_mode = on;
    settings(change);
  }
  /// Pays a session and settles it, as an event about it would.
  void buy(const std::string& session) {
    provider.pay(session);
    settle(session);
  }
  void settle(const std::string& session) {
    if (!sales->settle(project, session)) std::abort();
  }
  std::vector<Transaction> transactions() {
    return *store->view()->transactions(user(), {"", 100});
  }
  std::vector<Invoice> invoices() { return *store->view()->invoices(user(), {"", 100}); }
  /// What the customer owns now, by product id, as the list says.
  std::vector<std::string> owned_products(const std::string& customer = "alice") {
    std::vector<std::string> products;
    const auto page = sales->owned(*context(), user(customer), "", 100, false);
    if (!page) std::abort();
    for (const auto& purchase : page->items) products.push_back(purchase.product.id.str());
    return products;
  }
};

}  // namespace purser::app::testing
