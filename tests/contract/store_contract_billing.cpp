#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/store_contract.hpp"
#include "tests/contract/subscription_records.hpp"

// Trials, invoices, refunds and disputes.

namespace purser::contract {
namespace {

const ProjectId kP("p");
const ProjectId kQ("q");

app::Invoice invoice_of(const CustomerKey& customer, const std::string& id,
                        const std::string& purchase, const std::string& payment_ref = "") {
  app::Invoice invoice;
  invoice.id = id;
  invoice.customer = customer;
  invoice.purchase = PurchaseId(purchase);
  invoice.number = "N-" + id;
  invoice.status = app::InvoiceStatus::kPaid;
  invoice.total = euros(900);
  invoice.amount_paid = 900;
  invoice.payment_ref = payment_ref;
  invoice.hosted_url = "https://pay.example.com/" + id;
  invoice.period_start = at(1'000);
  invoice.period_end = at(5'000);
  invoice.created_at = at(1'001);
  return invoice;
}

app::Refund refund_of(const std::string& id, const std::string& purchase,
                      const std::string& invoice) {
  app::Refund refund;
  refund.id = id;
  refund.project = kP;
  refund.purchase = PurchaseId(purchase);
  refund.invoice = invoice;
  refund.payment_ref = "pi_1";
  refund.amount = euros(300);
  refund.quantity = amount(2);
  refund.reason = "duplicate";
  refund.created_at = at(3'000);
  return refund;
}

app::Dispute dispute_of(const std::string& id, const std::string& purchase) {
  app::Dispute dispute;
  dispute.id = id;
  dispute.project = kP;
  dispute.purchase = PurchaseId(purchase);
  dispute.payment_ref = "pi_1";
  dispute.amount = euros(900);
  dispute.taken.push_back({ItemId("credits"), amount(5), at(9'000), true});
  dispute.taken.push_back({ItemId("seats \"big\""), amount(1), std::nullopt, false});
  dispute.created_at = at(4'000);
  return dispute;
}

void expect_same(const app::Invoice& found, const app::Invoice& expected) {
  EXPECT_EQ(found.id, expected.id);
  EXPECT_EQ(found.customer, expected.customer);
  EXPECT_EQ(found.purchase, expected.purchase);
  EXPECT_EQ(found.number, expected.number);
  EXPECT_EQ(found.status, expected.status);
  EXPECT_EQ(found.total, expected.total);
  EXPECT_EQ(found.amount_paid, expected.amount_paid);
  EXPECT_EQ(found.refunded, expected.refunded);
  EXPECT_EQ(found.payment_ref, expected.payment_ref);
  EXPECT_EQ(found.hosted_url, expected.hosted_url);
  EXPECT_EQ(found.period_start, expected.period_start);
  EXPECT_EQ(found.period_end, expected.period_end);
  EXPECT_EQ(found.created_at, expected.created_at);
}

void expect_same(const app::Refund& found, const app::Refund& expected) {
  EXPECT_EQ(found.id, expected.id);
  EXPECT_EQ(found.project, expected.project);
  EXPECT_EQ(found.purchase, expected.purchase);
  EXPECT_EQ(found.invoice, expected.invoice);
  EXPECT_EQ(found.payment_ref, expected.payment_ref);
  EXPECT_EQ(found.amount, expected.amount);
  EXPECT_EQ(found.quantity, expected.quantity);
  EXPECT_EQ(found.reason, expected.reason);
  EXPECT_EQ(found.state, expected.state);
  EXPECT_EQ(found.remote_ref, expected.remote_ref);
  EXPECT_EQ(found.error, expected.error);
  EXPECT_EQ(found.created_at, expected.created_at);
}

void expect_same(const app::Dispute& found, const app::Dispute& expected) {
  EXPECT_EQ(found.id, expected.id);
  EXPECT_EQ(found.project, expected.project);
  EXPECT_EQ(found.purchase, expected.purchase);
  EXPECT_EQ(found.payment_ref, expected.payment_ref);
  EXPECT_EQ(found.amount, expected.amount);
  EXPECT_EQ(found.state, expected.state);
  EXPECT_EQ(found.taken, expected.taken);
  EXPECT_EQ(found.ended_purchase, expected.ended_purchase);
  EXPECT_EQ(found.created_at, expected.created_at);
}

TEST_P(StoreContract, ATrialIsUsedOnce) {
  EXPECT_FALSE(*store_->view()->trial_used(ann_, "line:plans"));
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const bool first, batch.put_trial(ann_, "line:plans"));
    EXPECT_TRUE(first);
    EXPECT_TRUE(*batch.trial_used(ann_, "line:plans"));
    PURSER_TRY(const bool second, batch.put_trial(ann_, "line:plans"));
    EXPECT_FALSE(second);
    PURSER_TRY(const bool other, batch.put_trial(thing_, "product:pro"));
    EXPECT_TRUE(other) << "a custom customer is made on first use";
    return {};
  });
  reopen();
  EXPECT_TRUE(*store_->view()->trial_used(ann_, "line:plans"));
  EXPECT_TRUE(*store_->view()->trial_used(thing_, "product:pro"));
  EXPECT_FALSE(*store_->view()->trial_used(ann_, "product:pro"));
  EXPECT_FALSE(*store_->view()->trial_used(crew_, "line:plans"));
  EXPECT_FALSE(
      *store_->view()->trial_used(customer_of("q", CustomerType::kUser, "ann"), "line:plans"));
  EXPECT_FALSE(
      *store_->view()->trial_used(customer_of("p", CustomerType::kCustom, "ann"), "line:plans"));
}

TEST_P(StoreContract, InvoicesComeNewestFirstInPages) {
  const auto other = customer_of("q", CustomerType::kCustom, "x");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1"), std::nullopt));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b2"), std::nullopt));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(crew_, "b3"), std::nullopt));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(other, "b1"), std::nullopt));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "in_2", "b1", "pi_2")));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(crew_, "in_9", "b3")));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "in_1", "b1")));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "b2", "b2", "pi_3")));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(other, "in_2", "b1", "pi_2")));
    return batch.put_invoice(invoice_of(ann_, "in_3", "b1"));
  });
  reopen();
  const auto view = store_->view();
  EXPECT_EQ(ids_of(view->invoices(ann_, {"", 10})), (Ids{"in_3", "b2", "in_1", "in_2"}));
  EXPECT_EQ(ids_of(view->invoices(ann_, {"", 2})), (Ids{"in_3", "b2"}));
  EXPECT_EQ(ids_of(view->invoices(ann_, {"b2", 2})), (Ids{"in_1", "in_2"}));
  EXPECT_EQ(ids_of(view->invoices(ann_, {"in_2", 2})), Ids());
  EXPECT_EQ(ids_of(view->invoices(ann_, {"unknown", 2})), Ids());
  EXPECT_EQ(ids_of(view->invoices(ann_, {"in_9", 2})), Ids()) << "another customer's";
  EXPECT_EQ(ids_of(view->invoices(thing_, {"", 2})), Ids());
  EXPECT_EQ(ids_of(view->invoices(other, {"", 10})), Ids{"in_2"});

  EXPECT_EQ(ids_of(view->invoices_of(kP, PurchaseId("b1"), 10)), (Ids{"in_3", "in_1", "in_2"}));
  EXPECT_EQ(ids_of(view->invoices_of(kP, PurchaseId("b1"), 1)), Ids{"in_3"});
  EXPECT_EQ(ids_of(view->invoices_of(kQ, PurchaseId("b1"), 10)), Ids{"in_2"});
  EXPECT_EQ((*view->invoice_by_payment(kP, "pi_2"))->customer, ann_);
  EXPECT_EQ((*view->invoice_by_payment(kQ, "pi_2"))->customer, other);
  EXPECT_FALSE(view->invoice_by_payment(kP, "")->has_value());
  EXPECT_FALSE(view->invoice_by_payment(kQ, "pi_3")->has_value());
  EXPECT_FALSE(view->invoice(kQ, "in_1")->has_value());
}

