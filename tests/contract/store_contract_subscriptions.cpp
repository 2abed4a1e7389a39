#include "tests/contract/store_contract.hpp"
#include "tests/contract/subscription_records.hpp"

// Subscriptions and what wakes them, and the pages of buyers and operators.

namespace purser::contract {
namespace {

const ProjectId kP("p");
const ProjectId kQ("q");

domain::PendingSwitch switch_to(const std::string& product) {
  domain::PendingSwitch change;
  change.product = plan(product);
  change.catalog_version = 4;
  change.price = PriceId("monthly");
  change.quantity = amount(7);
  change.at = at(5'000);
  return change;
}

TEST_P(StoreContract, ASubscriptionIsKeptWithAllThatWaitsForIt) {
  domain::Purchase purchase = subscription_of(ann_, "b1", "sub_1");
  purchase.subscription->status = domain::SubscriptionStatus::kPastDue;
  purchase.subscription->trial_end = at(1'500);
  purchase.subscription->cancel_at_period_end = true;
  purchase.subscription->pending = switch_to("bigger");
  purchase.subscription->switching = switch_to("smaller \"x\"");
  purchase.subscription->switching_id = "switch-1";
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(purchase, std::nullopt));
    EXPECT_EQ(*batch.purchase_by_subscription(kP, "sub_1"), purchase);
    return {};
  });
  reopen();
  EXPECT_EQ(*store_->view()->purchase(kP, purchase.id), purchase);
  EXPECT_EQ(*store_->view()->purchase_by_subscription(kP, "sub_1"), purchase);
  EXPECT_FALSE(store_->view()->purchase_by_subscription(kQ, "sub_1")->has_value());
  EXPECT_FALSE(store_->view()->purchase_by_subscription(kP, "")->has_value());

  // The plan changes with the subscription, and what waited is gone.
  purchase.product = plan("bigger");
  purchase.catalog_version = 4;
  purchase.quantity = amount(7);
  purchase.anchor = at(3'000);
  purchase.status = domain::PurchaseStatus::kEnded;
  purchase.subscription->status = domain::SubscriptionStatus::kCanceled;
  purchase.subscription->ended_at = at(4'000);
  purchase.subscription->pending.reset();
  purchase.subscription->switching.reset();
  purchase.subscription->switching_id.clear();
  commit([&](app::StoreBatch& batch) { return batch.update_purchase(purchase, std::nullopt); });
  reopen();
  EXPECT_EQ(*store_->view()->purchase_by_subscription(kP, "sub_1"), purchase);
}

TEST_P(StoreContract, ASubscriptionOfTheProviderIsOfOnePurchase) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1", "sub_1"), std::nullopt));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b2"), std::nullopt));
    return batch.insert_purchase(subscription_of(crew_, "b3"), std::nullopt);  // none is no clash
  });
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              return batch.insert_purchase(subscription_of(crew_, "b4", "sub_1"), std::nullopt);
            }),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              return batch.update_purchase(subscription_of(crew_, "b3", "sub_1"), std::nullopt);
            }),
            ErrorCode::kAlreadyExists);
  const auto other = customer_of("q", CustomerType::kCustom, "x");
  commit([&](app::StoreBatch& batch) {
    return batch.insert_purchase(subscription_of(other, "b1", "sub_1"), std::nullopt);
  });
  EXPECT_EQ((*store_->view()->purchase_by_subscription(kQ, "sub_1"))->customer, other);
  EXPECT_EQ((*store_->view()->purchase_by_subscription(kP, "sub_1"))->customer, ann_);
}

/// Moves what the purchase's term promises of an item, which makes no ledger line.
Status pay_through(app::StoreBatch& batch, const ItemKey& key, Timestamp until) {
  PURSER_TRY(auto account, batch.item(key));
  PURSER_TRY(const auto change, domain::extend_source(std::move(account), PurchaseId("b1"),
                                                      {until, std::nullopt}, batch.now()));
  EXPECT_TRUE(change.entries.empty());
  return batch.put_item(key, change.account, change.entries);
}

