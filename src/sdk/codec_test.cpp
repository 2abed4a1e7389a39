#include "sdk/codec.hpp"

#include <gtest/gtest.h>

namespace purser::sdk::codec {
namespace {

using std::chrono::milliseconds;

json::Value parse(std::string_view text) {
  auto value = json::parse(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? *value : json::Value();
}

/// A complete answer of each kind, with a member that this SDK does not know.
constexpr const char* kItem =
    R"({"id":"credits","display_name":"Credits","quantity":-5,"non_negative_quantity":0,"new":1})";
constexpr const char* kProduct =
    R"({"id":"pro","quantity":2,"display_name":"Pro","customer_type":"team","is_server_only":true,)"
    R"("stackable":true,"type":"subscription","subscription":{"current_period_end":)"
    R"("2026-02-28T00:00:00.000Z","cancel_at_period_end":true,"is_cancelable":false},)"
    R"("switch_options":[{"product_id":"max","display_name":"Max","prices":[{"id":"m","amount":900,)"
    R"("currency":"USD","interval":"month","interval_count":3}]}],"new":{}})";
constexpr const char* kEntry =
    R"({"id":"17","change":-3,"quantity_after":4,"cause":"try_decrease","source":null,)"
    R"("expires_at":null,"description":"job","created_at":"2026-01-31T12:00:00.250Z","new":[]})";

TEST(SdkCodecTest, ReadsAnItem) {
  const auto item = read_item(parse(kItem));
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->id, "credits");
  EXPECT_EQ(item->display_name, "Credits");
  EXPECT_EQ(item->quantity, -5);
  EXPECT_EQ(item->non_negative_quantity(), 0);
}

TEST(SdkCodecTest, KeepsLargeIntegersExact) {
  const auto quantity = read_quantity(parse(R"({"quantity":9007199254740991})"));
  ASSERT_TRUE(quantity.has_value());
  EXPECT_EQ(*quantity, 9007199254740991);
}

TEST(SdkCodecTest, ReadsAProductWithAllItsParts) {
  const auto product = read_product(parse(kProduct));
  ASSERT_TRUE(product.has_value());
  EXPECT_EQ(product->id, "pro");
  EXPECT_EQ(product->quantity, 2);
  EXPECT_EQ(product->customer_type, CustomerType::kTeam);
  EXPECT_TRUE(product->is_server_only);
  EXPECT_TRUE(product->stackable);
  EXPECT_EQ(product->type, ProductType::kSubscription);
  ASSERT_TRUE(product->subscription.has_value());
  EXPECT_EQ(product->subscription->current_period_end, Time(milliseconds(1'772'236'800'000)));
  EXPECT_TRUE(product->subscription->cancel_at_period_end);
  ASSERT_TRUE(product->switch_options.has_value());
  ASSERT_EQ(product->switch_options->size(), 1U);
  const auto& price = product->switch_options->at(0).prices.at(0);
  EXPECT_EQ(price.amount, 900);
  EXPECT_EQ(price.interval, IntervalUnit::kMonth);
  EXPECT_EQ(price.interval_count, 3);
}

TEST(SdkCodecTest, ReadsAnInlineOneTimeProduct) {
  const auto product = read_product(parse(
      R"({"id":null,"quantity":1,"display_name":"X","customer_type":"user","is_server_only":false,)"
      R"("stackable":false,"type":"one_time","subscription":null})"));
  ASSERT_TRUE(product.has_value());
  EXPECT_FALSE(product->id.has_value());
  EXPECT_FALSE(product->subscription.has_value());
  EXPECT_FALSE(product->switch_options.has_value());
}

TEST(SdkCodecTest, ReadsALedgerEntry) {
  const auto entry = read_ledger_entry(parse(kEntry));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->id, "17");
  EXPECT_EQ(entry->change, -3);
  EXPECT_EQ(entry->quantity_after, 4);
  EXPECT_EQ(entry->cause, "try_decrease");
  EXPECT_FALSE(entry->source.has_value());
  EXPECT_FALSE(entry->expires_at.has_value());
  EXPECT_EQ(entry->created_at, Time(milliseconds(1'769'860'800'250)));
}

TEST(SdkCodecTest, ReadsABatchWithItsErrors) {
  const auto batch = read_batch(parse(
      R"({"applied":false,"results":[{"success":true,"quantity":5,"error":null},{"success":false,)"
      R"("quantity":5,"error":{"code":"ITEM_NOT_FOUND","error":"No."}}]})"));
  ASSERT_TRUE(batch.has_value());
  EXPECT_FALSE(batch->applied);
  ASSERT_EQ(batch->outcomes.size(), 2U);
  EXPECT_FALSE(batch->outcomes[0].error.has_value());
  ASSERT_TRUE(batch->outcomes[1].error.has_value());
  EXPECT_EQ(batch->outcomes[1].error->code(), ErrorCode::kItemNotFound);
  EXPECT_EQ(batch->outcomes[1].error->category(), ErrorCategory::kNotFound);
}

TEST(SdkCodecTest, ReadsPeople) {
  const auto user = read_user(parse(
      R"({"id":"u","display_name":"U","primary_email":null,"created_at":"2026-01-01T00:00:00Z"})"));
  ASSERT_TRUE(user.has_value());
  EXPECT_FALSE(user->primary_email.has_value());
  EXPECT_TRUE(read_team(parse(R"({"id":"t","display_name":"T"})")).has_value());
  const auto membership =
      read_membership(parse(R"({"team_id":"t","user_id":"u","administrator":true})"));
  ASSERT_TRUE(membership.has_value());
  EXPECT_TRUE(membership->administrator);
  const auto session =
      read_session(parse(R"({"id":"s","access_token":"a","refresh_token":"r","user_id":"u"})"));
  ASSERT_TRUE(session.has_value());
  EXPECT_EQ(session->tokens().refresh_token, "r");
}

TEST(SdkCodecTest, ReadsPages) {
  const auto page =
      read_page(parse(std::string(R"({"items":[)") + kItem + R"(],"is_paginated":true,)" +
                      R"("pagination":{"next_cursor":"c2"}})"),
                read_item);
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->next_cursor, "c2");
  const auto last = read_page(
      parse(R"({"items":[],"is_paginated":true,"pagination":{"next_cursor":null}})"), read_item);
  ASSERT_TRUE(last.has_value());
  EXPECT_FALSE(last->next_cursor.has_value());
}

