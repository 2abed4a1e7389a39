#pragma once

// How far a long command has come.

#include <cstdint>
#include <optional>
#include <string>

namespace purser::server {

/// A progress bar on a terminal, nothing elsewhere.
class ProgressBar {
 public:
  explicit ProgressBar(std::string what);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  void update(std::int64_t done, std::int64_t total);

 private:
  const std::string what_;
  const bool shown_;
  int percent_ = -1;
};

/// The progress of several things, one after the other: a bar for each on a terminal, elsewhere a
/// line for each and for every tenth of what is long. On standard error.
class ProgressLines {
 public:
  void update(const std::string& what, std::int64_t done, std::int64_t total);
  /// Takes the last bar away.
  void end() { bar_.reset(); }

 private:
  std::string what_;
  std::optional<ProgressBar> bar_;
  std::int64_t tenths_ = 0;
};

}  // namespace purser::server
