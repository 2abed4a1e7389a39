// Fills a database with custom customers c0, c1, …, each with credits, through the store's port:
// millions of them in the time that HTTP would need for thousands. The server must not be running.
//
//   seed_customers DATABASE PROJECT FIRST COUNT
//
// DATABASE is a SQLite file or a postgres:// URL.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adapters/postgres/postgres_store.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/system/clocks.hpp"
#include "domain/ledger.hpp"

namespace purser {
namespace {

constexpr std::int64_t kGroup = 10'000;
constexpr std::int64_t kCredits = 1'000'000'000;

Status seed_group(app::StoreBatch& batch, std::span<const app::Touches> customers) {
  domain::Grant grant;
  grant.amount = *Quantity::of(kCredits);
  for (const app::Touches& touches : customers) {
    batch.begin_command();
    PURSER_TRY(auto change, domain::grant({}, grant, batch.now()));
    PURSER_CHECK_OK(
        batch.put_item({touches.customer, touches.items.front()}, change.account, change.entries));
  }
  return {};
}

Status seed(app::Store& store, const ProjectId& project, std::int64_t first, std::int64_t count) {
  for (std::int64_t done = 0; done < count; done += kGroup) {
    std::vector<app::Touches> customers;
    for (std::int64_t i = done; i < std::min(count, done + kGroup); ++i) {
      customers.push_back(
          {{project, CustomerType::kCustom, "c" + std::to_string(first + i)}, {ItemId("credits")}});
    }
    std::vector<app::PlannedCommand> planned;
    planned.reserve(customers.size());
    for (const app::Touches& touches : customers) planned.push_back({&touches, nullptr});
    Status committed =
        store.commit(planned, [&](app::StoreBatch& batch) { return seed_group(batch, customers); });
    if (!committed) return committed;
  }
  return {};
}

Result<std::unique_ptr<app::Store>> open(const std::string& database, const app::Clock& clock) {
  if (database.starts_with("postgres://")) {
    postgres::PostgresOptions options;
    options.uri = database;
    options.instance = "seed_customers";
    options.clock = &clock;
    return postgres::open_postgres_store(options);
  }
  sqlite::SqliteOptions options;
  options.path = database;
  return sqlite::open_sqlite_store(options, clock);
}

int run(const std::string& path, const std::string& project, std::int64_t first,
        std::int64_t count) {
  const system::SystemClock clock;
  auto store = open(path, clock);
  if (!store) {
    std::fprintf(stderr, "seed_customers: %s\n", store.error().message.c_str());
    return 1;
  }
  const Status seeded = seed(**store, ProjectId(project), first, count);
  if (!seeded) {
    std::fprintf(stderr, "seed_customers: %s\n", seeded.error().message.c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace purser

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: seed_customers DATABASE PROJECT FIRST COUNT\n");
    return 2;
  }
  return purser::run(argv[1], argv[2], std::strtoll(argv[3], nullptr, 10),
                     std::strtoll(argv[4], nullptr, 10));
}
