// Fills a database with custom customers c0, c1, …, each with credits, through the store's port:
// millions of them in the time that HTTP would need for thousands. The server must not be running.
//
//   seed_customers DATABASE PROJECT FIRST COUNT

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/system/clocks.hpp"
#include "domain/ledger.hpp"

namespace purser {
namespace {

constexpr std::int64_t kGroup = 10'000;
constexpr std::int64_t kCredits = 1'000'000'000;

Status seed_group(app::StoreBatch& batch, const ProjectId& project, std::int64_t from,
                  std::int64_t to) {
  domain::Grant grant;
  grant.amount = *Quantity::of(kCredits);
  for (std::int64_t i = from; i < to; ++i) {
    const ItemKey key{{project, CustomerType::kCustom, "c" + std::to_string(i)}, ItemId("credits")};
    batch.begin_command();
    PURSER_TRY(auto change, domain::grant({}, grant, batch.now()));
    PURSER_CHECK_OK(batch.put_item(key, change.account, change.entries));
  }
  return {};
}

Status seed(app::Store& store, const ProjectId& project, std::int64_t first, std::int64_t count) {
  for (std::int64_t done = 0; done < count; done += kGroup) {
    const std::int64_t from = first + done;
    const std::int64_t to = first + std::min(count, done + kGroup);
    Status committed =
        store.commit([&](app::StoreBatch& batch) { return seed_group(batch, project, from, to); });
    if (!committed) return committed;
  }
  return {};
}

int run(const std::string& path, const std::string& project, std::int64_t first,
        std::int64_t count) {
  const system::SystemClock clock;
  sqlite::SqliteOptions options;
  options.path = path;
  auto store = sqlite::open_sqlite_store(options, clock);
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