/// Removes or replaces each member in turn: the decoder must answer an error or a value, never
/// crash, and must refuse a required member that is gone or of a wrong type.
template <class Read>
void expect_required(std::string_view text, std::vector<std::string> required, Read read) {
  const auto whole = parse(text);
  ASSERT_TRUE(read(whole).has_value()) << text;
  for (const auto& member : *whole.as_object()) {
    for (const bool remove : {true, false}) {
      json::Object changed;
      for (const auto& other : *whole.as_object()) {
        if (other.first != member.first) changed.push_back(other);
      }
      if (!remove) changed.emplace_back(member.first, json::Value(json::Number{"1.5"}));
      const auto answer = read(json::Value(changed));
      const bool needed =
          std::find(required.begin(), required.end(), member.first) != required.end();
      if (needed) {
        ASSERT_FALSE(answer.has_value()) << member.first;
      }
      if (!answer.has_value()) {
        EXPECT_EQ(answer.error().code(), ErrorCode::kMalformedAnswer);
        EXPECT_NE(answer.error().message().find(member.first), std::string::npos)
            << answer.error().message();
      }
    }
  }
  for (const char* other : {"null", "[]", "1", "\"x\"", "{}"}) {
    EXPECT_FALSE(read(parse(other)).has_value()) << other;
  }
}