TEST_P(StoreContract, WhatATermPromisesChangesWithoutALine) {
  commit([&](app::StoreBatch& batch) -> Status {
    domain::Purchase purchase = subscription_of(ann_, "b1");
    purchase.product.included_items.push_back(
        {credits_.item, amount(10), {}, domain::Expiry::kNever});
    PURSER_CHECK_OK(batch.insert_purchase(purchase, std::nullopt));
    PURSER_TRY(const auto grants, domain::initial_grants(purchase, Millis{0}));
    PURSER_TRY(const auto change, domain::grant_included({}, grants.at(0).grant, batch.now()));
    return batch.put_item(credits_, change.account, change.entries);
  });
  const auto until = [&](app::StoreView& view) { return view.item(credits_)->terms.at(0).until; };
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(pay_through(batch, credits_, at(8'000'000)));
    EXPECT_EQ(until(batch), at(8'000'000));
    batch.begin_command();
    PURSER_CHECK_OK(pay_through(batch, credits_, at(9'000'000)));
    EXPECT_EQ(until(batch), at(9'000'000));
    PURSER_CHECK_OK(batch.undo_command());
    EXPECT_EQ(until(batch), at(8'000'000)) << "what was undone is not there, what was before is";
    return {};
  });
  EXPECT_EQ(until(*store_->view()), at(8'000'000));
  EXPECT_EQ(read(ann_, {credits_.item}).accounts.at(0).terms.at(0).until, at(8'000'000));
  reopen();
  EXPECT_EQ(until(*store_->view()), at(8'000'000));
  EXPECT_EQ(quantity(credits_), 10);
  EXPECT_EQ(store_->view()->ledger(credits_, std::nullopt, 10)->size(), 1U);
}

TEST_P(StoreContract, WhatWasGivenBackByQuantityIsKept) {
  domain::Purchase purchase;
  purchase.id = PurchaseId("b1");
  purchase.customer = thing_;
  purchase.product.id = ProductId("pack");
  purchase.product.display_name = "Pack";
  purchase.product.stackable = true;
  purchase.quantity = amount(5);
  commit([&](app::StoreBatch& batch) { return batch.insert_purchase(purchase, std::nullopt); });
  purchase.refunded_quantity = amount(2);
  commit([&](app::StoreBatch& batch) { return batch.update_purchase(purchase, std::nullopt); });
  EXPECT_EQ(*store_->view()->purchase(kP, purchase.id), purchase);
}

TEST_P(StoreContract, PurchasesAreDueSoonestFirstOfAllProjects) {
  const auto other = customer_of("q", CustomerType::kCustom, "x");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "late"), at(300)));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(other, "soon"), at(100)));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(crew_, "never"), std::nullopt));
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(thing_, "middle"), at(200)));
    return batch.insert_purchase(subscription_of(thing_, "also"), at(200));
  });
  reopen();
  EXPECT_EQ(ids_of(store_->view()->due_purchases(at(99), 10)), Ids());
  EXPECT_EQ(ids_of(store_->view()->due_purchases(at(100), 10)), Ids{"soon"});
  EXPECT_EQ(ids_of(store_->view()->due_purchases(at(300), 10)),
            (Ids{"soon", "middle", "also", "late"}));
  EXPECT_EQ(ids_of(store_->view()->due_purchases(at(300), 2)), (Ids{"soon", "middle"}));
  EXPECT_EQ(store_->view()->due_purchases(at(100), 10)->at(0).customer, other);
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.update_purchase(subscription_of(other, "soon"), at(400)));
    PURSER_CHECK_OK(batch.update_purchase(subscription_of(thing_, "middle"), std::nullopt));
    EXPECT_EQ(ids_of(batch.due_purchases(at(400), 10)), (Ids{"also", "late", "soon"}));
    return batch.update_purchase(subscription_of(crew_, "never"), at(1));
  });
  EXPECT_EQ(ids_of(store_->view()->due_purchases(at(300), 10)), (Ids{"never", "also", "late"}));
}