TEST_P(StoreContract, AnInvoiceIsReplacedInItsPlace) {
  app::Invoice invoice = invoice_of(ann_, "in_1", "b1");
  invoice.status = app::InvoiceStatus::kOpen;
  invoice.amount_paid = 0;
  invoice.period_start.reset();
  invoice.period_end.reset();
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1"), std::nullopt));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(crew_, "b2"), std::nullopt));
    PURSER_CHECK_OK(batch.put_invoice(invoice));
    return batch.put_invoice(invoice_of(ann_, "in_2", "b1", "pi_2"));
  });
  expect_same(**store_->view()->invoice(kP, "in_1"), invoice);

  // Created, customer and purchase stay as they were.
  app::Invoice paid = invoice_of(crew_, "in_1", "b2", "pi_1");
  paid.total = Money(800, *Currency::parse("USD"));
  paid.amount_paid = 800;
  paid.number = "other";
  paid.hosted_url = "https://elsewhere.example.com";
  paid.created_at = at(9'999);
  commit([&](app::StoreBatch& batch) { return batch.put_invoice(paid); });
  reopen();
  paid.customer = ann_;
  paid.purchase = PurchaseId("b1");
  paid.created_at = invoice.created_at;
  expect_same(**store_->view()->invoice(kP, "in_1"), paid);
  EXPECT_EQ(ids_of(store_->view()->invoices(ann_, {"", 10})), (Ids{"in_2", "in_1"}));
}

