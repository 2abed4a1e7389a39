#include <future>
#include <thread>

#include "tests/contract/store_contract.hpp"

// Items, the ledger, commands and their undoing, the hot read.

namespace purser::contract {

app::CustomerItems StoreContract::read(const CustomerKey& customer, std::vector<ItemId> items) {
  std::promise<Result<app::CustomerItems>> promise;
  auto future = promise.get_future();
  store_->read_items(customer, std::move(items), [&](Result<app::CustomerItems> result) {
    promise.set_value(std::move(result));
  });
  auto result = future.get();
  EXPECT_TRUE(result.has_value());
  return result ? *std::move(result) : app::CustomerItems{};
}

namespace {

TEST_P(StoreContract, AnItemThatWasNeverTouchedIsEmpty) {
  EXPECT_EQ(quantity(credits_), 0);
  const auto lines = store_->view()->ledger(credits_, std::nullopt, 10);
  PURSER_ASSERT_OK(lines);
  EXPECT_TRUE(lines->empty());
  EXPECT_EQ(quantity(item_of(customer_of("nowhere", CustomerType::kUser, "x"), "credits")), 0);
}

TEST_P(StoreContract, ABatchSeesItsOwnItemsAndOthersSeeThemAfterTheCommit) {
  commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    PURSER_CHECK_OK(give(batch, credits_, 100));
    EXPECT_EQ(batch.item(credits_)->quantity(), amount(100));
    EXPECT_EQ(quantity(credits_), 0) << "seen before the commit";
    EXPECT_EQ(read(ann_, {ItemId("credits")}).accounts[0].quantity(), amount(0));
    batch.begin_command();
    return take(batch, credits_, 30, "lunch");
  });
  EXPECT_EQ(quantity(credits_), 70);
  EXPECT_EQ(read(ann_, {ItemId("credits")}).accounts[0].quantity(), amount(70));
}

TEST_P(StoreContract, TheLedgerHoldsEveryEntryAsItWasNewestFirst) {
  clock_.set(2'000'000);
  commit([&](app::StoreBatch& batch) { return give(batch, credits_, 100, at(9'000'000)); });
  clock_.set(3'000'000);
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(take(batch, credits_, 30, "Zürich → Genève"));
    const auto lines = batch.ledger(credits_, std::nullopt, 10);
    PURSER_CHECK_OK(lines);
    EXPECT_EQ(lines->size(), 2U) << "a batch sees its own lines";
    return {};
  });
  const auto lines = store_->view()->ledger(credits_, std::nullopt, 10);
  PURSER_ASSERT_OK(lines);
  ASSERT_EQ(lines->size(), 2U);
  const domain::Entry& taken = lines->at(0).entry;
  EXPECT_EQ(taken.change, amount(-30));
  EXPECT_EQ(taken.quantity_after, amount(70));
  EXPECT_EQ(taken.cause, domain::Cause::kManual);
  EXPECT_EQ(taken.description, "Zürich → Genève");
  EXPECT_EQ(taken.at, at(3'000'000));
  const domain::Entry& given = lines->at(1).entry;
  EXPECT_EQ(given.change, amount(100));
  EXPECT_EQ(given.expires_at, at(9'000'000));
  EXPECT_EQ(given.at, at(2'000'000));
  EXPECT_GT(lines->at(0).id, lines->at(1).id);
}

TEST_P(StoreContract, PagesOfTheLedgerJoinWithoutGapsOrRepeats) {
  const ItemKey seats = item_of(ann_, "seats");
  for (int i = 0; i < 10; ++i) {
    commit([&](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(give(batch, credits_, i + 1));
      PURSER_CHECK_OK(give(batch, seats, 1));
      return give(batch, item_of(thing_, "credits"), 1);
    });
  }
  std::vector<std::int64_t> changes;
  std::optional<std::int64_t> before;
  for (;;) {
    const auto page = store_->view()->ledger(credits_, before, 3);
    PURSER_ASSERT_OK(page);
    if (page->empty()) break;
    EXPECT_LE(page->size(), 3U);
    for (const auto& line : *page) changes.push_back(line.entry.change.value());
    before = page->back().id;
  }
  EXPECT_EQ(changes, (std::vector<std::int64_t>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}));

  // A position that is no line of this item counts by its number alone.
  const auto all = store_->view()->ledger(credits_, std::nullopt, 10);
  const auto below = store_->view()->ledger(credits_, all->at(4).id + 1, 10);
  PURSER_ASSERT_OK(below);
  ASSERT_FALSE(below->empty());
  EXPECT_EQ(below->front().id, all->at(4).id);
  EXPECT_TRUE(store_->view()->ledger(credits_, 0, 10)->empty());
}

