// Receives a project's events and says what happened. The endpoint is made when its port is known,
// so its secret comes afterwards, as a line on the standard input.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>
#include <purser/purser.hpp>
#include <set>
#include <string>
#include <vector>

namespace sdk = purser::sdk;

namespace {

// [receive]
// What your web server calls for each POST to the endpoint; answers the status.
int receive(const std::string& secret, const std::vector<sdk::HttpHeader>& headers,
            const std::string& body) {
  const auto event = sdk::verify_webhook({secret}, headers, body);
  if (!event) return 400;
  static std::set<std::string> handled;  // yours is a table with a unique key
  if (handled.insert(event->id).second) {
    std::cout << event->id << " " << event->type << " " << event->data_json << std::endl;
  }
  return 204;
}
// [receive]

// The rest stands for your web server: one request on each connection.

int listen_on_any_port(sockaddr_in& address) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool listens = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       listen(listener, 16) == 0 &&
                       getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  return listens ? listener : -1;
}

// Reads until `text` has `wanted` bytes or the other side has no more.
void read_up_to(int connection, std::string& text, std::size_t wanted) {
  char buffer[4096];
  while (text.size() < wanted) {
    const ssize_t got = read(connection, buffer, sizeof buffer);
    if (got <= 0) return;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

std::vector<sdk::HttpHeader> parse_headers(const std::string& head) {
  std::vector<sdk::HttpHeader> headers;
  std::size_t line = head.find("\r\n") + 2;
  while (line < head.size()) {
    const std::size_t end = head.find("\r\n", line);
    const std::size_t colon = head.find(": ", line);
    if (end == std::string::npos || colon > end) break;
    headers.push_back({head.substr(line, colon - line), head.substr(colon + 2, end - colon - 2)});
    line = end + 2;
  }
  return headers;
}

int handle(const std::string& secret, int connection) {
  std::string text;
  std::size_t end = std::string::npos;
  while (end == std::string::npos && text.size() < 16'384) {
    const std::size_t before = text.size();
    read_up_to(connection, text, before + 1);
    if (text.size() == before) return 400;
    end = text.find("\r\n\r\n");
  }
  if (end == std::string::npos) return 400;
  const auto headers = parse_headers(text.substr(0, end + 2));
  const std::string length(sdk::HttpResponse{0, headers, {}}.header("content-length"));
  const std::size_t size = end + 4 + std::stoul(length.empty() ? "0" : length);
  read_up_to(connection, text, size);
  return receive(secret, headers, text.substr(end + 4));
}

}  // namespace

int main() {
  sockaddr_in address{};
  const int listener = listen_on_any_port(address);
  if (listener < 0) return 1;
  std::cout << "http://127.0.0.1:" << ntohs(address.sin_port) << "/events" << std::endl;
  std::string secret;
  std::getline(std::cin, secret);
  for (;;) {
    const int connection = accept(listener, nullptr, nullptr);
    if (connection < 0) return 1;
    const std::string answer = "HTTP/1.1 " + std::to_string(handle(secret, connection)) +
                               " -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    if (write(connection, answer.data(), answer.size()) < 0) std::cerr << "not answered\n";
    close(connection);
  }
}
