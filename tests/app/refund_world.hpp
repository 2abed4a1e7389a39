#pragma once

// What the tests of refunds and disputes need beside the world: paid purchases, and outcomes in a
// word.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {

inline constexpr Millis kMinute{60'000};
inline constexpr Millis kDay{86'400'000};

inline domain::RefundOrder by_amount(std::int64_t cents) { return {cents, std::nullopt}; }
inline domain::RefundOrder by_quantity(std::int64_t units) {
  return {std::nullopt, Quantity::of(units)};
}
inline domain::RefundOrder all_of_it() { return {}; }

/// What an error is called, with its reason when it has one: "REFUND_NOT_POSSIBLE exceeds_paid".
inline std::string called(const Error& error) {
  std::string text(error_row(error.code).name);
  for (const auto& [name, value] : error.details) {
    if (name == "reason") text += " " + std::get<std::string>(value);
  }
  return text;
}

class RefundWorld : public World {
 public:
  /// A one-time product, paid and settled.
  domain::Purchase buy(const std::string& product_id, std::int64_t quantity = 1,
                       const std::string& customer = "alice") {
    NewCheckout wanted = order(product_id, customer);
    wanted.quantity = *Quantity::of(quantity);
    const std::string url = checkout(wanted)->reply.body;
    const std::string session = url.substr(std::string_view("https://pay.test/").size());
    provider.pay(session);
    if (!sales->settle(project, session)) std::abort();
    return purchase(checkout_of(session).purchase);
  }

  /// "succeeded 500", "succeeded 500 x3" with a quantity, or what the refusal is called.
  std::string refund(const PurchaseId& id, const domain::RefundOrder& order = {},
                     const std::string& key = "", const std::string& body = "refund") {
    std::optional<IdempotencyScope> scope;
    if (!key.empty()) scope = IdempotencyScope{project, key, crypto::sha256(body)};
    const auto reply = refunds->refund(
        context(), scope, {id, order, "requested_by_customer"}, [](const Result<Refund>& made) {
          if (!made)
            return StoredReply{error_row(made.error().code).http_status, called(made.error())};
          std::string text(to_string(made->state));
          text += " " + std::to_string(made->amount.minor_units());
          if (!made->quantity.is_zero()) text += " x" + std::to_string(made->quantity.value());
          return StoredReply{200, text};
        });
    return reply ? reply->reply.body : called(reply.error());
  }

  std::vector<Invoice> invoices_of(const PurchaseId& id) {
    return *store->view()->invoices_of(project, id, 100);
  }
  std::vector<Refund> refunds_of(const PurchaseId& id) {
    return *store->view()->refunds_of(project, id);
  }
  /// The states of a purchase's refunds, oldest first: "succeeded failed".
  std::string refund_states(const PurchaseId& id) {
    std::string states;
    for (const Refund& one : refunds_of(id)) {
      states += (states.empty() ? "" : " ") + std::string(to_string(one.state));
    }
    return states;
  }
  std::int64_t credits() { return quantity(user(), "credits"); }
  std::string status_of(const PurchaseId& id) {
    return std::string(to_string(purchase(id).status));
  }
  /// How often a kind of event was announced.
  std::ptrdiff_t announced(const std::string& type) {
    const auto types = outbox_types();
    return std::count(types.begin(), types.end(), type);
  }
  void spend(const std::string& item, std::int64_t amount) {
    const Status spent = engine->apply([&](StoreBatch& batch) -> Status {
      ChangeQuantity command;
      command.key = {user(), ItemId(item)};
      command.change = *Quantity::of(-amount);
      PURSER_CHECK_OK(Items::change(*context(), batch, command));
      return {};
    });
    if (!spent) std::abort();
  }
  void put_invoice(const Invoice& invoice) {
    const Status put = engine->apply([&](StoreBatch& batch) { return batch.put_invoice(invoice); });
    if (!put) std::abort();
  }
  /// The provider's next period begins, and we hear of it.
  void renew(const domain::Purchase& bought) {
    const std::string ref = bought.subscription->remote_ref;
    if (!advance_to(purchase(bought.id).subscription->current_period_end)) std::abort();
    provider.renew(ref);
    if (!subscriptions->sync(project, ref)) std::abort();
  }
  Status advance_to(Timestamp at) { return clock.set(at); }
};

/// Whatever call's answer is lost: `attempt` is made again after a restart, until it succeeds.
/// `check` then looks at what there is. Every call of the flow has its turn; answers how many.
template <class Prepare, class Attempt, class Check>
int lose_each_answer(const Prepare& prepare, const Attempt& attempt, const Check& check) {
  for (int n = 1;; ++n) {
    RefundWorld world;
    const auto subject = prepare(world);
    world.provider.fault_at(n, FakeProvider::Fault::kLoseAnswer);
    bool done = attempt(world, subject);
    const std::string faulted = world.provider.faulted();
    world.provider.fault_at(1, FakeProvider::Fault::kNone);  // what follows is no part of the flow
    for (int again = 0; !done && again < 3; ++again) {
      world.reopen();
      done = attempt(world, subject);
    }
    SCOPED_TRACE("the answer of call " + std::to_string(n) + " (" + faulted + ") was lost");
    EXPECT_TRUE(done);
    check(world, subject);
    EXPECT_EQ(world.verify(), std::vector<std::string>());
    if (faulted.empty()) return n - 1;
  }
}

}  // namespace purser::app::testing
