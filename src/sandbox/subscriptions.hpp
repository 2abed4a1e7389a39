#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/api.hpp"
#include "sandbox/intents.hpp"
#include "sandbox/invoice_documents.hpp"
#include "types/timestamp.hpp"

namespace purser::sandbox {

// Subscriptions in the shape of the pinned API version: current_period_start and _end stand on the
// subscription, whose prices all have one interval. Source:
// https://docs.stripe.com/billing/subscriptions/overview

/// How long a subscription waits for its first payment.
inline constexpr std::int64_t kIncompleteSeconds = 23 * 60 * 60;
/// How long before a trial's end customer.subscription.trial_will_end comes.
inline constexpr std::int64_t kTrialNoticeSeconds = 3 * 24 * 60 * 60;

/// A price and how often. The price of one that is to be created is not stored yet.
struct Item {
  std::string id;  ///< si_…; empty for a new one
  json::Value price;
  std::int64_t quantity = 1;
  json::Value metadata = empty_object();

  std::int64_t amount() const { return int_at(price, "unit_amount") * quantity; }
};

CalendarInterval interval_of(const json::Value& price);
std::vector<Item> items_of(const json::Value& subscription);
std::int64_t amount_of(const std::vector<Item>& items);
/// Puts the items into the subscription's document; gives ids to new ones.
void show_items(World& world, json::Value& subscription, std::vector<Item>& items);
/// "2 × Seats (at $10.00 / month)" and the like; `account` knows the products' names.
Line period_line(const Scene& scene, const std::string& subscription, const Item& item,
                 std::int64_t start, std::int64_t end);
Line trial_line(const Scene& scene, const std::string& subscription, const Item& item,
                std::int64_t start, std::int64_t end);
std::string product_name(const Scene& scene, const json::Value& price);

/// What a new subscription is made of.
struct SubscriptionOrder {
  std::string customer;
  std::vector<Item> items;
  std::vector<Line> extras;  ///< one-time lines of the first invoice
  std::optional<std::int64_t> trial_end;
  std::optional<std::int64_t> anchor;  ///< in the future: the first period ends there
  bool prorate = true;                 ///< the first period up to the anchor is paid for
  bool cancel_at_period_end = false;
  json::Value default_payment_method = {};
  json::Value description = {};
  json::Value metadata = empty_object();
  std::string missing_payment_method = "create_invoice";  ///< at the trial's end, or "cancel"
  bool saves_method = false;  ///< what pays becomes the subscription's default method
};
/// The first invoice's lines.
std::vector<Line> first_lines(const Scene& scene, const std::string& id,
                              const SubscriptionOrder& order);
/// Adds the subscription and its first invoice, which is finalized but not paid; a subscription
/// that has nothing to pay is active or trialing.
Record& add_subscription(const Scene& scene, SubscriptionOrder order);

/// When something happens to a subscription by itself.
std::optional<std::int64_t> subscription_due_at(const Record& subscription);
/// Lets that happen: the trial's notice, its end, the renewal, the end.
void advance_subscription(const Scene& scene, Record& subscription);
void note_invoice_paid(const Scene& scene, const Record& invoice);
void note_invoice_failed(const Scene& scene, const Record& invoice, bool automatic);

bool is_live(const json::Value& subscription);  ///< neither canceled nor expired
/// Ends it now. `reason`: "cancellation_requested" or "payment_failed".
void cancel_subscription(const Scene& scene, Record& subscription, const std::string& reason);
void cancel_subscriptions_of(const Scene& scene, const std::string& customer);

/// What an update asks of a subscription's billing.
struct Change {
  std::vector<Item> items;  ///< all of them afterwards
  std::string proration = "create_prorations";
  std::optional<std::int64_t> proration_date;
  bool anchor_now = false;
  std::optional<std::int64_t> trial_end;  ///< now, or another time while trialing
};
/// What it comes to.
struct ChangePlan {
  std::vector<Line> prorations;    ///< credits and debits for the rest of the running period
  std::vector<Line> period_lines;  ///< a whole new period
  bool new_period = false;
  bool invoice_now = false;
  std::int64_t start = 0;
  std::int64_t end = 0;
};
/// Changes nothing. A refusal when the proration date is outside the period, currencies mix, ….
std::variant<ChangePlan, Failure> plan_change(const Scene& scene, const json::Value& subscription,
                                              const Change& change);
/// The credit lines for the unused rest of the period.
std::vector<Line> unused_time(const Scene& scene, const json::Value& subscription,
                              const std::vector<Item>& items, std::int64_t from);
/// The lines of the next renewal of a subscription with these items.
std::vector<Line> renewal_lines(const Scene& scene, const json::Value& subscription,
                                const std::vector<Item>& items, std::int64_t from,
                                std::int64_t* until = nullptr);

/// Reads `items[…]` of a request: new items, or changes to `known` ones.
std::vector<Item> read_items(Call& call, Params& params, const std::vector<Item>& known,
                             std::vector<json::Value>& new_prices);
/// Reads a new item, or what changes in a known one.
void read_item(Call& call, Params& params, Item& item, std::vector<json::Value>& new_prices);
/// The refusal of items that cannot be in one subscription.
std::optional<Failure> check_items(const std::vector<Item>& items);
/// Stores the prices that were made along with items.
void put_prices(const Scene& scene, std::vector<json::Value>& prices);
/// Reads everything about proration that updates and previews share.
void read_change(Call& call, Params& params, Change& change);
/// `trial_end`: a time, or `now`.
std::optional<std::int64_t> read_trial_end(Call& call, Params& params);

/// What an update of a subscription asks for.
struct Update {
  json::Value doc;  ///< the subscription with everything but its billing changed
  Change change;
  std::vector<json::Value> new_prices;
  bool changes_billing = false;
  std::optional<std::optional<std::string>> method;
  std::string behavior = "allow_incomplete";
  bool off_session = false;
};
/// How an update's payment is made: `payment_behavior` and `off_session`.
void read_payment(Params& params, Update& update);
/// Does all of an update that was read, or refuses it and changes nothing.
std::optional<Failure> apply_update(const Scene& scene, Record& subscription, Update& update);

Answer update_subscription(Call& call);  // subscription_update.cpp

}  // namespace purser::sandbox
