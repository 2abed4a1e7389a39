#include "adapters/sqlite/backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace purser::sqlite {
namespace {

constexpr int kPagesAtATime = 1024;

// Two bytes of the file's header say how it is journalled: 1 with a rollback journal, 2 with a log.
// Source: https://www.sqlite.org/fileformat2.html#file_format_version_numbers
constexpr off_t kJournalBytes = 18;
constexpr char kWithoutLog[2] = {1, 1};

Error failed(const std::string& what, const std::string& why) {
  return {ErrorCode::kStoreUnavailable, "The backup was not made: " + what + ": " + why + "."};
}

Error exists(const std::string& path) {
  return {ErrorCode::kAlreadyExists, "There is a file " + path + " already; it was not touched."};
}

Status sync_path(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return failed(path, std::strerror(errno));
  const int synced = fsync(descriptor);
  const int why = errno;
  close(descriptor);
  if (synced != 0) return failed(path, std::strerror(why));
  return {};
}

Status mark_as_without_log(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return failed(path, std::strerror(errno));
  const ssize_t written = pwrite(descriptor, kWithoutLog, sizeof kWithoutLog, kJournalBytes);
  const int why = errno;
  close(descriptor);
  if (written != sizeof kWithoutLog) return failed(path, std::strerror(why));
  return {};
}

Status copy_pages(Connection& source, Connection& target, const app::Progress& progress) {
  sqlite3_backup* copy = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  if (!copy) return target.failed("backup");
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK) {
    rc = sqlite3_backup_step(copy, kPagesAtATime);
    const int total = sqlite3_backup_pagecount(copy);
    if (progress) progress(total - sqlite3_backup_remaining(copy), total);
  }
  sqlite3_backup_finish(copy);
  if (rc != SQLITE_DONE) return failed("copying", sqlite3_errstr(rc));
  return {};
}

/// Gives a complete file its name, which must be free.
Status put_in_place(const std::string& partial, const std::string& path) {
  if (link(partial.c_str(), path.c_str()) == 0) return {};
  if (errno == EEXIST) return exists(path);
  // A file system without hard links.
  if (std::filesystem::exists(path)) return exists(path);
  if (rename(partial.c_str(), path.c_str()) != 0) return failed(path, std::strerror(errno));
  return {};
}

Status copy_database(Connection& source, const std::string& partial, const std::string& vfs,
                     const app::Progress& progress) {
  PURSER_TRY(const auto target, Connection::open(partial, OpenMode::kWriter, vfs));
  // The copy is made durable as a whole, at the end.
  PURSER_CHECK_OK(target->exec("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"));
  // One snapshot for all steps: without it the copy would begin anew with every commit.
  PURSER_CHECK_OK(source.exec("BEGIN; SELECT count(*) FROM meta;"));
  Status copied = copy_pages(source, *target, progress);
  PURSER_CHECK_OK(source.exec("COMMIT"));
  return copied;
}

}  // namespace

Status backup_database(Connection& source, const std::string& path, const std::string& vfs,
                       const app::Progress& progress) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return exists(path);
  const std::string partial = path + ".partial";
  std::filesystem::remove(partial, ignored);  // of an attempt that was cut off
  Status status = copy_database(source, partial, vfs, progress);
  if (status) status = mark_as_without_log(partial);
  if (status) status = sync_path(partial, O_RDWR);
  if (status) status = put_in_place(partial, path);
  std::filesystem::remove(partial, ignored);
  if (!status) return status;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return sync_path(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

Status discard_log_of_replaced_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};  // opening the database says what is wrong
  char bytes[sizeof kWithoutLog] = {};
  const ssize_t size = pread(descriptor, bytes, sizeof bytes, kJournalBytes);
  close(descriptor);
  if (size != sizeof bytes || std::memcmp(bytes, kWithoutLog, sizeof bytes) != 0) return {};
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string log = path + suffix;
    if (unlink(log.c_str()) != 0 && errno != ENOENT) {
      return Error{ErrorCode::kStoreUnavailable, "The file " + log +
                                                     " belongs to the database that the backup "
                                                     "replaced, and cannot be removed: " +
                                                     std::strerror(errno) + "."};
    }
  }
  return {};
}

}  // namespace purser::sqlite
