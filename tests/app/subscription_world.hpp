#pragma once

// What the tests of running subscriptions need beside the world: orders with their answers in a
// word, and a picture of all that a refusal must leave alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {

inline constexpr Millis kMinute{60'000};
inline constexpr Millis kHour{3'600'000};
inline constexpr Millis kDay{86'400'000};
inline constexpr CalendarInterval kMonth{IntervalUnit::kMonth, 1};

inline Millis days(int n) { return {n * kDay.count}; }
inline int count(const std::vector<std::string>& texts, const std::string& wanted) {
  return static_cast<int>(std::count(texts.begin(), texts.end(), wanted));
}

/// What an error is called, with its reason when it has one: "SWITCH_NOT_POSSIBLE add_on".
inline std::string called(const Error& error) {
  std::string text(error_row(error.code).name);
  for (const auto& [name, value] : error.details) {
    const auto* reason = std::get_if<std::string>(&value);
    if (name == "reason" && reason != nullptr) text += " " + *reason;
  }
  return text;
}

/// "active pro/monthly", then " x2", " canceling", " then basic/monthly", " switching" as it is.
inline std::string shown(const domain::Purchase& purchase) {
  const domain::Subscription& subscription = *purchase.subscription;
  std::string text = std::string(to_string(subscription.status)) + " " + purchase.product.id.str() +
                     "/" + purchase.price->str();
  if (purchase.quantity.value() != 1) text += " x" + std::to_string(purchase.quantity.value());
  if (subscription.cancel_at_period_end) text += " canceling";
  if (subscription.pending) {
    text +=
        " then " + subscription.pending->product.id.str() + "/" + subscription.pending->price.str();
  }
  if (subscription.switching) text += " switching";
  return text;
}

/// What a plan change asks for; the rest is as the call says.
struct Wanted {
  std::string from;
  std::string to;
  std::string price;
  std::optional<domain::SwitchTime> effective = {};
  bool from_client = true;
  std::string key = {};
};

class SubscriptionWorld : public World {
 public:
  static StoredReply encode(const Result<domain::Purchase>& done) {
    if (done) return {200, shown(*done)};
    return {error_row(done.error().code).http_status, called(done.error())};
  }
  std::optional<IdempotencyScope> scope(const std::string& key) const {
    if (key.empty()) return std::nullopt;
    return IdempotencyScope{project, key, crypto::sha256(key)};
  }
  static std::string text(const Result<EngineReply>& reply) {
    return reply ? reply->reply.body : called(reply.error());
  }

  std::string cancel(const std::string& product, bool immediately = false,
                     const std::string& key = "") {
    const SubscriptionChoice which{user(), ProductId(product), PurchaseId(), true};
    return text(subscriptions->cancel(context(), scope(key), which, immediately, encode));
  }
  std::string cancel_by_id(const PurchaseId& id, const std::string& customer = "alice") {
    const SubscriptionChoice which{user(customer), ProductId(), id, true};
    return text(subscriptions->cancel(context(), scope(""), which, false, encode));
  }
  std::string resume(const PurchaseId& id, const std::string& key = "") {
    const SubscriptionChoice which{user(), ProductId(), id, true};
    return text(subscriptions->resume(context(), scope(key), which, encode));
  }
  SwitchCommand command(const Wanted& wanted) const {
    SwitchCommand made;
    made.customer = user();
    made.from = ProductId(wanted.from);
    made.to = ProductId(wanted.to);
    if (!wanted.price.empty()) made.price = PriceId(wanted.price);
    made.effective = wanted.effective;
    made.from_client = wanted.from_client;
    return made;
  }
  std::string change(const Wanted& wanted) {
    return text(subscriptions->switch_plan(context(), scope(wanted.key), command(wanted), encode));
  }
  /// "now 2000, then 3000", or what the refusal is called.
  std::string preview(const Wanted& wanted) {
    const auto made = subscriptions->preview(*context(), command(wanted));
    if (!made) return called(made.error());
    return std::string(to_string(made->effective)) + " " +
           std::to_string(made->due_now.minor_units()) + ", then " +
           (made->next_renewal ? std::to_string(made->next_renewal->minor_units()) : "never");
  }

  void test_mode(bool on) {
    SettingsChange wanted;
    wanted.test_mode = on;
    settings(wanted);
  }
  void block_purchases(bool on) {
    SettingsChange wanted;
    wanted.block_new_purchases = on;
    settings(wanted);
  }
  void downgrade_later() {
    SettingsChange wanted;
    wanted.downgrade_effective = domain::SwitchTime::kPeriodEnd;
    settings(wanted);
  }
  /// Buys without the provider, as a project in test mode does.
  domain::Purchase buy_in_test_mode(const std::string& product, const std::string& price = "") {
    test_mode(true);
    NewCheckout wanted = order(product);
    if (!price.empty()) wanted.price = PriceId(price);
    const auto reply = checkout(wanted);
    if (!reply || reply->reply.status != 200) std::abort();
    return owned(user()).back();
  }

  /// To an instant just behind a period's end.
  void pass(const domain::Purchase& bought) {
    const Timestamp end = purchase(bought.id).subscription->current_period_end;
    advance(end + Millis{1} - clock.now());
  }
  /// An event of the provider about the subscription, and its processing.
  void hear(const std::string& remote_ref,
            const std::string& type = "customer.subscription.updated") {
    const std::string id = "evt_" + std::to_string(++events_);
    if (!deliver(id, type, remote_ref)) std::abort();
    work_off();
  }
  std::int64_t credits() { return quantity(user(), "credits"); }
  std::int64_t storage() { return quantity(user(), "storage"); }
  void use_credits(std::int64_t amount) {
    const auto used = write<TryDecreaseReply>([&](StoreBatch& batch, AfterCommit&) {
      return Items::try_decrease(*context(), batch,
                                 {{user(), ItemId("credits")}, *Quantity::of(amount), ""});
    });
    if (!used || !used->success) std::abort();
  }
  std::string kinds() { return history(user()); }
  /// How many of the customer's transactions are of a kind.
  int transactions(TransactionKind kind) {
    int found = 0;
    const std::vector<Transaction> all = *store->view()->transactions(user(), {"", 1000});
    for (const Transaction& one : all) {
      if (one.kind == kind) ++found;
    }
    return found;
  }
  std::vector<Invoice> invoices(const PurchaseId& id) {
    return *store->view()->invoices_of(project, id, 100);
  }
  /// The provider's customer for alice.
  std::string remote_customer() {
    return store->view()
        ->remote(project, provider.account_id, RemoteKind::kCustomer, "user/alice")
        ->value();
  }

 private:
  int events_ = 0;
};

/// What a refusal must leave as it was: here and at the provider.
struct Picture {
  std::vector<domain::Purchase> owned;
  std::string history;
  std::size_t events = 0;
  std::int64_t credits = 0;
  std::int64_t charged = 0;
  std::vector<std::string> remote;
  friend bool operator==(const Picture&, const Picture&) = default;
};
inline Picture picture_of(SubscriptionWorld& world) {
  Picture picture{world.owned(world.user()),   world.kinds(),
                  world.outbox_types().size(), world.credits(),
                  world.provider.charged(),    {}};
  // Not part of what is had: which operation was the last to ask for a switch.
  for (domain::Purchase& bought : picture.owned) {
    if (bought.subscription) bought.subscription->switching_id.clear();
  }
  for (const RemoteSubscription& one : world.provider.subscriptions()) {
    picture.remote.push_back(one.id + " " + one.price + " x" + std::to_string(one.quantity) + " " +
                             std::string(to_string(one.status)) +
                             (one.cancel_at_period_end ? " canceling" : ""));
  }
  return picture;
}

}  // namespace purser::app::testing
