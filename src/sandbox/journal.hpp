#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::sandbox {

/// The sandbox's memory between runs: a file of lines, each one commit as a JSON array of changes.
/// A line that was not written whole, because the process or the space ended, has no line break; it
/// is cut off before anything else is written. With an empty path nothing is kept.
class Journal {
 public:
  Journal() = default;
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Reads the file, calling `apply` for each change in order, and opens it for appending.
  /// Errors: kInternalError when it cannot be read or written, or is not such a file.
  Status open(const std::string& path, const std::function<Status(const json::Value&)>& apply);
  /// Errors: kInternalError when the line is not in the file; the same one may be tried again.
  Status append(std::string_view line);
  bool is_open() const { return file_ >= 0; }

 private:
  bool cut_off_rest();

  int file_ = -1;
  std::size_t size_ = 0;   ///< of the whole lines
  bool has_rest_ = false;  ///< something that is no whole line may follow them
};

}  // namespace purser::sandbox
