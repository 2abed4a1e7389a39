#include "codec/purchase_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "codec/catalog_generators.hpp"
#include "json/json.hpp"

namespace purser::codec {
namespace {

using domain::Subscription;

Timestamp at(std::int64_t millis) { return *Timestamp::from_millis(millis); }

domain::PendingSwitch pending() {
  domain::PendingSwitch change;
  change.product.id = ProductId("pro");
  change.product.display_name = "Pro";
  change.product.prices.push_back({PriceId("monthly"),
                                   Money(900, *Currency::parse("EUR")),
                                   CalendarInterval{IntervalUnit::kMonth, 1},
                                   {},
                                   false});
  change.catalog_version = 4;
  change.price = PriceId("monthly");
  change.quantity = *Quantity::of(3);
  change.at = at(500);
  return change;
}

Subscription full() {
  Subscription subscription;
  subscription.status = domain::SubscriptionStatus::kPastDue;
  subscription.anchor = at(100);
  subscription.current_period_start = at(200);
  subscription.current_period_end = at(500);
  subscription.paid_through = at(200);
  subscription.trial_end = at(150);
  subscription.cancel_at_period_end = true;
  subscription.ended_at = at(600);
  subscription.pending = pending();
  subscription.switching = pending();
  subscription.switching_id = "switch-1";
  subscription.remote_ref = "sub_1";
  return subscription;
}

// What lies in databases must stay readable: these are their bytes.
TEST(SubscriptionCodec, ThisIsHowASubscriptionIsWritten) {
  Subscription subscription;
  subscription.anchor = at(100);
  subscription.current_period_start = at(100);
  subscription.current_period_end = at(200);
  subscription.paid_through = at(200);
  EXPECT_EQ(encode_subscription(subscription),
            R"({"status":"active","anchor":100,"current_period_start":100,)"
            R"("current_period_end":200,"paid_through":200,"trial_end":null,)"
            R"("cancel_at_period_end":false,"ended_at":null,"pending":null,"switching":null,)"
            R"("switching_id":"","remote_ref":""})");
}

TEST(SubscriptionCodec, AllOfItComesBack) {
  const auto decoded = decode_subscription(encode_subscription(full()));
  ASSERT_TRUE(decoded) << decoded.error().log.for_log();
  EXPECT_EQ(*decoded, full());
}

TEST(SubscriptionCodec, EveryStatusComesBack) {
  for (int i = 0; i < domain::kSubscriptionStatusCount; ++i) {
    Subscription subscription;
    subscription.status = static_cast<domain::SubscriptionStatus>(i);
    EXPECT_EQ(decode_subscription(encode_subscription(subscription)).value(), subscription) << i;
  }
}

void expect_refused(const json::Value& document) {
  const auto decoded = decode_subscription(json::dump(document));
  ASSERT_FALSE(decoded) << json::dump(document);
  EXPECT_EQ(decoded.error().code, ErrorCode::kInternalError);
}

TEST(SubscriptionCodec, EveryFieldMustStandThere) {
  const json::Value document = json::parse(encode_subscription(full())).value();
  for (const auto& [name, value] : *document.as_object()) {
    json::Value without = document;
    without.erase(name);
    expect_refused(without);
    json::Value wrong = document;
    wrong.set(name, json::Value(json::Array{}));
    expect_refused(wrong);
  }
  for (const auto& [name, value] : *document.find("pending")->as_object()) {
    json::Value without = document;
    without.find("pending")->erase(name);
    expect_refused(without);
  }
}

TEST(SubscriptionCodec, NothingElseMayStandThere) {
  json::Value document = json::parse(encode_subscription(full())).value();
  document.set("colour", json::Value("red"));
  expect_refused(document);
  document = json::parse(encode_subscription(full())).value();
  document.find("switching")->set("colour", json::Value("red"));
  expect_refused(document);
}

TEST(SubscriptionCodec, ValuesOutOfTheirRangesAreRefused) {
  const json::Value document = json::parse(encode_subscription(full())).value();
  const auto refuse = [&](const char* name, const json::Value& value) {
    json::Value changed = document;
    changed.set(name, value);
    expect_refused(changed);
  };
  refuse("status", json::Value("Active"));
  refuse("status", json::Value("gone"));
  refuse("anchor", json::Value(std::int64_t{-1}));
  refuse("anchor", json::Value(json::Number{"1.5"}));
  refuse("anchor", json::Value(nullptr));
  refuse("trial_end", json::Value(Timestamp::kMaxMillis + 1));
  refuse("cancel_at_period_end", json::Value(std::int64_t{1}));
  json::Value changed = document;
  changed.find("pending")->set("quantity", json::Value(Quantity::kMax + 1));
  expect_refused(changed);
  changed = document;
  changed.find("pending")->find("product")->erase("customer_type");
  expect_refused(changed);
  for (const char* text : {"", "null", "[]", "{}", "{\"status\":"}) {
    const auto decoded = decode_subscription(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().code, ErrorCode::kInternalError);
  }
}

rc::Gen<std::optional<Timestamp>> maybe_instant() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(-1, Timestamp::kMaxMillis + 1),
                      [](std::int64_t millis) { return Timestamp::from_millis(millis); });
}
Timestamp any_instant() {
  return at(*rc::gen::inRange<std::int64_t>(0, Timestamp::kMaxMillis + 1));
}

std::optional<domain::PendingSwitch> any_switch() {
  const domain::Catalog catalog = *testing::any_catalog();
  if (catalog.products.empty()) return std::nullopt;
  domain::PendingSwitch change;
  change.product = catalog.products.begin()->second;
  if (*rc::gen::arbitrary<bool>()) change.product.id = ProductId();
  change.catalog_version = *rc::gen::inRange<std::int64_t>(0, 1000);
  change.price = PriceId(*testing::any_name());
  change.quantity = *Quantity::of(*rc::gen::inRange<std::int64_t>(1, Quantity::kMax + 1));
  change.at = any_instant();
  return change;
}

RC_GTEST_PROP(SubscriptionCodecProperty, RoundTrips, ()) {
  Subscription subscription;
  subscription.status = static_cast<domain::SubscriptionStatus>(
      *rc::gen::inRange(0, domain::kSubscriptionStatusCount));
  subscription.anchor = any_instant();
  subscription.current_period_start = any_instant();
  subscription.current_period_end = any_instant();
  subscription.paid_through = any_instant();
  subscription.trial_end = *maybe_instant();
  subscription.cancel_at_period_end = *rc::gen::arbitrary<bool>();
  subscription.ended_at = *maybe_instant();
  subscription.pending = any_switch();
  subscription.switching = any_switch();
  subscription.switching_id = *testing::any_name();
  subscription.remote_ref = *testing::any_name();
  const std::string text = encode_subscription(subscription);
  const auto decoded = decode_subscription(text);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == subscription);
  RC_ASSERT(encode_subscription(*decoded) == text);
}

}  // namespace
}  // namespace purser::codec
