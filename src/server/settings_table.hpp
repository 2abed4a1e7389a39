#pragma once

// Every setting of the server, declared once. Its file key, environment variable, flag, checks, the
// output of `purser config` and docs/reference/settings.md all come from this table.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace purser::server {

enum class SettingType : std::uint8_t {
  kText,
  kInteger,
  kBoolean,
  kChoice,   ///< one of the words in `choices`
  kAddress,  ///< HOST:PORT, port 0 picks a free one; IPv6 hosts in brackets
  kUrl,      ///< an absolute http or https URL without a query
  kSecret,
  kSecretList,  ///< a TOML array; separated by commas in the environment
};

/// One setting. All texts live as long as the program.
struct SettingRow {
  std::string_view key = {};  ///< dotted path in the TOML file
  std::string_view env = {};  ///< environment variable
  std::string_view
      flag;  ///< without dashes; empty: none, as flags of a process can be seen by others
  SettingType type = SettingType::kText;
  std::string_view unit = {};         ///< of an integer: "ms", "bytes", …
  std::int64_t min = 0;               ///< of an integer, inclusive
  std::int64_t max = 0;               ///< of an integer, inclusive
  std::string_view choices = {};      ///< of a choice: "json|text"
  std::string_view fallback = {};     ///< the default, written as in the environment; empty: none
  bool needs_restart = true;          ///< false: a running server takes the new value on SIGHUP
  std::string_view description = {};  ///< full sentences, Markdown
};

