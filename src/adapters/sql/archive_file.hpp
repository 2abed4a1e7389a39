#pragma once

// Ledger lines in a file: gzip of JSON Lines, ordered by account and id. Every line says what it is
// in the words of the API, and the row numbers by which the database knows its account.

#include <zlib.h>

#include <memory>
#include <string>

#include "adapters/sql/accounts.hpp"
#include "crypto/crypto.hpp"
#include "domain/ledger.hpp"
#include "types/customer.hpp"
#include "types/result.hpp"

namespace purser::sql {

struct ArchivedLine {
  AccountKey key;
  std::int64_t id = 0;
  std::int64_t previous = 0;
  domain::Entry entry;
};

/// The names of an account, for people and other programs.
struct AccountNames {
  CustomerKey customer;
  std::string item;
};

/// How the file of a part is called: "ledger-2026-01.jsonl.gz".
std::string archive_file_name(const std::string& part);

/// SHA-256 of a file. Error: kStoreUnavailable.
Result<crypto::Digest> digest_of_file(const std::string& path);

/// Writes one file. Errors of all: kStoreUnavailable with a sentence for the operator.
class ArchiveWriter {
 public:
  /// Until `finish` it is called `path` with ".part" behind it.
  static Result<std::unique_ptr<ArchiveWriter>> create(const std::string& path);
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;
  ~ArchiveWriter();

  Status add(const ArchivedLine& line, const AccountNames& names);
  std::int64_t lines() const { return lines_; }
  /// Reads it back, brings it to the disk under its name, with its SHA-256 beside it as sha256sum
  /// writes it. A file of that name that is there already must be the same.
  Result<crypto::Digest> finish();

 private:
  ArchiveWriter(std::string path, int descriptor, gzFile file)
      : path_(std::move(path)), descriptor_(descriptor), file_(file) {}
  std::string part_path() const { return path_ + ".part"; }
  Status close();
  Status read_back() const;

  const std::string path_;
  int descriptor_;  // the file's, besides zlib's own, to bring it to the disk
  gzFile file_;
  std::int64_t lines_ = 0;
};

/// Reads one file. Errors: kStoreUnavailable when it cannot be read, or a line is not one.
class ArchiveReader {
 public:
  static Result<std::unique_ptr<ArchiveReader>> open(const std::string& path);
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  ~ArchiveReader() { gzclose(file_); }

  /// Moves to the next line; false behind the last.
  Result<bool> next();
  const ArchivedLine& line() const { return line_; }
  std::int64_t lines() const { return lines_; }  ///< read so far

 private:
  ArchiveReader(std::string path, gzFile file) : path_(std::move(path)), file_(file) {}
  Result<bool> read_text(std::string& text);
  Error damaged() const;

  const std::string path_;
  gzFile file_;
  ArchivedLine line_;
  std::int64_t lines_ = 0;
};

}  // namespace purser::sql
