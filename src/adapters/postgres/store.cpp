#include "adapters/postgres/store.hpp"

#include "adapters/postgres/claims.hpp"
#include "adapters/postgres/migrations.hpp"
#include "adapters/postgres/move.hpp"
#include "adapters/postgres/view.hpp"

namespace purser::postgres {
namespace {

/// Runs a claim on a borrowed connection.
template <class Claim>
auto on_lent(Pool& pool, Claim claim) -> decltype(claim(std::declval<Connection&>())) {
  Pool::Lent lent(pool);
  PURSER_TRY(Connection * db, lent.get());
  return claim(*db);
}

}  // namespace

ConnectOptions connect_options(const PostgresOptions& options) {
  ConnectOptions connect;
  connect.uri = options.uri;
  connect.statement_timeout = options.statement_timeout;
  return connect;
}

PostgresStore::PostgresStore(PostgresOptions options)
    : options_(std::move(options)),
      pool_(connect_options(options_), options_.readers),
      nodes_(connect_options(options_), options_.instance, options_.lease, *options_.clock),
      committer_(connect_options(options_), options_.instance, options_.lanes + 1,
                 options_.database_time ? nullptr : options_.clock, known_rows_, nodes_,
                 options_.webhooks_queued),
      items_(connect_options(options_), options_.readers, known_rows_, options_.around_answers) {}

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(PostgresOptions options) {
  const Timestamp now = options.clock->now();
  PURSER_CHECK_OK(migrate(connect_options(options), now));
  PURSER_CHECK_OK(check_not_half_moved(options.uri));
  std::unique_ptr<PostgresStore> store(new PostgresStore(std::move(options)));
  PURSER_CHECK_OK(store->nodes_.start());
  return store;
}

std::unique_ptr<app::StoreView> PostgresStore::view() { return make_view(pool_, known_rows_); }

Result<bool> PostgresStore::may_run(const std::string& instance) {
  return on_lent(pool_, [&](Connection& db) { return nodes_.may_run(db, instance); });
}

Result<std::vector<domain::Purchase>> PostgresStore::claim_purchases(Timestamp now, int limit) {
  return on_lent(pool_, [&](Connection& db) { return postgres::claim_purchases(db, now, limit); });
}
Result<std::vector<app::Checkout>> PostgresStore::claim_checkouts(Timestamp now, int limit) {
  return on_lent(pool_, [&](Connection& db) { return postgres::claim_checkouts(db, now, limit); });
}
Result<std::vector<app::InboxEvent>> PostgresStore::claim_inbox(Timestamp now, int limit) {
  return on_lent(pool_, [&](Connection& db) { return postgres::claim_inbox(db, now, limit); });
}
Result<std::vector<app::Intention>> PostgresStore::claim_intentions(Timestamp now, int limit) {
  return on_lent(pool_, [&](Connection& db) { return postgres::claim_intentions(db, now, limit); });
}
Result<std::vector<app::WebhookDelivery>> PostgresStore::claim_webhooks(const ProjectId& project,
                                                                        const std::string& endpoint,
                                                                        Timestamp now, int limit,
                                                                        int /*running*/) {
  return on_lent(pool_, [&](Connection& db) {
    return postgres::claim_webhooks(db, project, endpoint, now, limit);
  });
}

Result<bool> PostgresStore::watch(Changed changed) {
  PURSER_CHECK_OK(nodes_.watch(std::move(changed)));
  return true;
}

Status PostgresStore::backup(const std::string&, const app::Progress&) {
  return Error{ErrorCode::kNotImplemented,
               "PostgreSQL has its own tools for that: take a consistent copy of a running "
               "database with pg_dump, or archive its log with pg_basebackup and a WAL archive."};
}

Result<std::unique_ptr<app::Store>> open_postgres_store(PostgresOptions options) {
  PURSER_TRY(auto store, PostgresStore::open(std::move(options)));
  return std::unique_ptr<app::Store>(std::move(store));
}

const app::Clock& clock_of(const app::Store& store) {
  return dynamic_cast<const PostgresStore&>(store).clock();
}

Result<std::vector<MigrationStatus>> migration_status(const PostgresOptions& options) {
  PURSER_TRY(const auto states, migration_states(connect_options(options)));
  std::vector<MigrationStatus> answer;
  answer.reserve(states.size());
  for (const sql::MigrationState& state : states) {
    answer.push_back({state.number, state.slug, state.applied});
  }
  return answer;
}

}  // namespace purser::postgres
