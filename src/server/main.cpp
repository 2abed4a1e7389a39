#include <sys/stat.h>

#include <iostream>
#include <string>
#include <vector>

#include "server/command_line.hpp"
#include "server/commands.hpp"
#include "server/settings.hpp"

namespace purser::server {
namespace {

int run(const Invocation& invocation) {
  switch (invocation.command) {
    case Command::kVersion:
      std::cout << "purser " << PURSER_VERSION << "\n";
      return 0;
    case Command::kReference:
      std::cout << settings_reference();
      return 0;
    case Command::kCatalogCheck:
      return run_catalog_check(invocation);
    case Command::kSandbox:
      return run_sandbox(invocation);
    case Command::kSandboxReplay:
      return run_sandbox_replay(invocation);
    case Command::kMigrateStore:
      return run_migrate_store(invocation);
    default:
      break;
  }
  const auto settings = settings_of(invocation);
  if (!settings) return 1;
  switch (invocation.command) {
    case Command::kServe:
      return run_serve(invocation, *settings);
    case Command::kProjectCreate:
      return run_project_create(invocation, *settings);
    case Command::kProjectList:
      return run_project_list(invocation, *settings);
    case Command::kKeysCreate:
      return run_keys_create(invocation, *settings);
    case Command::kKeysList:
      return run_keys_list(invocation, *settings);
    case Command::kKeysRevoke:
      return run_keys_revoke(invocation, *settings);
    case Command::kCatalogDiff:
      return run_catalog_put(invocation, *settings, true);
    case Command::kCatalogApply:
      return run_catalog_put(invocation, *settings, false);
    case Command::kCatalogExport:
      return run_catalog_export(invocation, *settings);
    case Command::kVerify:
      return run_verify(invocation, *settings);
    case Command::kLedgerArchive:
      return run_ledger_archive(invocation, *settings);
    case Command::kReconcile:
      return run_reconcile(invocation, *settings);
    case Command::kBackup:
      return run_backup(invocation, *settings);
    default:
      std::cout << print_settings(*settings, invocation.json);
      return 0;
  }
}

}  // namespace
}  // namespace purser::server

int main(int argc, char** argv) {
  using purser::server::Invocation;
  using purser::server::Leave;
  // The database, its copies and the sandbox's books are for their owner alone.
  constexpr mode_t kPrivate = 077;
  ::umask(kPrivate);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto parsed = purser::server::parse_command_line(words, PURSER_VERSION);
  if (const auto* leave = std::get_if<Leave>(&parsed)) {
    (leave->status == 0 ? std::cout : std::cerr) << leave->text;
    return leave->status;
  }
  return purser::server::run(std::get<Invocation>(parsed));
}
