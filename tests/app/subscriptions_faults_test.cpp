// Every call of every flow once fails before it did anything, or loses its answer after it did:
// the order is repeated under its key after a restart, and one order was carried out.

#include "tests/app/subscription_world.hpp"

namespace purser::app::testing {
namespace {

using domain::SwitchTime;
using Fault = FakeProvider::Fault;

/// One order: how it comes about, what it answers, and what there is afterwards.
struct Flow {
  const char* name;
  /// Makes what the order is about.
  std::function<domain::Purchase(SubscriptionWorld&)> prepare;
  std::function<std::string(SubscriptionWorld&, const PurchaseId&)> order;
  std::string answer;
  std::string kinds;
  std::int64_t charged;
  std::int64_t credits;
  /// Another history of one that was interrupted after the provider had done it: an end that was
  /// heard of does not tell that it was asked for.
  std::string interrupted = {};
};

std::function<domain::Purchase(SubscriptionWorld&)> has(const std::string& product) {
  return [product](SubscriptionWorld& world) {
    const auto bought = world.subscribe(product, "monthly");
    world.advance(days(1));
    return bought;
  };
}
std::function<domain::Purchase(SubscriptionWorld&)> has_pending(const std::string& product,
                                                                const std::string& next) {
  return [product, next](SubscriptionWorld& world) {
    const auto bought = world.subscribe(product, "monthly");
    const std::string done = world.change({product, next, "monthly", SwitchTime::kPeriodEnd, true});
    if (done != "active " + product + "/monthly then " + next + "/monthly") std::abort();
    return bought;
  };
}
domain::Purchase is_cancelled(SubscriptionWorld& world) {
  const auto bought = world.subscribe("pro", "monthly");
  if (world.cancel("pro") != "active pro/monthly canceling") std::abort();
  return bought;
}
std::function<std::string(SubscriptionWorld&, const PurchaseId&)> change(Wanted wanted) {
  wanted.key = "key";
  return [wanted](SubscriptionWorld& world, const PurchaseId&) { return world.change(wanted); };
}
std::function<std::string(SubscriptionWorld&, const PurchaseId&)> cancel(bool immediately) {
  return [immediately](SubscriptionWorld& world, const PurchaseId&) {
    return world.cancel("pro", immediately, "key");
  };
}
std::string resume(SubscriptionWorld& world, const PurchaseId& id) {
  return world.resume(id, "key");
}

// A month is 31 days in the tests' October: after a day 30/31 of the price are prorated.
const Flow kFlows[] = {
    {"Cancel", has("pro"), cancel(false), "active pro/monthly canceling", "purchase cancel", 3000,
     500},
    {"CancelNow", has("pro"), cancel(true), "canceled pro/monthly", "purchase cancel end", 3000, 0,
     "purchase end"},
    {"CancelPending", has_pending("pro", "basic"), cancel(false), "active pro/monthly canceling",
     "purchase cancel", 3000, 500},
    {"Resume", is_cancelled, resume, "active pro/monthly", "purchase cancel resume", 3000, 500},
    {"ResumePending", has_pending("pro", "basic"), resume, "active pro/monthly", "purchase resume",
     3000, 500},
    {"SwitchUp", has("basic"), change({"basic", "pro", "monthly"}), "active pro/monthly",
     "purchase switch", 1000 + 2903 - 967, 500},
    {"SwitchDown", has("pro"), change({"pro", "basic", "monthly"}), "active basic/monthly",
     "purchase switch", 3000, 100},
    {"SwitchInterval", has("basic"), change({"basic", "pro", "yearly"}), "active pro/yearly",
     "purchase switch", 1000 + 30'000 - 967, 500},
    {"SwitchLater", has("pro"), change({"pro", "basic", "monthly", SwitchTime::kPeriodEnd}),
     "active pro/monthly then basic/monthly", "purchase", 3000, 500},
    {"SwitchOverPending", has_pending("basic", "pro"), change({"basic", "pro", "yearly"}),
     "active pro/yearly", "purchase switch", 1000 + 30'000 - 1000, 500},
};

enum class Between { kNothing, kAnEvent };
struct Case {
  const Flow* flow;
  Fault fault;
  Between between;
};

class OneOrder : public ::testing::TestWithParam<Case> {};

TEST_P(OneOrder, IsCarriedOutOnceWhateverCallFails) {
  const auto& [flow, fault, between] = GetParam();
  int calls = 0;
  for (bool faulty = true; faulty; ++calls) {
    SubscriptionWorld world;
    const domain::Purchase bought = flow->prepare(world);
    world.provider.fault_at(calls + 1, fault);
    std::string answer = flow->order(world, bought.id);
    const std::string faulted = world.provider.faulted();
    faulty = !faulted.empty();
    SCOPED_TRACE("call " + std::to_string(calls + 1) + " (" + faulted + ") failed");
    if (faulty) {
      EXPECT_EQ(answer, "PAYMENT_PROVIDER_UNAVAILABLE");
    }
    world.reopen();
    if (between == Between::kAnEvent) world.hear(bought.subscription->remote_ref);
    answer = flow->order(world, bought.id);
    EXPECT_EQ(answer, flow->answer);
    world.reopen();
    EXPECT_EQ(flow->order(world, bought.id), flow->answer) << "replayed";
    world.hear(bought.subscription->remote_ref);
    EXPECT_EQ(shown(world.purchase(bought.id)), flow->answer);
    const bool heard = faulty && world.kinds() == flow->interrupted;
    EXPECT_TRUE(heard || world.kinds() == flow->kinds) << world.kinds();
    EXPECT_EQ(world.provider.charged(), flow->charged);
    EXPECT_EQ(world.credits(), flow->credits);
    EXPECT_FALSE(world.purchase(bought.id).subscription->switching);
    EXPECT_EQ(world.verify(), std::vector<std::string>());
  }
  EXPECT_GT(calls, 2) << "every flow asks for something and says what it got";
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Flow& flow : kFlows) {
    cases.push_back({&flow, Fault::kLoseAnswer, Between::kNothing});
    cases.push_back({&flow, Fault::kLoseAnswer, Between::kAnEvent});
    cases.push_back({&flow, Fault::kUnavailable, Between::kNothing});
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Every, OneOrder, ::testing::ValuesIn(all_cases()), [](const auto& one) {
  std::string name = one.param.flow->name;
  name += one.param.fault == Fault::kLoseAnswer ? "LostAnswer" : "NoEffect";
  return name + (one.param.between == Between::kAnEvent ? "WithAnEventBetween" : "");
});

// --- what is never repeated by its caller ---

TEST(NeverRepeated, ALostSwitchIsMendedByTheNextLook) {
  SubscriptionWorld world;
  const auto bought = has("basic")(world);
  world.provider.plan = [](const std::string& call) {
    return call == "change_plan" ? Fault::kLoseAnswer : Fault::kNone;
  };
  EXPECT_EQ(world.change({"basic", "pro", "monthly"}), "PAYMENT_PROVIDER_UNAVAILABLE");
  world.provider.plan = nullptr;
  EXPECT_EQ(world.credits(), 100);
  world.reopen();
  world.advance({2 * kMinute.count});
  world.work_off();
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly") << "no event came";
  EXPECT_EQ(world.credits(), 500);
  EXPECT_EQ(world.kinds(), "purchase switch");
  EXPECT_EQ(world.invoices(bought.id).size(), 2U);
  EXPECT_EQ(world.verify(), std::vector<std::string>());
}

TEST(NeverRepeated, ALostCancellationIsMendedByTheNextEvent) {
  SubscriptionWorld world;
  const auto bought = has("pro")(world);
  world.provider.plan = [](const std::string& call) {
    return call == "set_cancel_at_period_end" ? Fault::kLoseAnswer : Fault::kNone;
  };
  EXPECT_EQ(world.cancel("pro"), "PAYMENT_PROVIDER_UNAVAILABLE");
  world.provider.plan = nullptr;
  world.hear(bought.subscription->remote_ref);
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly canceling");
  EXPECT_EQ(world.kinds(), "purchase cancel");
}

TEST(NeverRepeated, ADeclinedSwitchWhoseAnswerWasLostIsForgotten) {
  SubscriptionWorld world;
  const auto bought = has("basic")(world);
  world.provider.set_declines(world.remote_customer(), true);
  world.provider.plan = [](const std::string& call) {
    return call == "change_plan" ? Fault::kLoseAnswer : Fault::kNone;
  };
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "key"}),
            "PAYMENT_PROVIDER_UNAVAILABLE");
  world.provider.plan = nullptr;
  for (int minute = 0; minute < 30; ++minute) {
    world.advance(kMinute);
    world.work_off();
  }
  EXPECT_EQ(shown(world.purchase(bought.id)), "active basic/monthly");
  EXPECT_EQ(world.provider.charged(), 1000);
  // Its key, used after all, asks anew: the decline of half an hour ago says nothing of now.
  world.provider.set_declines(world.remote_customer(), false);
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "key"}), "active pro/monthly");
  EXPECT_EQ(world.kinds(), "purchase switch");
}

}  // namespace
}  // namespace purser::app::testing
