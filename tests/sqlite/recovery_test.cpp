#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "tests/contract/subscription_records.hpp"
#include "tests/sqlite/lives.hpp"

// Random work with kills in between. The store must always equal a plain map.

namespace purser::sqlite {
namespace {

using contract::amount;
using contract::customer_of;
using contract::item_of;

struct Model {
  std::map<ItemKey, domain::ItemAccount> accounts;
  std::map<ItemKey, std::vector<domain::Entry>> lines;
};

/// A store with small limits, so that rows of balances are written at every point.
SqliteOptions small_limits(std::mt19937_64& random) {
  SqliteOptions options;
  options.background = false;
  options.dirty_limit = static_cast<std::int64_t>(2 + random() % 60);
  options.checkpoint_pages = static_cast<int>(1 + random() % 60);
  options.cache_accounts = 1 + random() % 40;
  return options;
}

class RandomLives {
 public:
  explicit RandomLives(std::uint64_t seed) : random_(seed), lives_(small_limits(random_)) {
    PURSER_EXPECT_OK(lives_.store().commit(
        [](app::StoreBatch& batch) { return batch.insert_project(contract::project_of("p")); }));
  }

  void run(int batches) {
    for (int i = 0; i < batches; ++i) {
      const bool long_wait = random_() % 8 == 0;  // long enough for intervals to pass
      const std::uint64_t longest = long_wait ? 200'000'000 : 100'000;
      advance(static_cast<std::int64_t>(random_() % longest));
      batch();
      if (random_() % 20 == 0) {
        lives_.crash();
        compare();
      }
      if (testing::Test::HasFailure()) return;
    }
    compare();
    lives_.restart();
    compare();
  }

 private:
  void advance(std::int64_t millis) { lives_.clock().set(lives_.clock().now().millis() + millis); }

  void batch() {
    Model after = model_;
    const bool sinks = random_() % 12 == 0;
    const Status status = lives_.store().commit([&](app::StoreBatch& batch) -> Status {
      after = model_;
      const int commands = static_cast<int>(random_() % 8);
      for (int i = 0; i < commands; ++i) {
        batch.begin_command();
        const Model before = after;
        PURSER_CHECK_OK(command(batch, after));
        if (random_() % 5 == 0) {
          PURSER_CHECK_OK(batch.undo_command());
          after = before;
        }
      }
      if (sinks) return Error(ErrorCode::kOverloaded, "given up");
      return {};
    });
    EXPECT_EQ(status.has_value(), !sinks);
    if (status) model_ = after;
  }

  Status command(app::StoreBatch& batch, Model& model) {
    const int writes = 1 + static_cast<int>(random_() % 3);
    for (int i = 0; i < writes; ++i) PURSER_CHECK_OK(change(batch, model));
    return {};
  }

  Status change(app::StoreBatch& batch, Model& model) {
    const std::string name = "c" + std::to_string(random_() % 25);
    const ItemKey key = item_of(customer_of("p", CustomerType::kCustom, name),
                                random_() % 3 == 0 ? "seats" : "credits");
    PURSER_TRY(const domain::ItemAccount found, batch.item(key));
    EXPECT_EQ(found, model.accounts[key]);
    PURSER_TRY(const domain::Change change, decide(batch, key, found));
    PURSER_CHECK_OK(batch.put_item(key, change.account, change.entries));
    model.accounts[key] = change.account;
    auto& lines = model.lines[key];
    lines.insert(lines.end(), change.entries.begin(), change.entries.end());
    return {};
  }

  Result<domain::Change> decide(app::StoreBatch& batch, const ItemKey& key,
                                const domain::ItemAccount& account) {
    const Timestamp now = batch.now();
    const auto count = amount(static_cast<std::int64_t>(1 + random_() % 50));
    switch (random_() % 10) {
      case 0:
      case 1: {
        domain::Grant grant;
        grant.amount = count;
        if (random_() % 2 == 0) grant.expires_at = soon(now);
        grant.description = "a gift";
        return domain::grant(account, grant, now);
      }
      case 2:
      case 3:
        return domain::decrease(account, count, "", now);
      case 4:
        return domain::apply_due(account, now);
      case 5:
      case 6: {
        PURSER_TRY(auto tried, domain::try_decrease(account, count, "", now));
        return std::move(tried.change);
      }
      case 7:
        return include(batch, key, account);
      default:
        if (account.terms.empty()) return include(batch, key, account);
        return change_term(account, now);
    }
  }

