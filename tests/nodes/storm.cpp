#include "tests/nodes/storm.hpp"

#include <algorithm>
#include <cstdio>

#include "tests/nodes/history.hpp"

namespace purser::nodes {

namespace {

// Looks without an answer, a millisecond or more apart: about a minute. Not a clock: a machine that
// stands still for a while has looked once.
constexpr int kNobody = 60'000;

}  // namespace

Storm::Storm(Stage& stage, int clients)
    : stage_(stage), clients_(clients), auditor_(stage.server, load_.customers, stage.findings) {}

std::vector<Storm::Event> Storm::events(const Weather& weather) {
  std::vector<Event> all;
  const auto add = [&all](int count, Event event) {
    all.insert(all.end(), static_cast<std::size_t>(count), event);
  };
  add(weather.kills, Event::kKill);
  add(weather.freezes, Event::kFreeze);
  add(weather.cuts, Event::kCut);
  add(weather.postgres_restarts, Event::kRestartPostgres);
  add(weather.drains, Event::kDrain);
  std::shuffle(all.begin(), all.end(), stage_.random);
  return all;
}

void Storm::await_answers(Crowd& crowd, int count, const std::string& after) {
  const std::uint64_t target = crowd.answers() + static_cast<std::uint64_t>(count);
  std::uint64_t last = 0;
  int in_vain = 0;
  while (crowd.answers() < target) {
    faults::pause_for(std::chrono::milliseconds(1));
    if (const auto seen = crowd.answers(); seen != last) {
      last = seen;
      in_vain = 0;
    } else if (++in_vain > kNobody) {
      return stage_.findings.add("nobody was answered for a minute after " + after);
    }
  }
}

void Storm::kill_one(Crowd& crowd) {
  const int node = stage_.pick_node();
  stage_.cluster.kill(node);
  ++stage_.totals["kills"];
  start_again(node, stage_.pick(0, 300), crowd);
}

void Storm::drain_one(Crowd& crowd) {
  const int node = stage_.pick_node();
  const int status = stage_.cluster.drain(node);
  ++stage_.totals["drains"];
  if (status != 0) stage_.findings.add("a drained node ended with " + std::to_string(status));
  start_again(node, stage_.pick(0, 300), crowd);
}

void Storm::start_again(int node, int count, Crowd& crowd) {
  Cluster& cluster = stage_.cluster;
  if (cluster.size() > 1) await_answers(crowd, count, "a node had ended");
  // Now and then it dies while it starts.
  while (stage_.pick(0, 9) == 0) {
    cluster.die_while_starting(node, std::chrono::milliseconds(stage_.pick(0, 200)));
    ++stage_.totals["kills_during_start"];
  }
  if (!cluster.restart(node)) stage_.findings.add(cluster.problem());
}

void Storm::freeze_one(Crowd& crowd) {
  const int node = stage_.pick_node();
  stage_.cluster.freeze(node);
  ++stage_.totals["freezes"];
  await_answers(crowd, stage_.pick(1, 200), "a node was stopped");
  stage_.cluster.thaw(node);
}

void Storm::cut_one(Crowd& crowd) {
  Cut cut;
  cut.where = static_cast<Cut::Where>(stage_.pick(0, 5));
  cut.side = stage_.pick(0, 1) == 0 ? MessageReader::Side::kClient : MessageReader::Side::kServer;
  cut.let_pass = cut.where <= Cut::Where::kAfterMessage ? stage_.pick(0, 200) : stage_.pick(0, 5);
  Proxy& proxy = stage_.cluster.proxy(stage_.pick_node());
  proxy.arm(cut);
  await_answers(crowd, stage_.pick(50, 200), "a connection was cut " + to_string(cut));
  stage_.totals["cuts_not_reached"] += proxy.disarm() ? 1 : 0;
}

void Storm::happen(Event event, Crowd& crowd) {
  switch (event) {
    case Event::kKill:
      return kill_one(crowd);
    case Event::kFreeze:
      return freeze_one(crowd);
    case Event::kCut:
      return cut_one(crowd);
    case Event::kDrain:
      return drain_one(crowd);
    default:
      ++stage_.totals["postgres_restarts"];
      if (!stage_.cluster.restart_postgres()) stage_.findings.add(stage_.cluster.problem());
  }
}

void Storm::round(const Weather& weather) {
  ++round_;
  Cluster& cluster = stage_.cluster;
  if (weather.promotes && !cluster.add_standby()) return stage_.findings.add(cluster.problem());
  Crowd crowd(cluster, load_, stage_.server,
              stage_.seed * 1'000 + static_cast<std::uint64_t>(round_), clients_);
  await_answers(crowd, 200, "the beginning");
  for (const Event event : events(weather)) {
    if (stage_.findings.violation_count > 0) break;
    happen(event, crowd);
    await_answers(crowd, stage_.pick(20, 150), "an event");
  }
  if (weather.promotes) {
    ++stage_.totals["promotions"];
    if (!cluster.promote()) stage_.findings.add(cluster.problem());
    await_answers(crowd, 200, "a promotion");
  }
  heal();
  Record record = crowd.stop();
  retry_unknown(record);
  if (!cluster.settle()) stage_.findings.add(cluster.problem());
  audit(record, weather.loses_answers());
  std::printf("round %d: %zu operations, %zu reads, %lld violations\n", round_, record.calls.size(),
              record.reads.size(), static_cast<long long>(stage_.findings.violation_count));
  std::fflush(stdout);
}

void Storm::heal() {
  for (int node = 0; node < stage_.cluster.size(); ++node) {
    stage_.cluster.proxy(node).disarm();
    stage_.cluster.thaw(node);
    if (!stage_.cluster.is_alive(node)) {
      stage_.findings.add("node " + std::to_string(node) + " ended by itself");
    }
  }
}

void Storm::retry_unknown(Record& record) {
  Client client(stage_.cluster, 0);
  for (Call& call : record.calls) {
    if (call.operation.reply || call.operation.key.empty()) continue;
    auto reply = client.until_answered(faults::request_of(call.operation, stage_.server));
    call.answered = now();
    if (!reply) {
      // One is enough: each is asked for minutes.
      return stage_.findings.add(call.operation.key +
                                 ": is not answered although all is well again");
    }
    faults::note_reply(call.operation, *std::move(reply));
    ++stage_.totals["unknown_retried"];
  }
}

void Storm::audit(const Record& record, bool lost_allowed) {
  std::vector<std::size_t> known;
  for (const auto& ledger : auditor_.ledgers()) known.push_back(ledger.lines.size());
  std::vector<faults::Operation> operations;
  for (const Call& call : record.calls) {
    operations.push_back(call.operation);
    const auto& reply = call.operation.reply;
    ++stage_.totals["operations"];
    ++stage_.totals[!reply ? "unknown" : reply->status < 300 ? "acknowledged" : "refused"];
    stage_.totals["attempts"] += call.attempts;
  }
  stage_.totals["reads"] += static_cast<std::int64_t>(record.reads.size());
  for (const auto& complaint : record.complaints) stage_.findings.add(complaint);
  auditor_.read_new(stage_.cluster.port(stage_.pick_node()));
  auditor_.settle(operations, lost_allowed, stage_.cluster.port(stage_.pick_node()));
  stage_.totals["ledger_entries"] = static_cast<std::int64_t>(auditor_.lines());
  stage_.totals["unknown_applied"] = static_cast<std::int64_t>(auditor_.unknown_applied());
  check_histories(record, known);
  check_replays(record);
  verify();
}

void Storm::check_histories(const Record& record, const std::vector<std::size_t>& known) {
  for (const auto& history : histories(record, auditor_.ledgers(), known)) {
    const Verdict verdict = check_linearizable(history.initial, history.steps);
    ++stage_.totals["histories"];
    stage_.totals["history_steps"] += static_cast<std::int64_t>(history.steps.size());
    if (verdict.linearizable) continue;
    stage_.findings.add(history.path + ": not linearizable from " +
                        std::to_string(history.initial) + ": " + verdict.why);
  }
}

void Storm::check_replays(const Record& record) {
  int left = 25;
  for (auto at = record.calls.rbegin(); at != record.calls.rend() && left > 0; ++at) {
    const auto& first = at->operation;
    if (first.key.empty() || !first.reply || first.reply->status >= 400) continue;
    --left;
    const int node = stage_.pick_node();
    const auto again = answer_of(stage_, node, faults::request_of(first, stage_.server));
    ++stage_.totals["replays_compared"];
    if (again && again->status == first.reply->status && again->body == first.reply->body &&
        again->replayed) {
      continue;
    }
    stage_.findings.add(first.key + ": its second answer differs from the first: " +
                        (again ? again->body : "none") + " after " + first.reply->body);
  }
}

void Storm::verify() {
  std::string output;
  const int status = stage_.cluster.verify(output);
  ++stage_.totals["verifies"];
  if (status != 0) {
    stage_.findings.add("purser verify: status " + std::to_string(status) + ": " + output);
  }
}

void Storm::look_again() { auditor_.read_all_again(stage_.cluster.port(stage_.pick_node())); }

}  // namespace purser::nodes
