#include <limits>
#include <utility>

#include "sdk/codec.hpp"
#include "sdk/error_table.hpp"
#include "sdk/read.hpp"

namespace purser::sdk::codec {

namespace {

CustomerType read_customer_type(Reader& in, std::string_view name) {
  const std::string text = in.text(name);
  if (text == "user") return CustomerType::kUser;
  if (text == "team") return CustomerType::kTeam;
  if (text != "custom") in.fail(name);
  return CustomerType::kCustom;
}

std::optional<IntervalUnit> read_interval(Reader& in, std::string_view name) {
  const auto text = in.optional_text(name);
  if (!text) return std::nullopt;
  if (*text == "day") return IntervalUnit::kDay;
  if (*text == "week") return IntervalUnit::kWeek;
  if (*text == "month") return IntervalUnit::kMonth;
  if (*text == "year") return IntervalUnit::kYear;
  in.fail(name);
  return std::nullopt;
}

Result<Price> read_price(const json::Value& value) {
  Reader in(value, "the price");
  Price price{in.text("id"), in.integer("amount"), in.text("currency"),
              read_interval(in, "interval"), 1};
  const auto count = in.optional_integer("interval_count").value_or(1);
  if (count < 1 || count > std::numeric_limits<int>::max()) in.fail("interval_count");
  price.interval_count = static_cast<int>(count);
  return finish(in, std::move(price));
}

Result<SubscriptionInfo> read_subscription(const json::Value& value) {
  Reader in(value, "the subscription");
  return finish(in, SubscriptionInfo{in.optional_time("current_period_end"),
                                     in.boolean_or("cancel_at_period_end", false),
                                     in.boolean_or("is_cancelable", false)});
}

Result<SwitchOption> read_switch_option(const json::Value& value) {
  Reader in(value, "the switch option");
  SwitchOption option{in.text("product_id"), in.text("display_name"), {}};
  for (const auto& element : in.array("prices")) {
    auto price = read_price(element);
    if (!price) return price.error();
    option.prices.push_back(*std::move(price));
  }
  return finish(in, std::move(option));
}

Result<BatchOutcome> read_outcome(const json::Value& value) {
  Reader in(value, "the batch's result");
  BatchOutcome outcome{in.boolean("success"), in.integer("quantity"), std::nullopt};
  if (const auto* error = in.optional_object("error")) {
    Reader error_in(*error, "the result's error");
    Error::Parts parts;
    parts.code_text = error_in.text("code");
    parts.message = error_in.optional_text("error").value_or("");
    if (const auto* row = find_error(parts.code_text)) {
      parts.code = row->code;
      parts.http_status = row->http_status;
    }
    if (error_in.error()) return *error_in.error();
    outcome.error.emplace(std::move(parts));
  }
  return finish(in, std::move(outcome));
}

std::vector<std::string> read_texts(Reader& in, std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& element : in.array(name)) {
    if (const auto* text = element.as_string()) {
      texts.push_back(*text);
    } else {
      in.fail(name);
    }
  }
  return texts;
}

}  // namespace

Result<Item> read_item(const json::Value& value) {
  Reader in(value, "the item");
  return finish(in, Item{in.text("id"), in.text("display_name"), in.integer("quantity")});
}

Result<std::int64_t> read_quantity(const json::Value& value) {
  Reader in(value, "the change");
  return finish(in, in.integer("quantity"));
}

Result<TryDecreaseResult> read_try_decrease(const json::Value& value) {
  Reader in(value, "the try-decrease");
  return finish(in, TryDecreaseResult{in.boolean("success"), in.integer("quantity")});
}

Result<BatchResult> read_batch(const json::Value& value) {
  Reader in(value, "the batch");
  BatchResult batch{in.boolean("applied"), {}};
  for (const auto& element : in.array("results")) {
    auto outcome = read_outcome(element);
    if (!outcome) return outcome.error();
    batch.outcomes.push_back(*std::move(outcome));
  }
  return finish(in, std::move(batch));
}

