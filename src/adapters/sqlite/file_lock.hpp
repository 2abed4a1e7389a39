#pragma once

#include <string>

#include "types/result.hpp"

namespace purser::sqlite {

/// An exclusive lock on a file, held until destroyed or until the process ends, however it ends.
/// The file holds the owner's process id, for people; it stays behind, because removing a lock file
/// is a race.
class FileLock {
 public:
  /// Errors: kStoreUnavailable, with a sentence that names the file and who holds it.
  static Result<FileLock> acquire(const std::string& path, const std::string& protects);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace purser::sqlite