TEST_P(StoreContract, TransactionsNameTheirKindAndProduct) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(subscription_of(ann_, "b1", "sub_1"), std::nullopt));
    for (int kind = 0; kind <= 9; ++kind) {
      app::Transaction transaction;
      transaction.id = TransactionId("t" + std::to_string(kind));
      transaction.customer = ann_;
      transaction.kind = static_cast<app::TransactionKind>(kind);
      transaction.purchase = PurchaseId("b1");
      transaction.product_id = kind % 2 == 0 ? "pro" : "";
      PURSER_CHECK_OK(batch.insert_transaction(transaction));
    }
    return {};
  });
  const auto found = store_->view()->transactions(ann_, {"", 100});
  PURSER_ASSERT_OK(found);
  ASSERT_EQ(found->size(), 10U);
  for (int kind = 0; kind <= 9; ++kind) {
    const app::Transaction& transaction = found->at(static_cast<std::size_t>(9 - kind));
    EXPECT_EQ(transaction.kind, static_cast<app::TransactionKind>(kind));
    EXPECT_EQ(transaction.product_id, kind % 2 == 0 ? "pro" : "");
  }
}

TEST_P(StoreContract, ABuyerChoosesOnAPageFoundByItsCode) {
  app::Checkout checkout;
  checkout.id = CheckoutId("c1");
  checkout.customer = ann_;
  checkout.product = plan("pro");
  checkout.quantity = amount(1);
  checkout.from_client = true;
  checkout.code_hash = digest_of(7);
  checkout.state = app::CheckoutState::kChoosing;
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_checkout(checkout));
    app::Checkout other = checkout;
    other.code_hash = crypto::Digest{};
    for (const char* id : {"c2", "c3"}) {  // two without a page
      other.id = CheckoutId(id);
      PURSER_CHECK_OK(batch.insert_checkout(other));
    }
    return {};
  });
  reopen();
  auto found = store_->view()->checkout_by_code(digest_of(7));
  PURSER_ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->id, checkout.id);
  EXPECT_EQ((*found)->customer, ann_);
  EXPECT_EQ((*found)->state, app::CheckoutState::kChoosing);
  EXPECT_EQ((*found)->code_hash, digest_of(7));
  EXPECT_TRUE((*found)->from_client);
  EXPECT_TRUE((*found)->price.empty());
  EXPECT_FALSE((*found)->trial);
  EXPECT_FALSE((*found)->is_subscription);
  EXPECT_FALSE(store_->view()->checkout_by_code(digest_of(8))->has_value());
  EXPECT_FALSE(store_->view()->checkout_by_code(crypto::Digest{})->has_value());
  EXPECT_TRUE(store_->view()->due_checkouts(at(1'000'000), 10)->empty());
  EXPECT_EQ((*store_->view()->checkout(kP, CheckoutId("c2")))->code_hash, crypto::Digest{});

  checkout.state = app::CheckoutState::kOpen;
  checkout.price = PriceId("monthly");
  checkout.quantity = amount(4);
  checkout.total = euros(0);
  checkout.trial = CalendarInterval{IntervalUnit::kWeek, 2};
  checkout.is_subscription = true;
  checkout.session_ref = "cs_1";
  commit([&](app::StoreBatch& batch) { return batch.update_checkout(checkout); });
  reopen();
  found = store_->view()->checkout_by_code(digest_of(7));
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->price, checkout.price);
  EXPECT_EQ((*found)->quantity, amount(4));
  EXPECT_EQ((*found)->total, checkout.total);
  EXPECT_EQ((*found)->trial, checkout.trial);
  EXPECT_TRUE((*found)->is_subscription);
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              app::Checkout taken = checkout;
              taken.id = CheckoutId("c4");
              taken.session_ref = "cs_4";
              return batch.insert_checkout(taken);
            }),
            ErrorCode::kAlreadyExists)
      << "a code is of one page";
}

