#include "adapters/sql/verify_purchases.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/sql/documents.hpp"
#include "adapters/sql/rows.hpp"
#include "domain/purchase.hpp"

namespace purser::sql {
namespace {

constexpr std::int64_t kDayMillis = 86'400'000;

bool has_recurring_price(const domain::Product& product, const PriceId& id) {
  return std::any_of(product.prices.begin(), product.prices.end(), [&](const domain::Price& price) {
    return price.id == id && price.interval.has_value();
  });
}

void check_switch(const domain::PendingSwitch& change, const std::string& name,
                  Findings& findings) {
  if (!change.quantity.is_positive() || !has_recurring_price(change.product, change.price)) {
    findings.add(name, "its change of plan leads to no price with an interval");
  }
}

void check_subscription(const domain::Purchase& purchase, Findings& findings) {
  const std::string name = "purchase " + purchase.id.str();
  const bool is_subscription = purchase.type == domain::PurchaseType::kSubscription;
  if (is_subscription != purchase.subscription.has_value()) {
    findings.add(name, is_subscription ? "it is a subscription without one's document"
                                       : "it is no subscription but has one's document");
  }
  if (!purchase.subscription) return;
  const domain::Subscription& subscription = *purchase.subscription;
  if (!purchase.price || !has_recurring_price(purchase.product, *purchase.price)) {
    findings.add(name, "its subscription has no price with an interval");
  }
  if (subscription.current_period_end <= subscription.current_period_start) {
    findings.add(name, "its subscription's period ends before it begins");
  }
  if (subscription.ended_at && !domain::is_final(subscription.status)) {
    findings.add(name, "its subscription has ended and goes on");
  }
  const bool was_asked = !subscription.switching_id.empty() && !subscription.is_local();
  if (subscription.switching && !was_asked) {
    findings.add(name, "its subscription is in a change of plan that nobody was asked for");
  }
  if (subscription.pending) check_switch(*subscription.pending, name, findings);
  if (subscription.switching) check_switch(*subscription.switching, name, findings);
}

/// What a customer has at once.
class Holdings {
 public:
  Holdings(Findings& findings, Timestamp now) : findings_(findings), now_(now) {}

  void set_grace(const std::string& project, Millis grace) { graces_[project] = grace; }

  /// A customer's active purchases, oldest first.
  void check(const std::vector<domain::Purchase>& active) {
    if (active.size() < 2) return;
    const CustomerKey& customer = active.front().customer;
    const Millis grace = graces_[customer.project.str()];
    std::map<std::string, std::vector<const domain::Purchase*>> by_line;
    std::map<std::string, std::vector<const domain::Purchase*>> by_product;
    const std::vector<domain::Purchase> owned = domain::owned_at(active, grace, now_);
    for (const domain::Purchase& purchase : owned) {
      const domain::Product& product = purchase.product;
      if (!product.is_inline()) by_product[product.id.str()].push_back(&purchase);
      if (product.product_line && product.is_add_on_to.empty()) {
        by_line[product.product_line->str()].push_back(&purchase);
      }
    }
    for (const auto& [line, purchases] : by_line) check_line(customer, line, purchases);
    for (const auto& [product, purchases] : by_product) {
      check_product(customer, product, purchases);
    }
  }

 private:
  using Purchases = std::vector<const domain::Purchase*>;

  /// One-time purchases of one stackable product may stand beside each other.
  void check_line(const CustomerKey& customer, const std::string& line,
                  const Purchases& purchases) {
    std::set<std::string> products;
    int subscriptions = 0;
    for (const domain::Purchase* purchase : purchases) {
      products.insert(purchase->product.id.str());
      if (purchase->subscription) ++subscriptions;
    }
    if (products.size() < 2 && subscriptions < 2) return;
    findings_.add(Findings::name_of(customer),
                  "has more than one plan of product line " + line + ": " + names_of(purchases));
  }

