#include "adapters/postgres/archive.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/postgres_store.hpp"
#include "adapters/sql/archive_file.hpp"
#include "app/ports/archived_history.hpp"
#include "tests/contract/subscription_records.hpp"
#include "tests/contract/temporary_folder.hpp"
#include "tests/postgres/test_database.hpp"

// Months of the ledger go into files.

namespace purser::contract {
namespace {

const CustomerKey kAnn = customer_of("p", CustomerType::kUser, "ann");
const ItemKey kCredits = item_of(kAnn, "credits");
const ItemKey kCalls = item_of(kAnn, "calls");
const PurchaseId kPlan("b1");
constexpr std::int64_t kDay = 86'400'000;

/// Grants calls each month.
domain::Purchase plan_with_calls() {
  domain::Purchase purchase;
  purchase.id = kPlan;
  purchase.customer = kAnn;
  purchase.product = plan("calls");
  domain::IncludedItem calls;
  calls.item = ItemId("calls");
  calls.quantity = amount(7);
  calls.repeat = CalendarInterval{IntervalUnit::kMonth, 1};
  purchase.product.included_items.push_back(calls);
  purchase.quantity = amount(1);
  purchase.origin = domain::PurchaseOrigin::kGranted;
  purchase.created_at = at(1'000'000);
  purchase.anchor = at(1'000'000);
  return purchase;
}

/// A database whose ledger has three months, drawn by hand: the month in which it was made, and the
/// two behind it.
class LedgerArchive : public testing::Test {
 protected:
  void SetUp() override {
    far_.set(4'000'000'000'000);
    open();
    month_ = std::stoll(database_.ask(
        "SELECT (extract(year FROM t)::int - 1970) * 12 + extract(month FROM t)::int - 1 FROM "
        "(SELECT now() AT TIME ZONE 'UTC' AS t) n"));
    commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(project_of("p")));
      PURSER_CHECK_OK(batch.insert_user(user_of("p", "ann")));
      const domain::Purchase purchase = plan_with_calls();
      PURSER_CHECK_OK(batch.insert_purchase(purchase, std::nullopt));
      PURSER_TRY(const auto grants, domain::initial_grants(purchase, Millis{0}));
      for (const domain::ItemGrant& grant : grants) {
        const ItemKey key{kAnn, grant.item};
        PURSER_TRY(auto account, batch.item(key));
        PURSER_TRY(const auto change,
                   domain::grant_included(std::move(account), grant.grant, batch.now()));
        PURSER_CHECK_OK(batch.put_item(key, change.account, change.entries));
      }
      return {};
    });
  }
  void TearDown() override {
    if (store_) expect_clean();
  }

  void open() {
    postgres::PostgresOptions options;
    options.uri = database_.uri();
    options.instance = "node";
    options.clock = &clock_;
    options.database_time = false;
    options.readers = 2;
    auto opened = postgres::open_postgres_store(std::move(options));
    PURSER_ASSERT_OK(opened);
    store_ = *std::move(opened);
  }
  void commit(const std::function<Status(app::StoreBatch&)>& work) {
    PURSER_EXPECT_OK(store_->commit(work));
  }
  /// Some changes of several customers' items, the clock moving by two months.
  void trade(int changes = 40) {
    for (int i = 0; i < changes; ++i) {
      clock_.advance(60 * kDay / changes);
      const std::string customer = "c" + std::to_string(random_() % 5);
      const ItemKey key =
          random_() % 3 == 0
              ? kCredits
              : item_of(customer_of("p", CustomerType::kCustom, customer), "credits");
      const auto quantity = static_cast<std::int64_t>(random_() % 20 + 1);
      const bool gives = random_() % 2 == 0;
      const auto expires =
          random_() % 2 == 0 ? std::optional(at(clock_.now().millis() + 40 * kDay)) : std::nullopt;
      commit([&](app::StoreBatch& batch) -> Status {
        PURSER_CHECK_OK(take(batch, kCalls, 1));
        if (gives) return give(batch, key, quantity, expires);
        return take(batch, key, quantity, "spent \"x\"\n");
      });
    }
  }
  /// From now on ids are drawn from the month after.
  void next_month() {
    ++begun_;
    database_.run("SELECT ledger_month(" + std::to_string(month_ + begun_) + ", true)");
  }
  Timestamp first_of(std::int64_t month) const {
    return nth_boundary(Timestamp(), CalendarInterval{IntervalUnit::kMonth, 1}, month);
  }
  /// The months before the one in which ids are drawn.
  postgres::ArchiveOptions options() {
    postgres::ArchiveOptions options;
    options.uri = database_.uri();
    options.before = first_of(month_ + begun_);
    options.folder = folder_.path("archives");
    options.clock = &far_;
    return options;
  }
  auto archive() { return postgres::archive_ledger(options()); }
  std::string file(std::int64_t month) const {
    return folder_.path("archives/ledger-" + first_of(month).to_iso8601().substr(0, 7) +
                        ".jsonl.gz");
  }
  std::vector<std::string> findings(const std::string& folder = "") {
    const auto report = postgres::verify_with_archives(database_.uri(), folder, clock_.now(), {});
    EXPECT_TRUE(report.has_value()) << (report ? "" : why(report.error()));
    std::vector<std::string> all;
    if (!report) return all;
    for (const auto& finding : report->findings) all.push_back(finding.where + ": " + finding.what);
    return all;
  }
  void expect_clean() {
    EXPECT_EQ(findings(), std::vector<std::string>());
    if (std::filesystem::exists(folder_.path("archives"))) {
      EXPECT_EQ(findings(folder_.path("archives")), std::vector<std::string>());
    }
  }
  std::int64_t lines() { return std::stoll(database_.ask("SELECT count(*) FROM ledger")); }
  /// Every balance, as text.
  std::string balances() {
    return database_.ask(
        "SELECT string_agg(concat_ws(' ', customer_id, item_id, last_entry, account), ',' ORDER BY "
        "customer_id, item_id) FROM balances");
  }

  const std::uint32_t seed_ = [] {
    const char* given = std::getenv("PURSER_TEST_SEED");
    const std::uint32_t seed =
        given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device()();
    std::cout << "PURSER_TEST_SEED=" << seed << "\n";
    return seed;
  }();
  std::mt19937 random_{seed_};
  TestClock clock_;
  TestClock far_;  // in which all these months are over
  TestDatabase database_;
  TemporaryFolder folder_;
  std::int64_t month_ = 0;
  std::int64_t begun_ = 0;
  std::unique_ptr<app::Store> store_;
};