TEST_P(StoreContract, IdsGrowInCommitOrderAcrossItemsAndEvents) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(give(batch, credits_, 1));
    app::OutboxEvent event;
    event.project = ProjectId("p");
    event.customer = ann_;
    event.type = "purchase.created";
    event.payload = "{}";
    event.at = batch.now();
    PURSER_CHECK_OK(batch.append_outbox(event));
    return give(batch, credits_, 1);
  });
  const auto lines = store_->view()->ledger(credits_, std::nullopt, 10);
  const auto events = store_->view()->outbox(0, 10);
  PURSER_ASSERT_OK(lines);
  PURSER_ASSERT_OK(events);
  ASSERT_EQ(lines->size(), 2U);
  ASSERT_EQ(events->size(), 1U);
  EXPECT_LT(lines->at(1).id, events->at(0).id);
  EXPECT_LT(events->at(0).id, lines->at(0).id);
}

TEST_P(StoreContract, AnUndoneCommandLeavesNothing) {
  const ItemKey things = item_of(thing_, "things");
  commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    PURSER_CHECK_OK(give(batch, credits_, 10));
    batch.begin_command();
    PURSER_CHECK_OK(give(batch, credits_, 5));
    PURSER_CHECK_OK(take(batch, credits_, 1));
    PURSER_CHECK_OK(give(batch, things, 5));  // makes a custom customer and an item's name
    PURSER_CHECK_OK(batch.insert_user(user_of("p", "bob")));
    app::IdempotencyRecord record;
    record.project = ProjectId("p");
    record.key = "k";
    PURSER_CHECK_OK(batch.put_idempotency(record));
    PURSER_CHECK_OK(batch.undo_command());
    EXPECT_EQ(batch.item(credits_)->quantity(), amount(10));
    EXPECT_EQ(batch.item(things)->quantity(), amount(0));
    EXPECT_FALSE(batch.user(ProjectId("p"), UserId("bob"))->has_value());
    EXPECT_FALSE(batch.idempotency(ProjectId("p"), "k")->has_value());
    EXPECT_EQ(batch.ledger(credits_, std::nullopt, 10)->size(), 1U);
    batch.begin_command();
    PURSER_CHECK_OK(give(batch, item_of(thing_, "other"), 3));
    return give(batch, credits_, 2);
  });
  EXPECT_EQ(quantity(credits_), 12);
  EXPECT_EQ(quantity(things), 0);
  EXPECT_EQ(quantity(item_of(thing_, "other")), 3);
  EXPECT_FALSE(*store_->view()->customer_exists(customer_of("p", CustomerType::kUser, "bob")));
  reopen();
  EXPECT_EQ(quantity(credits_), 12);
  EXPECT_EQ(quantity(item_of(thing_, "other")), 3);
  EXPECT_EQ(store_->view()->ledger(credits_, std::nullopt, 10)->size(), 2U);
}

TEST_P(StoreContract, AfterAnUndoTheSameCommandMayWriteAgain) {
  commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    PURSER_CHECK_OK(give(batch, credits_, 10));
    PURSER_CHECK_OK(batch.insert_user(user_of("p", "bob")));
    PURSER_CHECK_OK(batch.undo_command());
    PURSER_CHECK_OK(give(batch, credits_, 3));
    PURSER_CHECK_OK(batch.insert_user(user_of("p", "carl")));
    PURSER_CHECK_OK(batch.undo_command());
    return give(batch, credits_, 4);
  });
  EXPECT_EQ(quantity(credits_), 4);
  EXPECT_FALSE(store_->view()->user(ProjectId("p"), UserId("carl"))->has_value());
}

TEST_P(StoreContract, AFailedBatchLeavesNothing) {
  const ItemKey things = item_of(thing_, "things");
  commit([&](app::StoreBatch& batch) { return give(batch, credits_, 10); });
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) -> Status {
              PURSER_CHECK_OK(give(batch, credits_, 5));
              PURSER_CHECK_OK(give(batch, things, 5));
              PURSER_CHECK_OK(batch.insert_user(user_of("p", "bob")));
              return Error(ErrorCode::kOverloaded, "given up");
            }),
            ErrorCode::kOverloaded);
  EXPECT_EQ(quantity(credits_), 10);
  EXPECT_EQ(quantity(things), 0);
  commit([&](app::StoreBatch& batch) { return give(batch, item_of(thing_, "other"), 3); });
  EXPECT_EQ(quantity(things), 0);
  EXPECT_EQ(quantity(item_of(thing_, "other")), 3);
}