  Timestamp soon(Timestamp now) {
    return now + Millis{static_cast<std::int64_t>(1 + random_() % 300'000'000)};
  }
  std::optional<Timestamp> maybe_soon(Timestamp now) {
    return random_() % 2 == 0 ? std::optional(soon(now)) : std::nullopt;
  }
  domain::TermLimits any_limits(Timestamp now) { return {maybe_soon(now), maybe_soon(now)}; }

  domain::IncludedGrant any_grant(const PurchaseId& source, Timestamp now) {
    domain::IncludedGrant grant;
    grant.source = source;
    grant.quantity = amount(static_cast<std::int64_t>(1 + random_() % 50));
    if (random_() % 3 != 0) grant.repeat = CalendarInterval{IntervalUnit::kDay, 1};
    grant.expires = static_cast<domain::Expiry>(random_() % (grant.repeat ? 3 : 2));
    grant.anchor = now;
    grant.keeps_term = true;
    const domain::TermLimits limits = any_limits(now);
    grant.until = limits.until;
    grant.ends_at = limits.ends_at;
    return grant;
  }

  /// Somebody subscribes to something that includes the item.
  Result<domain::Change> include(app::StoreBatch& batch, const ItemKey& key,
                                 const domain::ItemAccount& account) {
    const std::string id = "b" + std::to_string(++purchases_);
    const domain::IncludedGrant grant = any_grant(PurchaseId(id), batch.now());
    domain::Purchase purchase = contract::subscription_of(key.customer, id);
    purchase.product.included_items.push_back(
        {key.item, grant.quantity, grant.repeat, grant.expires});
    purchase.anchor = grant.anchor;
    PURSER_CHECK_OK(batch.insert_purchase(purchase, std::nullopt));
    return domain::grant_included(account, grant, batch.now());
  }

  /// What lines tell only a part of, or nothing.
  Result<domain::Change> change_term(const domain::ItemAccount& account, Timestamp now) {
    const PurchaseId source = account.terms[random_() % account.terms.size()].source;
    switch (random_() % 6) {
      case 0:
      case 1:
        return domain::extend_source(account, source, any_limits(now), now);
      case 2:
        return domain::switch_source(account, source, any_grant(source, now), any_limits(now), now);
      case 3:
        return domain::switch_source(account, source, std::nullopt, any_limits(now), now);
      case 4:
        return domain::end_source(account, source, now);
      default:
        return domain::revoke_source(account, source, now);
    }
  }

  void compare() {
    const auto view = lives_.store().view();
    for (const auto& [key, account] : model_.accounts) {
      const auto found = view->item(key);
      PURSER_ASSERT_OK(found);
      ASSERT_EQ(*found, account) << key.customer.id;
      const auto lines = view->ledger(key, std::nullopt, 100'000);
      PURSER_ASSERT_OK(lines);
      const auto& expected = model_.lines[key];
      ASSERT_EQ(lines->size(), expected.size());
      for (std::size_t i = 0; i < lines->size(); ++i) {
        ASSERT_EQ(lines->at(i).entry, expected[expected.size() - 1 - i]);
      }
    }
    const auto report = lives_.store().verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }

  std::mt19937_64 random_;
  Lives lives_;
  int purchases_ = 0;
  Model model_;
};

TEST(SqliteRecovery, EqualsAPlainMapThroughCrashes) {
  const char* given = std::getenv("PURSER_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (std::uint64_t life = 0; life < 8; ++life) {
    SCOPED_TRACE("PURSER_SEED=" + std::to_string(seed + life));
    RandomLives lives(seed + life);
    lives.run(120);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace purser::sqlite
