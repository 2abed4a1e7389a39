// How many durable try-decreases the embedded store commits in a second, without HTTP and engine,
// beside the same ledger line, idempotency record and balance as plain SQL in one transaction with
// the same group size.
//
//   store_bench [customers] [operations] [folder] [quick]
//
// With "quick" only the store is measured, on spread customers in groups of 256.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/system/clocks.hpp"
#include "domain/ledger.hpp"

namespace {

using namespace purser;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::int64_t kStart = 1'000'000'000;

[[noreturn]] void fail(const Error& error) {
  std::fprintf(stderr, "store_bench: %s (%s)\n", error.message.c_str(),
               error.log.for_log().c_str());
  std::exit(1);
}
void check(const Status& status) {
  if (!status) fail(status.error());
}

/// A time-ordered UUID, as the SDK sends them.
std::string time_ordered_key(std::mt19937_64& random) {
  static std::uint64_t tick = 1'700'000'000'000;
  char text[40];
  const std::uint64_t a = ++tick;
  const std::uint64_t b = random();
  std::snprintf(text, sizeof text, "%08x-%04x-7%03x-8%03x-%012llx", static_cast<unsigned>(a >> 16),
                static_cast<unsigned>(a & 0xffff), static_cast<unsigned>(b & 0xfff),
                static_cast<unsigned>((b >> 12) & 0xfff),
                static_cast<unsigned long long>((b >> 16) & 0xffffffffffffULL));
  return text;
}

struct Load {
  std::int64_t customers = 0;
  std::int64_t operations = 0;
  int group = 64;
  bool hot = false;
  bool keys = false;
};

/// Runs `operations` in groups; prints operations per second and the longest group.
void measure(const char* what, const Load& load, const std::function<void(int)>& group) {
  std::vector<double> millis;
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  for (std::int64_t done = 0; done < load.operations; done += load.group) {
    const auto before = std::chrono::steady_clock::now();
    group(load.group);
    millis.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before)
            .count());
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double cpu_micros = static_cast<double>(std::clock() - cpu_start) * 1e6 / CLOCKS_PER_SEC;
  std::sort(millis.begin(), millis.end());
  std::printf(
      "%-31s group %3d  %-6s %8.0f/s  %5.2f us of processor each  p50 %6.2f ms  p99 %6.2f ms  max "
      "%7.2f ms\n",
      what, load.group, load.hot ? "hot" : "spread", static_cast<double>(load.operations) / seconds,
      cpu_micros / static_cast<double>(load.operations), millis[millis.size() / 2],
      millis[millis.size() * 99 / 100], millis.back());
  std::fflush(stdout);
}

CustomerKey customer(std::int64_t number) {
  return {ProjectId("bench"), CustomerType::kCustom, "customer-" + std::to_string(number)};
}

/// How long it takes to open what a killed process left.
double seconds_to_open(const std::string& path) {
  const system::ManualClock clock(*Timestamp::from_millis(kStart));
  const auto before = std::chrono::steady_clock::now();
  sqlite::SqliteOptions options;
  options.path = path;
  const auto opened = sqlite::open_sqlite_store(options, clock);
  if (!opened) fail(opened.error());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
}

class StoreBench {
 public:
  StoreBench(const std::string& path, std::int64_t customers) : clock_(start_instant()) {
    sqlite::SqliteOptions options;
    options.path = path;
    auto opened = sqlite::open_sqlite_store(options, clock_);
    if (!opened) fail(opened.error());
    store_ = *std::move(opened);
    fill(customers);
  }

  void run(const Load& load) {
    measure(load.keys ? "store, with idempotency records" : "store", load, [&](int count) {
      check(store_->commit([&](app::StoreBatch& batch) -> Status {
        for (int i = 0; i < count; ++i) PURSER_CHECK_OK(one(batch, load));
        return {};
      }));
    });
  }

 private:
  static Timestamp start_instant() { return *Timestamp::from_millis(kStart); }

