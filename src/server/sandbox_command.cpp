#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "adapters/system/clocks.hpp"
#include "json/json.hpp"
#include "net/server.hpp"
#include "sandbox/sandbox.hpp"
#include "server/commands.hpp"
#include "server/files.hpp"
#include "server/http_client.hpp"

namespace purser::server {
namespace {

Status announce(const Invocation& invocation, const std::string& url) {
  if (!invocation.ready_file.empty()) {
    constexpr unsigned kMode = 0644;
    const ServerInfo info{url, url, static_cast<int>(::getpid())};
    PURSER_CHECK_OK(write_file_atomically(invocation.ready_file, encode_server_info(info), kMode));
  }
  std::cout << fmt::format("The Stripe sandbox serves on {}", url) << std::endl;
  return {};
}

std::string replay_form(const Invocation& invocation) {
  std::string form = fmt::format("undelivered={}", invocation.undelivered);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) form += fmt::format("&{}={}", name, net::percent_encode(value));
  };
  for (const std::string& event : invocation.events) add("ids[]", event);
  add("type", invocation.event_type);
  add("since", invocation.since);
  return form;
}

}  // namespace

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
  options.clock_can_be_set = true;
  auto sandbox = sandbox::Sandbox::start(options);
  if (!sandbox) return fail(sandbox.error());
  if (const auto announced = announce(invocation, (*sandbox)->url()); !announced) {
    return fail(announced.error());
  }

  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  constexpr std::chrono::milliseconds kDeadline{5'000};
  (*sandbox)->drain(kDeadline);
  return 0;
}

int run_sandbox_replay(const Invocation& invocation) {
  HttpCall call;
  call.method = "POST";
  call.url = invocation.url + "/_sandbox/events/replay";
  call.headers = {{"content-type", "application/x-www-form-urlencoded"}};
  call.body = replay_form(invocation);
  call.timeout_s = 0;  // every endpoint may take its ten seconds
  const auto reply = http_call(call);
  if (!reply) return fail(reply.error());
  const auto document = json::parse(reply->body);
  const auto events = document ? document->int_at("events") : std::nullopt;
  const auto deliveries = document ? document->int_at("deliveries") : std::nullopt;
  if (reply->status != 200 || !events || !deliveries) {
    const json::Value* error = document ? document->find("error") : nullptr;
    return fail({ErrorCode::kInternalError,
                 error != nullptr ? error->string_at("message").value_or("")
                                  : fmt::format("{} is not a sandbox", invocation.url)});
  }
  std::cout << (invocation.json ? reply->body
                                : fmt::format("{} events were sent again, in {} deliveries.",
                                              *events, *deliveries))
            << std::endl;
  return 0;
}

}  // namespace purser::server