TEST_P(StoreContract, AnInvoiceThatSeveralBatchesSeeFirstAtOnceKeepsWhatEachDid) {
  commit([&](app::StoreBatch& batch) {
    return batch.insert_purchase(subscription_of(ann_, "b1"), std::nullopt);
  });
  const int lanes = store_->lanes();
  for (int round = 0; round < 20; ++round) {
    const std::string id = "in_" + std::to_string(round);
    std::latch together(lanes);
    std::vector<std::thread> threads;
    for (int i = 0; i < lanes; ++i) {
      threads.emplace_back([&] {
        together.arrive_and_wait();
        PURSER_EXPECT_OK(store_->commit([&](app::StoreBatch& batch) -> Status {
          PURSER_TRY(const auto known, batch.invoice(kP, id));
          app::Invoice invoice = known ? *known : invoice_of(ann_, id, "b1");
          if (!known) invoice.number.clear();
          invoice.number += "x";
          return batch.put_invoice(invoice);
        }));
      });
    }
    for (std::thread& thread : threads) thread.join();
    const auto kept = store_->view()->invoice(kP, id);
    PURSER_ASSERT_OK(kept);
    ASSERT_TRUE(kept->has_value());
    EXPECT_EQ((*kept)->number, std::string(static_cast<std::size_t>(lanes), 'x')) << id;
  }
}

TEST_P(StoreContract, APaymentIsOfOneInvoice) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1"), std::nullopt));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "in_1", "b1", "pi_1")));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "in_2", "b1")));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "in_3", "b1")));
    return batch.put_invoice(invoice_of(ann_, "in_1", "b1", "pi_1"));
  });
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              return batch.put_invoice(invoice_of(ann_, "in_4", "b1", "pi_1"));
            }),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              return batch.put_invoice(invoice_of(ann_, "in_2", "b1", "pi_1"));
            }),
            ErrorCode::kAlreadyExists);
}

TEST_P(StoreContract, NoMoreIsRefundedThanWasPaid) {
  app::Invoice invoice = invoice_of(ann_, "in_1", "b1", "pi_1");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1"), std::nullopt));
    return batch.put_invoice(invoice);
  });
  for (const std::int64_t refunded : {901, -1}) {
    invoice.refunded = refunded;
    EXPECT_EQ(refusal([&](app::StoreBatch& batch) { return batch.put_invoice(invoice); }),
              ErrorCode::kInternalError);
  }
  EXPECT_EQ((*store_->view()->invoice(kP, "in_1"))->refunded, 0);
}

TEST_P(StoreContract, ARefundGoesThroughItsStates) {
  app::Refund refund = refund_of("r1", "b1", "in_1");
  app::Refund failed = refund_of("r0", "b1", "in_1");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1"), std::nullopt));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "in_1", "b1", "pi_1")));
    PURSER_CHECK_OK(batch.insert_refund(refund));
    return batch.insert_refund(failed);  // neither has a reference at the provider yet
  });
  expect_same(**store_->view()->refund(kP, "r1"), refund);
  refund.state = app::RefundState::kSucceeded;
  refund.remote_ref = "re_1";
  failed.state = app::RefundState::kFailed;
  failed.error = "the bank said no";
  commit([&](app::StoreBatch& batch) -> Status {
    app::Invoice invoice = invoice_of(ann_, "in_1", "b1", "pi_1");
    invoice.refunded = 300;
    PURSER_CHECK_OK(batch.put_invoice(invoice));
    PURSER_CHECK_OK(batch.update_refund(failed));
    return batch.update_refund(refund);
  });
  reopen();
  const auto view = store_->view();
  expect_same(**view->refund(kP, "r1"), refund);
  expect_same(**view->refund_by_remote(kP, "re_1"), refund);
  expect_same(**view->refund(kP, "r0"), failed);
  EXPECT_EQ(ids_of(view->refunds_of(kP, PurchaseId("b1"))), (Ids{"r1", "r0"})) << "oldest first";
  EXPECT_FALSE(view->refund_by_remote(kP, "")->has_value());
  EXPECT_FALSE(view->refund_by_remote(kQ, "re_1")->has_value());
  EXPECT_FALSE(view->refund(kQ, "r1")->has_value());
  EXPECT_EQ(ids_of(view->refunds_of(kQ, PurchaseId("b1"))), Ids());
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) { return batch.insert_refund(refund); }),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              app::Refund again = refund_of("r2", "b1", "in_1");
              again.remote_ref = "re_1";
              return batch.insert_refund(again);
            }),
            ErrorCode::kAlreadyExists);
}

