#include <gtest/gtest.h>

#include "tests/contract/subscription_records.hpp"
#include "tests/sqlite/damaged_store.hpp"

// Verify must find what does not add up between subscriptions, invoices, refunds and what repeats
// granted: each test breaks one thing behind the store's back.

namespace purser::sqlite {
namespace {

using contract::amount;
using contract::at;
using contract::customer_of;
using contract::euros;
using contract::item_of;

constexpr std::int64_t kStart = 1'000'000;
constexpr std::int64_t kDay = 86'400'000;
const CustomerKey kAnn = customer_of("p", CustomerType::kCustom, "ann");
const CustomerKey kBob = customer_of("p", CustomerType::kCustom, "bob");

/// Ten credits each month, while it is paid.
domain::Purchase subscription(const CustomerKey& customer, const std::string& id,
                              const std::string& remote_ref) {
  domain::Purchase purchase = contract::subscription_of(customer, id, remote_ref);
  purchase.product.id = ProductId("pro");
  purchase.product.product_line = ProductLineId("plans");
  purchase.product.included_items.push_back({ItemId("credits"), amount(10),
                                             CalendarInterval{IntervalUnit::kMonth, 1},
                                             domain::Expiry::kNever});
  purchase.anchor = at(kStart);
  purchase.subscription->current_period_start = at(kStart);
  purchase.subscription->current_period_end = at(kStart + 90 * kDay);
  purchase.subscription->paid_through = at(kStart + 90 * kDay);
  return purchase;
}

/// Five points each day for ever.
domain::Purchase daily_points(const std::string& id) {
  domain::Purchase purchase;
  purchase.id = PurchaseId(id);
  purchase.customer = kAnn;
  purchase.product.id = ProductId("daily");
  purchase.product.display_name = "Daily";
  purchase.product.stackable = true;
  purchase.product.included_items.push_back({ItemId("points"), amount(5),
                                             CalendarInterval{IntervalUnit::kDay, 1},
                                             domain::Expiry::kNever});
  purchase.quantity = amount(1);
  purchase.created_at = at(kStart);
  purchase.anchor = at(kStart);
  return purchase;
}

Status buy(app::StoreBatch& batch, const domain::Purchase& purchase) {
  PURSER_CHECK_OK(batch.insert_purchase(purchase, std::nullopt));
  PURSER_TRY(const auto grants, domain::initial_grants(purchase, Millis{0}));
  for (const domain::ItemGrant& grant : grants) {
    const ItemKey key = item_of(purchase.customer, grant.item.str());
    PURSER_TRY(auto account, batch.item(key));
    PURSER_TRY(const auto change,
               domain::grant_included(std::move(account), grant.grant, batch.now()));
    PURSER_CHECK_OK(batch.put_item(key, change.account, change.entries));
  }
  return {};
}

Status apply_due(app::StoreBatch& batch, const ItemKey& key) {
  PURSER_TRY(auto account, batch.item(key));
  PURSER_TRY(const auto change, domain::apply_due(std::move(account), batch.now()));
  return batch.put_item(key, change.account, change.entries);
}

Status record(app::StoreBatch& batch, const std::string& id, const domain::Purchase& purchase,
              app::TransactionKind kind, std::optional<Money> money) {
  app::Transaction transaction;
  transaction.id = TransactionId(id);
  transaction.customer = purchase.customer;
  transaction.kind = kind;
  transaction.purchase = purchase.id;
  transaction.amount = money;
  return batch.insert_transaction(transaction);
}

Status bill(app::StoreBatch& batch) {
  app::Invoice invoice;
  invoice.id = "in_1";
  invoice.customer = kAnn;
  invoice.purchase = PurchaseId("s1");
  invoice.status = app::InvoiceStatus::kPaid;
  invoice.total = euros(900);
  invoice.amount_paid = 900;
  invoice.refunded = 300;
  invoice.payment_ref = "pi_1";
  PURSER_CHECK_OK(batch.put_invoice(invoice));
  app::Refund refund;
  refund.id = "r1";
  refund.project = ProjectId("p");
  refund.purchase = PurchaseId("s1");
  refund.invoice = "in_1";
  refund.payment_ref = "pi_1";
  refund.amount = euros(300);
  refund.state = app::RefundState::kSucceeded;
  refund.remote_ref = "re_1";
  PURSER_CHECK_OK(batch.insert_refund(refund));
  refund.id = "r2";
  refund.state = app::RefundState::kFailed;
  refund.remote_ref.clear();
  PURSER_CHECK_OK(batch.insert_refund(refund));
  app::Dispute dispute;
  dispute.id = "dp_1";
  dispute.project = ProjectId("p");
  dispute.purchase = PurchaseId("s1");
  dispute.amount = euros(900);
  return batch.insert_dispute(dispute);
}

/// Bob's plan changes to one that has seats instead of credits, and his credits are used up.
Status switch_plan(app::StoreBatch& batch) {
  domain::Purchase purchase = subscription(kBob, "s2", "sub_2");
  PURSER_CHECK_OK(contract::take(batch, item_of(kBob, "credits"), 10));
  purchase.product.id = ProductId("team");
  purchase.product.included_items[0].item = ItemId("seats");
  for (const char* item : {"credits", "seats"}) {
    const ItemKey key = item_of(kBob, item);
    std::optional<domain::IncludedGrant> to;
    if (std::string(item) == "seats") {
      PURSER_TRY(const auto grants, domain::initial_grants(purchase, Millis{0}));
      to = grants.at(0).grant;
    }
    PURSER_TRY(auto account, batch.item(key));
    PURSER_TRY(const auto change, domain::switch_source(std::move(account), purchase.id, to,
                                                        domain::TermLimits{}, batch.now()));
    PURSER_CHECK_OK(batch.put_item(key, change.account, change.entries));
  }
  PURSER_CHECK_OK(batch.update_purchase(purchase, std::nullopt));
  return record(batch, "t9", purchase, app::TransactionKind::kSwitch, std::nullopt);
}

class SqliteVerifyBilling : public DamagedStore {
 protected:
  void SetUp() override {
    open();
    clock_.set(kStart);
    PURSER_ASSERT_OK(store_->commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(contract::project_of("p")));
      PURSER_CHECK_OK(batch.insert_project(contract::project_of("q")));
      const domain::Purchase plan = subscription(kAnn, "s1", "sub_1");
      PURSER_CHECK_OK(buy(batch, plan));
      PURSER_CHECK_OK(buy(batch, subscription(kBob, "s2", "sub_2")));
      PURSER_CHECK_OK(buy(batch, daily_points("o1")));
      domain::Purchase paid = daily_points("o2");
      paid.product.included_items.clear();
      paid.origin = domain::PurchaseOrigin::kStripe;
      paid.payment_ref = "pi_2";
      PURSER_CHECK_OK(buy(batch, paid));
      PURSER_CHECK_OK(bill(batch));
      PURSER_CHECK_OK(record(batch, "t1", plan, app::TransactionKind::kPurchase, euros(900)));
      PURSER_CHECK_OK(record(batch, "t2", plan, app::TransactionKind::kRefund, euros(300)));
      PURSER_CHECK_OK(record(batch, "t3", plan, app::TransactionKind::kDispute, euros(900)));
      return switch_plan(batch);
    }));
    clock_.set(kStart + 65 * kDay);
    PURSER_ASSERT_OK(store_->commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(apply_due(batch, item_of(kAnn, "credits")));
      return apply_due(batch, item_of(kAnn, "points"));
    }));
    EXPECT_EQ(findings(), "");
  }
};

