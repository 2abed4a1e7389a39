#include "adapters/sql/archive_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "json/json.hpp"

namespace purser::sql {
namespace {

constexpr unsigned kBuffer = 256 * 1024;

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

Error failed(const std::string& path, const std::string& what) {
  return refused(path + " " + what + ": " + std::strerror(errno) + ".");
}

std::string encode(const ArchivedLine& line, const AccountNames& names) {
  const domain::Entry& entry = line.entry;
  json::Writer out;
  out.begin_object().field("id", line.id).field("previous", line.previous);
  out.field("project", names.customer.project.str());
  out.field("customer_type", to_string(names.customer.type));
  out.field("customer_id", std::string_view(names.customer.id));
  out.field("item", std::string_view(names.item)).field("change", entry.change.value());
  out.field("quantity_after", entry.quantity_after.value());
  out.field("cause", to_string(entry.cause)).field("at", entry.at.to_iso8601());
  if (!entry.source.str().empty()) out.field("source", entry.source.str());
  if (entry.expires_at) out.field("expires_at", entry.expires_at->to_iso8601());
  if (entry.ends_with_source) out.field("ends_with_source", true);
  if (!entry.description.empty()) out.field("description", std::string_view(entry.description));
  out.key("account").begin_array().integer(line.key.customer).integer(line.key.item).end_array();
  out.end_object();
  return out.take() + "\n";
}

/// False when something that every line has is missing, or is not what it must be.
bool decode(const json::Value& value, ArchivedLine& line) {
  const auto id = value.int_at("id");
  const auto previous = value.int_at("previous");
  const auto change = Quantity::of(value.int_at("change").value_or(Quantity::kMax + 1));
  const auto after = Quantity::of(value.int_at("quantity_after").value_or(Quantity::kMax + 1));
  const auto cause = domain::parse_cause(value.string_at("cause").value_or(""));
  const auto at = Timestamp::parse_iso8601(value.string_at("at").value_or(""));
  const json::Value* account = value.find("account");
  const json::Array* rows = account == nullptr ? nullptr : account->as_array();
  if (!id || !previous || !change || !after || !cause || !at || rows == nullptr) return false;
  if (rows->size() != 2 || !rows->front().as_int() || !rows->back().as_int()) return false;
  line.key = {*rows->front().as_int(), *rows->back().as_int()};
  line.id = *id;
  line.previous = *previous;
  line.entry = {};
  line.entry.change = *change;
  line.entry.quantity_after = *after;
  line.entry.cause = *cause;
  line.entry.at = *at;
  line.entry.source = PurchaseId(value.string_at("source").value_or(""));
  line.entry.description = value.string_at("description").value_or("");
  line.entry.ends_with_source = value.bool_at("ends_with_source").value_or(false);
  const auto expires = value.string_at("expires_at");
  if (!expires) return true;
  line.entry.expires_at = Timestamp::parse_iso8601(*expires);
  return line.entry.expires_at.has_value();
}

Status sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed(folder, "cannot be opened");
  const bool synced = fsync(descriptor) == 0;
  close(descriptor);
  if (!synced) return failed(folder, "cannot be brought to the disk");
  return {};
}

Status write_small_file(const std::string& path, const std::string& text) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(path, "cannot be written");
  const bool written =
      write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fsync(descriptor) == 0;
  close(descriptor);
  if (!written) return failed(path, "cannot be written");
  return {};
}

}  // namespace

std::string archive_file_name(const std::string& part) { return "ledger-" + part + ".jsonl.gz"; }

