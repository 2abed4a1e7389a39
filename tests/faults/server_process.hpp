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

class ServerProcess {
 public:
  /// `program` is the built purser; everything it keeps goes to `work`/data. `options` are further
  /// words for `purser serve`.
  ServerProcess(std::string program, std::string work, std::vector<std::string> options = {});
  ~ServerProcess();  ///< kills it if it runs
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Starts it without waiting.
  bool spawn();
  /// Waits until it is ready; false when it ended instead, or is not ready after 30 s.
  bool wait_ready();
  /// Starts it and waits; `ready_time` is how long that took.
  bool start();
  std::chrono::milliseconds ready_time() const { return ready_time_; }

  void kill();       ///< SIGKILL, and waits for its end
  void terminate();  ///< SIGTERM; does not wait
  int wait_end();    ///< its exit status; 128 + signal when a signal ended it
  bool running() const { return pid_ > 0; }
  std::uint16_t port() const { return port_; }
  std::uint16_t sandbox_port() const { return sandbox_port_; }
  pid_t pid() const { return pid_; }

  /// Runs `purser <words> --data …`; its exit status, and what it printed.
  int command(const std::vector<std::string>& words, std::string& output) const;
  bool create_project(Keys& keys) const;

 private:
  pid_t spawn_program(const std::vector<std::string>& words, const std::string& output) const;

  std::string program_;
  std::string work_;
  std::vector<std::string> options_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::uint16_t sandbox_port_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::milliseconds ready_time_{0};
};

/// Waits a moment: a poll on nothing. The campaign waits for processes, which give no other sign.
void pause_for(std::chrono::milliseconds time);

std::string read_file(const std::string& path);

}  // namespace purser::faults
