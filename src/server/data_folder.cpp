#include "server/data_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "crypto/crypto.hpp"
#include "json/json.hpp"
#include "server/files.hpp"

namespace purser::server {
namespace {

constexpr std::size_t kEncryptionKeyBytes = 32;

Result<Secret> decode_encryption_key(const Secret& text, const std::string& where) {
  auto bytes = crypto::from_hex(text.reveal());
  if (!bytes || bytes->size() != kEncryptionKeyBytes) {
    return Error{
        ErrorCode::kInternalError,
        fmt::format("{} must hold 64 hexadecimal digits; `openssl rand -hex 32` makes them",
                    where)};
  }
  return Secret(std::move(*bytes));
}

}  // namespace

/// An flock, which the kernel lets go when the process ends in whatever way.
class DataFolder::Lock {
 public:
  explicit Lock(int fd) : fd_(fd) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { ::close(fd_); }

 private:
  int fd_;
};

std::string encode_server_info(const ServerInfo& info) {
  json::Writer out;
  out.begin_object().field("url", info.url);
  out.key("sandbox_url");
  if (info.sandbox_url.empty()) {
    out.null();
  } else {
    out.string(info.sandbox_url);
  }
  out.field("pid", std::int64_t{info.pid}).end_object();
  return out.take() + "\n";
}

std::optional<ServerInfo> decode_server_info(const std::string& text) {
  const auto document = json::parse(text);
  if (!document) return std::nullopt;
  const auto url = document->string_at("url");
  const auto pid = document->int_at("pid");
  if (!url || !pid) return std::nullopt;
  return ServerInfo{*url, document->string_at("sandbox_url").value_or(""), static_cast<int>(*pid)};
}

Result<DataFolder> DataFolder::open(const Settings& settings) {
  const std::string path = settings.text(setting("data"));
  PURSER_CHECK_OK(make_private_folder(path));
  const std::string fresh = "srk_" + crypto::to_base64url(crypto::random_bytes(32));
  const std::string name = (std::filesystem::path(path) / "root.key").string();
  PURSER_TRY(Secret root_key, read_or_create_private_file(name, Secret(fresh)));
  return DataFolder(path, std::move(root_key));
}

std::string DataFolder::file(const std::string& name) const {
  return (std::filesystem::path(path_) / name).string();
}

Result<Secret> DataFolder::encryption_key(const Settings& settings) const {
  if (settings.has(setting("encryption.key"))) {
    return decode_encryption_key(settings.secret(setting("encryption.key")), "encryption.key");
  }
  const std::string configured = settings.text(setting("encryption.key_file"));
  if (!configured.empty()) {
    PURSER_TRY(const Secret text, read_private_file(configured));
    return decode_encryption_key(text, configured);
  }
  const std::string own = file("encryption.key");
  if (!file_exists(own) && !settings.is_on_postgres() && file_exists(settings.database_path())) {
    return Error{
        ErrorCode::kInternalError,
        fmt::format(
            "There is a database ({}) but not the key that its secrets are sealed with ({}). "
            "Copy that key back, or set encryption.key_file",
            settings.database_path(), own)};
  }
  const Secret fresh(crypto::to_hex(crypto::random_bytes(kEncryptionKeyBytes)));
  PURSER_TRY(const Secret text, read_or_create_private_file(own, fresh));
  return decode_encryption_key(text, own);
}

Result<Timestamp> DataFolder::manual_time(Timestamp now) const {
  const std::string name = file("clock");
  if (!file_exists(name)) return now;
  PURSER_TRY(std::string text, read_file(name));
  while (text.ends_with('\n')) text.pop_back();
  const auto kept = Timestamp::parse_iso8601(text);
  if (!kept) {
    return Error{
        ErrorCode::kInternalError,
        fmt::format("{} must hold one instant; remove it to begin with the present", name)};
  }
  return std::max(*kept, now);
}

Status DataFolder::keep_manual_time(Timestamp now) const {
  constexpr unsigned kMode = 0600;
  return write_file_atomically(file("clock"), now.to_iso8601() + "\n", kMode);
}

Result<bool> DataFolder::lock() {
  const std::string name = file("server.lock");
  const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Error{ErrorCode::kInternalError,
                 fmt::format("Cannot open {}: {}", name, std::strerror(errno))};
  }
  auto held = std::make_shared<Lock>(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    return Error{ErrorCode::kInternalError,
                 fmt::format("Cannot lock {}: {}", name, std::strerror(errno))};
  }
  lock_ = std::move(held);
  // What a server that was killed announced is not true any more.
  retract();
  return true;
}

std::string DataFolder::predecessor() const {
  const auto text = read_file(file("instance"));
  return text ? *text : std::string();
}

Status DataFolder::keep_instance(const std::string& instance) const {
  return write_file_atomically(file("instance"), instance, 0600);
}

Status DataFolder::announce(const ServerInfo& info) const {
  return write_file_atomically(file("server.json"), encode_server_info(info), 0600);
}

void DataFolder::retract() const { ::unlink(file("server.json").c_str()); }

std::optional<ServerInfo> DataFolder::running_server() const {
  const auto text = read_file(file("server.json"));
  if (!text) return std::nullopt;
  return decode_server_info(*text);
}

}  // namespace purser::server
