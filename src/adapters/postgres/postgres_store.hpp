#pragma once

// The store on PostgreSQL: any number of nodes on one database, none of them special.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"
#include "types/result.hpp"

namespace purser::postgres {

struct PostgresOptions {
  /// postgres://…, as libpq reads it; several hosts are tried for the one that takes writes. May
  /// hold a password: never logged.
  std::string uri;

  /// Names this node among the others: the engine's instance. Another one at each start.
  std::string instance;

  /// This machine's clock; must outlive the store. Never null.
  const app::Clock* clock = nullptr;
  /// Whether batches are dated by the database, so that nodes whose clocks differ agree; else by
  /// `clock`, which tests move.
  bool database_time = true;

  /// Batches of known customers that are committed at once; one connection each. One more is for
  /// batches of which nothing is known. Range: 1–16.
  int lanes = 2;

  /// Connections that answer reads of items, and as many for views. Range: 2–64.
  int readers = 4;

  /// A statement of a request that takes longer is given up.
  std::chrono::milliseconds statement_timeout{10'000};

  /// How long a node that says nothing counts as alive: what it left unfinished is taken over then,
  /// and what it keeps in memory counts no more. The node itself stops answering a second sooner.
  std::chrono::milliseconds lease{5'000};

  /// Called with the answers of several reads, which it must give at once; lets whoever sends them
  /// collect them. Absent: they are given one by one.
  std::function<void(const std::function<void()>& answers)> around_answers = {};

  /// Called after each commit of this node that may have made something due for webhook endpoints,
  /// by the thread that committed it; must not block. Absent: nobody is told.
  std::function<void()> webhooks_queued = {};
};

/// Opens a store, bringing the database to this program's schema; nodes may start together.
///
/// Errors: kStoreUnavailable with a sentence for the operator: the server cannot be reached, is too
/// old, hides behind a pooler, or its schema was made by a newer Purser or is not Purser's.
///
/// The store is thread-safe as app::Store says. A connection that is lost is made anew.
Result<std::unique_ptr<app::Store>> open_postgres_store(PostgresOptions options);

/// The database's time, for everything that is not a batch: this machine's clock, corrected by what
/// the database said last. Thread-safe. Belongs to the store.
const app::Clock& clock_of(const app::Store& store);

/// One step of the schema's history.
struct MigrationStatus {
  int number = 0;
  std::string slug;
  bool applied = false;
};
/// The migrations that this program knows and whether the database has them; changes nothing.
Result<std::vector<MigrationStatus>> migration_status(const PostgresOptions& options);

}  // namespace purser::postgres
