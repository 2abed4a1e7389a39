// The life of a subscription, years in seconds, for one interval: trial → renew → the card fails →
// grace → no access → recovers → switch up → switch down → cancel → resume → cancel → end. The
// trial begins on a January 31st. Started by tests/scenarios/run.
//
//   lifecycle week|month|year

#include <exception>
#include <iostream>

#include "tests/scenarios/timeline.hpp"

namespace purser::scenarios {
namespace {

constexpr const char* kGoodCard = "4242424242424242";
constexpr const char* kFailingCard = "4000000000000341";  // can be saved; every charge fails
constexpr Millis kHour{3'600'000};
constexpr Millis kDay{24 * kHour.count};
// A renewal's invoice is finalized and paid an hour after the period began.
constexpr Millis kUntilPaid{2 * kHour.count};

// The next January 31st at noon that is after `now`.
Timestamp next_january_31(Timestamp now) {
  int year = std::stoi(now.to_iso8601().substr(0, 4));
  for (;; ++year) {
    const auto day = Timestamp::parse_iso8601(std::to_string(year) + "-01-31T12:00:00Z").value();
    if (day > now + kDay) return day;
  }
}

class Lifecycle {
 public:
  Lifecycle(Timeline& timeline, IntervalUnit unit)
      : timeline_(timeline),
        unit_(unit),
        price_(to_string(unit)),
        verdict_(price_),
        customer_(timeline.app().custom_customer("life-" + price_)) {}

  int run() {
    buy_with_trial();
    renew();
    fail_and_recover();
    switch_up();
    switch_down_at_period_end();
    cancel_resume_and_end();
    return verdict_.failures();
  }

 private:
  CalendarInterval interval() const { return {unit_, 1}; }

  sdk::Subscription subscription() const {
    return must(customer_.get_subscription(id_), "subscription");
  }
  std::int64_t quantity(const char* item) const {
    return must(customer_.get_item_quantity(item), item);
  }
  bool owns(const std::string& product) const {
    const auto owned = must(customer_.list_products(), "listProducts");
    return owned.items.size() == 1 && owned.items.at(0).id == product;
  }
  Timestamp period_end() const { return to_timestamp(subscription().current_period_end); }

  void buy_with_trial() {
    timeline_.advance_to(next_january_31(timeline_.now()));
    const Timestamp start = timeline_.now();
    const auto url =
        must(customer_.create_checkout_url({.product = "basic", .price_id = price_}), "checkout");
    verdict_.check(!owns("basic"), "nothing before the checkout is done");
    verdict_.equal(timeline_.pay(url, kGoodCard), 303, "the buyer leaves a card");
    const auto owned = must(customer_.list_products(), "listProducts");
    if (owned.items.size() != 1) throw std::runtime_error("the trial did not begin");
    id_ = owned.items.at(0).subscription->subscription_id;
    verdict_.equal(subscription().status, "trialing", "a trial");
    verdict_.check(period_end() == start + Millis{14 * kDay.count}, "it lasts fourteen days");
    verdict_.equal(quantity("seats"), 5, "seats during the trial");
    verdict_.equal(quantity("credits"), 100, "credits during the trial");
    verdict_.check(must(customer_.list_invoices(), "invoices").items.empty() ||
                       must(customer_.list_invoices(), "invoices").items.at(0).total == 0,
                   "nothing was charged");
    anchor_ = period_end();
  }

  void renew() {
    for (int n = 1; n <= 3; ++n) {
      timeline_.advance_to(period_end() + kUntilPaid);
      const std::string turn = "period " + std::to_string(n);
      verdict_.equal(subscription().status, "active", turn + " is paid");
      verdict_.check(period_end() == nth_boundary(anchor_, interval(), n),
                     turn + " ends on its calendar day");
      verdict_.equal(must(customer_.list_invoices(), "invoices").items.at(0).status, "paid",
                     turn + " has a paid invoice");
      verdict_.equal(quantity("seats"), 5, turn + " keeps the seats");
    }
    verdict_.check(quantity("credits") == 100, "credits are new each month, never more than one");
    spend();
  }

  void spend() {
    verdict_.check(must(customer_.try_decrease_quantity("credits", 40), "spend"), "40 are spent");
  }

