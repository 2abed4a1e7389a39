#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "adapters/sqlite/sqlite_store.hpp"
#include "domain/ledger.hpp"
#include "tests/contract/subscription_records.hpp"
#include "tests/contract/temporary_folder.hpp"
#include "tests/sqlite/fault_vfs.hpp"

// Power loss at every point: a run is recorded write by write; then the disk is rebuilt as it may
// be found after a crash there, with what was not synced lost, torn or reordered. Every such disk
// must open, verify cleanly, and hold every acknowledged batch, and of the one in flight all or
// nothing.
//
// PURSER_CRASH_IMAGES sets how many disks are tried, PURSER_SEED the randomness.

namespace purser::sqlite {
namespace {

using contract::at;
using contract::customer_of;
using contract::item_of;
using contract::TestClock;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// What the store must hold: every item's quantity.
using Books = std::map<std::string, std::int64_t>;
constexpr int kCustomers = 12;
const ItemKey kCounter = item_of(customer_of("p", CustomerType::kCustom, "counter"), "batches");

/// Its term's limit moves with each batch, which no line tells.
const ItemKey kPlan = item_of(customer_of("p", CustomerType::kCustom, "subscriber"), "credits");
const PurchaseId kPlanPurchase("plan");
Timestamp paid_through(std::int64_t batches) { return at(1'000'000'000'000 + batches); }

/// A subscription that is paid a little longer; the first time, its first grant.
Status extend_plan(app::StoreBatch& batch) {
  PURSER_TRY(const auto counter, batch.item(kCounter));
  const domain::TermLimits limits{paid_through(counter.quantity().value()), std::nullopt};
  PURSER_TRY(auto account, batch.item(kPlan));
  if (account.terms.empty()) {
    domain::Purchase purchase = contract::subscription_of(kPlan.customer, kPlanPurchase.str());
    purchase.product.included_items.push_back(
        {kPlan.item, contract::amount(10), {}, domain::Expiry::kNever});
    PURSER_CHECK_OK(batch.insert_purchase(purchase, limits.until));
    domain::IncludedGrant grant;
    grant.source = kPlanPurchase;
    grant.quantity = contract::amount(10);
    grant.anchor = batch.now();
    grant.keeps_term = true;
    grant.until = limits.until;
    PURSER_TRY(const auto change, domain::grant_included(std::move(account), grant, batch.now()));
    return batch.put_item(kPlan, change.account, change.entries);
  }
  PURSER_TRY(const auto change,
             domain::extend_source(std::move(account), kPlanPurchase, limits, batch.now()));
  return batch.put_item(kPlan, change.account, change.entries);
}

ItemKey key_of(int number) {
  return item_of(customer_of("p", CustomerType::kCustom, "c" + std::to_string(number)), "credits");
}

/// A run of the store with a record of what it did to the disk.
class RecordedRun {
 public:
  explicit RecordedRun(std::uint64_t seed) : vfs_("crash-recorder"), random_(seed) {
    options_.path = folder_.path("purser.db");
    options_.vfs = vfs_.name();
    options_.background = false;
    options_.dirty_limit = 16;
    options_.checkpoint_pages = 24;
    options_.cache_accounts = 4;
    vfs_.record(true);
  }

  void run() {
    for (int life = 0; life < 2; ++life) {
      auto store = open_sqlite_store(options_, clock_);
      PURSER_ASSERT_OK(store);
      if (life == 0)
        acknowledge(**store, [](app::StoreBatch& batch) {
          return batch.insert_project(contract::project_of("p"));
        });
      for (int i = 0; i < 45; ++i) batch(**store);
    }
  }

  std::vector<DiskOperation> operations() const { return vfs_.operations(); }
  /// The books after `acknowledged` batches; the first makes the project.
  const Books& books_after(std::int64_t acknowledged) const {
    return history_.at(static_cast<std::size_t>(acknowledged));
  }
  std::int64_t batches() const { return static_cast<std::int64_t>(history_.size()) - 1; }

 private:
  void acknowledge(app::Store& store, const std::function<Status(app::StoreBatch&)>& work) {
    PURSER_ASSERT_OK(store.commit(work));
    history_.push_back(books_);
    vfs_.mark(batches());
  }

  void batch(app::Store& store) {
    clock_.set(clock_.now().millis() + 1000);
    acknowledge(store, [&](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(contract::give(batch, kCounter, 1));
      PURSER_CHECK_OK(extend_plan(batch));
      const int commands = 1 + static_cast<int>(random_() % 5);
      for (int i = 0; i < commands; ++i) PURSER_CHECK_OK(command(batch));
      return {};
    });
  }

