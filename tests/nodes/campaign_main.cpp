// Several nodes on one PostgreSQL, raced, asked to agree, killed, stopped, cut off, and moved to a
// standby. tests/nodes/run starts this.

#include <sys/resource.h>

#include <charconv>
#include <cstdio>
#include <string>

#include "json/json.hpp"
#include "tests/nodes/stage.hpp"
#include "tests/nodes/storm.hpp"

namespace purser::nodes {
namespace {

struct Options {
  ClusterOptions cluster;
  std::uint64_t seed = 1;
  int contenders = 10'000;
  int balance = 1'000;
  int changes = 3;
  int rounds = 1;
  int promotions = 1;
  int drains = 1;
  int clients = 24;
  Weather weather;
};

void print_summary(const Options& options, Stage& stage) {
  json::Writer out;
  out.begin_object().field("ok", stage.findings.violation_count == 0);
  out.field("seed", static_cast<std::int64_t>(options.seed));
  out.field("nodes", static_cast<std::int64_t>(options.cluster.nodes));
  stage.totals["cuts"] = static_cast<std::int64_t>(stage.cluster.cuts());
  for (const auto& [name, value] : stage.totals) out.field(name, value);
  out.field("violations", static_cast<std::int64_t>(stage.findings.violation_count));
  out.key("first_violations").begin_array();
  for (const auto& violation : stage.findings.violations) out.string(violation);
  out.end_array().end_object();
  std::printf("%s\n", out.str().c_str());
}

void play(const Options& options, Stage& stage) {
  // A broken promise makes everything after it doubtful.
  const auto sound = [&stage](const char* act) {
    std::printf("%s: %llu violations\n", act,
                static_cast<unsigned long long>(stage.findings.violation_count));
    std::fflush(stdout);
    return stage.findings.violation_count == 0;
  };
  if (!set_up(stage)) return;
  if (options.contenders > 0) race(stage, options.contenders, options.balance);
  if (!sound("race")) return;
  same_key(stage);
  if (!sound("one key at all nodes")) return;
  if (options.changes > 0) changes_are_seen(stage, options.changes);
  if (!sound("changes are seen")) return;
  Storm storm(stage, options.clients);
  Weather with_promotion = options.weather;
  with_promotion.promotes = true;
  const std::pair<int, Weather> acts[] = {{options.rounds, options.weather},
                                          {options.promotions, with_promotion},
                                          {options.drains, Weather{0, 0, 0, 0, 1, false}}};
  for (const auto& [rounds, weather] : acts) {
    for (int i = 0; i < rounds && stage.findings.violation_count == 0; ++i) storm.round(weather);
  }
  if (stage.findings.violation_count == 0) storm.look_again();
}

int run(const Options& options) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  std::fflush(stdout);
  Cluster cluster(options.cluster);
  if (!cluster.start()) {
    std::fprintf(stderr, "%s\n", cluster.problem().c_str());
    return 1;
  }
  Stage stage{cluster, options.seed, std::mt19937_64(options.seed), {}, {}, {}};
  play(options, stage);
  print_summary(options, stage);
  return stage.findings.violation_count == 0 ? 0 : 1;
}

template <class Number>
bool parse_number(const std::string& text, Number& number) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc() && end == text.data() + text.size() && number >= 0;
}

bool parse(int argc, char** argv, Options& options) {
  const std::pair<const char*, std::string*> texts[] = {
      {"--program", &options.cluster.program},
      {"--postgres", &options.cluster.postgres},
      {"--work", &options.cluster.work},
  };
  const std::pair<const char*, int*> numbers[] = {
      {"--nodes", &options.cluster.nodes}, {"--race", &options.contenders},
      {"--balance", &options.balance},     {"--changes", &options.changes},
      {"--rounds", &options.rounds},       {"--promotions", &options.promotions},
      {"--drains", &options.drains},       {"--clients", &options.clients},
      {"--kills", &options.weather.kills}, {"--freezes", &options.weather.freezes},
      {"--cuts", &options.weather.cuts},   {"--restarts", &options.weather.postgres_restarts},
  };
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    bool is_known = name == "--seed" && parse_number(value, options.seed);
    for (const auto& [flag, text] : texts) {
      if (name == flag) *text = value;
      is_known = is_known || name == flag;
    }
    for (const auto& [flag, number] : numbers) {
      is_known = is_known || (name == flag && parse_number(value, *number));
    }
    if (!is_known) return false;
  }
  return argc % 2 == 1 && options.cluster.nodes > 0 && options.clients > 0 &&
         !options.cluster.program.empty() && !options.cluster.work.empty();
}

/// Ten thousand contenders need as many sockets, here and in the nodes.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 32'768);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace
}  // namespace purser::nodes

int main(int argc, char** argv) {
  purser::nodes::Options options;
  if (!purser::nodes::parse(argc, argv, options)) {
    std::fprintf(stderr, "usage: see tests/nodes/run --help\n");
    return 2;
  }
  purser::nodes::raise_descriptor_limit();
  return purser::nodes::run(options);
}
