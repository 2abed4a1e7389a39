#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::sandbox {

/// The sandbox's memory between runs: a file of lines, each one commit as a JSON array of changes.
/// A line is written with one system call, so a process that ends leaves it whole or without its
/// line break; such a rest is cut off. With an empty path nothing is kept.
class Journal {
 public:
  Journal() = default;
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Reads the file, calling `apply` for each change in order, and opens it for appending.
  /// Errors: kInternalError when it cannot be read or written, or is not such a file.
  Status open(const std::string& path, const std::function<Status(const json::Value&)>& apply);
  Status append(std::string_view line);
  bool is_open() const { return file_ >= 0; }

 private:
  int file_ = -1;
};

}  // namespace purser::sandbox
