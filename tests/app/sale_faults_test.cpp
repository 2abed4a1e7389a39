// Every way of selling, with every call to the provider in turn failing before or after it did its
// work, the process surviving or not: the same request again ends in one customer, one session to
// pay, one charge, one grant.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "tests/app/sales_world.hpp"

namespace purser::app::testing {
namespace {

using Fault = FakeProvider::Fault;

constexpr int kAttempts = 6;
constexpr int kMostCalls = 60;

/// Does the steps of a sale, each again until it succeeds.
class Buyer {
 public:
  Buyer(SalesWorld& world, bool crashes) : world_(world), crashes_(crashes) {}

  std::string checkout(const NewCheckout& order, const std::string& key) {
    std::string url;
    until([&] {
      const auto reply = world_.checkout(order, key);
      if (reply) url = reply->reply.body;
      return reply.has_value();
    });
    return url;
  }
  std::string choose(const std::string& page, const std::string& price) {
    const std::string code = page.substr(page.rfind('/') + 1);
    std::string url;
    until([&] {
      const auto chosen = world_.sales->choose(code, PriceId(price), *Quantity::of(1));
      if (chosen) url = *chosen;
      return chosen.has_value();
    });
    return url;
  }
  /// Pays what the URL leads to, and settles it as an event would.
  std::string pay(const std::string& url) {
    std::string session = url.substr(url.rfind('/') + 1);
    world_.provider.pay(session);
    until([&] { return world_.sales->settle(world_.project, session).has_value(); });
    return session;
  }
  /// Until nothing that was decided waits to be done.
  void finish() {
    until([&] {
      world_.work_off();
      return world_.intentions_due().empty();
    });
  }

 private:
  void until(const std::function<bool()>& step) {
    for (int i = 0; i < kAttempts; ++i) {
      if (step()) return;
      if (crashes_) world_.reopen();
      world_.advance(kMinute);
    }
    ADD_FAILURE() << "not done after " << kAttempts << " attempts";
  }