TEST_F(LedgerArchive, BalancesVerifyWithArchivedMonths) {
  trade();
  next_month();
  trade();
  next_month();
  trade();
  const std::string before = balances();
  const std::int64_t all = lines();
  const auto archived = archive();
  PURSER_ASSERT_OK(archived);
  ASSERT_EQ(archived->size(), 2U);
  EXPECT_EQ(archived->at(0).file, file(month_));
  EXPECT_EQ(archived->at(1).file, file(month_ + 1));
  EXPECT_EQ(lines() + archived->at(0).lines + archived->at(1).lines, all);
  EXPECT_EQ(balances(), before);
  expect_clean();
  trade();
  expect_clean();
  next_month();
  trade();
  const auto third = archive();
  PURSER_ASSERT_OK(third);
  ASSERT_EQ(third->size(), 1U);
  EXPECT_EQ(third->at(0).file, file(month_ + 2));
  EXPECT_TRUE(archive()->empty()) << "there is nothing more";
}

TEST_F(LedgerArchive, AFileTellsWhatHappened) {
  commit([](app::StoreBatch& batch) { return take(batch, kCredits, 5, "a \"reason\"\n"); });
  next_month();
  const auto archived = archive();
  PURSER_ASSERT_OK(archived);
  const auto reader = sql::ArchiveReader::open(file(month_));
  PURSER_ASSERT_OK(reader);
  bool seen = false;
  while (*(*reader)->next()) {
    const domain::Entry& entry = (*reader)->line().entry;
    seen = seen || (entry.description == "a \"reason\"\n" && entry.change == amount(-5) &&
                    entry.quantity_after == amount(-5) && entry.at == clock_.now());
  }
  EXPECT_TRUE(seen);
  std::ifstream beside(file(month_) + ".sha256");
  std::string digest;
  beside >> digest;
  EXPECT_EQ(digest, archived->at(0).sha256);
  EXPECT_EQ(digest, crypto::to_hex(*sql::digest_of_file(file(month_))));
}

TEST_F(LedgerArchive, AHistoryBeginsBehindTheArchives) {
  clock_.advance(40 * kDay);
  commit([](app::StoreBatch& batch) { return give(batch, kCalls, 1); });
  commit([](app::StoreBatch& batch) { return give(batch, kCredits, 10); });
  const auto last = store_->view()->ledger(kCredits, std::nullopt, 1)->front();
  next_month();
  commit([](app::StoreBatch& batch) { return take(batch, kCredits, 3); });
  {
    const auto view = store_->view();
    EXPECT_FALSE(app::ArchivedHistory::opening_in(*view, kCredits)->has_value());
  }
  PURSER_ASSERT_OK(archive());
  const auto view = store_->view();
  const auto kept = view->ledger(kCredits, std::nullopt, 10);
  ASSERT_EQ(kept->size(), 1U);
  EXPECT_EQ(kept->front().entry.change, amount(-3));
  EXPECT_TRUE(view->ledger(kCredits, last.id + 1, 10)->empty());
  const auto opening = *app::ArchivedHistory::opening_in(*view, kCredits);
  ASSERT_TRUE(opening.has_value());
  EXPECT_EQ(opening->last_line, last.id);
  EXPECT_EQ(opening->quantity, amount(10));
  EXPECT_EQ(opening->at, last.entry.at);
  // The second grant, a month behind the sale.
  const auto granted = *app::ArchivedHistory::grant_in(*view, kCalls, kPlan);
  EXPECT_EQ(granted, nth_boundary(at(1'000'000), CalendarInterval{IntervalUnit::kMonth, 1}, 1));
  EXPECT_FALSE(app::ArchivedHistory::grant_in(*view, kCalls, PurchaseId("b2"))->has_value());
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const auto again, app::ArchivedHistory::grant_in(batch, kCalls, kPlan));
    EXPECT_EQ(again, granted);
    return {};
  });
}

