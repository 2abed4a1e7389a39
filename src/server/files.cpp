#include "server/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "crypto/crypto.hpp"

namespace purser::server {
namespace {

constexpr std::size_t kMaxFileBytes = 1024 * 1024;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error failed(std::string_view what, const std::string& path) {
  return {ErrorCode::kInternalError, fmt::format("{} {}: {}", what, path, std::strerror(errno))};
}

Status write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("Cannot write", path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return failed("Cannot sync", path);
  return {};
}

Status sync_folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return failed("Cannot sync the folder", folder);
  return {};
}

/// Writes a new file beside `path` and answers its name.
Result<std::string> write_beside(const std::string& path, std::string_view content, unsigned mode) {
  const std::string name = fmt::format("{}.{}.new", path, crypto::to_hex(crypto::random_bytes(6)));
  const Descriptor fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (fd.get() < 0) return failed("Cannot create", name);
  Status status;
  if (::fchmod(fd.get(), mode) != 0) status = failed("Cannot protect", name);
  if (status) status = write_all(fd.get(), content, name);
  if (!status) {
    ::unlink(name.c_str());
    return status.error();
  }
  return name;
}

std::string without_newline(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

Status write_file_atomically(const std::string& path, std::string_view content, unsigned mode) {
  PURSER_TRY(const std::string name, write_beside(path, content, mode));
  if (::rename(name.c_str(), path.c_str()) != 0) {
    const Error error = failed("Cannot replace", path);
    ::unlink(name.c_str());
    return error;
  }
  return sync_folder_of(path);
}

Status make_private_folder(const std::string& path) {
  if (std::filesystem::is_directory(path)) return {};
  std::error_code problem;
  const auto parent = std::filesystem::absolute(path).parent_path();
  std::filesystem::create_directories(parent, problem);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return failed("Cannot create the folder", path);
  }
  if (!std::filesystem::is_directory(path, problem)) {
    return Error{ErrorCode::kInternalError, fmt::format("{} is not a folder", path)};
  }
  return {};
}

Result<std::string> read_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return failed("Cannot open", path);
  std::string content;
  std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("Cannot read", path);
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > kMaxFileBytes) {
      return Error{ErrorCode::kInternalError, fmt::format("{} is larger than 1 MiB", path)};
    }
  }
}

Result<Secret> read_private_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return failed("Cannot open", path);
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{ErrorCode::kInternalError,
                 fmt::format("{0} can be read by others than its owner; run: chmod 600 {0}", path)};
  }
  PURSER_TRY(const std::string text, read_file(path));
  Secret secret(without_newline(text));
  if (secret.empty()) {
    return Error{ErrorCode::kInternalError, fmt::format("{} is empty", path)};
  }
  return secret;
}

Result<Secret> read_or_create_private_file(const std::string& path, const Secret& fresh) {
  if (!file_exists(path)) {
    PURSER_TRY(const std::string name, write_beside(path, fresh.reveal() + "\n", 0600));
    // link() refuses when another process was first; then its secret is the one.
    const bool made = ::link(name.c_str(), path.c_str()) == 0;
    const int reason = errno;
    ::unlink(name.c_str());
    if (!made && reason != EEXIST) {
      errno = reason;
      return failed("Cannot create", path);
    }
    PURSER_CHECK_OK(sync_folder_of(path));
  }
  return read_private_file(path);
}

bool file_exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

}  // namespace purser::server