// A second purchase of Ann's beside s1, which verify must judge: what differs is filled in.
#define PURSER_SECOND_PLAN(product_id, product, status, origin, remote_ref, subscription)    \
  "INSERT INTO purchases SELECT 99, project_id, 'b9', customer_id, " product_id ", " product \
  ", catalog_version, price_id, quantity, type, " status ", " origin ", '', " remote_ref     \
  ", " subscription ", 0, anchor, NULL, created_at FROM purchases WHERE id = 's1'"
#define PURSER_NO_ITEMS "json_set(product, '$.included_items', json('{}'))"
#define PURSER_NOBODY_PAYS "json_set(subscription, '$.remote_ref', '')"

TEST_F(SqliteVerifyBilling, TwoPlansOfOneLine) {
  expect_found(PURSER_SECOND_PLAN("'max'", PURSER_NO_ITEMS, "0", "2", "''", PURSER_NOBODY_PAYS),
               "project p, custom ann: has more than one plan of product line plans: "
               "purchase s1, purchase b9");
}

TEST_F(SqliteVerifyBilling, TwoSubscriptionsToOneStackablePlan) {
  expect_found(PURSER_SECOND_PLAN("'pro'",
                                  "json_set(product, '$.included_items', json('{}'), "
                                  "'$.stackable', json('true'))",
                                  "0", "2", "''", PURSER_NOBODY_PAYS),
               "more than one plan of product line plans");
}

