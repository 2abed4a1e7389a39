#include <gtest/gtest.h>

#include <fstream>

#include "tests/sqlite/damaged_store.hpp"

// Verify must find every kind of damage: each test breaks one thing behind the store's back. Here
// the ledger, references and payments; verify_billing_test.cpp has the rest.

namespace purser::sqlite {
namespace {

using contract::amount;
using contract::customer_of;
using contract::item_of;

const CustomerKey kCustomer = customer_of("p", CustomerType::kCustom, "c");
const ItemKey kCredits = item_of(kCustomer, "credits");

domain::Purchase purchase() {
  domain::Purchase purchase;
  purchase.id = PurchaseId("b1");
  purchase.customer = kCustomer;
  purchase.product.id = ProductId("pack");
  purchase.product.display_name = "Pack";
  purchase.product.customer_type = CustomerType::kCustom;
  purchase.product.included_items.push_back(
      {ItemId("credits"), amount(100), {}, domain::Expiry::kNever});
  purchase.quantity = amount(1);
  purchase.origin = domain::PurchaseOrigin::kStripe;
  purchase.payment_ref = "pi_1";
  return purchase;
}

class SqliteVerify : public DamagedStore {
 protected:
  void SetUp() override {
    open();
    PURSER_ASSERT_OK(store_->commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(contract::project_of("p")));
      PURSER_CHECK_OK(batch.insert_project(contract::project_of("q")));
      PURSER_CHECK_OK(batch.insert_purchase(purchase(), std::nullopt));
      PURSER_TRY(const auto grants, domain::initial_grants(purchase(), Millis{0}));
      PURSER_TRY(const auto change, domain::grant_included({}, grants[0].grant, batch.now()));
      PURSER_CHECK_OK(batch.put_item(kCredits, change.account, change.entries));
      PURSER_CHECK_OK(contract::take(batch, kCredits, 30));
      PURSER_TRY(const bool taken, contract::try_take(batch, kCredits, 20));
      EXPECT_TRUE(taken);
      const auto other = customer_of("p", CustomerType::kCustom, "other");
      return contract::give(batch, item_of(other, "credits"), 5);
    }));
    PURSER_ASSERT_OK(store_->commit([](app::StoreBatch& batch) -> Status {
      app::Transaction paid;
      paid.id = TransactionId("t1");
      paid.customer = kCustomer;
      paid.purchase = PurchaseId("b1");
      paid.amount = Money(500, *Currency::parse("EUR"));
      return batch.insert_transaction(paid);
    }));
    EXPECT_EQ(findings(), "");
  }
};

TEST_F(SqliteVerify, ABalanceThatDiffersFromItsLedger) {
  // The balance of the one in the row of the other, which has another quantity.
  expect_found(
      "UPDATE balances SET account = (SELECT account FROM balances WHERE customer_id = 2) "
      "WHERE customer_id = 1",
      "project p, custom c, item credits: stored quantity 5, ledger says 50");
}

TEST_F(SqliteVerify, ACustomerOfNoProject) {
  expect_found("UPDATE customers SET project_id = 99 WHERE id = 2",
               "customer number 2: it is of no project");
}

TEST_F(SqliteVerify, AnUnreadableBalance) {
  expect_found("UPDATE balances SET account = x'00' WHERE customer_id = 1", "unreadable");
}

TEST_F(SqliteVerify, AMissingBalance) {
  expect_found("DELETE FROM balances WHERE customer_id = 1", "below the watermark");
}

TEST_F(SqliteVerify, ABalanceThatStandsAfterALineOfAnother) {
  expect_found("UPDATE balances SET last_entry = 4 WHERE customer_id = 1",
               "which its ledger lacks");
}

TEST_F(SqliteVerify, AChangedChange) {
  expect_found("UPDATE ledger SET change = -31 WHERE id = 2", "ledger line 2");
}

TEST_F(SqliteVerify, AChangedQuantity) {
  expect_found("UPDATE ledger SET quantity_after = 71 WHERE id = 2", "ledger line 2");
}

TEST_F(SqliteVerify, AChangedAmountWithAMatchingQuantity) {
  expect_found("UPDATE ledger SET change = -20, quantity_after = 80 WHERE id = 2", "ledger line 3");
}

TEST_F(SqliteVerify, ALostLine) {
  expect_found("DELETE FROM ledger WHERE id = 2", "ledger line 3 follows line 2 instead of 1");
}

TEST_F(SqliteVerify, ATryDecreaseThatWentBelowZero) {
  expect_found("UPDATE ledger SET change = -90, quantity_after = -20 WHERE id = 3", "below zero");
}

TEST_F(SqliteVerify, AGrantWithoutAPurchase) {
  expect_found("UPDATE ledger SET source = 'b2' WHERE id = 1", "purchase b2 granted it");
}

TEST_F(SqliteVerify, APurchaseThatWasNeverGranted) {
  expect_found("UPDATE ledger SET source = 'b2' WHERE id = 1", "never granted item credits");
}

TEST_F(SqliteVerify, AnAccountOfAnotherProjectsItem) {
  expect_found("UPDATE item_names SET project_id = 2", "another project");
}

TEST_F(SqliteVerify, APurchaseOfAnotherProjectsCustomer) {
  expect_found("UPDATE purchases SET project_id = 2", "of no customer of its project");
}

TEST_F(SqliteVerify, AReferenceToNothing) {
  expect_found("UPDATE purchases SET customer_id = 77", "that does not exist");
}

TEST_F(SqliteVerify, ARefundAboveThePayment) {
  expect_found(
      "INSERT INTO transactions SELECT 9, project_id, 't2', customer_id, 2, purchase_id, "
      "product_id, 501, currency, payment_ref, at FROM transactions",
      "more was refunded than was paid");
}

TEST_F(SqliteVerify, ATransactionOfNoPurchase) {
  expect_found("UPDATE transactions SET purchase_id = 'b7'", "names no purchase");
}

TEST_F(SqliteVerify, APaymentThatBoughtTwice) {
  expect_found(
      "DROP INDEX purchases_by_payment; INSERT INTO purchases SELECT 9, project_id, 'b9', "
      "customer_id, product_id, product, catalog_version, price_id, quantity, type, status, "
      "origin, payment_ref, remote_ref, subscription, refunded_quantity, anchor, wake_at, "
      "created_at FROM purchases",
      "granted more than once");
}

TEST_F(SqliteVerify, ADamagedPage) {
  store_.reset();
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(0, std::ios::end);
    const auto pages = file.tellg() / 4096;
    // The header of every page but the first few, which opening needs.
    for (std::int64_t page = 40; page < pages; ++page) {
      file.seekp(page * 4096);
      file.write("\x7f", 1);
    }
    ASSERT_GT(pages, 45);
  }
  SqliteOptions options;
  options.path = path_;
  options.background = false;
  auto opened = open_sqlite_store(options, clock_);
  if (!opened) return;  // noticed even earlier
  store_ = *std::move(opened);
  EXPECT_NE(findings(), "");
}

}  // namespace
}  // namespace purser::sqlite
