#include "adapters/postgres/archive.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>

#include "adapters/postgres/archive_writes.hpp"
#include "adapters/postgres/migrations.hpp"
#include "adapters/postgres/verify.hpp"
#include "adapters/sql/archive_file.hpp"
#include "adapters/sql/carried.hpp"
#include "adapters/sql/rows.hpp"

namespace purser::postgres {
namespace {

constexpr int kMonthShift = 42;  // of a line's id; see migrations/0001_initial
// Whoever writes the ledger waits behind this; whoever reads all of it (verify, a dump) is waited
// for in between.
constexpr int kLockAttempts = 60;
constexpr std::chrono::milliseconds kBetweenAttempts{500};

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

/// One partition of the ledger.
struct Part {
  std::string table;
  std::string name;
  std::int64_t end = 0;  ///< the first id above it
  std::string count;     ///< SQL, found again by its address: it must stay where it is
};

/// Months since January 1970; nothing when the instant does not begin one.
std::optional<std::int64_t> month_of(Timestamp instant) {
  const CalendarInterval month{IntervalUnit::kMonth, 1};
  const std::int64_t n = boundaries_until(Timestamp(), month, instant);
  if (nth_boundary(Timestamp(), month, n) != instant) return std::nullopt;
  return n;
}

/// "2026-01"
std::string name_of_month(std::int64_t month) {
  const CalendarInterval one{IntervalUnit::kMonth, 1};
  return nth_boundary(Timestamp(), one, month).to_iso8601().substr(0, 7);
}

std::string name_of(const std::string& table, std::int64_t end) {
  const std::int64_t month = end >> kMonthShift;
  if (table == "ledger_moved") return "before-" + name_of_month(month);
  return name_of_month(month - 1);
}

/// Archives one part, in a transaction of its own.
class PartArchive {
 public:
  PartArchive(Connection& db, const ArchiveOptions& options, const Part& part)
      : db_(db),
        options_(options),
        part_(part),
        declare_(
            "DECLARE lines NO SCROLL CURSOR FOR SELECT l.customer_id, l.item_id, l.id, "
            "l.previous, " PURSER_ENTRY_COLUMNS ", p.id, c.type, c.external_id, i.item FROM " +
            part.table +
            " l LEFT JOIN customers c ON c.id = l.customer_id LEFT JOIN projects p ON p.row = "
            "c.project_id LEFT JOIN item_names i ON i.row = l.item_id ORDER BY l.customer_id, "
            "l.item_id, l.id") {}

  Result<ArchivedPart> run();

 private:
  Status write_lines(sql::ArchiveWriter& writer, std::int64_t total);
  struct NamedLine {
    sql::ArchivedLine line;
    sql::AccountNames names;
  };
  Result<std::vector<NamedLine>> next_page();
  Status begin_accounts(const std::vector<NamedLine>& page);
  Status add(const sql::ArchivedLine& line);
  Status lock_ledger();
  Status drop(const ArchivedPart& archived, const crypto::Digest* digest);