TEST_P(StoreContract, ADisputeRemembersWhatItTook) {
  app::Dispute dispute = dispute_of("dp_1", "b1");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1"), std::nullopt));
    return batch.insert_dispute(dispute);
  });
  reopen();
  expect_same(**store_->view()->dispute(kP, "dp_1"), dispute);
  EXPECT_FALSE(store_->view()->dispute(kQ, "dp_1")->has_value());
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) { return batch.insert_dispute(dispute); }),
            ErrorCode::kAlreadyExists);
  dispute.state = app::DisputeState::kWon;
  dispute.taken.clear();
  dispute.ended_purchase = true;
  commit([&](app::StoreBatch& batch) { return batch.update_dispute(dispute); });
  expect_same(**store_->view()->dispute(kP, "dp_1"), dispute);
}

TEST_P(StoreContract, WhatIsAbsentCannotBeUpdated) {
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              return batch.update_purchase(subscription_of(ann_, "b1"), std::nullopt);
            }),
            ErrorCode::kInternalError);
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              return batch.update_refund(refund_of("r1", "b1", "in_1"));
            }),
            ErrorCode::kInternalError);
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              return batch.update_dispute(dispute_of("dp_1", "b1"));
            }),
            ErrorCode::kInternalError);
}

TEST_P(StoreContract, ACommandThatIsUndoneLeavesNothingOfItsBilling) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1", "sub_1"), at(100)));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "in_1", "b1", "pi_1")));
    PURSER_CHECK_OK(batch.insert_refund(refund_of("r1", "b1", "in_1")));
    return batch.insert_dispute(dispute_of("dp_1", "b1"));
  });
  commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    domain::Purchase canceled = subscription_of(ann_, "b1", "sub_1");
    canceled.subscription->cancel_at_period_end = true;
    PURSER_CHECK_OK(batch.update_purchase(canceled, at(1)));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(thing_, "b2", "sub_2"), at(1)));
    PURSER_TRY(const bool fresh, batch.put_trial(ann_, "line:plans"));
    EXPECT_TRUE(fresh);
    app::Invoice refunded = invoice_of(ann_, "in_1", "b1", "pi_1");
    refunded.refunded = 300;
    PURSER_CHECK_OK(batch.put_invoice(refunded));
    PURSER_CHECK_OK(batch.put_invoice(invoice_of(ann_, "in_2", "b1", "pi_2")));
    app::Refund succeeded = refund_of("r1", "b1", "in_1");
    succeeded.state = app::RefundState::kSucceeded;
    PURSER_CHECK_OK(batch.update_refund(succeeded));
    PURSER_CHECK_OK(batch.insert_refund(refund_of("r2", "b1", "in_1")));
    app::Dispute lost = dispute_of("dp_1", "b1");
    lost.state = app::DisputeState::kLost;
    PURSER_CHECK_OK(batch.update_dispute(lost));
    PURSER_CHECK_OK(batch.insert_dispute(dispute_of("dp_2", "b1")));
    PURSER_CHECK_OK(batch.undo_command());
    batch.begin_command();
    EXPECT_FALSE(*batch.trial_used(ann_, "line:plans"));
    return batch.insert_user(user_of("p", "bob"));
  });
  reopen();
  const auto view = store_->view();
  EXPECT_TRUE(view->user(kP, UserId("bob"))->has_value());
  EXPECT_EQ(*view->purchase(kP, PurchaseId("b1")), subscription_of(ann_, "b1", "sub_1"));
  EXPECT_EQ(ids_of(view->due_purchases(at(99), 10)), Ids());
  EXPECT_EQ(ids_of(view->due_purchases(at(100), 10)), Ids{"b1"});
  EXPECT_FALSE(view->purchase_by_subscription(kP, "sub_2")->has_value());
  EXPECT_FALSE(*view->trial_used(ann_, "line:plans"));
  expect_same(**view->invoice(kP, "in_1"), invoice_of(ann_, "in_1", "b1", "pi_1"));
  EXPECT_EQ(ids_of(view->invoices(ann_, {"", 10})), Ids{"in_1"});
  expect_same(**view->refund(kP, "r1"), refund_of("r1", "b1", "in_1"));
  EXPECT_EQ(ids_of(view->refunds_of(kP, PurchaseId("b1"))), Ids{"r1"});
  expect_same(**view->dispute(kP, "dp_1"), dispute_of("dp_1", "b1"));
  EXPECT_FALSE(view->dispute(kP, "dp_2")->has_value());
}

}  // namespace
}  // namespace purser::contract