inline constexpr SettingRow kSettings[] = {
    {.key = "data",
     .env = "PURSER_DATA",
     .flag = "data",
     .fallback = "./data",
     .description =
         "The folder of everything that the server keeps: the database, the root key, the "
         "encryption key and the sandbox's state. Created with mode 0700."},
    {.key = "database",
     .env = "PURSER_DATABASE",
     .flag = "database",
     .description =
         "Where the database is: `sqlite:PATH`, or `postgres://…` for any number of servers on one "
         "PostgreSQL (docs/guide/postgresql.md). Without it, `purser.db` in the data folder."},
    {.key = "postgres.lanes",
     .env = "PURSER_POSTGRES_LANES",
     .flag = "postgres-lanes",
     .type = SettingType::kInteger,
     .unit = "connections",
     .min = 1,
     .max = 16,
     .fallback = "2",
     .description =
         "Connections to PostgreSQL that commit changes of known customers, beside one for all "
         "other changes. A customer's changes go through one of them."},
    {.key = "postgres.readers",
     .env = "PURSER_POSTGRES_READERS",
     .flag = "postgres-readers",
     .type = SettingType::kInteger,
     .unit = "connections",
     .min = 2,
     .max = 64,
     .fallback = "4",
     .description =
         "Connections to PostgreSQL that answer reads of items, and as many for all other reads."},
    {.key = "http.listen",
     .env = "PURSER_HTTP_LISTEN",
     .flag = "listen",
     .type = SettingType::kAddress,
     .fallback = "127.0.0.1:8130",
     .description = "The address to serve on. Port 0 picks a free port."},
    {.key = "http.public_url",
     .env = "PURSER_HTTP_PUBLIC_URL",
     .flag = "http-public-url",
     .type = SettingType::kUrl,
     .description =
         "The URL under which buyers and Stripe reach the server; pages, redirects and the issuer "
         "of access tokens are made from it. Without it, `http://` and the address served on."},
    {.key = "http.threads",
     .env = "PURSER_HTTP_THREADS",
     .flag = "http-threads",
     .type = SettingType::kInteger,
     .unit = "threads",
     .min = 0,
     .max = 64,
     .fallback = "0",
     .description = "Threads that read and write connections. 0: one for each processor, at most "
                    "8."},
    {.key = "http.max_body_bytes",
     .env = "PURSER_HTTP_MAX_BODY_BYTES",
     .flag = "http-max-body-bytes",
     .type = SettingType::kInteger,
     .unit = "bytes",
     .min = 4096,
     .max = 1024 * 1024,
     .fallback = "1048576",
     .description = "The largest body that the server reads; larger ones get 413. Routes have "
                    "limits of their own "
                    "(256 KiB; catalogs and webhooks 1 MiB), which this one can only lower."},
    {.key = "http.request_timeout_ms",
     .env = "PURSER_HTTP_REQUEST_TIMEOUT_MS",
     .flag = "http-request-timeout-ms",
     .type = SettingType::kInteger,
     .unit = "ms",
     .min = 100,
     .max = 300'000,
     .fallback = "10000",
     .description = "How long a request may take to arrive completely; then it gets 408."},
    {.key = "http.idle_timeout_ms",
     .env = "PURSER_HTTP_IDLE_TIMEOUT_MS",
     .flag = "http-idle-timeout-ms",
     .type = SettingType::kInteger,
     .unit = "ms",
     .min = 1'000,
     .max = 3'600'000,
     .fallback = "60000",
     .description = "How long a connection may wait between requests before it is closed."},
    {.key = "http.max_connections",
     .env = "PURSER_HTTP_MAX_CONNECTIONS",
     .flag = "http-max-connections",
     .type = SettingType::kInteger,
     .unit = "connections",
     .min = 1,
     .max = 1'000'000,
     .fallback = "10000",
     .description = "Connections served at once; further ones are closed on arrival."},
    {.key = "workers",
     .env = "PURSER_WORKERS",
     .flag = "workers",
     .type = SettingType::kInteger,
     .unit = "threads",
     .min = 1,
     .max = 256,
     .fallback = "8",
     .description = "Threads for the use cases that wait: Stripe, foreign issuers, lists."},
    {.key = "engine.queue_limit",
     .env = "PURSER_ENGINE_QUEUE_LIMIT",
     .flag = "engine-queue-limit",
     .type = SettingType::kInteger,
     .unit = "commands",
     .min = 1,
     .max = 1'000'000,
     .fallback = "10000",
     .description =
         "Commands that may wait to be committed; further ones get 503 with Retry-After."},
    {.key = "engine.batch_limit",
     .env = "PURSER_ENGINE_BATCH_LIMIT",
     .flag = "engine-batch-limit",
     .type = SettingType::kInteger,
     .unit = "commands",
     .min = 1,
     .max = 10'000,
     .fallback = "512",
     .description = "Commands committed together at most."},
    {.key = "cache.items",
     .env = "PURSER_CACHE_ITEMS",
     .flag = "cache-items",
     .type = SettingType::kInteger,
     .unit = "accounts",
     .min = 1'000,
     .max = 100'000'000,
     .fallback = "600000",
     .description = "Room in memory for about this many balances of customers' items, for as many "
                    "customers, and for as many who own nothing; 80 bytes for the three."},
    {.key = "log.format",
     .env = "PURSER_LOG_FORMAT",
     .flag = "log-format",
     .type = SettingType::kChoice,
     .choices = "json|text",
     .fallback = "text",
     .description = "One JSON object or one line of text for each event, on standard error."},
    {.key = "log.level",
     .env = "PURSER_LOG_LEVEL",
     .flag = "log-level",
     .type = SettingType::kChoice,
     .choices = "debug|info|warn|error",
     .fallback = "info",
     .needs_restart = false,
     .description =
         "The least important events that are logged. Requests that went well are logged at "
         "`debug` only."},
    {.key = "stripe.secret_key",
     .env = "PURSER_STRIPE_SECRET_KEY",
     .flag = "",
     .type = SettingType::kSecret,
     .description =
         "The Stripe key of projects that have none of their own. Without it, such projects sell "
         "through the embedded sandbox, where no money moves."},
    {.key = "stripe.webhook_secret",
     .env = "PURSER_STRIPE_WEBHOOK_SECRET",
     .flag = "",
     .type = SettingType::kSecretList,
     .description =
         "The signing secrets of Stripe's webhook endpoint for `stripe.secret_key`; during a "
         "rotation both are valid. Required when there is a key: unsigned events are never taken."},
    {.key = "stripe.base_url",
     .env = "PURSER_STRIPE_BASE_URL",
     .flag = "stripe-base-url",
     .type = SettingType::kUrl,
     .description = "Where Stripe's API is. Without it, `https://api.stripe.com` when there is a "
                    "`stripe.secret_key`, else the embedded sandbox."},
    {.key = "sandbox.enabled",
     .env = "PURSER_SANDBOX_ENABLED",
     .flag = "sandbox-enabled",
     .type = SettingType::kBoolean,
     .fallback = "true",
     .description =
         "Whether the embedded Stripe sandbox runs when nothing else is named as Stripe."},
    {.key = "sandbox.listen",
     .env = "PURSER_SANDBOX_LISTEN",
     .flag = "sandbox-listen",
     .type = SettingType::kAddress,
     .fallback = "127.0.0.1:0",
     .description = "The address of the embedded sandbox. Port 0 picks a free port."},
    {.key = "idempotency.retention_days",
     .env = "PURSER_IDEMPOTENCY_RETENTION_DAYS",
     .flag = "idempotency-retention-days",
     .type = SettingType::kInteger,
     .unit = "days",
     .min = 7,
     .max = 365,
     .fallback = "7",
     .description = "How long the answer to an idempotency key is kept."},
    {.key = "encryption.key",
     .env = "PURSER_ENCRYPTION_KEY",
     .flag = "",
     .type = SettingType::kSecret,
     .description =
         "The key that secrets in the database are sealed with: 32 bytes as 64 hexadecimal digits. "
         "Without it, the one in `encryption.key_file`."},
    {.key = "encryption.key_file",
     .env = "PURSER_ENCRYPTION_KEY_FILE",
     .flag = "encryption-key-file",
     .description =
         "A file with that key. Without both, `encryption.key` in the data folder, made with mode "
         "0600 at the first start. Back it up apart from the database."},
    {.key = "sessions.access_token_ttl_s",
     .env = "PURSER_SESSIONS_ACCESS_TOKEN_TTL_S",
     .flag = "sessions-access-token-ttl-s",
     .type = SettingType::kInteger,
     .unit = "s",
     .min = 60,
     .max = 86'400,
     .fallback = "600",
     .description = "How long an access token of our own is valid."},
    {.key = "sessions.refresh_token_ttl_days",
     .env = "PURSER_SESSIONS_REFRESH_TOKEN_TTL_DAYS",
     .flag = "sessions-refresh-token-ttl-days",
     .type = SettingType::kInteger,
     .unit = "days",
     .min = 1,
     .max = 3'650,
     .fallback = "365",
     .description = "How long a session lives."},
    {.key = "oidc.allow_private_addresses",
     .env = "PURSER_OIDC_ALLOW_PRIVATE_ADDRESSES",
     .flag = "oidc-allow-private-addresses",
     .type = SettingType::kBoolean,
     .fallback = "false",
     .description =
         "Whether the keys of a foreign issuer may be fetched from loopback and private addresses, "
         "and by plain http from loopback. For tests and for issuers inside one's own network."},
    {.key = "events.retention_days",
     .env = "PURSER_EVENTS_RETENTION_DAYS",
     .flag = "events-retention-days",
     .type = SettingType::kInteger,
     .unit = "days",
     .min = 1,
     .max = 3650,
     .fallback = "30",
     .description =
         "How long events and what became of their deliveries are kept, and so how far back a "
         "replay goes. What an enabled endpoint is still to get is kept longer."},
    {.key = "compat.internal_project_keys",
     .env = "PURSER_COMPAT_INTERNAL_PROJECT_KEYS",
     .flag = "",
     .type = SettingType::kSecretList,
     .description =
         "Fixed keys of the project `internal`, in which those live who make projects through the "
         "Stack Auth protocol: a publishable client key, a secret server key and a super secret "
         "admin key, in this order. The project is made when it is not there; without this "
         "setting it has no fixed keys. Whoever knows them may make projects."},
    {.key = "clock",
     .env = "PURSER_CLOCK",
     .flag = "clock",
     .type = SettingType::kChoice,
     .choices = "system|manual",
     .fallback = "system",
     .description =
         "`manual` starts at the system's time, or where it was left if that is later, and then "
         "stands still until `POST /internal/clock` moves it forward. For tests and demonstrations "
         "only."},
    {.key = "drain.announce_ms",
     .env = "PURSER_DRAIN_ANNOUNCE_MS",
     .flag = "drain-announce-ms",
     .type = SettingType::kInteger,
     .unit = "ms",
     .min = 0,
     .max = 600'000,
     .fallback = "0",
     .description =
         "How long after SIGTERM or SIGINT requests are still taken while `/readyz` says 503, so "
         "that a load balancer sends the next ones elsewhere. Behind one, a few of its checks' "
         "intervals; `drain.deadline_ms` begins afterwards."},
    {.key = "drain.deadline_ms",
     .env = "PURSER_DRAIN_DEADLINE_MS",
     .flag = "drain-deadline-ms",
     .type = SettingType::kInteger,
     .unit = "ms",
     .min = 0,
     .max = 600'000,
     .fallback = "10000",
     .description = "How long running requests may take after SIGTERM or SIGINT."},
};

inline constexpr std::size_t kSettingCount = std::size(kSettings);

/// The row of a key, found while compiling: a key that is not in the table does not compile.
consteval std::size_t setting(std::string_view key) {
  for (std::size_t i = 0; i < kSettingCount; ++i) {
    if (kSettings[i].key == key) return i;
  }
  throw "no such setting";  // tidy: allow throw: only a compiler ever reaches it
}

}  // namespace purser::server
