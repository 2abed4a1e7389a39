#pragma once

// What the calls take and give: plain values. Fields that a newer server adds are ignored.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "purser/options.hpp"

namespace purser::sdk {

/// An instant in UTC, to the millisecond.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

enum class CustomerType : std::uint8_t { kUser, kTeam, kCustom };
/// "user", "team" or "custom".
std::string_view to_string(CustomerType type);

/// How much a customer has of one item, at the moment of the call.
struct Item {
  std::string id;
  std::string display_name;
  std::int64_t quantity = 0;  ///< Magnitude at most 2^53-1; negative when the customer is in debt.

  std::int64_t non_negative_quantity() const { return quantity > 0 ? quantity : 0; }
};

/// A part of a list, and where the next part starts.
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next_cursor;  ///< Nothing on the last page.

  auto begin() const { return items.begin(); }
  auto end() const { return items.end(); }
};

/// Which part of a list to get.
struct PageOptions {
  std::optional<std::string> cursor = {};  ///< `next_cursor` of the page before.
  std::optional<int> limit = {};           ///< 1–100; absent: the server's default.
};

enum class ProductType : std::uint8_t { kOneTime, kSubscription };
enum class IntervalUnit : std::uint8_t { kDay, kWeek, kMonth, kYear };

struct Price {
  std::string id;
  std::int64_t amount = 0;               ///< In the currency's minor unit (cents for USD).
  std::string currency;                  ///< ISO 4217 code as the server writes it.
  std::optional<IntervalUnit> interval;  ///< Nothing: paid once.
  int interval_count = 1;
};

struct SubscriptionInfo {
  std::optional<Time> current_period_end;
  bool cancel_at_period_end = false;
  bool is_cancelable = false;
};

struct SwitchOption {
  std::string product_id;
  std::string display_name;
  std::vector<Price> prices;
};

/// A product that a customer owns.
struct CustomerProduct {
  std::optional<std::string> id;  ///< Nothing for a product described in the request that sold it.
  std::int64_t quantity = 1;
  std::string display_name;
  CustomerType customer_type = CustomerType::kUser;
  bool is_server_only = false;
  bool stackable = false;
  ProductType type = ProductType::kOneTime;
  std::optional<SubscriptionInfo> subscription;
  std::vector<SwitchOption> switch_options;
};

/// A price of an inline product.
struct InlinePrice {
  std::int64_t amount = 0;    ///< Minor units.
  std::string currency = {};  ///< "USD", in any letter case.
  std::optional<IntervalUnit> interval = {};
};

/// What an inline product gives to its owner.
struct InlineItem {
  std::string item_id;
  std::int64_t quantity = 1;  ///< > 0
};

/// A product that is described in the request and not in the catalog; for the type of customer that
/// buys it. Servers only.
struct InlineProduct {
  std::string display_name = {};
  bool is_server_only = false;
  bool stackable = false;
  std::vector<InlinePrice> prices = {};
  std::vector<InlineItem> included_items = {};
};

/// A product of the catalog by its id, or one described on the spot.
using ProductChoice = std::variant<std::string, InlineProduct>;

/// What to sell, and where the buyer goes afterwards.
struct CheckoutOptions {
  ProductChoice product;  ///< An id; server apps may also pass an InlineProduct.
  std::optional<std::string> return_url = {};  ///< On one of the project's trusted domains.
  std::optional<std::string> price_id = {};    ///< Needed when the product has several prices.
  std::optional<std::int64_t> quantity = {};   ///< ≥ 1; more than 1 for stackable products only.
  CallOptions call = {};
};

/// What to give without payment.
struct GrantOptions {
  ProductChoice product;
  std::optional<std::string> price_id = {};
  std::optional<std::int64_t> quantity = {};  ///< ≥ 1
  CallOptions call = {};
};
struct Grant {
  std::string purchase_id;
  std::optional<std::string> subscription_id;
};

/// What to note with a change of an item.
struct ChangeOptions {
  std::optional<Time> expires_at = {};  ///< Of an increase: what is left of it then goes.
  std::string description = {};         ///< For the ledger; at most 500 bytes.
  CallOptions call = {};
};

struct TryDecreaseResult {
  bool success = false;       ///< False: there was too little, and nothing changed.
  std::int64_t quantity = 0;  ///< What there is after it.
};

/// One command of a batch.
struct BatchCommand {
  enum class Kind : std::uint8_t { kChange, kTryDecrease };
  Kind kind = Kind::kChange;
  std::string item_id = {};
  std::int64_t amount = 0;  ///< kChange: ≠ 0, negative to decrease; kTryDecrease: > 0
  std::optional<Time> expires_at = {};
  std::string description = {};
};
/// The outcome of one command of a batch.
struct BatchOutcome {
  bool success = false;       ///< It took effect, or would have if the batch had been applied.
  std::int64_t quantity = 0;  ///< What there is after it.
  std::optional<Error>
      error;  ///< Why it failed, when it is not a try-decrease that found too little.
};
/// What became of a batch.
struct BatchResult {
  bool applied = false;  ///< False: the batch is atomic and a command failed, so nothing changed.
  /// In the order of the commands. When the batch was not applied, the last one is the one that
  /// failed, and those after it were not tried.
  std::vector<BatchOutcome> outcomes;
};
struct BatchOptions {
  bool atomic = true;  ///< All commands or none; false: each on its own.
  CallOptions call = {};
};

/// One immutable line of an item's history.
struct LedgerEntry {
  std::optional<std::string> id;  ///< Nothing: due already, recorded by the next write.
  std::int64_t change = 0;
  std::int64_t quantity_after = 0;
  std::string cause;                  ///< "manual", "try_decrease", "purchase", "expiry", …
  std::optional<std::string> source;  ///< The purchase that caused it.
  std::optional<Time> expires_at;
  std::string description;
  Time created_at{};
};

struct User {
  std::string id;
  std::string display_name;
  std::optional<std::string> primary_email;
  std::optional<Time> created_at;
};
struct NewUser {
  std::optional<std::string> id = {};  ///< 1–128 bytes; absent: the server makes a UUID.
  std::string display_name = {};
  std::optional<std::string> primary_email = {};
  CallOptions call = {};
};
/// Only what is present changes.
struct UserChange {
  std::optional<std::string> display_name = {};
  std::optional<std::string> primary_email = {};
  bool remove_primary_email = false;
};

struct TeamInfo {
  std::string id;
  std::string display_name;
  std::optional<Time> created_at;
};
struct NewTeam {
  std::optional<std::string> id = {};
  std::string display_name = {};
  std::optional<std::string> creator_user_id = {};  ///< Becomes an administrator of it.
  CallOptions call = {};
};

struct Membership {
  std::string team_id;
  std::string user_id;
  bool administrator = false;  ///< May buy for the team and see what it has.
};

/// A new session of a user. `refresh_token` is shown once.
struct NewSession {
  std::string session_id;
  std::string access_token;
  std::string refresh_token;

  Tokens tokens() const { return {access_token, refresh_token}; }
};

/// What a new catalog changes: paths like "products.pro".
struct CatalogDiff {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};

}  // namespace purser::sdk
