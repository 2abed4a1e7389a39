#include "tests/nodes/load.hpp"

#include <chrono>
#include <iterator>
#include <random>

#include "json/json.hpp"

namespace purser::nodes {

using faults::Broken;
using faults::HttpClient;
using faults::Operation;
using faults::Reply;

namespace {

constexpr std::chrono::milliseconds kPause{10};
constexpr std::int64_t kPatience = 120'000'000'000;  // ns; until then a client asks again

}  // namespace

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool is_passing(const Reply& reply) {
  return reply.status == 503 || reply.status == 429 ||
         (reply.status == 409 && reply.body.find("IDEMPOTENCY_KEY_IN_USE") != std::string::npos);
}

Client::Client(const Cluster& cluster, int number)
    : cluster_(cluster),
      node_(number % cluster.size()),
      lines_(static_cast<std::size_t>(cluster.size())) {}

std::optional<Reply> Client::once(const std::string& request, Broken& broken) {
  Line& line = lines_[static_cast<std::size_t>(node_)];
  const std::uint16_t port = cluster_.port(node_);
  broken = Broken::kNotConnected;
  if (port == 0) return std::nullopt;
  if (!line.http || line.port != port) {
    line.http = std::make_unique<HttpClient>(port);
    line.port = port;
  }
  auto reply = line.http->exchange(request);
  if (!reply) broken = line.http->broken();
  return reply;
}

std::optional<Reply> Client::until_answered(const std::string& request, int* attempts) {
  const std::int64_t end = now() + kPatience;
  for (;;) {
    Broken broken{};
    auto reply = once(request, broken);
    if (reply && !is_passing(*reply)) return reply;
    if (now() > end) return std::nullopt;
    if (attempts != nullptr) ++*attempts;
    go_on();
    faults::pause_for(kPause);
  }
}

Crowd::Crowd(const Cluster& cluster, const faults::Load& load, std::string credentials,
             std::uint64_t seed, int clients)
    : cluster_(cluster),
      load_(load),
      credentials_(std::move(credentials)),
      seed_(seed),
      records_(static_cast<std::size_t>(clients)) {
  for (int number = 0; number < clients; ++number) {
    threads_.emplace_back(
        [this, number] { client(number, records_[static_cast<std::size_t>(number)]); });
  }
}

Record Crowd::stop() {
  stop_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  Record all;
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
  };
  for (Record& record : records_) {
    append(all.calls, record.calls);
    append(all.reads, record.reads);
    append(all.complaints, record.complaints);
  }
  return all;
}

void Crowd::client(int number, Record& record) {
  std::mt19937_64 random(seed_ * 1'009 + static_cast<unsigned>(number));
  const auto pick = [&random](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  Client client(cluster_, number);
  for (std::uint64_t i = 0; !stop_.load(std::memory_order_relaxed); ++i) {
    if (pick(0, 9) == 0) client.go_on();  // nobody stays with one node
    if (pick(0, 3) == 0) {
      const bool hot = pick(0, 99) < load_.hot_percent;
      const int customer = hot ? 0 : pick(1, load_.customers - 1);
      read(client, faults::customer_name(customer), faults::kItems[pick(0, 1)], record);
    } else {
      const std::string name =
          "s" + std::to_string(seed_) + "-c" + std::to_string(number) + "-" + std::to_string(i);
      call(client, faults::make_operation(random, load_, name), record);
    }
    answers_.fetch_add(1, std::memory_order_relaxed);
  }
}

void Crowd::call(Client& client, Operation operation, Record& record) {
  const std::string request = faults::request_of(operation, credentials_);
  Call call;
  call.called = now();
  std::optional<Reply> reply;
  if (!operation.key.empty()) {
    reply = client.until_answered(request, &call.attempts);
  } else {
    // Without a key it must not be sent twice, but may be where it cannot have arrived.
    Broken broken{};
    while (!(reply = client.once(request, broken)) && broken == Broken::kNotConnected &&
           !stop_.load(std::memory_order_relaxed)) {
      client.go_on();
      faults::pause_for(kPause);
    }
    if (!reply && broken == Broken::kNotConnected) return;
    if (!reply) client.go_on();
    // A node that could not ask the database what became of a COMMIT promises nothing.
    if (reply && reply->body.find("STORE_UNAVAILABLE") != std::string::npos) reply.reset();
  }
  call.answered = now();
  call.node = client.node();
  if (reply) faults::note_reply(operation, *std::move(reply));
  call.operation = std::move(operation);
  record.calls.push_back(std::move(call));
}

void Crowd::read(Client& client, const std::string& customer, const std::string& item,
                 Record& record) {
  const std::string path = "/customers/custom/" + customer + "/items/" + item;
  Read read{customer, item, 0, now(), 0, 0};
  Broken broken{};
  const auto reply = client.once(faults::request_text("GET", path, credentials_, ""), broken);
  if (!reply) return client.go_on();
  if (is_passing(*reply)) return faults::pause_for(kPause);
  read.answered = now();
  read.node = client.node();
  const auto body = json::parse(reply->body);
  const auto quantity = body ? body->int_at("quantity") : std::nullopt;
  if (!quantity || reply->status != 200) {
    record.complaints.push_back("GET " + path + ": status " + std::to_string(reply->status) + ": " +
                                reply->body);
    return;
  }
  read.quantity = *quantity;
  record.reads.push_back(std::move(read));
}

}  // namespace purser::nodes