TEST_F(SqliteVerifyBilling, AProductThatIsOwnedTwice) {
  expect_found(PURSER_SECOND_PLAN("'pro'",
                                  "json_remove(json_set(product, '$.included_items', json('{}')), "
                                  "'$.product_line')",
                                  "0", "2", "''", PURSER_NOBODY_PAYS),
               "has product pro more than once: purchase s1, purchase b9");
}

TEST_F(SqliteVerifyBilling, AnAddOnBesideItsBaseIsFine) {
  expect_fine(PURSER_SECOND_PLAN("'extra'",
                                 "json_set(product, '$.included_items', json('{}'), "
                                 "'$.is_add_on_to', json_array('pro'))",
                                 "0", "2", "''", PURSER_NOBODY_PAYS));
}

TEST_F(SqliteVerifyBilling, APlanThatEndedBesideItsSuccessorIsFine) {
  expect_fine(PURSER_SECOND_PLAN("'max'", PURSER_NO_ITEMS, "2", "2", "''", PURSER_NOBODY_PAYS));
}

TEST_F(SqliteVerifyBilling, APlanWithoutAccessBesideItsSuccessorIsFine) {
  expect_fine(PURSER_SECOND_PLAN("'max'", PURSER_NO_ITEMS, "0", "2", "''",
                                 "json_set(subscription, '$.remote_ref', '', '$.status', "
                                 "'unpaid')"));
}

TEST_F(SqliteVerifyBilling, ASubscriptionOfTheProviderThatIsTwoPurchases) {
  expect_found("DROP INDEX purchases_by_subscription; " PURSER_SECOND_PLAN(
                   "'max'", PURSER_NO_ITEMS, "2", "0", "remote_ref", "subscription"),
               "subscription sub_1: a subscription of the provider is of more than one purchase");
}

TEST_F(SqliteVerifyBilling, APaidPurchaseThatNamesNoPayment) {
  expect_found("UPDATE purchases SET payment_ref = '' WHERE id = 'o2'",
               "purchase o2: it is paid through the provider but names no payment");
}

TEST_F(SqliteVerifyBilling, APaidSubscriptionThatNamesNone) {
  expect_found(
      "UPDATE purchases SET remote_ref = '', subscription = json_set(subscription, "
      "'$.remote_ref', '') WHERE id = 's1'",
      "purchase s1: it is paid through the provider but names no subscription there");
}

TEST_F(SqliteVerifyBilling, AGiftThatNamesAPayment) {
  expect_found("UPDATE purchases SET payment_ref = 'pi_9' WHERE id = 'o1'",
               "purchase o1: nobody paid for it but it names a payment");
}

TEST_F(SqliteVerifyBilling, ARowThatNamesAnotherSubscriptionThanItsDocument) {
  expect_found("UPDATE purchases SET remote_ref = 'sub_9' WHERE id = 's1'",
               "purchase s1: its document names another subscription");
}

TEST_F(SqliteVerifyBilling, AnUnreadableSubscription) {
  expect_found("UPDATE purchases SET subscription = '{}' WHERE id = 's1'",
               "purchase s1: its row is unreadable");
}

TEST_F(SqliteVerifyBilling, ASubscriptionWithoutADocument) {
  expect_found("UPDATE purchases SET subscription = NULL WHERE id = 's1'",
               "it is a subscription without one's document");
}

TEST_F(SqliteVerifyBilling, ADocumentWithoutASubscription) {
  expect_found("UPDATE purchases SET type = 0 WHERE id = 's1'",
               "it is no subscription but has one's document");
}

