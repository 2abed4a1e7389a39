#include "tests/faults/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>

namespace purser::faults {

namespace {

/// The value of a header in a header section whose names are compared in any letter case.
std::string_view header_value(std::string_view head, std::string_view name) {
  std::size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 2 < head.size()) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    if (line.size() > name.size() && line[name.size()] == ':' &&
        std::equal(name.begin(), name.end(), line.begin(), same)) {
      const auto start = line.find_first_not_of(' ', name.size() + 1);
      return start == std::string_view::npos ? std::string_view() : line.substr(start);
    }
    at = head.find("\r\n", at + 2);
  }
  return {};
}

}  // namespace

bool HttpClient::connect() {
  if (fd_ >= 0) return true;
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // A server that never answers is a finding, not a reason to hang.
  const timeval limit{30, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close();
    return false;
  }
  return true;
}

void HttpClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  buffer_.clear();
}

std::optional<Reply> HttpClient::fail(Broken how) {
  broken_ = how;
  close();
  return std::nullopt;
}

bool HttpClient::send(std::string_view request) {
  while (!request.empty()) {
    const ssize_t sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpClient::fill() {
  char chunk[16 * 1024];
  for (;;) {
    const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
}

std::optional<Reply> HttpClient::receive() {
  std::size_t head_end = 0;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return fail(buffer_.empty() ? Broken::kNothing : Broken::kPartial);
  }
  const std::string head = buffer_.substr(0, head_end);
  Reply reply;
  std::size_t length = 0;
  const std::string_view length_text = header_value(head, "content-length");
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, reply.status);
  while (buffer_.size() < head_end + 4 + length) {
    if (!fill()) return fail(Broken::kPartial);
  }
  reply.body = buffer_.substr(head_end + 4, length);
  buffer_.erase(0, head_end + 4 + length);
  reply.location = header_value(head, "location");
  reply.replayed = header_value(head, "idempotency-replayed") == "true";
  reply.close = header_value(head, "connection") == "close";
  if (reply.close) close();
  return reply;
}

std::optional<Reply> HttpClient::exchange(std::string_view request) {
  if (!connect()) return fail(Broken::kNotConnected);
  // A request that could not be sent whole may still have been answered (and refused).
  if (!send(request)) return fail(Broken::kNothing);
  return receive();
}

namespace {

std::string message(std::string_view method, std::string_view path, std::string_view headers,
                    std::string_view content_type, std::string_view body) {
  std::string text;
  text.reserve(256 + headers.size() + body.size());
  text.append(method).append(" ").append(path).append(" HTTP/1.1\r\nhost: purser.test\r\n");
  text.append(headers);
  if (!body.empty()) text.append("content-type: ").append(content_type).append("\r\n");
  text.append("content-length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return text.append(body);
}

}  // namespace

std::string request_text(std::string_view method, std::string_view path, std::string_view headers,
                         std::string_view body) {
  return message(method, "/api/v1" + std::string(path), headers, "application/json", body);
}

std::string form_text(std::string_view method, std::string_view path, std::string_view headers,
                      std::string_view form) {
  return message(method, path, headers, "application/x-www-form-urlencoded", form);
}

std::string percent_encode(const std::string& text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 0x0F];
    }
  }
  return out;
}

}  // namespace purser::faults
