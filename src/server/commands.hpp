#pragma once

// What each command does. All answer the process's exit status: 0 done, 1 not done (the reason is
// on standard error), 2 a wrong call.

#include <functional>
#include <string>

#include "server/admin_client.hpp"
#include "server/assembly.hpp"
#include "server/command_line.hpp"
#include "server/data_folder.hpp"
#include "server/settings.hpp"

namespace purser::server {

/// Reads the settings that an invocation is run with; prints what is wrong with them.
std::optional<Settings> settings_of(const Invocation& invocation);

/// Reaches the data folder's store for an administrative command: through the running server's API,
/// or, without one, through a server of its own in this process.
class Workplace {
 public:
  static Result<Workplace> open(const Settings& settings);

  const AdminClient& api() const { return *api_; }
  /// The store itself, when no server runs; else nullptr.
  app::Store* own_store() { return assembly_ ? &assembly_->store() : nullptr; }

 private:
  Workplace(DataFolder folder, std::unique_ptr<Assembly> assembly, const std::string& url);

  DataFolder folder_;
  std::unique_ptr<Assembly> assembly_;
  std::unique_ptr<AdminClient> api_;
};

int run_serve(const Invocation& invocation, const Settings& settings);
int run_sandbox(const Invocation& invocation);
int run_sandbox_replay(const Invocation& invocation);

int run_project_create(const Invocation& invocation, const Settings& settings);
int run_project_list(const Invocation& invocation, const Settings& settings);
int run_keys_create(const Invocation& invocation, const Settings& settings);
int run_keys_list(const Invocation& invocation, const Settings& settings);
int run_keys_revoke(const Invocation& invocation, const Settings& settings);

int run_catalog_check(const Invocation& invocation);
int run_catalog_put(const Invocation& invocation, const Settings& settings, bool dry_run);
int run_catalog_export(const Invocation& invocation, const Settings& settings);

int run_verify(const Invocation& invocation, const Settings& settings);
int run_reconcile(const Invocation& invocation, const Settings& settings);
int run_backup(const Invocation& invocation, const Settings& settings);
int run_ledger_archive(const Invocation& invocation, const Settings& settings);
int run_migrate_store(const Invocation& invocation);

/// What verify answers when it looks into the archives, too.
Result<json::Value> verify_archives(const Invocation& invocation, const Settings& settings);
/// Prints what verify answered (http::encode_verify_report), for people.
void print_verify_report(const json::Value& report);

/// All rows of a list, over its pages.
Result<json::Array> all_pages(const AdminClient& api, const std::string& path);

/// Prints an error as every command does and answers 1.
int fail(const Error& error);

}  // namespace purser::server
