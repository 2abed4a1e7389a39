#include "sandbox/billing.hpp"
#include "sandbox/proration.hpp"
#include "sandbox/subscriptions.hpp"

// What a change of a subscription costs. Nothing here changes anything.

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDaySeconds = 24 * 60 * 60;

// "14 Nov 2023"
std::string day_of(std::int64_t seconds) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string iso = Timestamp::from_millis(seconds / kDaySeconds * kDaySeconds * 1000)
                              .value_or(Timestamp())
                              .to_iso8601();
  const int month = (iso[5] - '0') * 10 + (iso[6] - '0');
  return iso.substr(8, 2) + " " + kMonths[month - 1] + " " + iso.substr(0, 4);
}

struct Rest {
  std::int64_t from;
  std::int64_t start;
  std::int64_t end;
};

Line proration_line(const Scene& scene, const json::Value& subscription, const Item& item,
                    const Rest& rest, bool credit) {
  Line line;
  const std::string name = product_name(scene, item.price);
  line.description = std::string(credit ? "Unused" : "Remaining") + " time on " +
                     (item.quantity == 1 ? name : std::to_string(item.quantity) + " × " + name) +
                     " after " + day_of(rest.from);
  line.price = item.price;
  line.quantity = item.quantity;
  const std::int64_t amount = prorated(item.amount(), rest.end - rest.from, rest.end - rest.start);
  line.amount = credit ? -amount : amount;
  line.currency = text_at(item.price, "currency");
  line.proration = true;
  line.start = rest.from;
  line.end = rest.end;
  line.subscription = text_at(subscription, "id");
  line.item = item.id;
  return line;
}

const Item* with_id(const std::vector<Item>& items, const std::string& id) {
  for (const Item& item : items) {
    if (item.id == id) return &item;
  }
  return nullptr;
}

bool same(const Item& a, const Item& b) {
  return text_at(a.price, "id") == text_at(b.price, "id") && a.quantity == b.quantity;
}

void add_nonzero(std::vector<Line>& lines, Line line) {
  if (line.amount != 0) lines.push_back(std::move(line));
}

// A credit and a debit for every item that is another one afterwards.
std::vector<Line> differences(const Scene& scene, const json::Value& subscription,
                              const std::vector<Item>& before, const std::vector<Item>& after,
                              const Rest& rest) {
  std::vector<Line> lines;
  for (const Item& item : before) {
    const Item* kept = with_id(after, item.id);
    if (kept != nullptr && same(*kept, item)) continue;
    add_nonzero(lines, proration_line(scene, subscription, item, rest, true));
    if (kept != nullptr) {
      add_nonzero(lines, proration_line(scene, subscription, *kept, rest, false));
    }
  }
  for (const Item& item : after) {
    if (!item.id.empty()) continue;
    add_nonzero(lines, proration_line(scene, subscription, item, rest, false));
  }
  return lines;
}

// A period from now on. Source:
// https://docs.stripe.com/billing/subscriptions/change#immediate-payment
void begin_period(const Scene& scene, const json::Value& subscription, const Change& change,
                  std::int64_t now, ChangePlan& plan) {
  plan.new_period = true;
  plan.invoice_now = true;
  plan.start = now;
  plan.end = boundary_after(now, interval_of(change.items[0].price), now);
  for (const Item& item : change.items) {
    plan.period_lines.push_back(
        period_line(scene, text_at(subscription, "id"), item, plan.start, plan.end));
  }
}

}  // namespace

std::vector<Line> unused_time(const Scene& scene, const json::Value& subscription,
                              const std::vector<Item>& items, std::int64_t from) {
  const Rest rest{from, int_at(subscription, "current_period_start"),
                  int_at(subscription, "current_period_end")};
  std::vector<Line> lines;
  if (rest.end <= rest.start || text_at(subscription, "status") == "trialing") return lines;
  for (const Item& item : items) {
    add_nonzero(lines, proration_line(scene, subscription, item, rest, true));
  }
  return lines;
}

std::vector<Line> renewal_lines(const Scene& scene, const json::Value& subscription,
                                const std::vector<Item>& items, std::int64_t from,
                                std::int64_t* until) {
  const std::int64_t end = boundary_after(int_at(subscription, "billing_cycle_anchor"),
                                          interval_of(items[0].price), from);
  std::vector<Line> lines;
  lines.reserve(items.size());
  for (const Item& item : items) {
    lines.push_back(period_line(scene, text_at(subscription, "id"), item, from, end));
  }
  if (until != nullptr) *until = end;
  return lines;
}

std::variant<ChangePlan, Failure> plan_change(const Scene& scene, const json::Value& subscription,
                                              const Change& change) {
  const std::int64_t now = scene.world.now_seconds();
  const std::int64_t start = int_at(subscription, "current_period_start");
  const std::int64_t end = int_at(subscription, "current_period_end");
  const std::vector<Item> before = items_of(subscription);
  const std::int64_t from = change.proration_date.value_or(now);
  if (from < start || from > end) {
    return invalid(
        "The subscription proration date must be within the current billing period of the "
        "subscription.",
        "proration_date");
  }
  const bool trialing = text_at(subscription, "status") == "trialing";
  ChangePlan plan{{}, {}, false, false, start, end};
  if (trialing) {
    if (change.trial_end && *change.trial_end > now) {
      plan.end = *change.trial_end;
    } else if (change.trial_end || change.anchor_now) {
      begin_period(scene, subscription, change, now, plan);
    }
    return plan;
  }
  if (change.trial_end && *change.trial_end > now) {
    return invalid("The sandbox cannot add a trial to a subscription that is not trialing.",
                   "trial_end");
  }
  const bool other_interval = !(interval_of(before[0].price) == interval_of(change.items[0].price));
  const bool begins_to_cost = amount_of(before) == 0 && amount_of(change.items) > 0;
  if (other_interval || change.anchor_now || begins_to_cost) {
    if (change.proration != "none") {
      plan.prorations = unused_time(scene, subscription, before, from);
    }
    begin_period(scene, subscription, change, now, plan);
  } else if (change.proration != "none") {
    plan.prorations = differences(scene, subscription, before, change.items, {from, start, end});
    plan.invoice_now = change.proration == "always_invoice" && !plan.prorations.empty();
  }
  return plan;
}

}  // namespace purser::sandbox
