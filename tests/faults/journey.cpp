#include "tests/faults/journey.hpp"

#include <array>
#include <utility>

namespace purser::faults {

namespace {

constexpr std::array<const char*, 3> kPlans = {"basic", "pro", "max"};
constexpr int kMostSteps = 4;

/// Writes a journey. It believes that everything goes well, which makes most steps meaningful; the
/// shop may see it otherwise.
class Author {
 public:
  Author(std::uint64_t seed, int number)
      : random_(generator(seed, static_cast<std::uint64_t>(number), 1)) {
    journey_.number = number;
    journey_.customer = "j" + std::to_string(number);
    journey_.project = chance(60) ? 0 : 1;
    const std::int64_t type = draw(random_, 1, 100);
    journey_.type = type <= 50 ? "custom" : type <= 75 ? "user" : "team";
  }

  Journey write(int acts) {
    for (int act = 0; act < acts; ++act) {
      journey_.acts.emplace_back();
      const std::int64_t steps = draw(random_, act == 0 ? 2 : 1, kMostSteps);
      if (act == 0 && journey_.type != "custom") arrive();
      for (std::int64_t i = 0; i < steps; ++i) add();
    }
    for (auto& steps : journey_.acts) {
      for (Step& step : steps) {
        if (!step.product.empty()) step.product = shelved(journey_.type, step.product);
        if (!step.from.empty()) step.from = shelved(journey_.type, step.from);
      }
    }
    return std::move(journey_);
  }

 private:
  bool chance(int percent) { return draw(random_, 1, 100) <= percent; }
  std::string plan() { return kPlans[static_cast<std::size_t>(draw(random_, 0, 2))]; }
  std::string price_of(const std::string& plan) {
    if (plan == "max") return "yearly";
    return chance(30) ? "weekly" : "monthly";
  }

  Step new_step() const {
    Step step;
    step.name = journey_.customer + "-" + std::to_string(journey_.acts.size()) + "-" +
                std::to_string(journey_.acts.back().size());
    return step;
  }

  void arrive() {
    Step step = new_step();
    step.kind = StepKind::kArrive;
    journey_.acts.back().push_back(std::move(step));
  }

  void add() {
    Step step = new_step();
    step.pick = static_cast<std::uint32_t>(random_());
    if (subscribed_.empty() && chance(40)) {
      subscribe(step);
    } else if (!subscribed_.empty() && chance(45)) {
      manage(step);
    } else {
      anything(step);
    }
    journey_.acts.back().push_back(std::move(step));
  }

  Card card() {
    const std::int64_t roll = draw(random_, 1, 100);
    if (roll <= 55) return Card::kPays;
    if (roll <= 65) return Card::kDeclinesThenPays;
    if (roll <= 70) return Card::kDeclines;
    if (roll <= 80) return Card::kChallenged;
    if (roll <= 84) return Card::kChallengeFails;
    if (roll <= 90) return Card::kDisputesLater;
    return roll <= 95 ? Card::kFailsLater : Card::kNone;
  }

  static bool succeeds(Card card) {
    return card == Card::kPays || card == Card::kDeclinesThenPays || card == Card::kChallenged ||
           card == Card::kDisputesLater;
  }

  void subscribe(Step& step) {
    step.kind = StepKind::kCheckout;
    step.product = plan();
    step.price = price_of(step.product);
    step.card = card();
    step.tabs = chance(12) ? 2 : 1;
    // The page is for what has more than one price.
    step.on_page = step.product != "max" && chance(35);
    if (step.on_page && chance(30)) {
      step.price_before = step.price == "weekly" ? "monthly" : "weekly";
    }
    if (succeeds(step.card)) subscribed_ = step.product;
  }

  void manage(Step& step) {
    const std::int64_t roll = draw(random_, 1, 100);
    step.from = step.product = subscribed_;
    if (roll <= 40) {
      step.kind = roll <= 8 ? StepKind::kPreview : StepKind::kSwitch;
      step.product = plan();
      step.price = price_of(step.product);
      step.at_once = chance(70);
      if (step.kind == StepKind::kSwitch && step.at_once) subscribed_ = step.product;
    } else if (roll <= 60) {
      step.kind = StepKind::kCancel;
      step.at_once = chance(35);
      if (step.at_once) subscribed_.clear();
    } else if (roll <= 75) {
      step.kind = StepKind::kResume;
    } else if (roll <= 88) {
      step.kind = StepKind::kUseCard;
      step.card = chance(55) ? Card::kPays : Card::kFailsLater;
    } else if (roll <= 94) {
      step.kind = StepKind::kPayInvoice;
    } else if (roll <= 97) {
      step.kind = StepKind::kDashboardCancel;
      subscribed_.clear();
    } else {
      subscribe(step);
    }
  }

  void buy_once(Step& step) {
    step.kind = StepKind::kCheckout;
    step.card = card();
    const std::int64_t roll = draw(random_, 1, 100);
    step.product = roll <= 60 ? "pack" : roll <= 85 ? "lifetime" : "extra";
    step.price = roll <= 85 ? "once" : "monthly";
    if (step.product != "lifetime") step.quantity = draw(random_, 1, 5);
    step.tabs = chance(15) ? 2 : 1;
  }

