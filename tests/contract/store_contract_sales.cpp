#include "tests/contract/store_contract.hpp"

// Purchases, transactions, checkouts, Stripe's side, events and idempotency records.

namespace purser::contract {
namespace {

const ProjectId kP("p");
const ProjectId kQ("q");

domain::Product pack() {
  domain::Product product;
  product.id = ProductId("pack");
  product.display_name = "Pack";
  product.stackable = true;
  product.prices.push_back({PriceId("once"), Money(500, *Currency::parse("EUR")), {}, {}, false});
  return product;
}

domain::Purchase purchase_of(const CustomerKey& customer, const std::string& id,
                             const std::string& payment_ref = "") {
  domain::Purchase purchase;
  purchase.id = PurchaseId(id);
  purchase.customer = customer;
  purchase.product = pack();
  purchase.catalog_version = 3;
  purchase.price = PriceId("once");
  purchase.quantity = amount(2);
  purchase.origin =
      payment_ref.empty() ? domain::PurchaseOrigin::kGranted : domain::PurchaseOrigin::kStripe;
  purchase.payment_ref = payment_ref;
  purchase.created_at = at(77);
  purchase.anchor = at(77);
  return purchase;
}

app::Checkout checkout_of(const CustomerKey& customer, const std::string& id) {
  app::Checkout checkout;
  checkout.id = CheckoutId(id);
  checkout.customer = customer;
  checkout.product = pack();
  checkout.catalog_version = 3;
  checkout.price = PriceId("once");
  checkout.quantity = amount(2);
  checkout.total = Money(1000, *Currency::parse("EUR"));
  checkout.return_url = "https://app.example.com/?a=1&b=2";
  checkout.account_id = "acct_1";
  checkout.created_at = at(50);
  checkout.next_check_at = at(100);
  return checkout;
}

TEST_P(StoreContract, APurchaseIsKeptWithItsSnapshot) {
  const domain::Purchase purchase = purchase_of(ann_, "b1", "pi_1");
  commit([&](app::StoreBatch& batch) { return batch.insert_purchase(purchase, std::nullopt); });
  reopen();
  EXPECT_EQ(*store_->view()->purchase(kP, purchase.id), purchase);
  EXPECT_EQ(*store_->view()->purchase_by_payment(kP, "pi_1"), purchase);
  EXPECT_FALSE(store_->view()->purchase(kQ, purchase.id)->has_value());
  EXPECT_FALSE(store_->view()->purchase_by_payment(kQ, "pi_1")->has_value());
  EXPECT_FALSE(store_->view()->purchase_by_payment(kP, "")->has_value());
}

TEST_P(StoreContract, AnInlineProductHasNoIdAndNoPrice) {
  domain::Purchase purchase = purchase_of(thing_, "b1");
  purchase.product.id = ProductId();
  purchase.price.reset();
  commit([&](app::StoreBatch& batch) { return batch.insert_purchase(purchase, std::nullopt); });
  EXPECT_EQ(*store_->view()->purchase(kP, purchase.id), purchase);
}

TEST_P(StoreContract, APaymentBuysOnce) {
  commit([&](app::StoreBatch& batch) {
    return batch.insert_purchase(purchase_of(ann_, "b1", "pi_1"), std::nullopt);
  });
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              return batch.insert_purchase(purchase_of(crew_, "b2", "pi_1"), std::nullopt);
            }),
            ErrorCode::kAlreadyExists);
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(purchase_of(ann_, "b3"), std::nullopt));
    return batch.insert_purchase(purchase_of(ann_, "b4"),
                                 std::nullopt);  // no payment is no collision
  });
  commit([&](app::StoreBatch& batch) {
    const auto other = customer_of("q", CustomerType::kCustom, "x");
    return batch.insert_purchase(purchase_of(other, "b1", "pi_1"), std::nullopt);
  });
}

