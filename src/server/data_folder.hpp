#pragma once

// The data folder: who may work on it, and the keys that lie in it.
//
//   purser.db, purser.db-wal …  the database (unless `database` names another place)
//   root.key                    the key of administrative commands, mode 0600
//   encryption.key              seals the secrets in the database, mode 0600 (unless configured)
//   sandbox.json                the embedded sandbox's state
//   clock                       where the manual clock stands
//   server.lock, server.json    held and written by a running server: where it can be reached
//   instance                    the name that the server which ran last gave itself

#include <memory>
#include <optional>
#include <string>

#include "server/settings.hpp"
#include "types/result.hpp"
#include "types/secret.hpp"
#include "types/timestamp.hpp"

namespace purser::server {

/// How a running server can be reached.
struct ServerInfo {
  std::string url;          ///< "http://127.0.0.1:8130"
  std::string sandbox_url;  ///< empty: the embedded sandbox does not run
  int pid = 0;
  friend bool operator==(const ServerInfo&, const ServerInfo&) = default;
};
std::string encode_server_info(const ServerInfo& info);  ///< {"url", "sandbox_url", "pid"}
std::optional<ServerInfo> decode_server_info(const std::string& text);

/// An opened data folder. Not thread-safe.
class DataFolder {
 public:
  /// Makes the folder and its root key when they are not there.
  static Result<DataFolder> open(const Settings& settings);

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const;
  const Secret& root_key() const { return root_key_; }

  /// The key of sealed secrets, 32 bytes: configured, or the folder's own. A fresh one is made only
  /// where there is no database yet, because it could not open what the lost one sealed.
  Result<Secret> encryption_key(const Settings& settings) const;

  /// Where the manual clock was left, so that a restart does not take it back; `now` when that is
  /// later, or nothing was kept. Errors: kInternalError.
  Result<Timestamp> manual_time(Timestamp now) const;
  Status keep_manual_time(Timestamp now) const;

  /// Becomes the one process that works on the folder until destroyed. False: another one does.
  Result<bool> lock();

  /// The name of the server that worked on the folder last; empty: there was none. For who holds
  /// the lock: that server has ended.
  std::string predecessor() const;
  /// Keeps the name of this server for the next one; only with the lock.
  Status keep_instance(const std::string& instance) const;

  /// Tells commands where this server is; only with the lock.
  Status announce(const ServerInfo& info) const;
  void retract() const;
  /// What the process that holds the lock announced; nothing when it did not (yet).
  std::optional<ServerInfo> running_server() const;

 private:
  class Lock;
  DataFolder(std::string path, Secret root_key)
      : path_(std::move(path)), root_key_(std::move(root_key)) {}

  std::string path_;
  Secret root_key_;
  std::shared_ptr<Lock> lock_;
};

}  // namespace purser::server