TEST_P(StoreContract, EntriesMustTellHowTheAccountCameAbout) {
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) -> Status {
              domain::Grant five;
              five.amount = amount(5);
              PURSER_TRY(const auto change, domain::grant({}, five, batch.now()));
              domain::ItemAccount forged = change.account;
              forged.lots[0].remaining = amount(6);
              return batch.put_item(credits_, forged, change.entries);
            }),
            ErrorCode::kInternalError);
  EXPECT_EQ(quantity(credits_), 0);
}

TEST_P(StoreContract, TermsSurviveWithoutEntriesOfTheirOwn) {
  domain::Purchase purchase;
  purchase.id = PurchaseId("sub-1");
  purchase.customer = ann_;
  purchase.product.id = ProductId("pro");
  purchase.product.display_name = "Pro";
  purchase.product.included_items.push_back({ItemId("credits"), amount(10),
                                             CalendarInterval{IntervalUnit::kMonth, 1},
                                             domain::Expiry::kNever});
  purchase.quantity = amount(1);
  purchase.created_at = at(1'000'000);
  purchase.anchor = purchase.created_at;
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_purchase(purchase, std::nullopt));
    PURSER_TRY(const auto grants, domain::initial_grants(purchase, Millis{0}));
    PURSER_TRY(const auto change, domain::grant_included({}, grants.at(0).grant, batch.now()));
    return batch.put_item(credits_, change.account, change.entries);
  });
  const auto granted = store_->view()->item(credits_);
  PURSER_ASSERT_OK(granted);
  ASSERT_EQ(granted->terms.size(), 1U);
  reopen();
  EXPECT_EQ(*store_->view()->item(credits_), *granted);

  // Two repeats fall due, then the purchase ends: the term goes without an entry.
  clock_.set(70LL * 24 * 3600 * 1000);
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(auto account, batch.item(credits_));
    PURSER_TRY(const auto change, domain::apply_due(std::move(account), batch.now()));
    return batch.put_item(credits_, change.account, change.entries);
  });
  EXPECT_EQ(quantity(credits_), 30);
  reopen();
  EXPECT_EQ(quantity(credits_), 30);
  EXPECT_EQ(store_->view()->item(credits_)->terms.at(0).next, 3);
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(auto account, batch.item(credits_));
    PURSER_TRY(const auto change, domain::end_source(std::move(account), purchase.id, batch.now()));
    EXPECT_TRUE(change.entries.empty());
    return batch.put_item(credits_, change.account, change.entries);
  });
  reopen();
  EXPECT_TRUE(store_->view()->item(credits_)->terms.empty());
  EXPECT_EQ(quantity(credits_), 30);
}

TEST_P(StoreContract, TheHotReadKnowsWhoExists) {
  EXPECT_TRUE(read(ann_, {}).customer_exists);
  EXPECT_TRUE(read(crew_, {ItemId("credits")}).customer_exists);
  EXPECT_TRUE(read(thing_, {ItemId("credits")}).customer_exists);
  const auto nobody = read(customer_of("p", CustomerType::kUser, "nobody"), {ItemId("credits")});
  EXPECT_FALSE(nobody.customer_exists);
  EXPECT_FALSE(read(customer_of("q", CustomerType::kUser, "ann"), {}).customer_exists);
  EXPECT_FALSE(read(customer_of("nowhere", CustomerType::kCustom, "thing"), {}).customer_exists);
  commit([](app::StoreBatch& batch) { return batch.delete_user(ProjectId("p"), UserId("ann")); });
  EXPECT_FALSE(read(ann_, {}).customer_exists);
  commit([](app::StoreBatch& batch) { return batch.insert_user(user_of("p", "ann")); });
  EXPECT_TRUE(read(ann_, {}).customer_exists);
}

TEST_P(StoreContract, TheHotReadAnswersInTheOrderAsked) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(give(batch, credits_, 10));
    return give(batch, item_of(ann_, "seats"), 3);
  });
  for (int round = 0; round < 2; ++round) {
    const auto found = read(ann_, {ItemId("seats"), ItemId("unknown"), ItemId("credits")});
    ASSERT_EQ(found.accounts.size(), 3U);
    EXPECT_EQ(found.accounts[0].quantity(), amount(3));
    EXPECT_EQ(found.accounts[1].quantity(), amount(0));
    EXPECT_EQ(found.accounts[2].quantity(), amount(10));
    reopen();
  }
}