TEST_F(SqliteVerifyBilling, APeriodThatEndsBeforeItBegins) {
  expect_found(
      "UPDATE purchases SET subscription = json_set(subscription, '$.current_period_end', "
      "json_extract(subscription, '$.current_period_start')) WHERE id = 's1'",
      "its subscription's period ends before it begins");
}

TEST_F(SqliteVerifyBilling, ASubscriptionThatEndedAndGoesOn) {
  expect_found(
      "UPDATE purchases SET subscription = json_set(subscription, '$.ended_at', 5) "
      "WHERE id = 's1'",
      "its subscription has ended and goes on");
}

TEST_F(SqliteVerifyBilling, ASwitchUnderWayThatNobodyWasAskedFor) {
  expect_found(
      "UPDATE purchases SET subscription = json_set(subscription, '$.switching', json_object("
      "'product_id', 'pro', 'product', json(product), 'catalog_version', 1, 'price_id', "
      "'monthly', 'quantity', 1, 'at', 5)) WHERE id = 's1'",
      "a change of plan that nobody was asked for");
}

TEST_F(SqliteVerifyBilling, ASubscriptionWithoutAPrice) {
  expect_found("UPDATE purchases SET price_id = 'yearly' WHERE id = 's1'",
               "its subscription has no price with an interval");
}

TEST_F(SqliteVerifyBilling, APendingSwitchToNoPrice) {
  expect_found(
      "UPDATE purchases SET subscription = json_set(subscription, '$.pending', json_object("
      "'product_id', 'pro', 'product', json(product), 'catalog_version', 1, 'price_id', 'yearly', "
      "'quantity', 1, 'at', 5)) WHERE id = 's1'",
      "its change of plan leads to no price with an interval");
}

TEST_F(SqliteVerifyBilling, MoreRefundedThanPaid) {
  expect_found("UPDATE invoices SET refunded = 901; UPDATE refunds SET amount = 901",
               "invoice in_1: more was refunded than was paid");
}

TEST_F(SqliteVerifyBilling, RefundsThatDoNotAddUp) {
  expect_found("UPDATE invoices SET refunded = 0",
               "invoice in_1: its refunds do not add up to what it says was refunded");
}

TEST_F(SqliteVerifyBilling, AnotherAmountOfARefund) {
  expect_found("UPDATE refunds SET amount = 299 WHERE id = 'r1'", "do not add up");
}

TEST_F(SqliteVerifyBilling, AFailedRefundThatCounts) {
  expect_found("UPDATE refunds SET state = 1 WHERE id = 'r2'", "do not add up");
}

TEST_F(SqliteVerifyBilling, ARefundInAnotherCurrency) {
  expect_found("UPDATE refunds SET currency = 'USD' WHERE id = 'r1'",
               "refund r1: a refund is in another currency");
}

TEST_F(SqliteVerifyBilling, ARefundTransactionAboveThePayments) {
  expect_found("UPDATE transactions SET amount = 901 WHERE id = 't2'",
               "purchase s1: more was refunded than was paid");
}

TEST_F(SqliteVerifyBilling, ADisputeIsNoPayment) {
  expect_found(
      "DELETE FROM invoices; DELETE FROM refunds; "
      "UPDATE transactions SET amount = 901 WHERE id = 't2'",
      "purchase s1: more was refunded than was paid");
}

TEST_F(SqliteVerifyBilling, APaymentOfTwoInvoices) {
  expect_found(
      "DROP INDEX invoices_by_payment; INSERT INTO invoices SELECT 9, project_id, 'in_9', "
      "customer_id, purchase_id, number, status, total, currency, amount_paid, 0, payment_ref, "
      "hosted_url, period_start, period_end, created_at FROM invoices",
      "payment pi_1: a payment is of more than one invoice");
}

TEST_F(SqliteVerifyBilling, ARefundThatWasCountedTwice) {
  expect_found("DROP INDEX refunds_by_remote; UPDATE refunds SET remote_ref = 're_1'",
               "refund re_1: a refund of the provider was counted more than once");
}