TEST_P(StoreContract, OwnedAreTheActiveOnesOldestFirst) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(purchase_of(ann_, "z"), std::nullopt));
    PURSER_CHECK_OK(batch.insert_purchase(purchase_of(ann_, "m"), std::nullopt));
    PURSER_CHECK_OK(batch.insert_purchase(purchase_of(crew_, "c"), std::nullopt));
    return batch.insert_purchase(purchase_of(ann_, "a"), std::nullopt);
  });
  domain::Purchase refunded = purchase_of(ann_, "m");
  refunded.status = domain::PurchaseStatus::kRefunded;
  commit([&](app::StoreBatch& batch) { return batch.update_purchase(refunded, std::nullopt); });
  const auto owned = store_->view()->owned(ann_);
  PURSER_ASSERT_OK(owned);
  ASSERT_EQ(owned->size(), 2U);
  EXPECT_EQ(owned->at(0).id.str(), "z");
  EXPECT_EQ(owned->at(1).id.str(), "a");
  EXPECT_EQ(**store_->view()->purchase(kP, PurchaseId("m")), refunded);
  EXPECT_TRUE(store_->view()->owned(thing_)->empty());
}

TEST_P(StoreContract, SharedOwnedNeverFallsBehindACommit) {
  const auto owned = [&](const CustomerKey& customer) {
    // What is known without waiting is the same, whoever has read the list and when.
    const auto before = store_->known_owned(customer);
    const auto list = store_->view()->shared_owned(customer);
    EXPECT_TRUE(list);
    for (const auto& known : {before, store_->known_owned(customer)}) {
      if (!known) continue;
      EXPECT_TRUE(known->customer_exists);
      EXPECT_EQ(*known->purchases, **list);
    }
    std::string ids;
    for (const auto& purchase : **list) ids += purchase.id.str() + " ";
    return ids;
  };
  EXPECT_EQ(owned(ann_), "");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(purchase_of(ann_, "a"), std::nullopt));
    return batch.insert_purchase(purchase_of(crew_, "c"), std::nullopt);
  });
  EXPECT_EQ(owned(ann_), "a ");
  EXPECT_EQ(owned(crew_), "c ");
  commit([&](app::StoreBatch& batch) {
    return batch.insert_purchase(purchase_of(ann_, "b"), std::nullopt);
  });
  EXPECT_EQ(owned(ann_), "a b ");
  domain::Purchase ended = purchase_of(ann_, "a");
  ended.status = domain::PurchaseStatus::kEnded;
  commit([&](app::StoreBatch& batch) { return batch.update_purchase(ended, std::nullopt); });
  EXPECT_EQ(owned(ann_), "b ");
  EXPECT_EQ(owned(crew_), "c ");
}

TEST_P(StoreContract, TransactionsComeNewestFirstInPages) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(purchase_of(ann_, "b1"), std::nullopt));
    for (const char* id : {"t1", "t2", "t3"}) {
      app::Transaction transaction;
      transaction.id = TransactionId(id);
      transaction.customer = ann_;
      transaction.purchase = PurchaseId("b1");
      transaction.amount = Money(1000, *Currency::parse("JPY"));
      transaction.payment_ref = "pi_1";
      transaction.at = at(9);
      PURSER_CHECK_OK(batch.insert_transaction(transaction));
    }
    app::Transaction grant;
    grant.id = TransactionId("t4");
    grant.customer = ann_;
    grant.kind = app::TransactionKind::kGrant;
    grant.purchase = PurchaseId("b1");
    return batch.insert_transaction(grant);
  });
  const auto first = store_->view()->transactions(ann_, {"", 2});
  PURSER_ASSERT_OK(first);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_EQ(first->at(0).id.str(), "t4");
  EXPECT_EQ(first->at(0).kind, app::TransactionKind::kGrant);
  EXPECT_FALSE(first->at(0).amount);
  EXPECT_EQ(first->at(1).amount, Money(1000, *Currency::parse("JPY")));
  EXPECT_EQ(first->at(1).payment_ref, "pi_1");
  EXPECT_EQ(first->at(1).at, at(9));
  EXPECT_EQ(first->at(1).customer, ann_);
  const auto rest = store_->view()->transactions(ann_, {"t3", 10});
  ASSERT_EQ(rest->size(), 2U);
  EXPECT_EQ(rest->at(1).id.str(), "t1");
  EXPECT_TRUE(store_->view()->transactions(ann_, {"unknown", 10})->empty());
  EXPECT_TRUE(store_->view()->transactions(crew_, {"", 10})->empty());
}

