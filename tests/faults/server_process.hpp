#pragma once

// The built server as a child process, and its commands.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace purser::faults {

struct Keys {
  std::string project;
  std::string server;
  std::string admin;
};

/// A command of the built purser that serves until it is ended, as a child process.
class ChildProcess {
 public:
  /// It says in `ready_file` where it serves, and what it prints goes to `log_file`.
  ChildProcess(std::string program, std::string ready_file, std::string log_file);
  ~ChildProcess();  ///< kills it if it runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Starts `purser <words> --ready-file …` without waiting.
  bool spawn(std::vector<std::string> words);
  /// Waits until it is ready; false when it ended instead, or hangs.
  bool wait_ready();
  std::chrono::milliseconds ready_time() const { return ready_time_; }  ///< from its start

  void kill();       ///< SIGKILL, and waits for its end
  void terminate();  ///< SIGTERM; does not wait
  int wait_end();    ///< its exit status; 128 + signal when a signal ended it
  bool running() const { return pid_ > 0; }
  std::uint16_t port() const { return port_; }
  std::uint16_t sandbox_port() const { return sandbox_port_; }
  pid_t pid() const { return pid_; }

 protected:
  const std::string program_;

 private:
  const std::string ready_file_;
  const std::string log_file_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::uint16_t sandbox_port_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::milliseconds ready_time_{0};
};

/// `purser serve`.
class ServerProcess : public ChildProcess {
 public:
  /// Everything it keeps goes to `work`/data. `options` are further words for `purser serve`.
  ServerProcess(std::string program, std::string work, std::vector<std::string> options = {});

  bool spawn();
  bool start() { return spawn() && wait_ready(); }

  /// Runs `purser <words> --data …`; its exit status, and what it printed.
  int command(const std::vector<std::string>& words, std::string& output) const;
  bool create_project(const std::string& id, Keys& keys) const;

 private:
  const std::string work_;
  const std::vector<std::string> options_;
};

/// `purser sandbox --state`.
class SandboxProcess : public ChildProcess {
 public:
  SandboxProcess(std::string program, std::string work, std::uint64_t seed);

  bool start();

 private:
  const std::string work_;
  const std::uint64_t seed_;
};

/// A PostgreSQL of its own: tools/postgres.
class DatabaseServer {
 public:
  /// `folder`: one that is not there yet, with a short path that everybody can get to.
  DatabaseServer(std::string tool, std::string folder, std::string log_file);
  ~DatabaseServer();  ///< ends it; its files go too, unless they are to be kept
  DatabaseServer(const DatabaseServer&) = delete;
  DatabaseServer& operator=(const DatabaseServer&) = delete;

  bool start();
  /// Ends it at once and starts it on what it had written.
  bool crash();
  /// `tools/postgres restart` then serves from its folder again.
  void keep() { keeps_ = true; }
  std::string url() const { return "postgres://purser@/purser?host=" + folder_; }

 private:
  bool run(const char* command) const;

  const std::string tool_;
  const std::string folder_;
  const std::string log_file_;
  bool exists_ = false;
  bool keeps_ = false;
};

/// Starts a program without waiting; what it prints is added to the file `output`. -1: it cannot
/// be.
pid_t spawn_program(std::vector<std::string> words, const std::string& output);
/// Waits for its end; its exit status, or 128 + signal.
int wait_for(pid_t pid);

/// Waits a moment: a poll on nothing. The campaign waits for processes, which give no other sign.
void pause_for(std::chrono::milliseconds time);

std::string read_file(const std::string& path);

}  // namespace purser::faults
