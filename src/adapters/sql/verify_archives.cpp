#include "adapters/sql/verify_archives.hpp"

#include <limits>
#include <memory>
#include <vector>

#include "adapters/sql/archive_file.hpp"
#include "adapters/sql/carried.hpp"

namespace purser::sql {
namespace {

constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kAccountsAtOnce = 2'000;

struct Archive {
  std::string name;
  std::int64_t lines = 0;
  crypto::Digest digest{};
  std::unique_ptr<ArchiveReader> reader;
  bool has_line = false;  // the reader stands on one
};

class ArchiveCheck {
 public:
  ArchiveCheck(Connection& db, std::string folder, Findings& findings)
      : db_(db), folder_(std::move(folder)), findings_(findings) {}

  Status run();

 private:
  Status load_archives();
  void check_files();
  void step(Archive& archive);
  /// The account of which the next lines are; nothing behind the last.
  const AccountKey* next_account() const;
  CarriedAccount fold(const AccountKey& key);
  Status compare(const CarriedAccounts& folded, const AccountKey& up_to);
  std::string path_of(const Archive& archive) const {
    return folder_ + "/" + archive_file_name(archive.name);
  }

  Connection& db_;
  const std::string folder_;
  Findings& findings_;
  std::vector<Archive> archives_;  // oldest first
  bool readable_ = true;
  AccountKey compared_up_to_{std::numeric_limits<std::int64_t>::min(), 0};
};

Status ArchiveCheck::load_archives() {
  PURSER_TRY(Cursor row,
             db_.query("SELECT name, lines, sha256 FROM ledger_archives ORDER BY up_to"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    Archive archive;
    archive.name = row.text(0);
    archive.lines = row.integer(1);
    archive.digest = row.digest(2);
    archives_.push_back(std::move(archive));
  }
}

void ArchiveCheck::check_files() {
  for (Archive& archive : archives_) {
    const auto digest = digest_of_file(path_of(archive));
    if (!digest) {
      findings_.add("archive " + archive.name, digest.error().message);
      readable_ = false;
      continue;
    }
    if (*digest != archive.digest) {
      findings_.add("archive " + archive.name, "its SHA-256 is " + crypto::to_hex(*digest) +
                                                   ", not " + crypto::to_hex(archive.digest) +
                                                   ": the file was changed");
    }
    auto reader = ArchiveReader::open(path_of(archive));
    if (!reader) continue;
    archive.reader = *std::move(reader);
    step(archive);
  }
}

void ArchiveCheck::step(Archive& archive) {
  const auto more = archive.reader->next();
  archive.has_line = more.value_or(false);
  if (archive.has_line) return;
  if (!more) {
    findings_.add("archive " + archive.name, more.error().message);
    readable_ = false;
  } else if (archive.reader->lines() != archive.lines) {
    findings_.add("archive " + archive.name, "it has " + std::to_string(archive.reader->lines()) +
                                                 " lines instead of " +
                                                 std::to_string(archive.lines));
  }
}

const AccountKey* ArchiveCheck::next_account() const {
  const AccountKey* least = nullptr;
  for (const Archive& archive : archives_) {
    if (!archive.has_line) continue;
    const AccountKey& key = archive.reader->line().key;
    if (least == nullptr || key < *least) least = &key;
  }
  return least;
}

CarriedAccount ArchiveCheck::fold(const AccountKey& key) {
  CarriedAccount account;
  bool broken = false;
  for (Archive& archive : archives_) {
    while (archive.has_line && archive.reader->line().key == key) {
      const ArchivedLine& line = archive.reader->line();
      if (!broken) {
        const Status added = account.add(line.id, line.previous, line.entry);
        broken = !added;
        if (broken)
          findings_.add(key, "archive " + archive.name + ": " + added.error().log.for_log());
      }
      step(archive);
    }
  }
  return account;
}

Status ArchiveCheck::compare(const CarriedAccounts& folded, const AccountKey& up_to) {
  PURSER_TRY(const CarriedAccounts kept, load_carried(db_, compared_up_to_, up_to));
  compared_up_to_ = up_to;
  for (const auto& [key, account] : folded) {
    const auto found = kept.find(key);
    if (found == kept.end()) {
      findings_.add(key, "nothing is carried forward of its archived lines");
    } else if (found->second != account) {
      findings_.add(key, "what is carried forward (" +
                             std::to_string(found->second.account.quantity().value()) +
                             ") is not what its archived lines come to (" +
                             std::to_string(account.account.quantity().value()) + ")");
    }
  }
  for (const auto& [key, account] : kept) {
    if (!folded.contains(key)) findings_.add(key, "it has no archived lines to carry forward");
  }
  return {};
}

Status ArchiveCheck::run() {
  PURSER_CHECK_OK(load_archives());
  check_files();
  // Without all of them every account would differ.
  if (!readable_) return {};
  CarriedAccounts folded;
  while (const AccountKey* next = next_account()) {
    const AccountKey key = *next;
    folded.emplace(key, fold(key));
    if (folded.size() < kAccountsAtOnce) continue;
    PURSER_CHECK_OK(compare(folded, key));
    folded = {};
  }
  if (!readable_) return {};
  return compare(folded, {kEnd, kEnd});
}

}  // namespace

Status check_archives(Connection& db, const std::string& folder, Findings& findings) {
  return ArchiveCheck(db, folder, findings).run();
}

}  // namespace purser::sql
