#include "server/stores.hpp"

#include "adapters/postgres/postgres_store.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "app/sealed.hpp"
#include "crypto/crypto.hpp"

namespace purser::server {
namespace {

Result<OpenedStore> open_sqlite(const Settings& settings, const app::Clock& clock,
                                const StoreCalls& calls) {
  sqlite::SqliteOptions options;
  options.path = settings.database_path();
  options.cache_accounts = static_cast<std::size_t>(settings.integer(setting("cache.items")));
  options.webhooks_queued = calls.webhooks_queued;
  PURSER_TRY(auto store, sqlite::open_sqlite_store(options, clock));
  return OpenedStore{std::move(store), &clock};
}

}  // namespace

Result<OpenedStore> open_store(const Settings& settings, const app::Clock& clock,
                               const std::string& instance, const StoreCalls& calls) {
  if (!settings.is_on_postgres()) return open_sqlite(settings, clock, calls);
  const bool manual = settings.text(setting("clock")) == "manual";
  postgres::PostgresOptions options;
  options.uri = settings.text(setting("database"));
  options.instance = instance;
  options.clock = &clock;
  options.database_time = !manual;
  options.lanes = static_cast<int>(settings.integer(setting("postgres.lanes")));
  options.readers = static_cast<int>(settings.integer(setting("postgres.readers")));
  options.around_answers = calls.together;
  options.webhooks_queued = calls.webhooks_queued;
  PURSER_TRY(auto store, postgres::open_postgres_store(std::move(options)));
  const app::Clock* database_clock = manual ? &clock : &postgres::clock_of(*store);
  return OpenedStore{std::move(store), database_clock};
}

Status check_encryption_key(app::Store& store, const Secret& key) {
  const auto view = store.view();
  PURSER_TRY(const std::vector<app::Project> projects, view->projects({"", 1}));
  if (projects.empty()) return {};
  PURSER_TRY(const std::vector<app::SigningKey> keys, view->signing_keys(projects.front().id));
  if (keys.empty()) return {};
  const app::SigningKey& sealed = keys.front();
  const std::string context =
      app::sealed_context(sealed.project, std::string(app::kSealedSigningKey) + sealed.kid);
  if (crypto::open(key, context, sealed.sealed_private_key)) return {};
  return Error{ErrorCode::kInternalError,
               "The encryption key is not the one that this database's secrets are sealed with. "
               "Copy encryption.key from the data folder of a server that works on it, or set "
               "encryption.key_file"};
}

}  // namespace purser::server
