#include "tests/postgres/proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace purser::contract {
namespace {

constexpr std::string_view kSocketName = ".s.PGSQL.5432";
constexpr int kStopMillis = 20;  // between looks at whether to stop

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) std::abort();
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int connect_to(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = address_of(path);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

int listen_on(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = address_of(path);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  if (listen(fd, 64) != 0) std::abort();
  return fd;
}

/// What stands between two marks of a URI.
std::string between(const std::string& uri, std::string_view begin, char end) {
  const std::size_t from = uri.find(begin) + begin.size();
  return uri.substr(from, uri.find(end, from) - from);
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

Proxy::Proxy(std::string uri)
    : server_path_(between(uri, "host=", '&') + "/" + std::string(kSocketName)),
      database_(between(uri, "postgres:///", '?')),
      listener_(listen_on(folder_.path(std::string(kSocketName)))),
      acceptor_([this] { accept_all(); }) {}

Proxy::~Proxy() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

std::string Proxy::uri() const {
  const std::string folder = folder_.path("");
  return "postgres:///" + database_ + "?host=" + folder.substr(0, folder.size() - 1) +
         "&user=purser";
}

void Proxy::set_cut(Cut cut) {
  const std::lock_guard lock(mutex_);
  cut_ = std::move(cut);
}

void Proxy::set_late(std::function<void()> wait) {
  const std::lock_guard lock(mutex_);
  late_ = std::move(wait);
}

void Proxy::accept_all() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, kStopMillis) <= 0) continue;
    const int client = accept(listener_, nullptr, nullptr);
    if (client >= 0) threads_.emplace_back([this, client] { serve(client); });
  }
}

void Proxy::serve(int client) {
  const int server = connect_to(server_path_);
  bool open = server >= 0;
  while (open && !stopping_) {
    std::array<pollfd, 2> waiting{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (poll(waiting.data(), waiting.size(), kStopMillis) <= 0) continue;
    if (waiting[0].revents != 0) open = forward(client, server, true);
    if (open && waiting[1].revents != 0) open = forward(server, client, false);
  }
  close(client);
  if (server >= 0) close(server);
}

bool Proxy::forward(int from, int to, bool from_client) {
  std::array<char, 65'536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
  Cut cut;
  {
    const std::lock_guard lock(mutex_);
    cut = cut_;
  }
  if (cut && cut(from_client, piece)) {
    ++cuts_;
    if (from_client) deliver_late(from, to, piece);
    return false;
  }
  return send_all(to, piece);
}

void Proxy::deliver_late(int client, int server, std::string_view piece) {
  std::function<void()> wait;
  {
    const std::lock_guard lock(mutex_);
    wait = late_;
  }
  if (!wait) return;
  shutdown(client, SHUT_RDWR);  // for the client it is over
  wait();
  std::array<char, 65'536> answer;  // NOLINT(cppcoreguidelines-pro-type-member-init): not looked at
  if (!send_all(server, piece)) return;
  if (recv(server, answer.data(), answer.size(), 0) > 0) ++late_count_;
}

}  // namespace purser::contract
