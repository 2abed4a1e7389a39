#include "tests/nodes/linearizability.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace purser::nodes {
namespace {

using Kind = Step::Kind;

Step change(std::int64_t amount, std::int64_t quantity, std::int64_t called,
            std::int64_t answered) {
  return {Kind::kChange, amount, true, quantity, called, answered, "change"};
}
Step yes(std::int64_t amount, std::int64_t quantity, std::int64_t called, std::int64_t answered) {
  return {Kind::kTryDecrease, amount, true, quantity, called, answered, "yes"};
}
Step no(std::int64_t amount, std::int64_t called, std::int64_t answered) {
  return {Kind::kTryDecrease, amount, false, {}, called, answered, "no"};
}
Step read(std::int64_t quantity, std::int64_t called, std::int64_t answered) {
  return {Kind::kRead, 0, {}, quantity, called, answered, "read"};
}
Step unknown(Kind kind, std::int64_t amount, std::int64_t called) {
  return {kind, amount, {}, {}, called, kNever, "unknown"};
}

bool accepts(std::int64_t initial, const std::vector<Step>& steps) {
  const Verdict verdict = check_linearizable(initial, steps);
  EXPECT_TRUE(verdict.decided);
  EXPECT_EQ(verdict.linearizable, verdict.why.empty()) << verdict.why;
  return verdict.linearizable;
}

TEST(Linearizability, OneAfterTheOther) {
  EXPECT_TRUE(accepts(0, {}));
  EXPECT_TRUE(accepts(0, {change(10, 10, 1, 2), yes(4, 6, 3, 4), no(7, 5, 6), read(6, 7, 8)}));
}

TEST(Linearizability, AnswersMayComeInAnotherOrderThanEffects) {
  EXPECT_TRUE(accepts(10, {yes(1, 8, 1, 20), yes(1, 9, 2, 30), read(8, 3, 25)}));
}

TEST(Linearizability, AReadOfWhatWasAlreadyReplacedIsRefused) {
  EXPECT_FALSE(accepts(0, {change(10, 10, 1, 2), read(0, 3, 4)}));
  EXPECT_TRUE(accepts(0, {change(10, 10, 1, 4), read(0, 3, 5)}));
}

TEST(Linearizability, AReadCannotGoBackInTime) {
  EXPECT_FALSE(accepts(0, {change(5, 5, 1, 100), read(5, 2, 3), read(0, 4, 5)}));
  EXPECT_TRUE(accepts(0, {change(5, 5, 1, 100), read(0, 2, 3), read(5, 4, 5)}));
}

TEST(Linearizability, ALostUpdateIsRefused) {
  EXPECT_FALSE(accepts(10, {yes(1, 9, 1, 5), yes(1, 9, 2, 6)}));
}

TEST(Linearizability, NobodySpendsWhatIsNotThere) {
  EXPECT_FALSE(accepts(1, {yes(1, 0, 1, 5), yes(1, -1, 2, 6)}));
  EXPECT_FALSE(accepts(1, {yes(2, -1, 1, 5)}));
}

TEST(Linearizability, ARefusalNeedsAMomentOfWant) {
  EXPECT_FALSE(accepts(10, {no(10, 1, 5), yes(1, 9, 6, 7)}));
  EXPECT_TRUE(accepts(10, {no(10, 1, 7), yes(1, 9, 6, 8)}));
  // There was want before it was asked for, and then no more.
  EXPECT_FALSE(accepts(5, {change(5, 10, 1, 2), no(10, 3, 4)}));
}

TEST(Linearizability, SomethingLostIsRefused) {
  EXPECT_FALSE(accepts(0, {change(5, 5, 1, 2), change(3, 3, 3, 4)}));
}

TEST(Linearizability, SomethingDoneTwiceIsRefused) {
  EXPECT_FALSE(accepts(0, {change(5, 10, 1, 2)}));
  EXPECT_FALSE(accepts(0, {change(5, 5, 1, 2), read(10, 3, 4)}));
}

TEST(Linearizability, WhatNobodyKnowsMayHaveHappenedOrNot) {
  const Step lost = unknown(Kind::kChange, 5, 3);
  EXPECT_TRUE(accepts(0, {lost, read(0, 10, 11)}));
  EXPECT_TRUE(accepts(0, {lost, read(5, 10, 11)}));
  EXPECT_TRUE(accepts(0, {lost, read(0, 10, 11), read(5, 12, 13)}));
  EXPECT_FALSE(accepts(0, {lost, read(5, 10, 11), read(0, 12, 13)}));
  EXPECT_FALSE(accepts(0, {lost, read(10, 10, 11)}));
}

TEST(Linearizability, WhatNobodyKnowsCannotHappenBeforeItIsCalled) {
  EXPECT_FALSE(accepts(0, {read(5, 1, 2), unknown(Kind::kChange, 5, 3)}));
}

TEST(Linearizability, AnUnknownTryTakesOnlyWhatIsThere) {
  EXPECT_FALSE(accepts(1, {unknown(Kind::kTryDecrease, 2, 1), read(-1, 2, 3)}));
  EXPECT_TRUE(accepts(2, {unknown(Kind::kTryDecrease, 2, 1), read(0, 2, 3)}));
}

TEST(Linearizability, AKnownEffectWithoutAQuantityIsNeeded) {
  Step silent = change(5, 0, 1, 2);
  silent.quantity.reset();
  EXPECT_TRUE(accepts(0, {silent, read(5, 3, 4)}));
  EXPECT_FALSE(accepts(0, {silent, read(0, 3, 4)}));
}

TEST(Linearizability, GoesBackWhenTheFirstChoiceWasWrong) {
  // Both fit 0, and only one order leaves a 2 for the third.
  Step plus_two = change(2, 0, 1, 10);
  plus_two.quantity.reset();
  Step minus_two = change(-2, 0, 1, 20);
  minus_two.quantity.reset();
  EXPECT_TRUE(accepts(0, {plus_two, minus_two, read(-2, 2, 15)}));
  EXPECT_FALSE(accepts(0, {plus_two, minus_two, read(-2, 11, 15)}));
}

TEST(Linearizability, TenThousandAtOnceOnABalanceOfAThousand) {
  std::vector<Step> steps;
  for (int i = 0; i < 10'000; ++i) {
    steps.push_back(i % 10 == 3 ? yes(1, 999 - i / 10, i, 20'000 - i) : no(1, i, 20'000 + i));
  }
  EXPECT_TRUE(accepts(1'000, steps));
  steps[3].quantity = 998;  // as another one says too
  EXPECT_FALSE(accepts(1'000, steps));
  steps[3].quantity = 999;
  steps[4] = yes(1, -1, 4, 19'996);
  EXPECT_FALSE(accepts(1'000, steps));
}

TEST(Linearizability, GivesUpAndSaysSo) {
  std::vector<Step> steps;
  for (int i = 0; i < 24; ++i) {
    Step step = change(std::int64_t{1} << i, 0, 1, 100);
    step.quantity.reset();
    steps.push_back(step);
  }
  steps.push_back(read(-1, 200, 201));
  const Verdict verdict = check_linearizable(0, steps, 1'000);
  EXPECT_FALSE(verdict.linearizable);
  EXPECT_FALSE(verdict.decided);
}

// --- the same question answered without any of the checker's shortcuts ------------------------

bool plain(std::int64_t quantity, const std::vector<Step>& steps, std::vector<bool>& done) {
  bool all = true;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    if (done[i]) continue;
    const bool optional = step.kind != Kind::kRead && !step.happened;
    all = all && optional;
    bool first = true;
    for (std::size_t j = 0; j < steps.size(); ++j) {
      if (!done[j] && steps[j].answered < step.called) first = false;
    }
    if (!first) continue;
    std::int64_t after = quantity;
    bool fits = true;
    if (step.kind == Kind::kRead) {
      fits = step.quantity == quantity;
    } else if (step.kind == Kind::kTryDecrease && step.happened == false) {
      fits = quantity < step.amount;
    } else {
      after += step.kind == Kind::kChange ? step.amount : -step.amount;
      fits =
          (step.kind == Kind::kChange || after >= 0) && (!step.quantity || step.quantity == after);
    }
    if (!fits) continue;
    done[i] = true;
    const bool found = plain(after, steps, done);
    done[i] = false;
    if (found) return true;
  }
  return all;
}

std::uint64_t seed() {
  const char* given = std::getenv("PURSER_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

class Histories {
 public:
  explicit Histories(std::uint64_t seed) : random_(seed) {}
  std::int64_t pick(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
  }
  /// What `count` clients of a real counter would have seen.
  std::vector<Step> real(std::int64_t quantity, int count, std::int64_t width) {
    std::vector<Step> steps;
    for (int i = 0; i < count; ++i) {
      Step step;
      step.called = 10 * i - pick(0, width);
      step.answered = 10 * i + pick(0, width);
      step.name = "step " + std::to_string(i);
      step.kind = static_cast<Kind>(pick(0, 2));
      step.amount = step.kind == Kind::kChange ? pick(-2, 3) : pick(1, 3);
      if (step.kind == Kind::kTryDecrease) {
        step.happened = quantity >= step.amount;
        if (*step.happened) quantity -= step.amount;
      } else if (step.kind == Kind::kChange) {
        step.happened = true;
        quantity += step.amount;
      }
      if (step.happened != false) step.quantity = quantity;
      if (step.kind != Kind::kRead && pick(0, 5) == 0) {
        step.answered = kNever;
        step.happened.reset();
        step.quantity.reset();
      } else if (step.kind == Kind::kChange && pick(0, 5) == 0) {
        step.quantity.reset();
      }
      steps.push_back(step);
    }
    std::shuffle(steps.begin(), steps.end(), random_);
    return steps;
  }
  void spoil(std::vector<Step>& steps) {
    Step& step = steps[static_cast<std::size_t>(pick(0, static_cast<int>(steps.size()) - 1))];
    if (step.quantity && pick(0, 1) == 0) {
      *step.quantity += pick(-2, 2);
    } else {
      const std::int64_t by = pick(-30, 30);
      step.called += by;
      if (step.answered != kNever) step.answered += by;
    }
  }

 private:
  std::mt19937_64 random_;
};

TEST(Linearizability, SaysWhatTryingAllOrdersSays) {
  const std::uint64_t from = seed();
  SCOPED_TRACE("PURSER_TEST_SEED=" + std::to_string(from));
  Histories histories(from);
  int refused = 0;
  constexpr int kHistories = 20'000;
  for (int i = 0; i < kHistories; ++i) {
    const std::int64_t initial = histories.pick(0, 4);
    auto steps = histories.real(initial, static_cast<int>(histories.pick(1, 6)), 25);
    const bool spoiled = histories.pick(0, 3) > 0;
    if (spoiled) histories.spoil(steps);
    std::vector<bool> done(steps.size());
    const bool expected = plain(initial, steps, done);
    ASSERT_TRUE(spoiled || expected);
    ASSERT_EQ(accepts(initial, steps), expected) << "history " << i;
    refused += expected ? 0 : 1;
  }
  EXPECT_GT(refused, kHistories / 10);
}

TEST(Linearizability, LongHistoriesOfARealCounterAreAccepted) {
  const std::uint64_t from = seed();
  SCOPED_TRACE("PURSER_TEST_SEED=" + std::to_string(from));
  Histories histories(from);
  for (int i = 0; i < 20; ++i) {
    auto steps = histories.real(50, 3'000, 80);
    // As in a campaign: the ledger says what became of those without an answer.
    std::erase_if(steps,
                  [](const Step& step) { return step.kind != Kind::kRead && !step.happened; });
    std::vector<Step> complete;
    std::int64_t quantity = 50;
    std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
      return std::stoi(a.name.substr(5)) < std::stoi(b.name.substr(5));
    });
    for (Step step : steps) {  // replayed without the ones that are gone
      if (step.kind == Kind::kTryDecrease) step.happened = quantity >= step.amount;
      if (step.kind == Kind::kChange) quantity += step.amount;
      if (step.kind == Kind::kTryDecrease && *step.happened) quantity -= step.amount;
      step.quantity.reset();
      if (step.happened != false) step.quantity = quantity;
      complete.push_back(step);
    }
    ASSERT_TRUE(accepts(50, complete)) << "history " << i;
  }
}

}  // namespace
}  // namespace purser::nodes