  Status one(app::StoreBatch& batch, const Load& load) {
    batch.begin_command();
    app::IdempotencyRecord record;
    if (load.keys) {
      record.project = ProjectId("bench");
      record.key = time_ordered_key(random_);
      PURSER_TRY(const auto known, batch.idempotency(record.project, record.key));
      if (known) return Error::internal("a key came twice");
    }
    const std::int64_t who =
        load.hot
            ? 1
            : static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(load.customers));
    const ItemKey key{customer(who), ItemId("credits")};
    PURSER_TRY(auto account, batch.item(key));
    PURSER_TRY(const auto tried,
               domain::try_decrease(std::move(account), *Quantity::of(1), "", batch.now()));
    if (!tried.success) return Error::internal("an account ran dry");
    PURSER_CHECK_OK(batch.put_item(key, tried.change.account, tried.change.entries));
    if (!load.keys) return {};
    record.completed = true;
    record.created_at = batch.now();
    record.reply = {200, "{\"success\":true,\"quantity\":" +
                             std::to_string(tried.change.account.quantity().value()) + "}"};
    return batch.put_idempotency(record);
  }

  void fill(std::int64_t customers) {
    check(store_->commit([&](app::StoreBatch& batch) {
      app::Project project;
      project.id = ProjectId("bench");
      return batch.insert_project(project);
    }));
    constexpr std::int64_t kGroup = 10'000;
    domain::Grant grant;
    grant.amount = *Quantity::of(1'000'000'000);
    for (std::int64_t first = 0; first < customers; first += kGroup) {
      check(store_->commit([&](app::StoreBatch& batch) -> Status {
        for (std::int64_t i = first; i < std::min(customers, first + kGroup); ++i) {
          const ItemKey key{customer(i), ItemId("credits")};
          batch.begin_command();
          PURSER_TRY(const auto change, domain::grant({}, grant, batch.now()));
          PURSER_CHECK_OK(batch.put_item(key, change.account, change.entries));
        }
        return {};
      }));
    }
  }

  system::ManualClock clock_;
  std::unique_ptr<app::Store> store_;
  std::mt19937_64 random_{42};
};

/// The same work as statements: read the balance, write it, append the line, keep the record.
class RawBench {
 public:
  RawBench(const std::string& path, std::int64_t customers) {
    auto opened = sqlite::Connection::open(path, sqlite::OpenMode::kWriter, "");
    if (!opened) fail(opened.error());
    db_ = *std::move(opened);
    check(db_->exec(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000;"
        "PRAGMA cache_size=-16384;"
        "CREATE TABLE balances(customer INTEGER PRIMARY KEY, quantity INTEGER NOT NULL) STRICT;"
        "CREATE TABLE ledger(id INTEGER PRIMARY KEY, customer INTEGER, item INTEGER, change "
        "INTEGER,"
        " quantity_after INTEGER, at INTEGER) STRICT;"
        "CREATE TABLE records(row INTEGER PRIMARY KEY, key BLOB UNIQUE, hash BLOB, at INTEGER,"
        " status INTEGER, body BLOB) STRICT;"
        "BEGIN;"));
    for (std::int64_t i = 0; i < customers; ++i) {
      check(db_->run("INSERT INTO balances VALUES(?, 1000000000)", i));
    }
    check(db_->exec("COMMIT"));
  }

  void run(const Load& load) {
    measure(load.keys ? "raw SQLite, with records" : "raw SQLite", load, [&](int count) {
      check(db_->run("BEGIN IMMEDIATE"));
      for (int i = 0; i < count; ++i) one(load);
      check(db_->run("COMMIT"));
    });
  }

 private:
  void one(const Load& load) {
    const std::int64_t who =
        load.hot
            ? 1
            : static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(load.customers));
    const auto have = db_->integer("SELECT quantity FROM balances WHERE customer = ?", who);
    if (!have) fail(have.error());
    const std::int64_t left = have->value_or(0) - 1;
    check(db_->run("UPDATE balances SET quantity = ? WHERE customer = ?", left, who));
    check(db_->run(
        "INSERT INTO ledger(customer, item, change, quantity_after, at) VALUES(?,1,-1,?,?)", who,
        left, kStart));
    if (!load.keys) return;
    const std::string key = time_ordered_key(random_).substr(0, 16);
    const std::string body = "{\"success\":true,\"quantity\":" + std::to_string(left) + "}";
    const std::string hash(32, 'h');
    check(db_->run("INSERT OR IGNORE INTO records(key, hash, at, status, body) VALUES(?,?,?,200,?)",
                   sql::Blob{key}, sql::Blob{hash}, kStart, sql::Blob{body}));
  }

  std::unique_ptr<sqlite::Connection> db_;
  std::mt19937_64 random_{42};
};

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t customers = argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 1'000'000;
  const std::int64_t operations = argc > 2 ? std::strtoll(argv[2], nullptr, 10) : 500'000;
  const std::filesystem::path folder = argc > 3 ? argv[3] : "build/store_bench";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "store.db").string();
  const bool quick = argc > 4;
  const pid_t child = fork();
  if (child == 0) {
    StoreBench bench(path, customers);
    if (quick) {
      bench.run({customers, operations, 256, false, false});
      bench.run({customers, operations, 256, false, true});
      kill(getpid(), SIGKILL);
    }
    for (const bool keys : {false, true}) {
      for (const bool hot : {true, false}) {
        for (const int group : {64, 256}) bench.run({customers, operations, group, hot, keys});
      }
    }
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) return 1;
  std::printf("ready %.3f s after a kill\n", seconds_to_open(path));
  if (!quick) {
    RawBench bench((folder / "raw.db").string(), customers);
    for (const bool keys : {false, true}) {
      for (const bool hot : {false, true}) {
        for (const int group : {64, 256}) bench.run({customers, operations, group, hot, keys});
      }
    }
  }
  std::filesystem::remove_all(folder);
  return 0;
}
