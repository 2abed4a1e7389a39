#include <thread>

#include "json/json.hpp"
#include "tests/nodes/linearizability.hpp"
#include "tests/nodes/stage.hpp"

namespace purser::nodes {

namespace {

using faults::HttpClient;
using faults::Reply;

constexpr int kThreads = 8;

struct Contender {
  std::unique_ptr<HttpClient> http;
  int node = 0;
  std::string request;
  std::int64_t called = 0;
  std::int64_t answered = kNever;
  std::optional<Reply> reply;
};

const std::string kPath = "/customers/custom/race/items/credits";

/// All connect before the first of them asks, and all ask before the first is listened to.
std::vector<Contender> line_up(Stage& stage, int count) {
  std::vector<Contender> contenders(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Contender& one = contenders[static_cast<std::size_t>(i)];
    one.node = i % stage.cluster.size();
    one.http = std::make_unique<HttpClient>(stage.cluster.port(one.node));
    one.request = faults::request_text(
        "POST", kPath + "/try-decrease",
        stage.server + "idempotency-key: race-" + std::to_string(i) + "\r\n", R"({"amount":1})");
    if (!one.http->connect()) {
      stage.findings.add("race: contender " + std::to_string(i) + " cannot connect");
      return {};
    }
  }
  return contenders;
}

template <class Do>
void on_threads(std::vector<Contender>& contenders, Do act) {
  std::vector<std::thread> threads;
  for (std::size_t first = 0; first < kThreads; ++first) {
    threads.emplace_back([&, first] {
      for (std::size_t i = first; i < contenders.size(); i += kThreads) act(contenders[i]);
    });
  }
  for (auto& thread : threads) thread.join();
}

void ask(Contender& one) {
  one.called = now();
  one.http->send(one.request);
}

void listen(Contender& one) {
  one.reply = one.http->receive();
  if (one.reply && !is_passing(*one.reply)) one.answered = now();
  one.http->close();
}

std::vector<Step> steps_of(Stage& stage, const std::vector<Contender>& contenders) {
  std::vector<Step> steps;
  for (const Contender& one : contenders) {
    const auto body = one.reply ? json::parse(one.reply->body) : json::parse("x");
    const auto success = body ? body->bool_at("success") : std::nullopt;
    if (!success) {
      stage.findings.add("race: a contender got " + (one.reply ? one.reply->body : "no answer"));
      continue;
    }
    Step step;
    step.kind = Step::Kind::kTryDecrease;
    step.amount = 1;
    step.happened = *success;
    if (*success) step.quantity = body->int_at("quantity");
    step.called = one.called;
    step.answered = one.answered;
    step.name = "a contender at node " + std::to_string(one.node);
    steps.push_back(std::move(step));
    stage.totals["race_successes"] += *success ? 1 : 0;
  }
  return steps;
}

}  // namespace

void race(Stage& stage, int contenders, int balance) {
  const auto given =
      answer_of(stage, 0,
                faults::request_text("POST", kPath + "/quantity", stage.server,
                                     R"({"change":)" + std::to_string(balance) + "}"));
  if (!given || given->status != 200)
    return stage.findings.add("race: the balance cannot be given");
  auto all = line_up(stage, contenders);
  on_threads(all, ask);
  on_threads(all, listen);
  // Who was told to come again comes again, under the same key.
  on_threads(all, [&](Contender& one) {
    if (one.answered != kNever) return;
    one.reply = Client(stage.cluster, one.node).until_answered(one.request);
    one.answered = now();
  });
  const auto steps = steps_of(stage, all);
  stage.totals["race_contenders"] += contenders;
  const std::int64_t expected = std::min(contenders, balance);
  if (stage.totals["race_successes"] != expected) {
    stage.findings.add("race: " + std::to_string(stage.totals["race_successes"]) + " of " +
                       std::to_string(contenders) + " on a balance of " + std::to_string(balance));
  }
  const Verdict verdict = check_linearizable(balance, steps);
  if (!verdict.linearizable) stage.findings.add("race: not linearizable: " + verdict.why);
  for (int node = 0; node < stage.cluster.size(); ++node) {
    const auto rest = answer_of(stage, node, faults::request_text("GET", kPath, stage.server, ""));
    const auto body = rest ? json::parse(rest->body) : json::parse("x");
    if (!body || body->int_at("quantity") != balance - expected) {
      stage.findings.add("race: node " + std::to_string(node) + " says of the rest " +
                         (rest ? rest->body : "nothing"));
    }
  }
}

}  // namespace purser::nodes