TEST_P(StoreContract, ProjectsDoNotSeeEachOthersItems) {
  const ItemKey theirs = item_of(customer_of("q", CustomerType::kCustom, "thing"), "credits");
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(give(batch, item_of(thing_, "credits"), 5));
    return give(batch, theirs, 7);
  });
  EXPECT_EQ(quantity(item_of(thing_, "credits")), 5);
  EXPECT_EQ(quantity(theirs), 7);
  const ItemKey team = item_of(customer_of("p", CustomerType::kTeam, "thing"), "credits");
  EXPECT_EQ(quantity(team), 0) << "types do not mix either";
}

TEST_P(StoreContract, UsersAndTeamsMustExistToHaveItems) {
  const ItemKey nobodys = item_of(customer_of("p", CustomerType::kUser, "nobody"), "credits");
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) { return give(batch, nobodys, 1); }),
            ErrorCode::kCustomerNotFound);
}

TEST_P(StoreContract, TimeDoesNotGoBack) {
  clock_.set(5'000'000);
  commit([&](app::StoreBatch& batch) -> Status {
    EXPECT_EQ(batch.now(), at(5'000'000));
    return give(batch, credits_, 1);
  });
  clock_.set(4'000'000);
  commit([&](app::StoreBatch& batch) -> Status {
    EXPECT_EQ(batch.now(), at(5'000'000));
    return {};
  });
  reopen();
  commit([&](app::StoreBatch& batch) -> Status {
    EXPECT_EQ(batch.now(), at(5'000'000)) << "nor across a restart";
    return {};
  });
}

TEST_P(StoreContract, ReadersGoOnWhileABatchRuns) {
  commit([&](app::StoreBatch& batch) { return give(batch, credits_, 1); });
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(give(batch, credits_, 1));
    PURSER_CHECK_OK(batch.insert_user(user_of("p", "bob")));
    std::thread([&] {
      EXPECT_EQ(quantity(credits_), 1);
      EXPECT_FALSE(store_->view()->user(ProjectId("p"), UserId("bob"))->has_value());
    }).join();
    return {};
  });
  EXPECT_EQ(quantity(credits_), 2);
}

TEST_P(StoreContract, EverythingIsThereAfterReopening) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(give(batch, credits_, 10));
    return give(batch, item_of(thing_, "credits"), 4);
  });
  for (int i = 0; i < 3; ++i) {
    reopen();
    commit([&](app::StoreBatch& batch) -> Status {
      PURSER_TRY(const bool taken, try_take(batch, credits_, 3));
      EXPECT_TRUE(taken);
      return {};
    });
  }
  reopen();
  EXPECT_EQ(quantity(credits_), 1);
  EXPECT_EQ(quantity(item_of(thing_, "credits")), 4);
  EXPECT_EQ(store_->view()->ledger(credits_, std::nullopt, 10)->size(), 4U);
  const auto report = store_->verify({});
  PURSER_ASSERT_OK(report);
  EXPECT_EQ(report->entries, 5);
  EXPECT_EQ(report->accounts, 2);
}

TEST_P(StoreContract, ABackupIsWhatWasCommittedAndNeverOverwrites) {
  commit([&](app::StoreBatch& batch) { return give(batch, credits_, 10); });
  const std::string path = factory_->scratch_path("backup");
  if (!factory_->writes_backups()) {
    const Status refused = store_->backup(path, {});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kNotImplemented);
    return;
  }
  std::int64_t reported = -1;
  PURSER_ASSERT_OK(store_->backup(path, [&](std::int64_t done, std::int64_t total) {
    EXPECT_LE(done, total);
    reported = done;
  }));
  EXPECT_GT(reported, 0);
  commit([&](app::StoreBatch& batch) { return give(batch, credits_, 5); });
  const Status again = store_->backup(path, {});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);

  auto copy = factory_->open_backup(path, clock_);
  PURSER_ASSERT_OK(copy);
  EXPECT_EQ((*copy)->view()->item(credits_)->quantity(), amount(10));
  const auto report = (*copy)->verify({});
  PURSER_ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty());
  EXPECT_EQ(report->entries, 1);
  EXPECT_EQ(quantity(credits_), 15);
}

}  // namespace
}  // namespace purser::contract
