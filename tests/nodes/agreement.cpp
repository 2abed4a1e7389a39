// What all nodes must agree on: answers to one idempotency key, keys, catalogs.

#include <thread>

#include "json/json.hpp"
#include "tests/nodes/stage.hpp"

namespace purser::nodes {

namespace {

using faults::Reply;
using faults::request_text;

std::string keyed(const Stage& stage, const std::string& key, int change) {
  return request_text("POST", "/customers/custom/same-key/items/points/quantity",
                      stage.server + "idempotency-key: " + key + "\r\n",
                      R"({"change":)" + std::to_string(change) + "}");
}

std::string read_sign(const std::string& credentials) {
  return request_text("GET", "/customers/custom/c0/items/sign", credentials, "");
}

/// Every node must say this of the item `sign`.
void expect_sign(Stage& stage, const std::string& sign, const std::string& when) {
  for (int node = 0; node < stage.cluster.size(); ++node) {
    const auto reply = answer_of(stage, node, read_sign(stage.server));
    const auto body = reply ? json::parse(reply->body) : json::parse("x");
    ++stage.totals["changes_looked_at"];
    if (body && body->string_at("display_name") == sign) continue;
    stage.findings.add("after a catalog was answered " + when + ", node " + std::to_string(node) +
                       " says " + (reply ? reply->body : "nothing") + " instead of " + sign);
  }
}

/// Every node must take this key, or none.
void expect_key(Stage& stage, const std::string& key, bool is_valid, const std::string& when) {
  const std::string credentials =
      stage.project + "x-purser-access-type: server\r\nx-purser-secret-server-key: " + key + "\r\n";
  for (int node = 0; node < stage.cluster.size(); ++node) {
    const auto reply = answer_of(stage, node, read_sign(credentials));
    ++stage.totals["changes_looked_at"];
    if (!reply || reply->status == (is_valid ? 200 : 401)) continue;
    stage.findings.add(std::string(is_valid ? "a new" : "a revoked") + " key " + when + ": node " +
                       std::to_string(node) + " answers " + std::to_string(reply->status));
  }
}

/// A change that may be sent again, at this node; it must be answered with `status`.
std::optional<Reply> change(Stage& stage, int node, const std::string& method,
                            const std::string& path, const std::string& body, int status,
                            const std::string& key) {
  const auto reply =
      answer_of(stage, node,
                request_text(method, path, stage.admin + "idempotency-key: " + key + "\r\n", body));
  if (reply && reply->status == status) return reply;
  if (reply) stage.findings.add(method + " " + path + ": " + reply->body);
  return std::nullopt;
}

/// A catalog, a new key, and its end, each by another node. `before` and `after` are called around
/// each of the three, with the node that does it.
template <class Before, class After>
void change_all(Stage& stage, const std::string& when, const std::string& name, Before before,
                After after) {
  const auto by = [&](const std::string& method, const std::string& path, const std::string& body,
                      int status) {
    const int node = stage.pick_node();
    before(node);
    auto reply = change(stage, node, method, path, body, status, name + "-" + method);
    after();
    return reply;
  };
  if (by("PUT", "/catalog", catalog_with(name), 200)) expect_sign(stage, name, when);
  const auto made = by("POST", "/keys", R"({"access_type":"server"})", 201);
  const auto key = made ? json::parse(made->body) : json::parse("x");
  if (!key) return;
  const std::string text = key->string_at("key").value_or("");
  expect_key(stage, text, true, when);
  if (by("DELETE", "/keys/" + key->string_at("id").value_or(""), "", 200)) {
    expect_key(stage, text, false, when);
  }
}

}  // namespace

void same_key(Stage& stage) {
  constexpr int kTimes = 100;
  std::vector<std::optional<Reply>> replies(kTimes);
  std::vector<std::thread> threads;
  for (int i = 0; i < kTimes; ++i) {
    threads.emplace_back([&, i] {
      replies[static_cast<std::size_t>(i)] =
          Client(stage.cluster, i).until_answered(keyed(stage, "same-key", 7));
    });
  }
  for (auto& thread : threads) thread.join();
  int firsts = 0;
  for (const auto& reply : replies) {
    if (!reply || reply->status != 200 || reply->body != replies[0]->body) {
      stage.findings.add("one key at all nodes: " + (reply ? reply->body : "no answer") +
                         " beside " + (replies[0] ? replies[0]->body : "none"));
      return;
    }
    firsts += reply->replayed ? 0 : 1;
  }
  if (firsts != 1) stage.findings.add("one key: " + std::to_string(firsts) + " first answers");
  for (int node = 0; node < stage.cluster.size(); ++node) {
    const auto other = answer_of(stage, node, keyed(stage, "same-key", 8));
    if (other && other->status != 422) {
      stage.findings.add("one key with another body: node " + std::to_string(node) + " answers " +
                         other->body);
    }
  }
  const auto rest = answer_of(
      stage, 0, request_text("GET", "/customers/custom/same-key/items/points", stage.server, ""));
  const auto body = rest ? json::parse(rest->body) : json::parse("x");
  if (!body || body->int_at("quantity") != 7) {
    stage.findings.add("one key, a hundred times: " + (rest ? rest->body : "nothing"));
  }
  stage.totals["same_key_answers"] += kTimes;
}

void changes_are_seen(Stage& stage, int rounds) {
  const auto nothing = [] {};
  for (int round = 0; round < rounds; ++round) {
    const std::string name = "change-" + std::to_string(round);
    change_all(
        stage, "on a quiet day", name, [](int) {}, nothing);

    // The node asks what became of its COMMIT, and only then may answer.
    const auto where = static_cast<Cut::Where>(stage.pick(3, 5));
    const std::string cut = to_string({where, MessageReader::Side::kClient, 0});
    int node = 0;
    change_all(
        stage, "over a cut " + cut, name + "-cut",
        [&](int by) {
          stage.cluster.proxy(node = by).arm({where, MessageReader::Side::kClient, 0});
        },
        [&] { stage.cluster.proxy(node).disarm(); });
  }
  // Nobody waits for a node that stands still, and it says nothing old when it goes on.
  int frozen = 0;
  change_all(
      stage, "while a node stood still", "change-frozen",
      [&](int by) { stage.cluster.freeze(frozen = (by + 1) % stage.cluster.size()); },
      [&] { stage.cluster.thaw(frozen); });
}

}  // namespace purser::nodes