TEST_P(StoreContract, ACheckoutGoesThroughItsStates) {
  app::Checkout checkout = checkout_of(ann_, "c1");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_checkout(checkout));
    return batch.insert_checkout(checkout_of(ann_, "c2"));  // neither has a session yet
  });
  EXPECT_TRUE(store_->view()->due_checkouts(at(1000), 10)->empty()) << "not open yet";
  checkout.state = app::CheckoutState::kOpen;
  checkout.session_ref = "cs_1";
  checkout.url = "https://pay";
  checkout.livemode = true;
  checkout.checks = 4;
  checkout.next_check_at = at(200);
  commit([&](app::StoreBatch& batch) { return batch.update_checkout(checkout); });
  reopen();
  const auto found = store_->view()->checkout_by_session(kP, "cs_1");
  PURSER_ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->id, checkout.id);
  EXPECT_EQ((*found)->customer, ann_);
  EXPECT_EQ((*found)->product, checkout.product);
  EXPECT_EQ((*found)->catalog_version, 3);
  EXPECT_EQ((*found)->price, checkout.price);
  EXPECT_EQ((*found)->quantity, checkout.quantity);
  EXPECT_EQ((*found)->total, checkout.total);
  EXPECT_EQ((*found)->return_url, checkout.return_url);
  EXPECT_EQ((*found)->account_id, checkout.account_id);
  EXPECT_TRUE((*found)->livemode);
  EXPECT_EQ((*found)->state, checkout.state);
  EXPECT_EQ((*found)->url, checkout.url);
  EXPECT_EQ((*found)->created_at, checkout.created_at);
  EXPECT_EQ((*found)->next_check_at, checkout.next_check_at);
  EXPECT_EQ((*found)->checks, 4);
  EXPECT_FALSE(store_->view()->checkout_by_session(kQ, "cs_1")->has_value());
  EXPECT_FALSE(store_->view()->checkout_by_session(kP, "")->has_value());
  EXPECT_FALSE(store_->view()->checkout(kQ, checkout.id)->has_value());

  EXPECT_TRUE(store_->view()->due_checkouts(at(199), 10)->empty());
  EXPECT_EQ(store_->view()->due_checkouts(at(200), 10)->size(), 1U);
  checkout.state = app::CheckoutState::kCompleted;
  checkout.purchase = PurchaseId("b1");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(purchase_of(ann_, "b1", "pi_1"), std::nullopt));
    return batch.update_checkout(checkout);
  });
  EXPECT_TRUE(store_->view()->due_checkouts(at(1000), 10)->empty());
  EXPECT_EQ((*store_->view()->checkout(kP, checkout.id))->purchase.str(), "b1");
}

TEST_P(StoreContract, DueCheckoutsComeOldestFirstUpToALimit) {
  commit([&](app::StoreBatch& batch) -> Status {
    for (const char* id : {"c3", "c1", "c2"}) {
      app::Checkout checkout = checkout_of(thing_, id);
      checkout.state = app::CheckoutState::kOpen;
      checkout.session_ref = std::string("cs_") + id;
      PURSER_CHECK_OK(batch.insert_checkout(checkout));
    }
    return {};
  });
  const auto due = store_->view()->due_checkouts(at(100), 2);
  PURSER_ASSERT_OK(due);
  ASSERT_EQ(due->size(), 2U);
  EXPECT_EQ(due->at(0).id.str(), "c3");
  EXPECT_EQ(due->at(1).id.str(), "c1");
}

