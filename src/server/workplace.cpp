#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "server/commands.hpp"
#include "server/http_client.hpp"

namespace purser::server {
namespace {

/// Waits for the server that holds the lock to say where it is: it may have just been started.
std::optional<ServerInfo> wait_for_announcement(const DataFolder& folder) {
  constexpr int kAttempts = 50;
  constexpr int kPauseMicros = 100'000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (auto info = folder.running_server()) return info;
    ::usleep(kPauseMicros);  // tidy: allow sleep: a file has no event to wait for
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with("PURSER_")) continue;
    variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace

int fail(const Error& error) {
  std::cerr << "purser: " << error.message;
  if (!error.log.for_log().empty()) std::cerr << " (" << error.log.for_log() << ")";
  std::cerr << "\n";
  return 1;
}

std::optional<Settings> settings_of(const Invocation& invocation) {
  Settings::Sources sources;
  sources.file = invocation.config_file;
  sources.flags = invocation.flags;
  for (auto& variable : environment()) {
    if (variable.first != "PURSER_CONFIG") {
      sources.environment.push_back(std::move(variable));
    } else if (sources.file.empty()) {
      sources.file = variable.second;
    }
  }
  auto settings = Settings::load(sources);
  if (!settings) {
    fail(settings.error());
    return std::nullopt;
  }
  return *std::move(settings);
}

Workplace::Workplace(DataFolder folder, std::unique_ptr<Assembly> assembly, const std::string& url)
    : folder_(std::move(folder)),
      assembly_(std::move(assembly)),
      api_(std::make_unique<AdminClient>(url, folder_.root_key())) {}

Result<Workplace> Workplace::open(const Settings& settings) {
  PURSER_TRY(DataFolder folder, DataFolder::open(settings));
  PURSER_TRY(const bool locked, folder.lock());
  if (!locked) {
    const auto info = wait_for_announcement(folder);
    if (!info) {
      return Error{
          ErrorCode::kInternalError,
          fmt::format("Another process works on {} and does not say where it serves; try again "
                      "when it is done",
                      folder.path())};
    }
    return Workplace(std::move(folder), nullptr, info->url);
  }
  PURSER_TRY(auto assembly, Assembly::start(settings, folder, Purpose::kAdministration));
  const std::string url = assembly->url();
  return Workplace(std::move(folder), std::move(assembly), url);
}

}  // namespace purser::server
