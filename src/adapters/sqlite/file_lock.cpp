#include "adapters/sqlite/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace purser::sqlite {
namespace {

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

/// The process id written in a lock file, or "unknown".
std::string owner_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  std::string owner(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  owner.erase(owner.find_last_not_of(" \n") + 1);
  return owner.empty() ? "unknown" : owner;
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::string& path, const std::string& protects) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return refused("The lock file " + path + " cannot be opened: " + std::strerror(errno) + ".");
  }
  FileLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return refused("The lock file " + path + " cannot be locked: " + std::strerror(errno) + ".");
    }
    return refused(protects + " is in use by another Purser process (process id " +
                   owner_of(descriptor) + "); stop that one first, or let it do the work.");
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  // Only for people: the lock holds without it, also where the disk is full.
  if (ftruncate(descriptor, 0) == 0) {
    const ssize_t written = pwrite(descriptor, pid.data(), pid.size(), 0);
    static_cast<void>(written);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace purser::sqlite