TEST_P(StoreContract, TheFirstMappingStands) {
  const app::RemoteRef first{kP, "acct_1", app::RemoteKind::kCustomer, "user/ann", "cus_1"};
  app::RemoteRef second = first;
  second.remote = "cus_2";
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const std::string stands, batch.put_remote(first));
    EXPECT_EQ(stands, "cus_1");
    return {};
  });
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const std::string stands, batch.put_remote(second));
    EXPECT_EQ(stands, "cus_1");
    return {};
  });
  const auto kind = app::RemoteKind::kCustomer;
  EXPECT_EQ(*store_->view()->remote(kP, "acct_1", kind, "user/ann"), "cus_1");
  EXPECT_FALSE(store_->view()->remote(kP, "acct_2", kind, "user/ann")->has_value());
  EXPECT_FALSE(store_->view()->remote(kQ, "acct_1", kind, "user/ann")->has_value());
  EXPECT_FALSE(
      store_->view()->remote(kP, "acct_1", app::RemoteKind::kPrice, "user/ann")->has_value());
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) -> Status {
              app::RemoteRef taken = first;
              taken.local = "user/bob";
              PURSER_CHECK_OK(batch.put_remote(taken));
              return {};
            }),
            ErrorCode::kAlreadyExists);
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.delete_remote(kP, "acct_1", kind, "user/ann"));
    PURSER_TRY(const std::string stands, batch.put_remote(second));
    EXPECT_EQ(stands, "cus_2");
    return {};
  });
}

TEST_P(StoreContract, AnInboxEventIsKnownOnce) {
  app::InboxEvent event;
  event.project = kP;
  event.event_id = "evt_1";
  event.type = "checkout.session.completed";
  event.object_id = "cs_1";
  event.payload = "{\"id\":\"evt_1\"}";
  event.received_at = at(10);
  event.next_at = at(20);
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const bool fresh, batch.insert_inbox(event));
    EXPECT_TRUE(fresh);
    PURSER_TRY(const bool again, batch.insert_inbox(event));
    EXPECT_FALSE(again);
    return {};
  });
  EXPECT_TRUE(store_->view()->due_inbox(at(19), 10)->empty());
  const auto due = store_->view()->due_inbox(at(20), 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_EQ(due->at(0).project, kP);
  EXPECT_EQ(due->at(0).event_id, event.event_id);
  EXPECT_EQ(due->at(0).type, event.type);
  EXPECT_EQ(due->at(0).object_id, event.object_id);
  EXPECT_EQ(due->at(0).payload, event.payload);
  EXPECT_EQ(due->at(0).received_at, event.received_at);
  event.state = app::InboxState::kQuarantined;
  event.attempts = 9;
  event.error = "poison";
  commit([&](app::StoreBatch& batch) { return batch.update_inbox(event); });
  EXPECT_TRUE(store_->view()->due_inbox(at(1000), 10)->empty());
  const auto kept = store_->view()->inbox_event(kP, "evt_1");
  ASSERT_TRUE(kept->has_value());
  EXPECT_EQ((*kept)->state, event.state);
  EXPECT_EQ((*kept)->attempts, 9);
  EXPECT_EQ((*kept)->error, "poison");
  EXPECT_FALSE(store_->view()->inbox_event(kQ, "evt_1")->has_value());
}

TEST_P(StoreContract, IntentionsAreDueUntilDone) {
  app::Intention intention{"i1", kP, "refund_payment", "pi_1", 0, at(10), false, ""};
  commit([&](app::StoreBatch& batch) { return batch.insert_intention(intention); });
  reopen();
  EXPECT_TRUE(store_->view()->due_intentions(at(9), 10)->empty());
  const auto due = store_->view()->due_intentions(at(10), 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_EQ(due->at(0).id, "i1");
  EXPECT_EQ(due->at(0).project, kP);
  EXPECT_EQ(due->at(0).kind, "refund_payment");
  EXPECT_EQ(due->at(0).subject, "pi_1");
  intention.attempts = 1;
  intention.next_at = at(30);
  intention.error = "timeout";
  commit([&](app::StoreBatch& batch) { return batch.update_intention(intention); });
  EXPECT_TRUE(store_->view()->due_intentions(at(29), 10)->empty());
  EXPECT_EQ(store_->view()->due_intentions(at(30), 10)->at(0).error, "timeout");
  intention.done = true;
  commit([&](app::StoreBatch& batch) { return batch.update_intention(intention); });
  EXPECT_TRUE(store_->view()->due_intentions(at(1000), 10)->empty());
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) { return batch.insert_intention(intention); }),
            ErrorCode::kAlreadyExists);
}

