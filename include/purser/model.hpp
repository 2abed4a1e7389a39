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

/// A change of plan that waits for the end of the period.
struct PendingSwitch {
  std::optional<std::string> product_id;  ///< Nothing for an inline product.
  std::string price_id;
  std::int64_t quantity = 1;
  Time at{};  ///< When it takes effect; until then it can be called off (resume_subscription).
};

/// The state of a subscription that a customer owns.
struct SubscriptionInfo {
  std::string subscription_id;
  std::string status;  ///< As Stripe names it: "active", "trialing", "past_due", …
  std::optional<Time> current_period_end;
  bool cancel_at_period_end = false;
  bool is_cancelable = false;
  std::optional<PendingSwitch> pending_switch;
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
  std::optional<SubscriptionInfo> subscription;  ///< For `type` kSubscription.
  /// What the subscription can become; nothing unless it stands in a product line.
  std::optional<std::vector<SwitchOption>> switch_options;
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
  /// What its prices must be; nothing: whatever they are.
  std::optional<ProductType> type = {};
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

/// A subscription, also one that has ended.
struct Subscription {
  std::string id;
  std::optional<std::string> product_id;  ///< Nothing for an inline product.
  std::optional<std::string> price_id;
  std::int64_t quantity = 1;
  std::string status;  ///< As Stripe names it: "active", "trialing", "past_due", "canceled", …
  Time current_period_start{};
  Time current_period_end{};
  std::optional<Time> trial_end;
  bool cancel_at_period_end = false;
  bool is_cancelable = false;
  std::optional<Time> ended_at;
  std::optional<PendingSwitch> pending_switch;
};

/// Which subscription to cancel.
struct CancelOptions {
  std::optional<std::string> product_id = {};       ///< One of the two must be there.
  std::optional<std::string> subscription_id = {};  ///< Needed where several are owned.
  bool immediately = false;                         ///< False: at the end of the period.
  CallOptions call = {};
};

enum class SwitchTime : std::uint8_t { kNow, kPeriodEnd };

/// A change to another plan of the same product line.
struct SwitchSubscriptionOptions {
  std::string from_product_id = {};
  std::string to_product_id = {};
  std::optional<std::string> price_id = {};  ///< Needed when the new plan has several prices.
  std::optional<std::int64_t> quantity = {};
  std::optional<SwitchTime> effective = {};  ///< Nothing: as the project's settings say.
  CallOptions call = {};
};
/// What a switch would charge, in minor units of `currency`.
struct SwitchPreview {
  SwitchTime effective = SwitchTime::kNow;
  std::int64_t due_now = 0;
  std::optional<std::int64_t> next_renewal;  ///< Nothing for a plan that nobody pays for.
  Time next_renewal_at{};
  std::string currency;
  struct Line {
    std::string description;
    std::int64_t amount = 0;  ///< Negative: a credit.
    bool is_proration = false;
    Time period_start{};
    Time period_end{};
  };
  std::vector<Line> lines;  ///< What `due_now` consists of.
};

/// How a customer pays. All but the id may be absent: not every method is a card.
struct CustomerDefaultPaymentMethod {
  std::string id;
  std::optional<std::string> brand;  ///< "visa", "mastercard", …
  std::optional<std::string> last4;
  std::optional<int> exp_month;  ///< 1–12
  std::optional<int> exp_year;
};
struct CustomerBilling {
  bool has_customer = false;  ///< Whether Stripe knows the customer.
  std::optional<CustomerDefaultPaymentMethod> default_payment_method;
};
/// What Stripe.js needs to set a payment method up.
struct CustomerPaymentMethodSetupIntent {
  std::string client_secret;
  std::string stripe_account_id;
};

/// What a customer owes or has paid, in minor units of `currency`.
struct Invoice {
  std::string id;
  std::optional<std::string> number;
  std::string purchase_id;
  std::string currency;
  std::int64_t total = 0;
  std::int64_t amount_paid = 0;
  std::int64_t amount_refunded = 0;
  std::string status;  ///< "draft", "open", "paid", "uncollectible" or "void"
  std::optional<std::string> hosted_url;
  std::optional<Time> period_start;  ///< Nothing for what is paid once.
  std::optional<Time> period_end;
  Time created_at{};
};

/// One immutable business event of a customer.
struct Transaction {
  std::string id;
  std::string kind;  ///< "purchase", "grant", "renewal", "switch", "refund", "end", …
  std::string purchase_id;
  std::optional<std::string> product_id;
  std::optional<std::int64_t> amount;  ///< Minor units; nothing when no money moved.
  std::optional<std::string> currency;
  Time created_at{};
};

/// How much to give back; neither amount nor quantity: all that is left.
struct RefundOptions {
  std::optional<std::int64_t> amount = {};    ///< Minor units, > 0
  std::optional<std::int64_t> quantity = {};  ///< > 0; of a stackable one-time product
  std::optional<std::string> reason = {};  ///< "duplicate", "fraudulent", "requested_by_customer"
  CallOptions call = {};
};
struct Refund {
  std::string id;
  std::string purchase_id;
  std::int64_t amount = 0;  ///< Minor units
  std::string currency;
  std::optional<std::int64_t> quantity;
  std::string status;  ///< "pending", "succeeded" or "failed"
  std::optional<std::string> reason;
  Time created_at{};
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