TEST_F(LedgerArchive, AChangedCarryForwardIsFound) {
  trade();
  next_month();
  commit([](app::StoreBatch& batch) { return give(batch, kCredits, 1); });
  PURSER_ASSERT_OK(archive());
  expect_clean();
  database_.run("CREATE TABLE kept AS SELECT * FROM ledger_openings");
  const auto expect_found = [&](const std::string& change) {
    database_.run(change);
    EXPECT_NE(findings(), std::vector<std::string>()) << change;
    database_.run("DELETE FROM ledger_openings; INSERT INTO ledger_openings SELECT * FROM kept");
    EXPECT_EQ(findings(), std::vector<std::string>());
  };
  // An account with later lines, and accounts without.
  expect_found(
      "UPDATE ledger_openings o SET account = (SELECT account FROM ledger_openings WHERE "
      "account <> o.account LIMIT 1)");
  expect_found("DELETE FROM ledger_openings");
  expect_found("UPDATE ledger_openings SET last_entry = last_entry - 1");
  database_.run("UPDATE ledger_opening_grants SET repeats = repeats + 1");
  EXPECT_NE(findings(), std::vector<std::string>());
  database_.run("UPDATE ledger_opening_grants SET repeats = repeats - 1; DROP TABLE kept");
}

TEST_F(LedgerArchive, AForgeryOfBothSidesIsFoundByTheFiles) {
  trade();
  next_month();
  PURSER_ASSERT_OK(archive());
  database_.run(
      "CREATE TABLE kept AS SELECT * FROM ledger_openings; CREATE TABLE had AS SELECT * "
      "FROM balances");
  // Two customers' balances change places, in what is carried forward too.
  database_.run(
      "UPDATE ledger_openings o SET account = k.account FROM kept k WHERE k.item_id = o.item_id "
      "AND "
      "k.customer_id <> o.customer_id AND k.account <> o.account; UPDATE balances b SET account = "
      "o.account FROM ledger_openings o WHERE o.customer_id = b.customer_id AND o.item_id = "
      "b.item_id AND o.account <> (SELECT account FROM kept k WHERE k.customer_id = o.customer_id "
      "AND k.item_id = o.item_id)");
  EXPECT_EQ(findings(), std::vector<std::string>()) << "the database alone cannot know";
  EXPECT_NE(findings(folder_.path("archives")), std::vector<std::string>());
  database_.run(
      "DELETE FROM ledger_openings; INSERT INTO ledger_openings SELECT * FROM kept; "
      "DELETE FROM balances; INSERT INTO balances SELECT * FROM had; DROP TABLE kept; "
      "DROP TABLE had");
}

TEST_F(LedgerArchive, ATamperedArchiveIsFound) {
  trade();
  next_month();
  PURSER_ASSERT_OK(archive());
  const std::string folder = folder_.path("archives");
  const std::string path = file(month_);
  const std::string kept = folder_.path("kept");
  std::filesystem::rename(path, kept);
  ASSERT_EQ(findings(folder).size(), 1U);
  EXPECT_NE(findings(folder).front().find("cannot be opened"), std::string::npos);

  // The same lines but for one customer's names, which nothing is computed from: only the checksum
  // tells.
  const auto rewrite = [&](std::int64_t add) {
    std::filesystem::remove(path);
    const auto reader = sql::ArchiveReader::open(kept);
    const auto writer = sql::ArchiveWriter::create(path);
    while (*(*reader)->next()) {
      sql::ArchivedLine line = (*reader)->line();
      if ((*writer)->lines() == 0)
        line.entry.quantity_after = amount(line.entry.quantity_after.value() + add);
      PURSER_EXPECT_OK((*writer)->add(line, {customer_of("q", CustomerType::kTeam, "x"), "y"}));
    }
    return crypto::to_hex(*(*writer)->finish());
  };
  rewrite(0);
  ASSERT_EQ(findings(folder).size(), 1U);
  EXPECT_NE(findings(folder).front().find("the file was changed"), std::string::npos);

  // Even if its checksum is forged with it.
  const std::string was = database_.ask("SELECT encode(sha256, 'hex') FROM ledger_archives");
  database_.run("UPDATE ledger_archives SET sha256 = '\\x" + rewrite(1) + "'");
  EXPECT_NE(findings(folder), std::vector<std::string>());

  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_NE(findings(folder), std::vector<std::string>());
  database_.run("UPDATE ledger_archives SET sha256 = '\\x" + was + "'");
  std::filesystem::rename(kept, path);
}