TEST_P(StoreContract, EveryVersionOfTheCatalogStays) {
  const auto with_product = [](const std::string& id, std::int64_t version) {
    domain::Catalog catalog;
    catalog.version = version;
    catalog.products[id].id = ProductId(id);
    catalog.products[id].display_name = id;
    return catalog;
  };
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.put_catalog(kP, with_product("one", 1)));
    PURSER_CHECK_OK(batch.put_catalog(kP, with_product("two", 2)));
    return batch.put_catalog(kQ, with_product("theirs", 1));
  });
  reopen();
  const auto view = store_->view();
  EXPECT_EQ(*view->catalog_at(kP, 1), with_product("one", 1));
  EXPECT_EQ(*view->catalog_at(kP, 2), *view->catalog(kP));
  EXPECT_EQ(*view->catalog_at(kQ, 1), with_product("theirs", 1));
  for (const std::int64_t never : {0, 3, -1}) {
    EXPECT_FALSE(view->catalog_at(kP, never)->has_value()) << never;
  }
  EXPECT_FALSE(view->catalog_at(ProjectId("nowhere"), 1)->has_value());
}

TEST_P(StoreContract, OperatorsPageThroughTheInbox) {
  const auto event_of = [](const ProjectId& project, const std::string& id, app::InboxState state) {
    app::InboxEvent event;
    event.project = project;
    event.event_id = id;
    event.type = "invoice.paid";
    event.state = state;
    return event;
  };
  using enum app::InboxState;
  commit([&](app::StoreBatch& batch) -> Status {
    for (const auto& [id, state] : std::vector<std::pair<std::string, app::InboxState>>{
             {"e3", kDone}, {"e1", kQuarantined}, {"e2", kDone}, {"e5", kPending}, {"e4", kDone}}) {
      PURSER_CHECK_OK(batch.insert_inbox(event_of(kP, id, state)));
    }
    PURSER_CHECK_OK(batch.insert_inbox(event_of(kQ, "e1", kDone)));
    return {};
  });
  const auto page = [&](const ProjectId& project, std::optional<app::InboxState> state,
                        const std::string& after, int limit) {
    Ids ids;
    const auto found = store_->view()->inbox(project, state, {after, limit});
    EXPECT_TRUE(found.has_value());
    for (const app::InboxEvent& event : *found) {
      EXPECT_EQ(event.project, project);
      ids.push_back(event.event_id);
    }
    return ids;
  };
  EXPECT_EQ(page(kP, {}, "", 10), (Ids{"e4", "e5", "e2", "e1", "e3"})) << "newest first";
  EXPECT_EQ(page(kP, {}, "", 2), (Ids{"e4", "e5"}));
  EXPECT_EQ(page(kP, {}, "e5", 2), (Ids{"e2", "e1"}));
  EXPECT_EQ(page(kP, {}, "e3", 2), Ids());
  EXPECT_EQ(page(kP, {}, "unknown", 2), Ids());
  EXPECT_EQ(page(kP, kDone, "", 10), (Ids{"e4", "e2", "e3"}));
  EXPECT_EQ(page(kP, kDone, "e4", 1), Ids{"e2"});
  EXPECT_EQ(page(kP, kDone, "e1", 10), Ids{"e3"}) << "a position may be of another state";
  EXPECT_EQ(page(kP, kIgnored, "", 10), Ids());
  EXPECT_EQ(page(kQ, {}, "", 10), Ids{"e1"});
  commit([&](app::StoreBatch& batch) { return batch.update_inbox(event_of(kP, "e1", kPending)); });
  EXPECT_EQ(page(kP, kQuarantined, "", 10), Ids());
  EXPECT_EQ(page(kP, kPending, "", 10), (Ids{"e5", "e1"}));
}

TEST_P(StoreContract, SettingsOfSubscriptionsAndAConnectedAccountAreKept) {
  app::Project project = project_of("p");
  project.settings.past_due_grace_days = 21;
  project.settings.downgrade_effective = domain::SwitchTime::kPeriodEnd;
  project.payments.connected_account = "acct_9";
  commit([&](app::StoreBatch& batch) { return batch.update_project(project); });
  reopen();
  const auto found = store_->view()->project(kP);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->settings, project.settings);
  EXPECT_EQ((*found)->payments, project.payments);
  EXPECT_EQ((*store_->view()->project(kQ))->settings, app::ProjectSettings{});
}

}  // namespace
}  // namespace purser::contract