Result<crypto::Digest> digest_of_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed(path, "cannot be opened");
  struct stat info {};
  const bool known = fstat(descriptor, &info) == 0;
  const auto size = static_cast<std::size_t>(info.st_size);
  if (!known || size == 0) {
    close(descriptor);
    if (!known) return failed(path, "cannot be read");
    return crypto::sha256("");
  }
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (bytes == MAP_FAILED) return failed(path, "cannot be read");
  const crypto::Digest digest = crypto::sha256({static_cast<const char*>(bytes), size});
  munmap(bytes, size);
  return digest;
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::create(const std::string& path) {
  const std::string part = path + ".part";
  const int descriptor = open(part.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(part, "cannot be written");
  const int zlibs = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  gzFile file = zlibs < 0 ? nullptr : gzdopen(zlibs, "wb6");
  if (file == nullptr) {
    if (zlibs >= 0) ::close(zlibs);
    ::close(descriptor);
    return failed(part, "cannot be written");
  }
  gzbuffer(file, kBuffer);
  return std::unique_ptr<ArchiveWriter>(new ArchiveWriter(path, descriptor, file));
}

ArchiveWriter::~ArchiveWriter() {
  if (file_ != nullptr) gzclose(file_);
  if (descriptor_ >= 0) ::close(descriptor_);
  // What was not finished is of no use; what was has another name.
  unlink(part_path().c_str());
}

Status ArchiveWriter::add(const ArchivedLine& line, const AccountNames& names) {
  const std::string text = encode(line, names);
  if (gzwrite(file_, text.data(), static_cast<unsigned>(text.size())) !=
      static_cast<int>(text.size())) {
    return failed(part_path(), "cannot be written");
  }
  ++lines_;
  return {};
}

Status ArchiveWriter::close() {
  const bool written = gzclose(std::exchange(file_, nullptr)) == Z_OK;
  const bool synced = fsync(descriptor_) == 0;
  ::close(std::exchange(descriptor_, -1));
  if (!written || !synced) return failed(part_path(), "cannot be written");
  return {};
}

Status ArchiveWriter::read_back() const {
  PURSER_TRY(const auto reader, ArchiveReader::open(part_path()));
  for (;;) {
    PURSER_TRY(const bool more, reader->next());
    if (!more) break;
  }
  if (reader->lines() == lines_) return {};
  return refused(part_path() + " holds " + std::to_string(reader->lines()) + " lines instead of " +
                 std::to_string(lines_) + ".");
}

Result<crypto::Digest> ArchiveWriter::finish() {
  PURSER_CHECK_OK(close());
  PURSER_CHECK_OK(read_back());
  PURSER_TRY(const crypto::Digest digest, digest_of_file(part_path()));
  std::error_code problem;
  if (std::filesystem::exists(path_, problem)) {
    PURSER_TRY(const crypto::Digest there, digest_of_file(path_));
    if (there != digest) {
      return refused(path_ + " is there and holds something else. Archive into another folder.");
    }
  }
  const std::string name = std::filesystem::path(path_).filename().string();
  PURSER_CHECK_OK(write_small_file(path_ + ".sha256", crypto::to_hex(digest) + "  " + name + "\n"));
  if (std::rename(part_path().c_str(), path_.c_str()) != 0) {
    return failed(path_, "cannot be written");
  }
  PURSER_CHECK_OK(sync_folder_of(path_));
  return digest;
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr) return failed(path, "cannot be opened");
  gzbuffer(file, kBuffer);
  return std::unique_ptr<ArchiveReader>(new ArchiveReader(path, file));
}

Error ArchiveReader::damaged() const {
  return refused(path_ + " is damaged behind line " + std::to_string(lines_) + ".");
}

Result<bool> ArchiveReader::read_text(std::string& text) {
  std::array<char, 4096> piece{};
  text.clear();
  while (gzgets(file_, piece.data(), static_cast<int>(piece.size())) != nullptr) {
    text += piece.data();
    if (text.back() != '\n') continue;
    text.pop_back();
    return true;
  }
  int problem = Z_OK;
  gzerror(file_, &problem);
  if (problem != Z_OK || !text.empty()) return damaged();
  return false;
}

Result<bool> ArchiveReader::next() {
  std::string text;
  PURSER_TRY(const bool more, read_text(text));
  if (!more) return false;
  const auto value = json::parse(text);
  if (!value || !decode(*value, line_)) return damaged();
  ++lines_;
  return true;
}

}  // namespace purser::sql
