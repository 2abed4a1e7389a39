// Customers go their ways through the shop while Stripe misbehaves and the server dies; in the end
// nobody may have paid for nothing, got something for nothing, or been told what is not so.
// tests/faults/run --journeys starts this.

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "json/json.hpp"
#include "tests/faults/batch.hpp"

namespace purser::faults {
namespace {

struct Options {
  std::string program;
  std::string work;
  std::uint64_t seed = 1;
  int journeys = 2'000;
  int batch = 50;  ///< journeys of one server
  int connections = 16;
  int parallel = 4;      ///< servers at once: most of a batch is waiting for the faults' pauses
  int keep = 0;          ///< 1: the batches' folders stay
  std::string postgres;  ///< tools/postgres; empty: the store is SQLite
  int nodes = 1;
};

class Campaign {
 public:
  explicit Campaign(Options options) : options_(std::move(options)) {}

  /// The exit status.
  int run();

 private:
  void work();
  void run_batch(int number);
  void print_summary() const;
  bool on_postgres() const { return !options_.postgres.empty(); }
  int batches() const { return (options_.journeys + options_.batch - 1) / options_.batch; }
  /// Batch 0 of the run with this seed is the same.
  std::uint64_t seed_of(int batch) const {
    return options_.seed + static_cast<std::uint64_t>(batch);
  }

  const Options options_;
  Tally tally_;
  std::atomic<int> next_{0};
  std::mutex mutex_;  ///< guards what follows, and the output
  int done_ = 0;
  std::vector<std::uint64_t> failed_seeds_;
  Findings findings_;
};

void Campaign::run_batch(int number) {
  BatchOptions batch;
  batch.program = options_.program;
  batch.work = options_.work + "/batch-" + std::to_string(seed_of(number));
  batch.seed = seed_of(number);
  batch.journeys = std::min(options_.batch, options_.journeys - number * options_.batch);
  batch.connections = options_.connections;
  batch.postgres = options_.postgres;
  batch.database_folder = options_.work + "/pg-" + std::to_string(batch.seed);
  batch.nodes = options_.nodes;
  batch.keeps_database = options_.keep != 0;
  std::filesystem::create_directories(batch.work);
  const Findings found = Batch(batch, tally_).run();
  const std::lock_guard lock(mutex_);
  ++done_;
  std::printf("batch %d of %d: %s\n", done_, batches(),
              found.violation_count == 0 ? "ok" : "BROKEN");
  if (found.violation_count == 0) {
    if (options_.keep == 0) std::filesystem::remove_all(batch.work);
  } else {
    failed_seeds_.push_back(batch.seed);
    const std::string store =
        on_postgres() ? " --store postgres --nodes " + std::to_string(batch.nodes) : "";
    std::printf("  again: tests/faults/run --journeys %d --seed %llu%s\n", batch.journeys,
                static_cast<unsigned long long>(batch.seed), store.c_str());
    for (const std::string& violation : found.violations) {
      std::printf("  %s\n", violation.c_str());
      findings_.add(violation);
    }
  }
  std::fflush(stdout);
}

void Campaign::work() {
  for (int number; (number = next_.fetch_add(1)) < batches();) run_batch(number);
}

void Campaign::print_summary() const {
  json::Writer out;
  out.begin_object();
  out.field("ok", findings_.violation_count == 0);
  out.field("seed", static_cast<std::int64_t>(options_.seed));
  for (const auto& [name, count] : tally_.counts()) out.field(name, count);
  out.field("violations", static_cast<std::int64_t>(findings_.violation_count));
  out.key("failed_seeds").begin_array();
  for (const std::uint64_t seed : failed_seeds_) out.integer(static_cast<std::int64_t>(seed));
  out.end_array().key("first_violations").begin_array();
  for (const auto& violation : findings_.violations) out.string(violation);
  out.end_array().end_object();
  std::printf("%s\n", out.str().c_str());
}

int Campaign::run() {
  std::printf("seed %llu\n", static_cast<unsigned long long>(options_.seed));
  std::fflush(stdout);
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.parallel; ++i) threads.emplace_back([this] { work(); });
  for (auto& thread : threads) thread.join();
  print_summary();
  return findings_.violation_count == 0 ? 0 : 1;
}

template <class Number>
bool parse_number(const std::string& text, Number& number) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc() && end == text.data() + text.size() && number >= 0;
}

bool parse_option(const std::string& name, const std::string& value, Options& options) {
  const std::pair<const char*, std::string Options::*> texts[] = {
      {"--program", &Options::program},
      {"--work", &Options::work},
      {"--postgres", &Options::postgres}};
  for (const auto& [known, member] : texts) {
    if (name != known) continue;
    options.*member = value;
    return true;
  }
  if (name == "--seed") return parse_number(value, options.seed);
  const std::pair<const char*, int Options::*> numbers[] = {
      {"--journeys", &Options::journeys},
      {"--batch", &Options::batch},
      {"--connections", &Options::connections},
      {"--parallel", &Options::parallel},
      {"--nodes", &Options::nodes},
      {"--keep", &Options::keep}};
  for (const auto& [known, member] : numbers) {
    if (name == known) return parse_number(value, options.*member);
  }
  return false;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!parse_option(argv[i], argv[i + 1], options)) return false;
  }
  return argc % 2 == 1 && !options.program.empty() && !options.work.empty() && options.batch > 0 &&
         options.connections > 0 && options.parallel > 0 && options.nodes > 0 &&
         (options.nodes == 1 || !options.postgres.empty());
}

}  // namespace
}  // namespace purser::faults

int main(int argc, char** argv) {
  purser::faults::Options options;
  if (!purser::faults::parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: journeys --program PURSER --work FOLDER [--journeys N] [--seed S] "
                 "[--batch N] [--connections N] [--parallel N] [--keep 0|1] "
                 "[--postgres TOOL] [--nodes N]\n");
    return 2;
  }
  return purser::faults::Campaign(std::move(options)).run();
}
