#include "sandbox/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace purser::sandbox {
namespace {

constexpr std::string_view kFirstLine = "[{\"purser_sandbox\":1}]";

Error failed(const std::string& path, const std::string& what) {
  return {ErrorCode::kInternalError, "The sandbox's state file " + path + " " + what + "."};
}

Result<std::string> read_all(int file, const std::string& path) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(file, buffer, sizeof buffer);
    if (count < 0) return failed(path, std::string("cannot be read: ") + std::strerror(errno));
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
}

Status Journal::open(const std::string& path,
                     const std::function<Status(const json::Value&)>& apply) {
  if (path.empty()) return {};
  // Webhook secrets are in it, so others have no business with it.
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file_ < 0) return failed(path, std::string("cannot be opened: ") + std::strerror(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) return failed(path, "is used by another process");
  PURSER_TRY(const std::string text, read_all(file_, path));

  std::size_t start = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    const std::string_view line = std::string_view(text).substr(start, end - start);
    if (start == 0 && line != kFirstLine) return failed(path, "is not a sandbox's state file");
    const auto changes = json::parse(line, 64);
    if (!changes || changes->as_array() == nullptr) {
      return failed(path, "is damaged at byte " + std::to_string(start));
    }
    for (const json::Value& change : *changes->as_array()) PURSER_CHECK_OK(apply(change));
  }
  const bool may_be_rest = start > 0 || kFirstLine.starts_with(text);
  if (!may_be_rest) return failed(path, "is not a sandbox's state file");
  size_ = start;
  has_rest_ = start < text.size();
  return start == 0 ? append(kFirstLine) : Status();
}

bool Journal::cut_off_rest() {
  has_rest_ = has_rest_ && ::ftruncate(file_, static_cast<off_t>(size_)) != 0;
  return !has_rest_;
}

Status Journal::append(std::string_view line) {
  const auto give_up = [](const char* why) {
    return Error::internal(std::string("the sandbox's state file cannot be written: ") + why);
  };
  if (!cut_off_rest()) return give_up(std::strerror(errno));
  std::string text(line);
  text += '\n';
  const ssize_t count = ::write(file_, text.data(), text.size());
  if (count == static_cast<ssize_t>(text.size())) {
    size_ += text.size();
    return {};
  }
  const std::string why = count < 0 ? std::strerror(errno) : "there is no room for a whole line";
  has_rest_ = true;
  (void)cut_off_rest();  // else before the next line
  return give_up(why.c_str());
}

}  // namespace purser::sandbox