  Connection& db_;
  const ArchiveOptions& options_;
  const Part& part_;
  const std::string declare_;
  sql::CarriedAccounts folded_;  // with lines in this part, not yet written
};

Result<ArchivedPart> PartArchive::run() {
  PURSER_CHECK_OK(db_.exec("BEGIN"));
  // Numbers of a month that is over may still be in use for some seconds. Whoever writes this part
  // is waited for; whoever comes later finds it gone and draws others (Connection::failed).
  PURSER_CHECK_OK(db_.exec("LOCK TABLE " + part_.table + " IN SHARE MODE"));
  PURSER_TRY(const auto lines, db_.integer(part_.count.c_str()));
  const std::int64_t total = lines.value_or(0);
  ArchivedPart archived{part_.name, "", total, ""};
  if (total == 0) {
    PURSER_CHECK_OK(drop(archived, nullptr));
    return archived;
  }
  archived.file = options_.folder + "/" + sql::archive_file_name(part_.name);
  PURSER_TRY(const auto writer, sql::ArchiveWriter::create(archived.file));
  PURSER_CHECK_OK(write_lines(*writer, total));
  if (writer->lines() != total) {
    return Error::internal("an archive has " + std::to_string(writer->lines()) + " lines of " +
                           std::to_string(total));
  }
  PURSER_TRY(const crypto::Digest digest, writer->finish());
  archived.sha256 = crypto::to_hex(digest);
  PURSER_CHECK_OK(drop(archived, &digest));
  return archived;
}

Status PartArchive::write_lines(sql::ArchiveWriter& writer, std::int64_t total) {
  PURSER_CHECK_OK(db_.exec(declare_));
  for (;;) {
    if (options_.progress) options_.progress(part_.name, writer.lines(), total);
    PURSER_TRY(const std::vector<NamedLine> page, next_page());
    PURSER_CHECK_OK(begin_accounts(page));
    for (const NamedLine& named : page) {
      PURSER_CHECK_OK(add(named.line));
      PURSER_CHECK_OK(writer.add(named.line, named.names));
    }
    // The last account may go on in the next page.
    sql::CarriedAccounts unfinished;
    if (!page.empty()) unfinished.insert(folded_.extract(page.back().line.key));
    PURSER_CHECK_OK(write_carried(db_, folded_));
    folded_ = std::move(unfinished);
    if (page.empty()) return db_.exec("CLOSE lines");
  }
}

Result<std::vector<PartArchive::NamedLine>> PartArchive::next_page() {
  constexpr int kNames = 12;  // behind the entry
  std::vector<NamedLine> page;
  PURSER_TRY(sql::Cursor row, db_.query("FETCH 5000 FROM lines"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return page;
    NamedLine named;
    named.line.key = {row.integer(0), row.integer(1)};
    named.line.id = row.integer(2);
    named.line.previous = row.integer(3);
    named.line.entry = sql::rows::entry(row, 4);
    named.names.customer.project = ProjectId(row.text(kNames));
    named.names.customer.type = row.enumeration(kNames + 1, CustomerType::kCustom);
    named.names.customer.id = row.text(kNames + 2);
    named.names.item = row.text(kNames + 3);
    PURSER_TRY(named, row.checked(std::move(named)));
    page.push_back(std::move(named));
  }
}

/// From what is carried forward of earlier parts.
Status PartArchive::begin_accounts(const std::vector<NamedLine>& page) {
  std::set<sql::AccountKey> fresh;
  for (const NamedLine& named : page) {
    if (!folded_.contains(named.line.key)) fresh.insert(named.line.key);
  }
  PURSER_TRY(sql::CarriedAccounts before, load_carried(db_, fresh));
  folded_.merge(before);
  return {};
}

Status PartArchive::add(const sql::ArchivedLine& line) {
  const Status added = folded_[line.key].add(line.id, line.previous, line.entry);
  if (added) return {};
  return Error{
      ErrorCode::kStoreUnavailable,
      "The ledger does not add up: run purser verify. Nothing of " + part_.name + " was archived.",
      {},
      LogDetail(added.error().log.for_log())};
}

Status PartArchive::lock_ledger() {
  PURSER_CHECK_OK(db_.exec("SET LOCAL lock_timeout = '1s'"));
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    // tidy: allow sleep: what it waits for is another session's transaction
    if (attempt > 0) std::this_thread::sleep_for(kBetweenAttempts);
    PURSER_CHECK_OK(db_.exec("SAVEPOINT before_lock"));
    if (db_.exec("LOCK TABLE ledger IN ACCESS EXCLUSIVE MODE")) return {};
    PURSER_CHECK_OK(db_.exec("ROLLBACK TO before_lock"));
  }
  return refused("Somebody reads the whole ledger (a purser verify or a dump, perhaps). Archive " +
                 part_.name + " when that is done; nothing of it was taken out.");
}

Status PartArchive::drop(const ArchivedPart& archived, const crypto::Digest* digest) {
  if (digest != nullptr) {
    PURSER_CHECK_OK(
        db_.run("INSERT INTO ledger_archives(up_to, name, lines, sha256, archived_at) "
                "VALUES($1, $2, $3, $4, $5)",
                part_.end - 1, part_.name, archived.lines, *digest, options_.clock->now()));
  }
  PURSER_CHECK_OK(lock_ledger());
  PURSER_CHECK_OK(db_.exec("DROP TABLE " + part_.table));
  return db_.exec("COMMIT");
}

/// The partitions that end before `month`, oldest first.
Result<std::vector<Part>> parts_before(Connection& db, std::int64_t month) {
  std::vector<Part> parts;
  PURSER_TRY(sql::Cursor row,
             db.query("SELECT t.relname::text, (regexp_match(pg_get_expr(t.relpartbound, t.oid), "
                      "'TO \\(''([0-9]+)''\\)'))[1]::bigint AS bound FROM pg_inherits i JOIN "
                      "pg_class t ON t.oid = i.inhrelid WHERE i.inhparent = 'ledger'::regclass "
                      "ORDER BY bound"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return parts;
    const std::int64_t end = row.integer(1);
    if (end == 0) return Error::internal("a partition of the ledger has no end that is known");
    if (end >> kMonthShift > month) continue;
    parts.push_back(
        {row.text(0), name_of(row.text(0), end), end, "SELECT count(*) FROM " + row.text(0)});
  }
}

Status check_months_are_over(Connection& db, std::int64_t month) {
  PURSER_TRY(const auto drawn, db.integer("SELECT last_value FROM ledger_ids"));
  if (drawn.value_or(0) >> kMonthShift >= month) return {};
  return refused("No server has begun the month " + name_of_month(month) +
                 " yet, so the one before is not over. Start a server, or archive up to an earlier "
                 "month.");
}

Status own_the_archives(Connection& db) {
  PURSER_TRY(const auto locked,
             db.integer("SELECT pg_try_advisory_lock(hashtext('purser ledger archive'))"));
  if (locked.value_or(0) != 0) return {};
  return refused("Another purser ledger archive works on this database.");
}

Status make_folder(const std::string& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (!problem) return {};
  return refused("The folder " + folder + " cannot be made: " + problem.message() + ".");
}

Error wrong_month() {
  return {ErrorCode::kSchemaError,
          "The oldest month that stays is a month that has begun, such as 2026-01"};
}

}  // namespace

Result<std::vector<ArchivedPart>> archive_ledger(const ArchiveOptions& options) {
  const auto month = month_of(options.before);
  if (!month || options.before > options.clock->now()) return wrong_month();
  PURSER_CHECK_OK(migrate(for_whole_tables(options.uri), options.clock->now()));
  PURSER_TRY(const auto db, Connection::open(for_whole_tables(options.uri)));
  PURSER_CHECK_OK(own_the_archives(*db));
  PURSER_TRY(const std::vector<Part> parts, parts_before(*db, *month));
  if (parts.empty()) return std::vector<ArchivedPart>();
  PURSER_CHECK_OK(check_months_are_over(*db, *month));
  PURSER_CHECK_OK(make_folder(options.folder));
  std::vector<ArchivedPart> archived;
  for (const Part& part : parts) {
    PURSER_TRY(ArchivedPart done, PartArchive(*db, options, part).run());
    if (done.lines > 0) archived.push_back(std::move(done));
  }
  return archived;
}

}  // namespace purser::postgres