TEST_F(SqliteVerifyBilling, AnInvoiceOfAnotherCustomersPurchase) {
  expect_found(
      "UPDATE invoices SET customer_id = (SELECT id FROM customers WHERE external_id = 'bob')",
      "invoice in_1: an invoice names no purchase of its customer");
}

TEST_F(SqliteVerifyBilling, AnInvoiceOfAnotherProjectsCustomer) {
  expect_found("UPDATE invoices SET project_id = 2",
               "invoice in_1: an invoice is of no customer of its project");
}

TEST_F(SqliteVerifyBilling, ARefundOfAnotherPurchase) {
  expect_found("UPDATE refunds SET purchase_id = 'o1' WHERE id = 'r1'",
               "refund r1: a refund names no invoice of its purchase");
}

TEST_F(SqliteVerifyBilling, ARefundInAnotherProject) {
  expect_found("UPDATE refunds SET project_id = 2 WHERE id = 'r1'",
               "refund r1: a refund names no invoice of its purchase");
}

TEST_F(SqliteVerifyBilling, ADisputeInAnotherProject) {
  expect_found("UPDATE disputes SET project_id = 2",
               "dispute dp_1: a dispute names no purchase of its project");
}

TEST_F(SqliteVerifyBilling, ATrialOfNobody) {
  expect_found("INSERT INTO trials VALUES(77, 'line:plans', 1)", "that does not exist");
}

TEST_F(SqliteVerifyBilling, AnIntervalThatWasGrantedTwice) {
  expect_found(
      "UPDATE ledger SET at = at - 86400000 WHERE id = (SELECT max(id) FROM ledger "
      "WHERE source = 'o1')",
      "grants an interval of purchase o1 again (1970-03-06T00:16:40.000Z)");
}

TEST_F(SqliteVerifyBilling, AnIntervalOfASubscriptionThatWasGrantedTwice) {
  expect_found(
      "UPDATE ledger SET at = (SELECT min(at) FROM ledger WHERE source = 's1' AND cause = 3) "
      "WHERE source = 's1' AND cause = 3",
      "grants an interval of purchase s1 again");
}

TEST_F(SqliteVerifyBilling, AGapInTheRepeats) {
  expect_found(
      "UPDATE ledger SET at = at + 86400000 WHERE id = (SELECT max(id) FROM ledger "
      "WHERE source = 'o1')",
      "item points: the repeats of purchase o1 are not those that were due");
}

TEST_F(SqliteVerifyBilling, RepeatsThatBeganTooEarly) {
  expect_found("UPDATE purchases SET anchor = anchor + 86400000 WHERE id = 'o1'",
               "the repeats of purchase o1 are not those that were due");
}

// A repeat that would leave the range of quantities is skipped, and is no gap to verify.
TEST_F(SqliteVerifyBilling, ASkippedRepeatIsFine) {
  const CustomerKey rich = customer_of("p", CustomerType::kCustom, "rich");
  const ItemKey points = item_of(rich, "points");
  PURSER_ASSERT_OK(store_->commit([&](app::StoreBatch& batch) -> Status {
    domain::Purchase purchase = daily_points("o3");
    purchase.customer = rich;
    purchase.created_at = batch.now();
    purchase.anchor = batch.now();
    PURSER_CHECK_OK(buy(batch, purchase));
    return contract::give(batch, points, Quantity::kMax - 5);
  }));
  clock_.set(clock_.now().millis() + kDay);
  PURSER_ASSERT_OK(store_->commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(apply_due(batch, points));
    return contract::take(batch, points, 1'000);
  }));
  clock_.set(clock_.now().millis() + 2 * kDay);
  PURSER_ASSERT_OK(
      store_->commit([&](app::StoreBatch& batch) { return apply_due(batch, points); }));
  EXPECT_EQ(store_->view()->item(points)->quantity(), amount(Quantity::kMax - 1'000 + 10));
  EXPECT_EQ(findings(), "");
}

// What was switched includes other items now than it granted at the sale.
TEST_F(SqliteVerifyBilling, OnlyASwitchExcusesItemsThatWereNeverGranted) {
  expect_found("UPDATE ledger SET cause = 2 WHERE cause = 7; DELETE FROM transactions",
               "but does not include it or is not there");
}

}  // namespace
}  // namespace purser::sqlite