TEST(SdkCodecTest, AMalformedAnswerIsATypedErrorThatNamesTheMember) {
  expect_required(kItem, {"id", "display_name", "quantity"}, read_item);
  expect_required(kEntry, {"change", "quantity_after", "cause", "created_at"}, read_ledger_entry);
  expect_required(kProduct, {"quantity", "display_name", "customer_type", "type"}, read_product);
  expect_required(R"({"success":true,"quantity":1})", {"success", "quantity"}, read_try_decrease);
  expect_required(R"({"applied":true,"results":[]})", {"applied", "results"}, read_batch);
  expect_required(R"({"purchase_id":"x","subscription_id":"y"})", {"purchase_id"}, read_grant);
  expect_required(R"({"url":"http://x"})", {"url"}, read_checkout_url);
  expect_required(R"({"id":"s","access_token":"a","refresh_token":"r"})",
                  {"id", "access_token", "refresh_token"}, read_session);
  expect_required(R"({"added":[],"changed":["a"],"removed":[]})", {"added", "changed", "removed"},
                  read_catalog_diff);
}

TEST(SdkCodecTest, WritesChanges) {
  ChangeOptions options;
  EXPECT_EQ(write_change(-7, options), R"({"change":-7})");
  options.description = "say \"hi\"";
  options.expires_at = Time(milliseconds(1'769'860'800'250));
  EXPECT_EQ(write_change(7, options),
            R"({"change":7,"expires_at":"2026-01-31T12:00:00.250Z","description":"say \"hi\""})");
  EXPECT_EQ(write_try_decrease(3, {}), R"({"amount":3})");
}

TEST(SdkCodecTest, WritesBatches) {
  using Kind = BatchCommand::Kind;
  const std::vector<BatchCommand> commands = {{Kind::kChange, "credits", 5},
                                              {Kind::kTryDecrease, "seats", 1}};
  EXPECT_EQ(write_batch(commands, {}),
            R"({"atomic":true,"operations":[{"item_id":"credits","change":5},)"
            R"({"item_id":"seats","try_decrease":1}]})");
}

TEST(SdkCodecTest, WritesCheckoutsAndGrants) {
  CheckoutOptions checkout;
  checkout.product = "credits-1000";
  checkout.return_url = "https://app.example.com/done";
  EXPECT_EQ(write_checkout(checkout),
            R"({"product_id":"credits-1000","return_url":"https://app.example.com/done"})");
  GrantOptions grant;
  grant.product = InlineProduct{
      "Gift", std::nullopt, false, true, {{500, "USD", IntervalUnit::kMonth}}, {{"credits", 10}}};
  grant.quantity = 2;
  EXPECT_EQ(
      write_grant(grant),
      R"({"product":{"display_name":"Gift","server_only":false,)"
      R"("stackable":true,"prices":{"price-1":{"amount":500,"currency":"USD","interval":"month"}},)"
      R"("included_items":{"credits":{"quantity":10}}},"quantity":2})");
}

TEST(SdkCodecTest, WritesPeople) {
  EXPECT_EQ(write_new_user({}), "{}");
  NewUser user;
  user.id = "u1";
  user.display_name = "Ann";
  user.primary_email = "ann@example.com";
  EXPECT_EQ(write_new_user(user),
            R"({"id":"u1","display_name":"Ann","primary_email":"ann@example.com"})");
  UserChange change;
  change.remove_primary_email = true;
  EXPECT_EQ(write_user_change(change), R"({"primary_email":null})");
  NewTeam team;
  team.creator_user_id = "u1";
  EXPECT_EQ(write_new_team(team), R"({"creator_user_id":"u1"})");
}

TEST(SdkCodecTest, TimesOutsideTheRangeCannotBeWritten) {
  EXPECT_FALSE(write_time(Time(milliseconds(-1))).has_value());
  EXPECT_EQ(write_time(Time(milliseconds(0))), "1970-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace purser::sdk::codec
