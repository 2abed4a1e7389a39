#pragma once

// The command line: what a call of `purser` asks for. Parsing only; nothing is done here.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace purser::server {

enum class Command : std::uint8_t {
  kServe,
  kProjectCreate,
  kProjectList,
  kKeysCreate,
  kKeysList,
  kKeysRevoke,
  kCatalogCheck,
  kCatalogDiff,
  kCatalogApply,
  kCatalogExport,
  kVerify,
  kReconcile,
  kBackup,
  kMigrateStore,
  kLedgerArchive,
  kSandbox,
  kSandboxReplay,
  kConfig,
  kVersion,
  kReference,  ///< hidden: prints a generated document of docs/reference
};

struct Invocation {
  Command command = Command::kVersion;
  std::string config_file;                   ///< --config; empty: PURSER_CONFIG, else none
  std::map<std::string, std::string> flags;  ///< of settings, given on the command line

  bool json = false;                          ///< --json
  std::string ready_file;                     ///< serve, sandbox
  std::string name;                           ///< project create
  std::string id;                             ///< project create --id
  std::string project;                        ///< --project; reconcile: empty for all
  std::string access;                         ///< keys create --access
  std::string description;                    ///< keys create --description
  std::string key_id;                         ///< keys revoke
  bool repair = false;                        ///< reconcile
  bool dry_run = false;                       ///< reconcile
  std::string file;                           ///< catalog, backup
  std::string archives;                       ///< verify --archives
  std::string before;                         ///< ledger archive --before: "2026-01"
  std::string folder;                         ///< ledger archive --to
  std::string from;                           ///< migrate-store: sqlite:FILE
  std::string to;                             ///< migrate-store: postgres://…
  std::string document;                       ///< reference
  std::string listen = "127.0.0.1:8131";      ///< sandbox
  std::string state_file;                     ///< sandbox
  std::uint64_t seed = 1;                     ///< sandbox
  std::string url = "http://127.0.0.1:8131";  ///< sandbox replay
  std::vector<std::string> events;            ///< sandbox replay
  std::string event_type;                     ///< sandbox replay --type
  std::string since;                          ///< sandbox replay --since
  bool undelivered = false;                   ///< sandbox replay
};

/// Text to print and leave with this status: help, or what is wrong with the command line (status
/// 2).
struct Leave {
  std::string text;
  int status = 0;
};

/// Parses the words after the program's name.
std::variant<Invocation, Leave> parse_command_line(const std::vector<std::string>& words,
                                                   const std::string& version);

}  // namespace purser::server
