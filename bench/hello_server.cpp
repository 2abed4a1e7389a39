// The smallest answer that the server's own HTTP stack can give: the baseline of bench/run.
//
//   hello_server READY-FILE
//
// Listens on a free port of the loopback, writes it to the file, and serves until it is killed.

#include <csignal>
#include <cstdio>
#include <fstream>

#include "net/server.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigaddset(&end, SIGINT);
  pthread_sigmask(SIG_BLOCK, &end, nullptr);

  purser::net::ServerOptions options;
  options.threads = 0;  // as many as Purser's default
  auto server = purser::net::Server::start(
      options, [](const purser::net::Request&, purser::net::Responder respond) {
        purser::net::Response response;
        response.body = R"({"hello":"world"})";
        respond(std::move(response));
      });
  if (!server) {
    std::fprintf(stderr, "hello_server: %s\n", server.error().message.c_str());
    return 1;
  }
  std::ofstream(argv[1]) << "{\"url\": \"http://127.0.0.1:" << (*server)->port() << "\"}\n";
  int signal = 0;
  sigwait(&end, &signal);
  return 0;
}