  Status command(app::StoreBatch& batch) {
    batch.begin_command();
    const ItemKey key = key_of(static_cast<int>(random_() % kCustomers));
    const auto count = static_cast<std::int64_t>(1 + random_() % 9);
    PURSER_CHECK_OK(contract::give(batch, key, count));
    if (random_() % 4 == 0) return batch.undo_command();
    books_[key.customer.id] += count;
    app::IdempotencyRecord record;
    record.project = ProjectId("p");
    record.key = "key-" + std::to_string(++records_);
    record.completed = true;
    record.created_at = batch.now();
    return batch.put_idempotency(record);
  }

  contract::TemporaryFolder folder_;
  FaultVfs vfs_;
  SqliteOptions options_;
  TestClock clock_;
  std::mt19937_64 random_;
  Books books_;
  std::vector<Books> history_ = {Books{}};
  int records_ = 0;
};

class CrashImages : public testing::Test {
 protected:
  /// Opens one disk and compares it with the run.
  void check(const std::map<std::string, std::string>& files, std::int64_t acknowledged,
             const RecordedRun& run) {
    contract::TemporaryFolder folder;
    for (const auto& [name, content] : files) {
      std::ofstream(folder.path(name), std::ios::binary) << content;
    }
    SqliteOptions options;
    options.path = folder.path("purser.db");
    options.background = false;
    TestClock clock;
    auto store = open_sqlite_store(options, clock);
    PURSER_ASSERT_OK(store);
    const auto report = (*store)->verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
    const auto view = (*store)->view();
    const bool begun = view->project(ProjectId("p"))->has_value();
    const std::int64_t held = begun ? 1 + view->item(kCounter)->quantity().value() : 0;
    ASSERT_GE(held, acknowledged) << "an acknowledged batch is lost";
    ASSERT_LE(held, acknowledged + 1) << "more than the batch in flight is there";
    const auto plan = view->item(kPlan);
    PURSER_ASSERT_OK(plan);
    ASSERT_EQ(plan->terms.size(), held > 1 ? 1U : 0U);
    if (!plan->terms.empty()) {
      EXPECT_EQ(plan->terms[0].until, paid_through(held - 1));
    }
    const Books& books = run.books_after(held);
    for (int i = 0; i < kCustomers; ++i) {
      const ItemKey key = key_of(i);
      const auto entry = books.find(key.customer.id);
      EXPECT_EQ(view->item(key)->quantity().value(), entry == books.end() ? 0 : entry->second);
    }
  }
};

TEST_F(CrashImages, HoldWhatWasAcknowledged) {
  const std::uint64_t seed = from_environment("PURSER_SEED", std::random_device{}());
  std::cout << "PURSER_SEED=" << seed << "\n";
  RecordedRun run(seed);
  run.run();
  if (HasFatalFailure()) return;
  const auto operations = run.operations();
  ASSERT_GT(operations.size(), 500U) << "the run must have touched the disk";

  const std::uint64_t wanted = from_environment("PURSER_CRASH_IMAGES", 240);
  const auto stride = std::max<std::uint64_t>(1, operations.size() * 2 / wanted);
  std::mt19937_64 random(seed + 1);
  CrashSimulator disk;
  std::int64_t acknowledged = 0;
  std::uint64_t tried = 0;
  constexpr CrashSimulator::Fate kFates[] = {
      CrashSimulator::Fate::kNothing, CrashSimulator::Fate::kAll, CrashSimulator::Fate::kSome,
      CrashSimulator::Fate::kTorn};
  for (std::size_t i = 0; i < operations.size(); ++i) {
    disk.apply(operations[i]);
    if (operations[i].kind == DiskOperation::Kind::kMark) acknowledged = operations[i].offset;
    if (random() % stride != 0) continue;
    for (int twice = 0; twice < 2; ++twice) {
      const auto fate = kFates[random() % 4];
      SCOPED_TRACE("operation " + std::to_string(i) + ", fate " +
                   std::to_string(static_cast<int>(fate)));
      check(disk.image(fate, random), acknowledged, run);
      if (HasFailure()) return;
      ++tried;
    }
  }
  EXPECT_EQ(acknowledged, run.batches());
  EXPECT_GT(tried, wanted / 4);
}

// The simulation must be able to fail: without syncs, acknowledged batches are lost.
TEST_F(CrashImages, AreWorseWithoutSyncs) {
  RecordedRun run(7);
  run.run();
  CrashSimulator disk;
  for (const DiskOperation& operation : run.operations()) {
    if (operation.kind != DiskOperation::Kind::kSync) disk.apply(operation);
  }
  std::mt19937_64 random(7);
  for (const auto& [name, content] : disk.image(CrashSimulator::Fate::kNothing, random)) {
    EXPECT_TRUE(content.empty()) << name;
  }
}

}  // namespace
}  // namespace purser::sqlite