TEST_P(StoreContract, TheOutboxIsReadFromAPosition) {
  commit([&](app::StoreBatch& batch) -> Status {
    for (int i = 0; i < 3; ++i) {
      app::OutboxEvent event;
      event.project = kP;
      if (i == 1) event.customer = thing_;
      event.type = "event." + std::to_string(i);
      event.payload = "{}";
      event.at = at(i);
      PURSER_CHECK_OK(batch.append_outbox(event));
    }
    return {};
  });
  const auto first = store_->view()->outbox(0, 2);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_EQ(first->at(0).type, "event.0");
  EXPECT_FALSE(first->at(0).customer);
  EXPECT_EQ(first->at(1).customer, thing_);
  EXPECT_EQ(first->at(1).at, at(1));
  const auto rest = store_->view()->outbox(first->back().id, 10);
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ(rest->at(0).type, "event.2");
  EXPECT_EQ(rest->at(0).project, kP);
}

app::IdempotencyRecord record_of(const std::string& key, std::int64_t created) {
  app::IdempotencyRecord record;
  record.project = kP;
  record.key = key;
  record.request_hash = digest_of(3);
  record.created_at = at(created);
  return record;
}

TEST_P(StoreContract, AnIdempotencyRecordIsStartedAndCompleted) {
  const std::vector<std::string> keys = {"simple", "01890a5d-ac96-774b-bcce-b302099a8057",
                                         "01890A5D-AC96-774B-BCCE-B302099A8057",
                                         std::string(255, 'k'), "key with 'quotes'"};
  for (const std::string& key : keys) {
    app::IdempotencyRecord record = record_of(key, 100);
    record.operation = "checkout-1";
    record.owner = "engine-1";
    commit([&](app::StoreBatch& batch) { return batch.put_idempotency(record); });
    auto found = store_->view()->idempotency(kP, key);
    PURSER_ASSERT_OK(found);
    ASSERT_TRUE(found->has_value()) << key;
    EXPECT_FALSE((*found)->completed);
    EXPECT_EQ((*found)->operation, "checkout-1");
    EXPECT_EQ((*found)->owner, "engine-1");
    EXPECT_EQ((*found)->key, key);
    record.completed = true;
    record.reply = {402, std::string("{\"a\":\"\0\"}", 9)};
    commit([&](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.put_idempotency(record));
      EXPECT_TRUE((*batch.idempotency(kP, key))->completed);
      return {};
    });
    reopen();
    found = store_->view()->idempotency(kP, key);
    ASSERT_TRUE(found->has_value());
    EXPECT_TRUE((*found)->completed);
    EXPECT_EQ((*found)->reply.status, 402);
    EXPECT_EQ((*found)->reply.body, record.reply.body);
    EXPECT_EQ((*found)->request_hash, digest_of(3));
    EXPECT_EQ((*found)->created_at, at(100));
    EXPECT_FALSE(store_->view()->idempotency(kQ, key)->has_value());
  }
}

TEST_P(StoreContract, OldCompletedIdempotencyRecordsAreForgotten) {
  commit([&](app::StoreBatch& batch) -> Status {
    for (int i = 0; i < 6; ++i) {
      app::IdempotencyRecord record = record_of("k" + std::to_string(i), 100 + i);
      record.completed = i != 1;
      PURSER_CHECK_OK(batch.put_idempotency(record));
    }
    return {};
  });
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const int first, batch.purge_idempotency(at(104), 2));
    EXPECT_EQ(first, 2);
    PURSER_TRY(const int second, batch.purge_idempotency(at(104), 10));
    EXPECT_EQ(second, 1);
    return {};
  });
  for (int i = 0; i < 6; ++i) {
    const bool kept = i == 1 || i >= 4;
    EXPECT_EQ(store_->view()->idempotency(kP, "k" + std::to_string(i))->has_value(), kept) << i;
  }
}

}  // namespace
}  // namespace purser::contract
