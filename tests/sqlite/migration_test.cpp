#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/migrations.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/sqlite/damaged_store.hpp"

// A database of an older schema, with what the program of that time wrote into it, is opened by
// this one.

namespace purser::sqlite {
namespace {

using contract::amount;
using contract::at;

const ProjectId kP("p");
const CustomerKey kAnn = contract::customer_of("p", CustomerType::kUser, "ann");
const ItemKey kCredits = contract::item_of(kAnn, "credits");
constexpr std::int64_t kSale = 1'769'817'600'000;  // 2026-01-31, the anchor of monthly repeats
constexpr std::int64_t kHour = 3'600'000;

std::string old_data() {
  std::ifstream file(PURSER_SOURCE_DIR "/tests/sqlite/schema_1_data.sql");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class SqliteMigration : public DamagedStore {
 protected:
  void SetUp() override {
    {
      auto db = Connection::open(path_, OpenMode::kWriter, "");
      PURSER_ASSERT_OK(db);
      const auto migrations = sql::embedded_migrations("sqlite");
      PURSER_ASSERT_OK(migrate(**db, std::span(migrations).first(1), clock_.now()));
      PURSER_ASSERT_OK((*db)->exec(old_data().c_str()));
    }
    clock_.set(kSale + kHour);
    open();
  }
};

TEST_F(SqliteMigration, AnOldDatabaseVerifies) { EXPECT_EQ(findings(), ""); }

TEST_F(SqliteMigration, PurchasesAreAsTheyWereSold) {
  const auto sold = store_->view()->purchase_by_payment(kP, "pi_1");
  PURSER_ASSERT_OK(sold);
  ASSERT_TRUE(sold->has_value());
  const domain::Purchase& purchase = **sold;
  EXPECT_EQ(purchase.id, PurchaseId("b1"));
  EXPECT_EQ(purchase.customer, kAnn);
  EXPECT_EQ(purchase.product.display_name, "Pack");
  EXPECT_EQ(purchase.catalog_version, 7);
  EXPECT_EQ(purchase.price, PriceId("once"));
  EXPECT_EQ(purchase.type, domain::PurchaseType::kOneTime);
  EXPECT_EQ(purchase.origin, domain::PurchaseOrigin::kStripe);
  EXPECT_EQ(purchase.created_at, at(kSale));
  EXPECT_EQ(purchase.anchor, at(kSale));
  EXPECT_FALSE(purchase.subscription);
  EXPECT_EQ(purchase.refunded_quantity, amount(0));
  EXPECT_EQ(store_->view()->owned(kAnn)->size(), 1U);
  EXPECT_TRUE(store_->view()->due_purchases(at(Timestamp::kMaxMillis), 10)->empty());
  const auto gift = store_->view()->purchase(kP, PurchaseId("b2"));
  ASSERT_TRUE(gift->has_value());
  EXPECT_TRUE((*gift)->product.is_inline());
  EXPECT_FALSE((*gift)->price);
}

TEST_F(SqliteMigration, WhatWasSoldCanBeRefunded) {
  const auto invoice = store_->view()->invoice_by_payment(kP, "pi_1");
  PURSER_ASSERT_OK(invoice);
  ASSERT_TRUE(invoice->has_value());
  EXPECT_EQ((*invoice)->id, "b1");
  EXPECT_EQ((*invoice)->customer, kAnn);
  EXPECT_EQ((*invoice)->purchase, PurchaseId("b1"));
  EXPECT_EQ((*invoice)->status, app::InvoiceStatus::kPaid);
  EXPECT_EQ((*invoice)->total, Money(500, *Currency::parse("EUR")));
  EXPECT_EQ((*invoice)->amount_paid, 500);
  EXPECT_EQ((*invoice)->refunded, 0);
  EXPECT_EQ((*invoice)->created_at, at(kSale));
  const auto thing = contract::customer_of("p", CustomerType::kCustom, "thing");
  EXPECT_TRUE(store_->view()->invoices(thing, {"", 10})->empty()) << "nobody paid for those";
}

TEST_F(SqliteMigration, TransactionsHaveTheProductOfTheirPurchase) {
  const auto thing = contract::customer_of("p", CustomerType::kCustom, "thing");
  const auto found = store_->view()->transactions(thing, {"", 10});
  PURSER_ASSERT_OK(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->at(0).id.str(), "t3");
  EXPECT_EQ(found->at(0).product_id, "pack");
  EXPECT_EQ(found->at(1).kind, app::TransactionKind::kGrant);
  EXPECT_EQ(found->at(1).product_id, "");
  EXPECT_EQ(store_->view()->transactions(kAnn, {"", 10})->at(0).amount,
            Money(500, *Currency::parse("EUR")));
}

TEST_F(SqliteMigration, OpenCheckoutsGoOn) {
  const auto due = store_->view()->due_checkouts(at(kSale + kHour), 10);
  PURSER_ASSERT_OK(due);
  ASSERT_EQ(due->size(), 1U);
  app::Checkout checkout = due->front();
  EXPECT_EQ(checkout.id.str(), "c2");
  EXPECT_EQ(checkout.total, Money(500, *Currency::parse("EUR")));
  EXPECT_FALSE(checkout.is_subscription);
  EXPECT_FALSE(checkout.trial);
  EXPECT_EQ(checkout.code_hash, crypto::Digest{});
  checkout.state = app::CheckoutState::kExpired;
  PURSER_ASSERT_OK(
      store_->commit([&](app::StoreBatch& batch) { return batch.update_checkout(checkout); }));
  EXPECT_EQ((*store_->view()->checkout_by_session(kP, "cs_2"))->state,
            app::CheckoutState::kExpired);
  EXPECT_EQ((*store_->view()->checkout_by_session(kP, "cs_1"))->purchase, PurchaseId("b1"));
}

TEST_F(SqliteMigration, SettingsHaveTheDefaultsOfWhatIsNew) {
  const auto project = store_->view()->project(kP);
  PURSER_ASSERT_OK(project);
  ASSERT_TRUE(project->has_value());
  EXPECT_EQ((*project)->settings.trusted_domains,
            std::vector<std::string>{"https://app.example.com"});
  EXPECT_TRUE((*project)->settings.test_mode);
  EXPECT_EQ((*project)->settings.past_due_grace_days, 7);
  EXPECT_EQ((*project)->settings.downgrade_effective, domain::SwitchTime::kNow);
  EXPECT_EQ((*project)->payments.account_id, "acct_1");
  EXPECT_EQ((*project)->payments.sealed_secret_key, std::string("\0\1\2", 3));
  EXPECT_EQ((*project)->payments.connected_account, "");
  EXPECT_EQ(store_->view()->inbox(kP, app::InboxState::kDone, {"", 10})->size(), 1U);
}

TEST_F(SqliteMigration, SchedulesOfTheOldFormGoOn) {
  const auto before = store_->view()->item(kCredits);
  PURSER_ASSERT_OK(before);
  EXPECT_EQ(before->quantity(), amount(50)) << "the last line was folded onto it";
  ASSERT_EQ(before->terms.size(), 1U);
  EXPECT_EQ(before->terms[0].source, PurchaseId("b1"));
  EXPECT_EQ(before->terms[0].next, 1);
  EXPECT_FALSE(before->terms[0].ends_at);

  clock_.set(at(kSale).millis() + 30 * 24 * kHour);  // 2026-03-02: the first repeat was due
  PURSER_ASSERT_OK(store_->commit([](app::StoreBatch& batch) -> Status {
    PURSER_TRY(auto account, batch.item(kCredits));
    PURSER_TRY(const auto change, domain::apply_due(std::move(account), batch.now()));
    PURSER_CHECK_OK(batch.put_item(kCredits, change.account, change.entries));
    return contract::take(batch, kCredits, 1);
  }));
  EXPECT_EQ(store_->view()->item(kCredits)->quantity(), amount(99));
  const auto lines = store_->view()->ledger(kCredits, std::nullopt, 10);
  PURSER_ASSERT_OK(lines);
  ASSERT_EQ(lines->size(), 6U);
  EXPECT_EQ(lines->at(1).entry.cause, domain::Cause::kRepeat);
  EXPECT_EQ(lines->at(1).entry.at, at(1'772'236'800'000));
  EXPECT_EQ(lines->at(2).entry.cause, domain::Cause::kExpiry);
  EXPECT_EQ(findings(), "");

  store_.reset();
  open();
  EXPECT_EQ(store_->view()->item(kCredits)->quantity(), amount(99));
  EXPECT_EQ(store_->view()->item(kCredits)->terms.at(0).next, 2);
  PURSER_ASSERT_OK(store_->commit([](app::StoreBatch& batch) -> Status {
    PURSER_TRY(auto account, batch.item(kCredits));
    PURSER_TRY(const auto change,
               domain::end_source(std::move(account), PurchaseId("b1"), batch.now()));
    return batch.put_item(kCredits, change.account, change.entries);
  }));
  EXPECT_EQ(store_->view()->item(kCredits)->quantity(), amount(0));
  EXPECT_EQ(findings(), "");
}

}  // namespace
}  // namespace purser::sqlite
