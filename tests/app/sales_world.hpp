#pragma once

// What the tests of selling need beside the world: orders and their answers in a word, and a
// picture of all that a refusal must leave alone.

#include <string>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {

inline constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
inline constexpr CalendarInterval kYearly{IntervalUnit::kYear, 1};
inline constexpr Millis kMinute{60'000};
inline constexpr Millis kHour{3'600'000};
inline constexpr Millis kDay{86'400'000};

inline Money usd(std::int64_t cents) { return {cents, *Currency::parse("USD")}; }
inline std::vector<std::string> nothing() { return {}; }

inline domain::Price recurring(const std::string& id, std::int64_t cents,
                               CalendarInterval interval) {
  return {PriceId(id), usd(cents), interval, std::nullopt, false};
}

class SalesWorld : public World {
 public:
  NewCheckout order_at(const std::string& product_id, const std::string& price,
                       std::int64_t quantity = 1) const {
    NewCheckout made = order(product_id);
    if (!price.empty()) made.price = PriceId(price);
    made.quantity = *Quantity::of(quantity);
    return made;
  }
  /// The URL, or the code of the refusal.
  std::string answer(const NewCheckout& wanted, const std::string& key = "") {
    const auto reply = checkout(wanted, key);
    if (!reply) return std::string(error_row(reply.error().code).name);
    return reply->reply.body;
  }
  Result<domain::Purchase> try_grant(const NewGrant& wanted) {
    return write<domain::Purchase>(
        [&](StoreBatch& batch, AfterCommit&) { return sales->grant(*context(), batch, wanted); });
  }
  Result<domain::Purchase> try_grant(const std::string& product_id, const std::string& price = "",
                                     std::int64_t quantity = 1) {
    NewGrant wanted;
    wanted.customer = user();
    wanted.product = ProductId(product_id);
    wanted.quantity = *Quantity::of(quantity);
    if (!price.empty()) wanted.price = PriceId(price);
    return try_grant(wanted);
  }
  void test_mode(bool on) {
    SettingsChange change;
    change.test_mode = on;
    settings(change);
  }
  void block_purchases(bool on) {
    SettingsChange change;
    change.block_new_purchases = on;
    settings(change);
  }
  /// The catalog with a stackable subscription "seat" (7.00 a month, 70.00 a year) and "tryseat",
  /// the same with a trial of two weeks.
  void sell_seats() {
    domain::Catalog catalog = make_catalog();
    domain::Product seat = catalog.products["plan"];
    seat.id = ProductId("seat");
    seat.stackable = true;
    seat.prices = {recurring("monthly", 700, kMonthly), recurring("yearly", 7000, kYearly)};
    catalog.products["seat"] = seat;
    seat.id = ProductId("tryseat");
    seat.prices.pop_back();
    seat.free_trial = CalendarInterval{IntervalUnit::kWeek, 2};
    catalog.products["tryseat"] = seat;
    put_catalog(catalog);
  }
  void settle(const std::string& session) {
    if (!sales->settle(project, session)) std::abort();
  }
  /// Pays a session and settles it, as an event about it would.
  void buy(const std::string& session) {
    provider.pay(session);
    settle(session);
  }
  FakeProvider::Session session(const std::string& id) {
    for (const auto& session : provider.sessions()) {
      if (session.remote.id == id) return session;
    }
    return {};
  }
  /// The provider's subscription that a paid session began.
  std::string subscription_of_session(const std::string& id) {
    return session(id).remote.subscription;
  }
  std::vector<Invoice> invoices() { return *store->view()->invoices(user(), {"", 100}); }
  std::vector<Intention> intentions_due() {
    return *store->view()->due_intentions(clock.now() + Millis{24 * kHour.count}, 100);
  }
  /// What the customer owns now, by product id, as the list says.
  std::vector<std::string> listed(const std::string& customer = "alice") {
    std::vector<std::string> products;
    const auto page = sales->owned(*context(), user(customer), "", 100, false);
    if (!page) std::abort();
    for (const auto* bought : page->items) products.push_back(bought->product.id.str());
    return products;
  }
};

/// What a refusal must leave as it was.
struct Picture {
  std::size_t purchases = 0;
  std::string history;
  std::size_t events = 0;
  std::int64_t credits = 0;
  std::size_t remote = 0;
  std::int64_t charged = 0;
  friend bool operator==(const Picture&, const Picture&) = default;
};
inline Picture picture_of(SalesWorld& world) {
  return {world.owned(world.user()).size(),
          world.history(world.user()),
          world.outbox_types().size(),
          world.quantity(world.user(), "credits"),
          world.provider.customers() + world.provider.products() + world.provider.prices() +
              world.provider.sessions().size(),
          world.provider.charged()};
}

}  // namespace purser::app::testing