  SalesWorld& world_;
  bool crashes_;
};

struct Outcome {
  std::size_t customers = 1;
  std::size_t sessions = 1;
  std::size_t subscriptions = 0;  ///< that run
  std::int64_t charged = 0;
  std::int64_t refunded = 0;
  std::vector<std::string> owned;
  std::string history = "purchase";
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << outcome.customers << " customers, " << outcome.sessions << " sessions, "
       << outcome.subscriptions << " subscriptions, charged " << outcome.charged << ", refunded "
       << outcome.refunded << ", " << outcome.history << ":";
  for (const std::string& product : outcome.owned) *out << " " << product;
}

Outcome outcome_of(SalesWorld& world) {
  Outcome outcome;
  outcome.customers = world.provider.customers();
  outcome.sessions = world.provider.sessions().size();
  for (const auto& subscription : world.provider.subscriptions()) {
    if (!subscription.ended_at) ++outcome.subscriptions;
  }
  outcome.charged = world.provider.charged();
  for (const auto& refund : world.provider.refunds()) {
    outcome.refunded += refund.remote.amount.minor_units();
  }
  outcome.owned = world.listed();
  outcome.history = world.history(world.user());
  return outcome;
}

struct Flow {
  const char* name;
  std::function<void(SalesWorld&, Buyer&)> run;
  Outcome outcome;
};

void sell_inline(SalesWorld& world, Buyer& buyer) {
  domain::Product product = *make_catalog().find_product(ProductId("license"));
  product.id = ProductId();
  NewCheckout order = world.order("");
  order.product = product;
  buyer.pay(buyer.checkout(order, "key"));
}
void sell_for_two_checkouts(SalesWorld& world, Buyer& buyer) {
  const std::string first = buyer.checkout(world.order("plan"), "one");
  const std::string second = buyer.checkout(world.order("plan"), "two");
  buyer.pay(first);
  buyer.pay(second);
}
void sell_a_replacement(SalesWorld& world, Buyer& buyer) {
  buyer.pay(buyer.checkout(world.order_at("basic", "monthly"), "one"));
  buyer.pay(buyer.checkout(world.order_at("pro", "monthly"), "two"));
}
void sell_two_trials(SalesWorld& world, Buyer& buyer) {
  const std::string small = buyer.checkout(world.order("trial-small"), "one");
  const std::string large = buyer.checkout(world.order("trial-large"), "two");
  buyer.pay(small);
  buyer.pay(large);
}
void change_the_choice(SalesWorld& world, Buyer& buyer) {
  const std::string page = buyer.checkout(world.order("pro"), "key");
  buyer.choose(page, "monthly");
  buyer.pay(buyer.choose(page, "yearly"));
}
void choose_again_after_paying(SalesWorld& world, Buyer& buyer) {
  const std::string page = buyer.checkout(world.order("pro"), "key");
  const std::string url = buyer.choose(page, "monthly");
  world.provider.pay(url.substr(url.rfind('/') + 1));
  buyer.choose(page, "yearly");
}

const Flow kFlows[] = {
    {"one_time",
     [](auto& world, auto& buyer) { buyer.pay(buyer.checkout(world.order("pack"), "key")); },
     {1, 1, 0, 1000, 0, {"pack"}, "purchase"}},
    {"inline", sell_inline, {1, 1, 0, 2000, 0, {""}, "purchase"}},
    {"subscription",
     [](auto& world, auto& buyer) { buyer.pay(buyer.checkout(world.order("plan"), "key")); },
     {1, 1, 1, 900, 0, {"plan"}, "purchase"}},
    {"trial",
     [](auto& world, auto& buyer) { buyer.pay(buyer.checkout(world.order("trial-small"), "key")); },
     {1, 1, 1, 0, 0, {"trial-small"}, "purchase"}},
    {"page",
     [](auto& world, auto& buyer) {
       buyer.pay(buyer.choose(buyer.checkout(world.order("multi"), "key"), "us"));
     },
     {1, 1, 0, 1200, 0, {"multi"}, "purchase"}},
    {"second_choice", change_the_choice, {1, 2, 1, 30'000, 0, {"pro"}, "purchase"}},
    {"choice_after_paying", choose_again_after_paying, {1, 1, 1, 3000, 0, {"pro"}, "purchase"}},
    {"replacement", sell_a_replacement, {1, 2, 1, 4000, 0, {"pro"}, "purchase end purchase"}},
    {"two_checkouts", sell_for_two_checkouts, {1, 2, 1, 1800, 900, {"plan"}, "purchase"}},
    {"two_trials", sell_two_trials, {1, 2, 1, 4500, 0, {"trial-large"}, "purchase end purchase"}},
};

class SaleFaults : public ::testing::TestWithParam<std::tuple<int, Fault, bool>> {};

TEST_P(SaleFaults, AnyCallMayFailAndNothingHappensTwice) {
  const Flow& flow = kFlows[std::get<0>(GetParam())];
  int calls = 0;
  for (int n = 1; n < kMostCalls; ++n) {
    SalesWorld world;
    Buyer buyer(world, std::get<2>(GetParam()));
    world.provider.fault_at(n, std::get<1>(GetParam()));
    flow.run(world, buyer);
    buyer.finish();
    const std::string faulted = world.provider.faulted();
    EXPECT_EQ(outcome_of(world), flow.outcome) << "call " << n << ": " << faulted;
    EXPECT_EQ(world.verify(), nothing()) << "call " << n << ": " << faulted;
    if (faulted.empty()) break;  // the flow makes no more calls than that
    calls = n;
  }
  EXPECT_GE(calls, 6) << "account, customer, product, price, session, and a look at it";
  EXPECT_LT(calls, kMostCalls - 1);
}

INSTANTIATE_TEST_SUITE_P(
    EveryFlow, SaleFaults,
    ::testing::Combine(::testing::Range(0, static_cast<int>(std::size(kFlows))),
                       ::testing::Values(Fault::kLoseAnswer, Fault::kUnavailable),
                       ::testing::Bool()),
    [](const auto& run) {
      return std::string(kFlows[std::get<0>(run.param)].name) +
             (std::get<1>(run.param) == Fault::kLoseAnswer ? "_lost" : "_down") +
             (std::get<2>(run.param) ? "_crash" : "");
    });

// The answer comes, the process dies before it is recorded, and stays away for longer than the
// provider remembers keys: the session is looked up, and there is one.
TEST(SaleFaultsOfADay, AnOldAttemptFindsItsSession) {
  SalesWorld world;
  world.provider.plan = [](const std::string& call) {
    return call == "create_checkout_session" ? Fault::kLoseAnswer : Fault::kNone;
  };
  EXPECT_EQ(world.answer(world.order("plan"), "key"), "PAYMENT_PROVIDER_UNAVAILABLE");
  world.provider.plan = nullptr;
  world.reopen();
  world.advance({25 * kHour.count});
  EXPECT_TRUE(world.answer(world.order("plan"), "key").starts_with("https://pay.test/"));
  EXPECT_EQ(world.provider.sessions().size(), 1U);
  EXPECT_EQ(world.provider.customers(), 1U);
}

}  // namespace
}  // namespace purser::app::testing