  void anything(Step& step) {
    const std::int64_t roll = draw(random_, 1, 100);
    step.product = chance(80) ? "credits" : "bonus";
    if (roll <= 27) {
      buy_once(step);
    } else if (roll <= 42) {
      give_back(step);
    } else if (roll <= 62) {
      step.kind = roll <= 52 ? StepKind::kChange : StepKind::kTryDecrease;
      step.amount = draw(random_, 1, 150) * (roll > 47 && roll <= 52 ? -1 : 1);
    } else if (roll <= 70) {
      step.kind = StepKind::kGrant;
      step.product = chance(70) ? "gift" : "pack";
      step.quantity = draw(random_, 1, 3);
    } else if (roll <= 80) {
      step.kind = chance(60) ? StepKind::kDispute : StepKind::kCloseDispute;
      step.at_once = chance(50);
    } else {
      step.kind = roll <= 92 ? StepKind::kRepeat : StepKind::kLook;
    }
  }

  void give_back(Step& step) {
    const std::int64_t roll = draw(random_, 1, 100);
    step.kind = roll <= 75 ? StepKind::kRefund : StepKind::kDashboardRefund;
    if (roll <= 25) {
      step.quantity = draw(random_, 1, 3);
    } else if (roll <= 55 || roll > 85) {
      step.amount = draw(random_, 1, 900);
    }
  }

  std::mt19937_64 random_;
  Journey journey_;
  std::string subscribed_;  ///< the plan that the customer should have by now
};

}  // namespace

std::mt19937_64 generator(std::uint64_t seed, std::uint64_t number, std::uint64_t purpose) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                         static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(purpose),
                         std::uint32_t{0x9e3779b9}};
  return std::mt19937_64(sequence);
}

std::int64_t draw(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
  // std::uniform_int_distribution may differ between libraries; the small bias matters to nobody.
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

Journey plan_journey(std::uint64_t seed, int number, int acts) {
  return Author(seed, number).write(acts);
}

std::string shelved(const std::string& type, const std::string& id) {
  return type == "custom" ? id : type + "-" + id;
}

std::string plain(const std::string& shelved_id) {
  for (const char* type : {"user", "team"}) {
    const std::string front = shelved(type, "");
    if (shelved_id.rfind(front, 0) == 0) return shelved_id.substr(front.size());
  }
  return shelved_id;
}

namespace {

// "@" stands before what has another name for every type of customer, "$" for that type.
constexpr const char* kItems = R"(
      "@credits": {"customer_type": "$"}, "@seats": {"customer_type": "$"},
      "@calls": {"customer_type": "$"}, "@bonus": {"customer_type": "$"})";
constexpr const char* kLines = R"(
      "@plans": {"customer_type": "$"})";
constexpr const char* kProducts = R"(
      "@pack": {"customer_type": "$", "stackable": true,
        "prices": {"once": {"amount": 500, "currency": "usd"}},
        "included_items": {"@credits": {"quantity": 100}}},
      "@lifetime": {"customer_type": "$",
        "prices": {"once": {"amount": 9900, "currency": "usd"}},
        "included_items": {"@seats": {"quantity": 3, "expires": "when-purchase-expires"}}},
      "@gift": {"customer_type": "$", "stackable": true,
        "included_items": {"@credits": {"quantity": 10}}},
      "@basic": {"customer_type": "$", "product_line": "@plans", "free_trial": [14, "day"],
        "prices": {"weekly": {"amount": 700, "currency": "usd", "interval": [1, "week"]},
                   "monthly": {"amount": 1900, "currency": "usd", "interval": [1, "month"]}},
        "included_items": {
          "@seats": {"quantity": 5, "expires": "when-purchase-expires"},
          "@calls": {"quantity": 100, "repeat": [1, "month"], "expires": "when-repeated"},
          "@bonus": {"quantity": 10, "repeat": [1, "week"]}}},
      "@pro": {"customer_type": "$", "product_line": "@plans",
        "prices": {"weekly": {"amount": 1500, "currency": "usd", "interval": [1, "week"]},
                   "monthly": {"amount": 4900, "currency": "usd", "interval": [1, "month"]}},
        "included_items": {
          "@seats": {"quantity": 20, "expires": "when-purchase-expires"},
          "@calls": {"quantity": 1000, "repeat": [1, "month"], "expires": "when-repeated"}}},
      "@max": {"customer_type": "$", "product_line": "@plans",
        "prices": {"yearly": {"amount": 49000, "currency": "usd", "interval": [1, "year"]}},
        "included_items": {
          "@calls": {"quantity": 5000, "repeat": [1, "month"], "expires": "when-repeated"}}},
      "@extra": {"customer_type": "$", "product_line": "@plans", "stackable": true,
        "is_add_on_to": ["@basic", "@pro"],
        "prices": {"monthly": {"amount": 500, "currency": "usd", "interval": [1, "month"]}},
        "included_items": {
          "@calls": {"quantity": 50, "repeat": [1, "month"], "expires": "when-repeated"}}})";

std::string for_all_types(const std::string& text) {
  std::string out;
  for (const char* type : {"custom", "user", "team"}) {
    if (!out.empty()) out += ",";
    for (const char c : text) {
      if (c == '@') {
        out += shelved(type, "");
      } else if (c == '$') {
        out += type;
      } else {
        out += c;
      }
    }
  }
  return out;
}

}  // namespace

std::string journeys_catalog() {
  return "{\"items\": {" + for_all_types(kItems) + "}, \"product_lines\": {" +
         for_all_types(kLines) + "}, \"products\": {" + for_all_types(kProducts) + "}}";
}

}  // namespace purser::faults
