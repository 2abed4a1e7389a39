#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "server/commands.hpp"
#include "server/files.hpp"
#include "server/log.hpp"

namespace purser::server {
namespace {

/// Signals that end or tell the server something come to one thread, which waits for them. Block
/// them before any other thread starts, so that all threads inherit it.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// Takes the settings that a running server can take.
void reload(const Invocation& invocation) {
  const auto settings = settings_of(invocation);
  if (!settings) {
    log_event(LogLevel::kError, "The settings are wrong; everything stays as it was.");
    return;
  }
  set_log_level(parse_log_level(settings->text(setting("log.level"))));
  log_event(LogLevel::kInfo, "Took log.level from the settings; others need a restart.");
}

/// Returns when the server is to stop.
void wait_for_stop(const sigset_t& signals, const Invocation& invocation) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal == SIGHUP) {
      reload(invocation);
    } else {
      log_event(LogLevel::kInfo, "Stopping: running requests are finished first.");
      return;
    }
  }
}

/// A second signal while draining ends the process at once. Everything acknowledged is durable
/// already.
void let_signals_end(const sigset_t& signals) {
  for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

Status announce(const Invocation& invocation, const DataFolder& folder, const Assembly& assembly) {
  const ServerInfo info{assembly.url(), assembly.sandbox_url(), static_cast<int>(::getpid())};
  PURSER_CHECK_OK(folder.announce(info));
  if (!invocation.ready_file.empty()) {
    constexpr unsigned kMode = 0644;
    PURSER_CHECK_OK(write_file_atomically(invocation.ready_file, encode_server_info(info), kMode));
  }
  std::cout << fmt::format("Purser serves on {}", info.url);
  if (!info.sandbox_url.empty())
    std::cout << fmt::format(" (Stripe sandbox on {})", info.sandbox_url);
  std::cout << std::endl;
  log_event(LogLevel::kInfo, "Serving.",
            {{"url", info.url}, {"sandbox_url", info.sandbox_url}, {"version", PURSER_VERSION}});
  return {};
}

/// Says what is safe on one's own machine only.
void warn(const Settings& settings, const Assembly& assembly) {
  const std::string host = settings.address(setting("http.listen")).host;
  const bool is_local = host == "localhost" || host == "::1" || host.starts_with("127.");
  if (!is_local && !assembly.sandbox_url().empty()) {
    log_event(
        LogLevel::kWarn,
        "Others can reach this server, and it sells through the sandbox, where no money moves. "
        "Set stripe.secret_key to take money, or sandbox.enabled = false.");
  }
  if (settings.text(setting("clock")) == "manual") {
    log_event(LogLevel::kWarn, "The clock is a manual one: it stands still until it is moved.");
  }
}

}  // namespace

int run_serve(const Invocation& invocation, const Settings& settings) {
  const sigset_t signals = block_signals();
  configure_log(
      settings.text(setting("log.format")) == "json" ? LogFormat::kJson : LogFormat::kText,
      parse_log_level(settings.text(setting("log.level"))));
  auto folder = DataFolder::open(settings);
  if (!folder) return fail(folder.error());
  const auto locked = folder->lock();
  if (!locked) return fail(locked.error());
  if (!*locked) {
    const auto other = folder->running_server();
    return fail(
        {ErrorCode::kInternalError,
         fmt::format("Another server works on {}{}; stop it first or name another data folder",
                     folder->path(), other ? fmt::format(" (process {})", other->pid) : "")});
  }
  auto assembly = Assembly::start(settings, *folder, Purpose::kServing);
  if (!assembly) return fail(assembly.error());
  const Status announced = announce(invocation, *folder, **assembly);
  if (!announced) return fail(announced.error());
  warn(settings, **assembly);

  wait_for_stop(signals, invocation);
  let_signals_end(signals);
  folder->retract();
  (*assembly)->drain();
  log_event(LogLevel::kInfo, "Stopped.");
  return 0;
}

}  // namespace purser::server
