// The server is killed, again and again, in the middle of load. Nothing that was acknowledged may
// be missing, nothing may happen twice, nothing that was refused may have happened.
// tests/faults/run starts this.

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "json/json.hpp"
#include "tests/faults/audit.hpp"
#include "tests/faults/operation.hpp"
#include "tests/faults/server_process.hpp"

namespace purser::faults {
namespace {

struct Options {
  std::string program;
  std::string work;
  int kills = 50;
  int drains = 3;
  int connections = 32;
  std::uint64_t seed = 1;
};

/// Everything that a campaign adds up for its summary.
struct Totals {
  std::uint64_t operations = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t refused = 0;
  std::uint64_t unknown = 0;
  std::uint64_t retried = 0;
  std::uint64_t replays = 0;
  std::uint64_t verifies = 0;
  std::uint64_t kills = 0;
  std::uint64_t kills_during_start = 0;
  std::uint64_t drains = 0;
  std::uint64_t drain_refusals = 0;
  std::uint64_t race_successes = 0;
  std::vector<std::int64_t> ready_ms;
};

class Campaign {
 public:
  explicit Campaign(Options options)
      : options_(std::move(options)),
        random_(options_.seed),
        server_(options_.program, options_.work),
        log_(options_.work + "/acknowledgements.log") {}

  /// The exit status.
  int run();