  void check_product(const CustomerKey& customer, const std::string& product,
                     const Purchases& purchases) {
    const bool stackable =
        std::any_of(purchases.begin(), purchases.end(),
                    [](const domain::Purchase* purchase) { return purchase->product.stackable; });
    if (purchases.size() < 2 || stackable) return;
    findings_.add(Findings::name_of(customer),
                  "has product " + product + " more than once: " + names_of(purchases));
  }

  static std::string names_of(const Purchases& purchases) {
    std::string names;
    for (const domain::Purchase* purchase : purchases) {
      names += (names.empty() ? "purchase " : ", purchase ") + purchase->id.str();
    }
    return names;
  }

  Findings& findings_;
  const Timestamp now_;
  std::map<std::string, Millis> graces_;
};

Status load_graces(Connection& db, Findings& findings, Holdings& holdings) {
  PURSER_TRY(Cursor row, db.query("SELECT id, settings FROM projects"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    const auto settings = decode_settings(row.view(1));
    if (settings) {
      holdings.set_grace(row.text(0), Millis{settings->past_due_grace_days * kDayMillis});
    } else {
      findings.add("project " + row.text(0), "its settings are unreadable");
    }
  }
}

/// `next` answers where a page of so many rows ends. Calls `page` with borders `after < x <= up_to`
/// until there are no more.
Status in_pages(Connection& db, const char* next, std::int64_t rows,
                const std::function<Status(std::int64_t after, std::int64_t up_to)>& page) {
  for (std::int64_t after = 0;;) {
    PURSER_TRY(const auto up_to, db.integer(next, after, rows));
    if (!up_to) return {};
    PURSER_CHECK_OK(page(after, *up_to));
    after = *up_to;
  }
}

Status check_documents(Connection& db, Findings& findings, std::int64_t page) {
  const char* next =
      "SELECT max(r.row) FROM (SELECT row FROM purchases WHERE row > $1 ORDER BY row LIMIT $2) r";
  return in_pages(db, next, page, [&](std::int64_t after, std::int64_t up_to) -> Status {
    PURSER_TRY(Cursor row, db.query("SELECT " PURSER_PURCHASE_COLUMNS
                                    "WHERE p.row > $1 AND p.row <= $2 ORDER BY p.row",
                                    after, up_to));
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) return {};
      const auto purchase = rows::purchase(row);
      if (purchase) {
        check_subscription(*purchase, findings);
      } else {
        findings.add("purchase " + row.text(0),
                     "its row is unreadable: " + purchase.error().log.for_log());
      }
    }
  });
}

Status check_holdings(Connection& db, Holdings& holdings, std::int64_t page) {
  const char* next =
      "SELECT max(r.customer_id) FROM (SELECT customer_id FROM purchases WHERE status = 0 "
      "AND customer_id > $1 ORDER BY customer_id LIMIT $2) r";
  return in_pages(db, next, page, [&](std::int64_t after, std::int64_t up_to) -> Status {
    PURSER_TRY(Cursor row, db.query("SELECT " PURSER_PURCHASE_COLUMNS "WHERE p.status = 0 "
                                    "AND p.customer_id > $1 AND p.customer_id <= $2 "
                                    "ORDER BY p.customer_id, p.row",
                                    after, up_to));
    std::vector<domain::Purchase> active;
    for (;;) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      auto purchase = rows::purchase(row);
      if (!purchase) continue;  // check_documents reports it
      if (!active.empty() && active.front().customer != purchase->customer) {
        holdings.check(active);
        active.clear();
      }
      active.push_back(*std::move(purchase));
    }
    holdings.check(active);
    return {};
  });
}

}  // namespace

Status check_purchases(Connection& db, Findings& findings, Timestamp now, std::int64_t page) {
  Holdings holdings(findings, now);
  PURSER_CHECK_OK(load_graces(db, findings, holdings));
  PURSER_CHECK_OK(check_documents(db, findings, page));
  return check_holdings(db, holdings, page);
}

}  // namespace purser::sql