Result<LedgerEntry> read_ledger_entry(const json::Value& value) {
  Reader in(value, "the ledger entry");
  LedgerEntry entry;
  entry.id = in.optional_text("id");
  entry.change = in.integer("change");
  entry.quantity_after = in.integer("quantity_after");
  entry.cause = in.text("cause");
  entry.source = in.optional_text("source");
  entry.expires_at = in.optional_time("expires_at");
  entry.description = in.optional_text("description").value_or("");
  entry.created_at = in.time("created_at");
  return finish(in, std::move(entry));
}

Result<CustomerProduct> read_product(const json::Value& value) {
  Reader in(value, "the product");
  CustomerProduct product;
  product.id = in.optional_text("id");
  product.quantity = in.integer("quantity");
  product.display_name = in.text("display_name");
  product.customer_type = read_customer_type(in, "customer_type");
  product.is_server_only = in.boolean_or("is_server_only", false);
  product.stackable = in.boolean_or("stackable", false);
  const std::string type = in.text("type");
  if (type != "one_time" && type != "subscription") in.fail("type");
  product.type = type == "subscription" ? ProductType::kSubscription : ProductType::kOneTime;
  if (const auto* subscription = in.optional_object("subscription")) {
    auto info = read_subscription(*subscription);
    if (!info) return info.error();
    product.subscription = *std::move(info);
  }
  for (const auto& element : in.optional_array("switch_options")) {
    auto option = read_switch_option(element);
    if (!option) return option.error();
    product.switch_options.push_back(*std::move(option));
  }
  return finish(in, std::move(product));
}

Result<Grant> read_grant(const json::Value& value) {
  Reader in(value, "the grant");
  return finish(in, Grant{in.text("purchase_id"), in.optional_text("subscription_id")});
}

Result<std::string> read_checkout_url(const json::Value& value) {
  Reader in(value, "the checkout");
  return finish(in, in.text("url"));
}

Result<User> read_user(const json::Value& value) {
  Reader in(value, "the user");
  return finish(in, User{in.text("id"), in.optional_text("display_name").value_or(""),
                         in.optional_text("primary_email"), in.optional_time("created_at")});
}

Result<TeamInfo> read_team(const json::Value& value) {
  Reader in(value, "the team");
  return finish(in, TeamInfo{in.text("id"), in.optional_text("display_name").value_or(""),
                             in.optional_time("created_at")});
}

Result<Membership> read_membership(const json::Value& value) {
  Reader in(value, "the membership");
  return finish(in,
                Membership{in.text("team_id"), in.text("user_id"), in.boolean("administrator")});
}

Result<NewSession> read_session(const json::Value& value) {
  Reader in(value, "the session");
  return finish(in, NewSession{in.text("id"), in.text("access_token"), in.text("refresh_token")});
}

Result<CatalogDiff> read_catalog_diff(const json::Value& value) {
  Reader in(value, "the catalog's difference");
  CatalogDiff diff;
  diff.added = read_texts(in, "added");
  diff.changed = read_texts(in, "changed");
  diff.removed = read_texts(in, "removed");
  return finish(in, std::move(diff));
}

Result<std::vector<const json::Value*>> read_page_items(const json::Value& value) {
  Reader in(value, "the list");
  std::vector<const json::Value*> rows;
  for (const auto& row : in.array("items")) rows.push_back(&row);
  if (const auto* pagination = in.optional_object("pagination")) {
    Reader pages(*pagination, "the list's pagination");
    static_cast<void>(pages.optional_text("next_cursor"));
    if (pages.error()) return *pages.error();
  }
  return finish(in, std::move(rows));
}

std::optional<std::string> read_next_cursor(const json::Value& value) {
  const auto* pagination = value.find("pagination");
  return pagination == nullptr ? std::nullopt : pagination->string_at("next_cursor");
}

}  // namespace purser::sdk::codec
