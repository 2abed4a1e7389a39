#include "tests/nodes/proxy.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace purser::nodes {

namespace {

using Side = MessageReader::Side;

constexpr char kSocketName[] = "/.s.PGSQL.5432";

bool fill_address(const std::string& folder, sockaddr_un& address) {
  const std::string path = folder + kSocketName;
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return true;
}

int connect_to(const std::string& folder) {
  sockaddr_un address{};
  if (!fill_address(folder, address)) return -1;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

std::string to_string(const Cut& cut) {
  constexpr const char* kWhere[] = {"before a message", "within a message", "behind a message",
                                    "before a COMMIT",  "behind a COMMIT",  "at a COMMIT's answer"};
  std::string text = kWhere[static_cast<int>(cut.where)];
  if (cut.where <= Cut::Where::kAfterMessage) {
    text += cut.side == Side::kClient ? " of the client" : " of the server";
  }
  return text + ", after " + std::to_string(cut.let_pass);
}

struct Proxy::Pair {
  int client = -1;
  int server = -1;
  CommitWatch watch;  // of the client's direction alone
  std::thread from_client;
  std::thread from_server;
  std::atomic<int> running{2};
  std::atomic<bool> is_late{false};  // the client is gone, and the server does not know yet

  /// Both threads notice and end.
  void cut() const {
    ::shutdown(client, SHUT_RDWR);
    ::shutdown(server, SHUT_RDWR);
  }
  ~Pair() {
    cut();
    if (from_client.joinable()) from_client.join();
    if (from_server.joinable()) from_server.join();
    ::close(client);
    ::close(server);
  }
};

Proxy::Proxy(std::string folder, std::string upstream)
    : folder_(std::move(folder)), upstream_(std::move(upstream)) {}

Proxy::~Proxy() {
  if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  if (listener_ >= 0) ::close(listener_);
  ::unlink((folder_ + kSocketName).c_str());
  // Nobody adds any more; the threads of what is left still ask for cuts.
  std::list<std::unique_ptr<Pair>> pairs;
  {
    const std::lock_guard lock(mutex_);
    pairs.swap(pairs_);
  }
}

bool Proxy::start() {
  sockaddr_un address{};
  if (!fill_address(folder_, address)) return false;
  ::unlink(address.sun_path);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 128) != 0) {
    return false;
  }
  acceptor_ = std::thread([this] { accept(); });
  return true;
}

void Proxy::arm(const Cut& cut) {
  const std::lock_guard lock(mutex_);
  cut_ = cut;
}

bool Proxy::disarm() {
  const std::lock_guard lock(mutex_);
  return std::exchange(cut_, std::nullopt).has_value();
}

bool Proxy::is_armed() const {
  const std::lock_guard lock(mutex_);
  return cut_.has_value();
}

void Proxy::cut_when(CutWhen when) {
  const std::lock_guard lock(mutex_);
  cut_when_ = std::move(when);
}

void Proxy::set_late(std::function<void()> wait) {
  const std::lock_guard lock(mutex_);
  late_ = std::move(wait);
}

void Proxy::accept() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (client < 0) return;
    forget_ended();
    open_pair(client);
  }
}

void Proxy::open_pair(int client) {
  auto pair = std::make_unique<Pair>();
  pair->client = client;
  pair->server = connect_to(upstream_);
  if (pair->server < 0) return;  // which closes the client's side
  Pair& open = *pair;
  const std::lock_guard lock(mutex_);
  pairs_.push_back(std::move(pair));
  open.from_client = std::thread([this, &open] { pump(open, Side::kClient); });
  open.from_server = std::thread([this, &open] { pump(open, Side::kServer); });
}

void Proxy::forget_ended() {
  std::list<std::unique_ptr<Pair>> ended;
  const std::lock_guard lock(mutex_);
  for (auto at = pairs_.begin(); at != pairs_.end();) {
    const auto here = at++;
    if ((*here)->running.load() == 0) ended.splice(ended.end(), pairs_, here);
  }
}

void Proxy::pump(Pair& pair, Side side) {
  forward(pair, side);
  pair.cut();
  pair.running.fetch_sub(1);
  pair.running.notify_all();
}

void Proxy::forward(Pair& pair, Side side) {
  const bool from_client = side == Side::kClient;
  const int from = from_client ? pair.client : pair.server;
  const int to = from_client ? pair.server : pair.client;
  MessageReader reader(side);
  char chunk[64 * 1024];
  for (;;) {
    const ssize_t got = ::recv(from, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    if (!from_client && pair.is_late) {
      late_count_.fetch_add(1);
      return;
    }
    reader.feed({chunk, static_cast<std::size_t>(got)});
    std::string through;
    while (const auto message = reader.next()) {
      const bool commits = from_client ? pair.watch.commits(*message) : says_committed(*message);
      const Act act = decide(side, *message, commits);
      if (act == Act::kForward || act == Act::kForwardAndCut) through += message->bytes;
      if (act == Act::kHalf) through += message->bytes.substr(0, message->bytes.size() / 2);
      if (act == Act::kForward) continue;
      if (act == Act::kLate) return deliver_late(pair, through + message->bytes + reader.rest());
      send_all(to, through);
      return;
    }
    if (!reader.ok() || !send_all(to, through)) return;
  }
}

void Proxy::deliver_late(Pair& pair, std::string_view bytes) {
  std::function<void()> wait;
  {
    const std::lock_guard lock(mutex_);
    wait = late_;
  }
  pair.is_late = true;
  ::shutdown(pair.client, SHUT_RDWR);  // for the client it is over
  wait();
  if (!send_all(pair.server, bytes)) return;
  // Until the server has answered, or is gone.
  pair.running.wait(2);
}

Proxy::Act Proxy::decide(Side side, const Message& message, bool commits) {
  if (commits && side == Side::kClient) commits_.fetch_add(1);
  const std::lock_guard lock(mutex_);
  if (cut_when_ && cut_when_(side, message)) {
    cuts_.fetch_add(1);
    return late_ && side == Side::kClient ? Act::kLate : Act::kDrop;
  }
  // A connection's beginning is not cut: the node would go on to the next host, which is no news.
  if (!cut_ || message.type == 0) return Act::kForward;
  using Where = Cut::Where;
  const Where where = cut_->where;
  const bool is_meant = where <= Where::kAfterMessage     ? side == cut_->side
                        : where == Where::kCommitAnswered ? commits && side == Side::kServer
                                                          : commits && side == Side::kClient;
  if (!is_meant) return Act::kForward;
  if (cut_->let_pass-- > 0) return Act::kForward;
  cut_.reset();
  cuts_.fetch_add(1);
  switch (where) {
    case Where::kWithinMessage:
      return Act::kHalf;
    case Where::kAfterMessage:
    case Where::kAfterCommit:
      return Act::kForwardAndCut;
    default:
      return Act::kDrop;
  }
}

}  // namespace purser::nodes