TEST_F(LedgerArchive, ACrashLosesNothing) {
  trade();
  next_month();
  trade();
  const std::int64_t all = lines();
  const std::string before = balances();
  store_.reset();
  // What there never was anything in goes without a file, and is not what this is about.
  postgres::ArchiveOptions earlier = options();
  earlier.before = first_of(month_);
  ASSERT_TRUE(postgres::archive_ledger(earlier)->empty());
  // Somebody reads the ledger: the month is in a file, and cannot be taken out yet.
  postgres::ConnectOptions connect;
  connect.uri = database_.uri();
  connect.idle_in_transaction_timeout = std::chrono::milliseconds(0);
  auto reader = postgres::Connection::open(connect);
  PURSER_ASSERT_OK(reader);
  PURSER_ASSERT_OK((*reader)->exec("BEGIN; SELECT count(*) FROM ledger"));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    static_cast<void>(archive());
    _exit(0);
  }
  while (!std::filesystem::exists(file(month_)) && waitpid(child, nullptr, WNOHANG) == 0) {
    usleep(10'000);  // tidy: allow sleep: a file of another process has no event to wait for
  }
  ASSERT_TRUE(std::filesystem::exists(file(month_)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  PURSER_ASSERT_OK((*reader)->exec("ROLLBACK"));
  EXPECT_EQ(lines(), all);
  EXPECT_EQ(database_.ask("SELECT count(*) FROM ledger_openings"), "0");
  auto archived = archive();
  // The server may not have noticed yet that the other one is gone.
  for (int i = 0; i < 500 && !archived && archived.error().message.starts_with("Another"); ++i) {
    archived = archive();
  }
  PURSER_ASSERT_OK(archived);
  ASSERT_EQ(archived->size(), 1U);
  EXPECT_EQ(lines() + archived->front().lines, all);
  EXPECT_EQ(balances(), before);
  open();
}

TEST_F(LedgerArchive, SellingGoesOnMeanwhile) {
  trade();
  next_month();
  std::atomic<bool> done{false};
  std::atomic<int> sold{0};
  std::thread seller([&] {
    while (!done) {
      PURSER_EXPECT_OK(
          store_->commit([](app::StoreBatch& batch) { return give(batch, kCredits, 1); }));
      ++sold;
    }
  });
  const auto archived = archive();
  done = true;
  seller.join();
  PURSER_ASSERT_OK(archived);
  EXPECT_EQ(archived->size(), 1U);
  EXPECT_GT(sold.load(), 0);
}

TEST_F(LedgerArchive, WhatIsNotOverStays) {
  trade(5);
  const std::int64_t all = lines();
  const auto expect_refusal = [&](const postgres::ArchiveOptions& options,
                                  const std::string& part) {
    const auto archived = postgres::archive_ledger(options);
    ASSERT_FALSE(archived.has_value()) << part;
    EXPECT_NE(archived.error().message.find(part), std::string::npos) << why(archived.error());
    EXPECT_EQ(lines(), all);
  };
  postgres::ArchiveOptions wrong = options();
  wrong.before = at(wrong.before.millis() + 1);
  expect_refusal(wrong, "a month that has begun");
  wrong.before = first_of(month_ + 6);
  wrong.clock = &clock_;
  expect_refusal(wrong, "a month that has begun");
  wrong = options();
  wrong.before = first_of(month_ + 1);
  expect_refusal(wrong, "No server has begun the month");
  EXPECT_TRUE(archive()->empty());
}

TEST_F(LedgerArchive, AnotherArchiveIsNotWrittenOver) {
  trade(5);
  next_month();
  std::filesystem::create_directories(folder_.path("archives"));
  std::ofstream(file(month_)) << "somebody else's";
  const std::int64_t all = lines();
  const auto archived = archive();
  ASSERT_FALSE(archived.has_value());
  EXPECT_NE(archived.error().message.find("holds something else"), std::string::npos);
  EXPECT_EQ(lines(), all);
  std::filesystem::remove(file(month_));
  PURSER_ASSERT_OK(archive());
}

}  // namespace
}  // namespace purser::contract
