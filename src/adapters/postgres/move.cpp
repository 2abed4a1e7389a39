#include "adapters/postgres/move.hpp"

#include <algorithm>
#include <memory>

#include "adapters/postgres/migrations.hpp"
#include "adapters/postgres/move_rows.hpp"
#include "adapters/postgres/move_tables.hpp"
#include "adapters/postgres/verify.hpp"

namespace purser::postgres {
namespace {

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

/// One move, on its connection.
class Move {
 public:
  Move(sql::MovedStore& source, const MoveOptions& options, Connection& db)
      : source_(source), options_(options), db_(db) {}

  Result<MoveReport> run();

 private:
  Status own_the_database();
  Status check_target();
  Status check_empty();
  Status check_not_served();
  Status mark_begun();
  Status lock_tables();
  Status copy();
  Status compare();
  Status verify();
  Status finish();
  RowsDone progress_of(const std::string& what, std::int64_t total) const {
    return [this, what, total](std::int64_t rows) { report(what, rows, total); };
  }
  void report(const std::string& what, std::int64_t done, std::int64_t total) const {
    if (options_.progress) options_.progress(what, done, total);
  }

  sql::MovedStore& source_;
  const MoveOptions& options_;
  Connection& db_;
  std::vector<TableMove> tables_;
  std::vector<TableSum> sums_;
  MoveReport report_;
};

Result<MoveReport> Move::run() {
  PURSER_CHECK_OK(own_the_database());
  PURSER_TRY(tables_, plan_move(db_, source_));
  PURSER_CHECK_OK(check_target());
  PURSER_CHECK_OK(mark_begun());
  PURSER_CHECK_OK(db_.exec("BEGIN"));
  PURSER_CHECK_OK(lock_tables());
  PURSER_CHECK_OK(check_empty());
  PURSER_CHECK_OK(copy());
  PURSER_CHECK_OK(continue_numbers(db_));
  PURSER_CHECK_OK(db_.exec("ANALYZE"));
  PURSER_CHECK_OK(compare());
  PURSER_CHECK_OK(verify());
  if (report_.verified.findings.empty()) {
    PURSER_CHECK_OK(finish());
  } else {
    PURSER_CHECK_OK(db_.exec("ROLLBACK"));
  }
  return std::move(report_);
}

Status Move::own_the_database() {
  PURSER_TRY(const auto locked,
             db_.integer("SELECT pg_try_advisory_lock(hashtext('purser move'))"));
  if (locked.value_or(0) != 0) return {};
  return refused("Another purser migrate-store works on this database.");
}

Status Move::check_target() {
  PURSER_CHECK_OK(check_not_served());
  PURSER_CHECK_OK(check_empty());
  PURSER_TRY(const auto unfinished, db_.integer("SELECT 1 FROM moves WHERE finished_at IS NULL"));
  report_.began_anew = unfinished.has_value();
  return {};
}

Status Move::check_empty() {
  for (const TableMove& table : tables_) {
    PURSER_TRY(const auto any, db_.integer(table.has_rows.c_str()));
    if (any.value_or(1) == 0) continue;
    return refused("The database that should receive the store is not empty: there are rows in " +
                   table.name + ". A store is moved into a database of its own; make a new one.");
  }
  return {};
}

// A server that began before the mark was there would give out what it keeps in memory.
Status Move::check_not_served() {
  PURSER_TRY(const auto nodes, db_.integer("SELECT count(*) FROM nodes WHERE seen_at > "
                                           "clock_timestamp() - interval '15 seconds'"));
  if (nodes.value_or(0) == 0) return {};
  return refused(
      "A server runs on the database that should receive the store. Stop it, and start it when the "
      "store has been moved.");
}

Status Move::mark_begun() {
  PURSER_CHECK_OK(db_.run("DELETE FROM moves"));
  return db_.run("INSERT INTO moves(source, began_at) VALUES($1, $2)", source_.name(),
                 options_.clock->now());
}

Status Move::lock_tables() {
  std::string names;
  for (const TableMove& table : tables_) names += (names.empty() ? "" : ", ") + table.name;
  return db_.exec("LOCK TABLE " + names + " IN EXCLUSIVE MODE");
}

Status Move::copy() {
  for (const TableMove& table : tables_) {
    PURSER_TRY(const auto rows, source_.db().integer(table.count.c_str()));
    const std::int64_t total = rows.value_or(0);
    report(table.name, 0, total);
    PURSER_TRY(TableSum sum, copy_table(source_.db(), db_, table, progress_of(table.name, total)));
    report_.tables.push_back({table.name, sum.rows(), sum.text()});
    sums_.push_back(sum);
  }
  return {};
}

Status Move::compare() {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    const TableMove& table = tables_[i];
    PURSER_TRY(const TableSum here,
               sum_table(db_, table, progress_of("checking " + table.name, sums_[i].rows())));
    report("checking " + table.name, here.rows(), sums_[i].rows());
    if (here == sums_[i]) continue;
    return refused("What arrived in " + table.name +
                   " is not what was sent: " + std::to_string(sums_[i].rows()) +
                   " rows with checksum " + sums_[i].text() + ", here " +
                   std::to_string(here.rows()) + " with " + here.text() + ". Nothing was kept.");
  }
  return {};
}

Status Move::verify() {
  // A store whose clock was set by hand may have been in what is the future here.
  PURSER_TRY(const auto newest, db_.integer("SELECT max(at) FROM lanes"));
  const Timestamp now = std::max(options_.clock->now(),
                                 Timestamp::from_millis(newest.value_or(0)).value_or(Timestamp{}));
  return verify_database(
      db_, "", now,
      [this](std::int64_t done, std::int64_t total) { report("verifying", done, total); },
      report_.verified);
}

Status Move::finish() {
  PURSER_CHECK_OK(check_not_served());
  PURSER_CHECK_OK(db_.run("UPDATE moves SET finished_at = $1", options_.clock->now()));
  return db_.exec("COMMIT");
}

}  // namespace

Result<MoveReport> move_store(sql::MovedStore& source, const MoveOptions& options) {
  PURSER_CHECK_OK(migrate(for_whole_tables(options.uri), options.clock->now()));
  PURSER_TRY(const auto db, Connection::open(for_whole_tables(options.uri)));
  return Move(source, options, *db).run();
}

Status check_not_half_moved(const std::string& uri) {
  ConnectOptions options;
  options.uri = uri;
  PURSER_TRY(const auto db, Connection::open(options));
  PURSER_TRY(sql::Cursor row,
             db->query("SELECT source FROM moves WHERE finished_at IS NULL LIMIT 1"));
  PURSER_TRY(const bool half, row.step());
  if (!half) return {};
  return refused("A store is being moved into this database from " + row.text(0) +
                 ", or such a move was cut off. Wait for it, or run purser migrate-store again: it "
                 "begins anew.");
}

}  // namespace purser::postgres