 private:
  bool set_up();
  void kill_round();
  void drain_round(int number);
  void race();
  /// Clients under load until `end_when(answers so far)` was true and they all lost their server.
  template <class EndServer>
  std::vector<Operation> load(std::uint64_t answers_before_the_end, EndServer end_server);
  void client(int number, std::uint64_t round, const std::atomic<bool>& stop,
              std::atomic<std::uint64_t>& answers, std::vector<Operation>& done);
  bool restart();
  void retry_unknown(std::vector<Operation>& operations);
  void check_replays(const std::vector<Operation>& operations);
  void verify();
  void record(const std::vector<Operation>& operations);
  void print_summary();
  int uniform(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  const Options options_;
  std::mt19937_64 random_;
  ServerProcess server_;
  std::ofstream log_;  ///< the client's side: what was answered, in the order of the rounds
  std::string credentials_;
  std::string admin_credentials_;
  Load load_;
  Findings findings_;
  std::unique_ptr<Auditor> auditor_;
  Totals totals_;
  std::uint64_t round_ = 0;
};

bool Campaign::set_up() {
  if (!server_.start()) return false;
  Keys keys;
  if (!server_.create_project("faults", keys)) return false;
  const std::string project = "x-purser-project-id: " + keys.project + "\r\n";
  credentials_ = project +
                 "x-purser-access-type: server\r\nx-purser-secret-server-key: " + keys.server +
                 "\r\n";
  admin_credentials_ =
      project + "x-purser-access-type: admin\r\nx-purser-super-secret-admin-key: " + keys.admin +
      "\r\n";
  HttpClient client(server_.port());
  const auto reply =
      client.exchange(request_text("PUT", "/catalog", admin_credentials_, catalog_json()));
  if (!reply || reply->status != 200) {
    std::fprintf(stderr, "PUT /catalog: %s\n", reply ? reply->body.c_str() : "no answer");
    return false;
  }
  auditor_ = std::make_unique<Auditor>(credentials_, load_.customers, findings_);
  return true;
}

void Campaign::client(int number, std::uint64_t round, const std::atomic<bool>& stop,
                      std::atomic<std::uint64_t>& answers, std::vector<Operation>& done) {
  std::mt19937_64 random(options_.seed * 1'000'003 + round * 1'009 + static_cast<unsigned>(number));
  HttpClient http(server_.port());
  for (std::uint64_t i = 0; !stop.load(std::memory_order_relaxed); ++i) {
    const std::string name = "s" + std::to_string(options_.seed) + "-r" + std::to_string(round) +
                             "-c" + std::to_string(number) + "-" + std::to_string(i);
    Operation operation = make_operation(random, load_, name);
    auto reply = http.exchange(request_of(operation, credentials_));
    if (!reply && http.broken() == Broken::kNotConnected) return;
    const bool lost = !reply.has_value();
    if (reply) note_reply(operation, *std::move(reply));
    if (http.broken() == Broken::kPartial && lost) operation.complaint = "partial";
    done.push_back(std::move(operation));
    answers.fetch_add(1, std::memory_order_relaxed);
    if (lost) return;
  }
}

template <class EndServer>
std::vector<Operation> Campaign::load(std::uint64_t answers_before_the_end, EndServer end_server) {
  ++round_;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> answers{0};
  std::vector<std::vector<Operation>> done(static_cast<std::size_t>(options_.connections));
  std::vector<std::thread> clients;
  for (int i = 0; i < options_.connections; ++i) {
    clients.emplace_back([this, i, round = round_, &stop, &answers, &done] {
      client(i, round, stop, answers, done[static_cast<std::size_t>(i)]);
    });
  }
  while (answers.load(std::memory_order_relaxed) < answers_before_the_end) {
    pause_for(std::chrono::milliseconds(1));
  }
  end_server();
  stop = true;
  for (auto& thread : clients) thread.join();
  std::vector<Operation> all;
  for (auto& list : done) {
    for (auto& operation : list) all.push_back(std::move(operation));
  }
  return all;
}

bool Campaign::restart() {
  // Now and then the server dies again while it is still recovering.
  while (uniform(0, 9) == 0) {
    server_.spawn();
    pause_for(std::chrono::milliseconds(uniform(0, 40)));
    server_.kill();
    ++totals_.kills_during_start;
  }
  if (!server_.start()) {
    findings_.add("the server does not start again after a kill: " +
                  read_file(options_.work + "/server.log"));
    return false;
  }
  totals_.ready_ms.push_back(server_.ready_time().count());
  return true;
}

void Campaign::retry_unknown(std::vector<Operation>& operations) {
  HttpClient client(server_.port());
  for (auto& operation : operations) {
    if (operation.reply || operation.key.empty()) continue;
    operation.complaint.clear();
    auto reply = client.exchange(request_of(operation, credentials_));
    if (!reply) {
      operation.complaint = "the retry was not answered";
      continue;
    }
    note_reply(operation, *std::move(reply));
    ++totals_.retried;
  }
}

void Campaign::check_replays(const std::vector<Operation>& operations) {
  HttpClient client(server_.port());
  int left = 25;
  for (auto at = operations.rbegin(); at != operations.rend() && left > 0; ++at) {
    if (at->key.empty() || !at->reply || at->reply->status >= 400) continue;
    --left;
    ++totals_.replays;
    const auto again = client.exchange(request_of(*at, credentials_));
    if (!again || again->status != at->reply->status || again->body != at->reply->body ||
        !again->replayed) {
      findings_.add(at->key + ": its second answer differs from the first: " +
                    (again ? again->body : "none") + " after " + at->reply->body);
    }
  }
}

void Campaign::verify() {
  std::string output;
  const int status = server_.command({"verify"}, output);
  ++totals_.verifies;
  if (status != 0) findings_.add("purser verify: status " + std::to_string(status) + ": " + output);
}

void Campaign::record(const std::vector<Operation>& operations) {
  for (const auto& operation : operations) {
    ++totals_.operations;
    if (!operation.reply) {
      ++totals_.unknown;
    } else if (operation.reply->status < 300) {
      ++totals_.acknowledged;
    } else {
      ++totals_.refused;
    }
    log_ << round_ << '\t' << operation.path << '\t' << operation.key << '\t' << operation.body
         << '\t' << (operation.reply ? std::to_string(operation.reply->status) : "-") << '\t'
         << (operation.reply ? operation.reply->body : "") << '\n';
  }
  log_.flush();
}

void Campaign::kill_round() {
  const auto answers = static_cast<std::uint64_t>(uniform(1, 3'000));
  auto operations = load(answers, [this] { server_.kill(); });
  ++totals_.kills;
  for (auto& operation : operations) {
    // After a kill an answer may break off anywhere; that is no news.
    if (operation.complaint == "partial") operation.complaint.clear();
  }
  if (!restart()) return;
  record(operations);
  retry_unknown(operations);
  auditor_->read_new(server_.port());
  auditor_->settle(operations, true, server_.port());
  check_replays(operations);
  verify();
}

void Campaign::drain_round(int number) {
  int status = -1;
  auto operations = load(static_cast<std::uint64_t>(uniform(200, 2'000)), [&] {
    server_.terminate();
    status = server_.wait_end();
  });
  ++totals_.drains;
  if (status != 0) {
    findings_.add("drain " + std::to_string(number) + ": the server ended with " +
                  std::to_string(status));
  }
  for (auto& operation : operations) {
    if (operation.complaint == "partial") {
      operation.complaint = "the answer broke off although the server was draining";
    }
    if (operation.reply && operation.reply->status == 503) ++totals_.drain_refusals;
  }
  if (!server_.start()) {
    findings_.add("the server does not start again after a drain");
    return;
  }
  record(operations);
  auditor_->read_new(server_.port());
  // What was not answered had not been accepted, so it must not have happened.
  auditor_->settle(operations, false, server_.port());
  verify();
}

void Campaign::race() {
  constexpr int kContenders = 1'000;
  constexpr int kBalance = 100;
  const std::string path = "/customers/custom/race/items/credits";
  HttpClient first(server_.port());
  const auto given = first.exchange(request_text("POST", path + "/quantity", credentials_,
                                                 R"({"change":)" + std::to_string(kBalance) + "}"));
  if (!given || given->status != 200) findings_.add("race: the balance cannot be given");

  const std::string request =
      request_text("POST", path + "/try-decrease", credentials_, R"({"amount":1})");
  std::vector<std::unique_ptr<HttpClient>> contenders;
  for (int i = 0; i < kContenders; ++i) {
    contenders.push_back(std::make_unique<HttpClient>(server_.port()));
    if (!contenders.back()->connect()) findings_.add("race: a contender cannot connect");
  }
  for (auto& contender : contenders) {
    if (!contender->send(request)) findings_.add("race: a contender cannot send");
  }
  for (auto& contender : contenders) {
    const auto reply = contender->receive();
    const auto body = reply ? json::parse(reply->body) : json::parse("x");
    const auto success = body ? body->bool_at("success") : std::nullopt;
    if (!success) findings_.add("race: a contender got " + (reply ? reply->body : "no answer"));
    totals_.race_successes += success.value_or(false) ? 1 : 0;
  }
  if (totals_.race_successes != kBalance) {
    findings_.add("race: " + std::to_string(totals_.race_successes) + " of a balance of 100");
  }
  const auto rest = first.exchange(request_text("GET", path, credentials_, ""));
  const auto body = rest ? json::parse(rest->body) : json::parse("x");
  if (!body || body->int_at("quantity") != 0) findings_.add("race: the rest is not 0");
}

void Campaign::print_summary() {
  auto& ready = totals_.ready_ms;
  std::sort(ready.begin(), ready.end());
  json::Writer out;
  out.begin_object();
  out.field("ok", findings_.violation_count == 0);
  const auto number = [&out](std::string_view name, std::uint64_t value) {
    out.field(name, static_cast<std::int64_t>(value));
  };
  number("seed", options_.seed);
  number("kills", totals_.kills);
  number("kills_during_start", totals_.kills_during_start);
  number("operations", totals_.operations);
  number("acknowledged", totals_.acknowledged);
  number("refused", totals_.refused);
  number("unknown", totals_.unknown);
  number("unknown_retried", totals_.retried);
  number("unknown_applied", auditor_ ? auditor_->unknown_applied() : 0);
  number("replays_compared", totals_.replays);
  number("ledger_entries", auditor_ ? auditor_->lines() : 0);
  number("verifies", totals_.verifies);
  out.field("ready_ms_median", ready.empty() ? std::int64_t{-1} : ready[ready.size() / 2]);
  out.field("ready_ms_max", ready.empty() ? std::int64_t{-1} : ready.back());
  number("race_successes", totals_.race_successes);
  number("drains", totals_.drains);
  number("drain_refusals", totals_.drain_refusals);
  number("violations", findings_.violation_count);
  out.key("first_violations").begin_array();
  for (const auto& violation : findings_.violations) out.string(violation);
  out.end_array().end_object();
  std::printf("%s\n", out.str().c_str());
}

int Campaign::run() {
  std::printf("seed %llu\n", static_cast<unsigned long long>(options_.seed));
  std::fflush(stdout);
  if (!set_up()) {
    std::fprintf(stderr, "the server cannot be set up:\n%s\n",
                 read_file(options_.work + "/server.log").c_str());
    return 1;
  }
  race();
  // A broken invariant makes everything after it doubtful.
  for (int i = 0; i < options_.kills && findings_.violation_count == 0; ++i) {
    kill_round();
    std::printf("kill %d of %d: %llu operations, %llu entries\n", i + 1, options_.kills,
                static_cast<unsigned long long>(totals_.operations),
                static_cast<unsigned long long>(auditor_->lines()));
    std::fflush(stdout);
  }
  for (int i = 0; i < options_.drains && findings_.violation_count == 0; ++i) drain_round(i + 1);
  if (findings_.violation_count == 0) auditor_->read_all_again(server_.port());
  print_summary();
  return findings_.violation_count == 0 ? 0 : 1;
}

/// A thousand contenders need as many sockets, here and in the server.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8'192);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

template <class Number>
bool parse_number(const std::string& text, Number& number) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc() && end == text.data() + text.size() && number >= 0;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--program") {
      options.program = value;
    } else if (name == "--work") {
      options.work = value;
    } else if (name == "--kills") {
      if (!parse_number(value, options.kills)) return false;
    } else if (name == "--drains") {
      if (!parse_number(value, options.drains)) return false;
    } else if (name == "--connections") {
      if (!parse_number(value, options.connections) || options.connections == 0) return false;
    } else if (name == "--seed") {
      if (!parse_number(value, options.seed)) return false;
    } else {
      return false;
    }
  }
  return argc % 2 == 1 && !options.program.empty() && !options.work.empty();
}

}  // namespace
}  // namespace purser::faults

int main(int argc, char** argv) {
  purser::faults::Options options;
  if (!purser::faults::parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: kill_campaign --program PURSER --work FOLDER [--kills N] [--drains N] "
                 "[--connections N] [--seed S]\n");
    return 2;
  }
  purser::faults::raise_descriptor_limit();
  return purser::faults::Campaign(std::move(options)).run();
}