  void fail_and_recover() {
    timeline_.use_card(customer_, kFailingCard);
    const Timestamp due = period_end();
    timeline_.advance_to(due + kUntilPaid);
    verdict_.equal(subscription().status, "past_due", "the card fails");
    verdict_.check(owns("basic"), "access during the grace");
    verdict_.equal(quantity("seats"), 5, "seats during the grace");
    // The project's grace is two days.
    timeline_.advance_to(due + Millis{2 * kDay.count + kHour.count});
    verdict_.check(!owns("basic"), "no access when the grace has run out");
    verdict_.equal(quantity("seats"), 0, "no seats either");
    timeline_.use_card(customer_, kGoodCard);
    for (int day = 0; day < 7 && subscription().status != "active"; ++day) timeline_.advance(kDay);
    verdict_.equal(subscription().status, "active", "the retried payment succeeds");
    verdict_.check(owns("basic"), "access comes back");
    verdict_.equal(quantity("seats"), 5, "the seats come back");
    verdict_.check(quantity("credits") <= 100, "credits are not doubled");
  }

  void switch_up() {
    const sdk::SwitchSubscriptionOptions change{
        .from_product_id = "basic", .to_product_id = "max", .price_id = price_};
    const auto preview = must(customer_.preview_switch(change), "preview");
    const std::int64_t before = timeline_.money_taken();
    const std::int64_t used = 100 - quantity("credits");
    must(customer_.switch_subscription(change), "switch up");
    timeline_.settle();
    verdict_.check(owns("max"), "the bigger plan is there at once");
    verdict_.equal(timeline_.money_taken() - before, preview.due_now,
                   "the preview was right to the cent");
    verdict_.equal(quantity("seats"), 20, "its seats");
    verdict_.equal(quantity("credits"), 1000 - used, "its credits, less what was used");
  }

  void switch_down_at_period_end() {
    const std::int64_t before = timeline_.money_taken();
    const auto waiting =
        must(customer_.switch_subscription({.from_product_id = "max",
                                            .to_product_id = "basic",
                                            .price_id = price_,
                                            .effective = sdk::SwitchTime::kPeriodEnd}),
             "switch down");
    verdict_.check(waiting.pending_switch && waiting.pending_switch->product_id == "basic",
                   "the smaller plan waits");
    verdict_.check(owns("max") && quantity("seats") == 20,
                   "until the period's end nothing changes");
    verdict_.equal(timeline_.money_taken() - before, 0, "and nothing is charged");
    timeline_.advance_to(period_end() + kUntilPaid);
    verdict_.check(owns("basic"), "then it is there");
    verdict_.equal(quantity("seats"), 5, "with its seats");
    verdict_.check(!subscription().pending_switch, "nothing waits any more");
    verdict_.equal(timeline_.money_taken() - before,
                   must(customer_.list_invoices(), "invoices").items.at(0).total,
                   "the renewal costs what the smaller plan costs");
  }

  void cancel_resume_and_end() {
    verdict_.check(
        must(customer_.cancel_subscription({.product_id = "basic"}), "cancel").cancel_at_period_end,
        "canceled at the period's end");
    verdict_.check(owns("basic"), "owned until then");
    verdict_.check(!must(customer_.resume_subscription(id_), "resume").cancel_at_period_end,
                   "resumed");
    const Timestamp end = period_end();
    timeline_.advance_to(end + kUntilPaid);
    verdict_.equal(subscription().status, "active", "so it renews");
    must(customer_.cancel_subscription({.product_id = "basic"}), "cancel");
    const std::int64_t bonus = quantity("bonus");
    const std::int64_t before = timeline_.money_taken();
    timeline_.advance_to(period_end() + kUntilPaid);
    verdict_.check(must(customer_.list_products(), "listProducts").items.empty(), "it has ended");
    verdict_.equal(subscription().status, "canceled", "and says so");
    verdict_.equal(timeline_.money_taken() - before, 0, "without another charge");
    verdict_.equal(quantity("seats"), 0, "the seats are gone");
    verdict_.equal(quantity("credits"), 0, "the credits are gone");
    verdict_.check(quantity("bonus") >= bonus, "what never expires stays");
    timeline_.advance(Millis{400 * kDay.count});
    verdict_.equal(quantity("credits"), 0, "a year later still");
  }

  Timeline& timeline_;
  const IntervalUnit unit_;
  const std::string price_;
  Verdict verdict_;
  const sdk::CustomCustomer customer_;
  std::string id_;
  Timestamp anchor_;
};

}  // namespace
}  // namespace purser::scenarios

int main(int argc, char** argv) {
  const auto unit = purser::parse_interval_unit(argc > 1 ? argv[1] : "");
  if (!unit) {
    std::cerr << "usage: lifecycle week|month|year\n";
    return 2;
  }
  try {
    purser::scenarios::Timeline timeline;
    return purser::scenarios::Lifecycle(timeline, *unit).run() == 0 ? 0 : 1;
  } catch (const std::exception& exception) {
    std::cout << "FAILED: " << exception.what() << "\n";
    return 1;
  }
}
