#include <fmt/format.h>

#include <csignal>
#include <iostream>

#include "adapters/system/clocks.hpp"
#include "sandbox/sandbox.hpp"
#include "server/commands.hpp"

namespace purser::server {

int run_sandbox(const Invocation& invocation) {
  const auto address = parse_address(invocation.listen);
  if (!address) {
    return fail(
        {ErrorCode::kSchemaError, "--listen must be HOST:PORT with a port from 0 to 65535"});
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const system::SystemClock clock;
  sandbox::SandboxOptions options;
  options.host = address->host;
  options.port = address->port;
  options.seed = invocation.seed;
  options.state_file = invocation.state_file;
  options.now_millis = [&clock] { return clock.now().millis(); };
  auto sandbox = sandbox::Sandbox::start(options);
  if (!sandbox) return fail(sandbox.error());
  std::cout << fmt::format("The Stripe sandbox serves on {}", (*sandbox)->url()) << std::endl;

  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  constexpr std::chrono::milliseconds kDeadline{5'000};
  (*sandbox)->drain(kDeadline);
  return 0;
}

}  // namespace purser::server
