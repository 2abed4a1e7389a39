#pragma once

// Projects, their keys, settings and catalogs.

#include <functional>
#include <string>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/ids.hpp"
#include "app/ports/payment_provider.hpp"
#include "app/ports/tokens.hpp"
#include "app/registry.hpp"

namespace purser::app {

struct NewProject {
  std::string display_name;
  ProjectId id;            ///< empty: a new unique id
  TeamId owner_team = {};  ///< see ProjectSettings
};
/// Texts of keys; empty: none of that kind.
struct FixedKeys {
  Secret publishable_client_key;
  Secret secret_server_key;
  Secret super_secret_admin_key;
};
/// Shown once.
struct ProjectKeys {
  Secret publishable_client_key;
  Secret secret_server_key;
  Secret super_secret_admin_key;
};
struct CreatedProject {
  Project project;
  ProjectKeys keys;
};
struct NewKey {
  AccessType access = AccessType::kServer;
  std::string description;
  std::optional<Timestamp> expires_at = {};
  KeyId id = {};  ///< empty: a new unique id
};
struct CreatedKey {
  ApiKey key;
  Secret secret;
};
/// Only the fields that are present change.
struct SettingsChange {
  std::optional<std::string> display_name;
  std::optional<std::vector<std::string>> trusted_domains;
  std::optional<bool> allow_localhost;
  std::optional<bool> block_new_purchases;
  std::optional<bool> test_mode;
  std::optional<bool> require_publishable_client_key;
  std::optional<int> past_due_grace_days;  ///< 0–60
  std::optional<domain::SwitchTime> downgrade_effective;
  std::optional<std::vector<OidcIssuer>> oidc_issuers;
  std::optional<bool> allow_private_webhook_addresses;
  std::optional<std::string> other_config;  ///< see ProjectSettings
  /// Empty: none any more. Refused (kAlreadyExists) while an account is connected.
  std::optional<Secret> stripe_secret_key;
  std::optional<std::vector<Secret>> stripe_webhook_secrets;  ///< empty ones are refused
};
struct PutCatalog {
  domain::Catalog catalog;
  bool dry_run = false;
};

/// What projects without a Stripe key of their own sell through: the platform's key, on behalf of
/// the project's connected account when it has one. Either may be empty: they cannot sell then.
/// Called from several threads; may block on the provider.
struct DefaultPayments {
  std::function<Result<ProviderCredentials>(const ProjectId&)> credentials;
  std::function<Result<std::vector<Secret>>(const ProjectId&)> webhook_secrets;
};

/// Use cases of administrators. Writes are functions on a batch, put through the engine by the
/// caller (HTTP, commands) under an idempotency key; what they append to `after` publishes to the
/// registry once it is durable. Thread-safe.
class Projects {
 public:
  Projects(Engine& engine, Store& store, Registry& registry, AccessTokens& tokens, Ids& ids,
           Secret encryption_key, DefaultPayments default_payments = {});

  /// Creates the project with its first three keys and its signing key.
  /// Errors: kAlreadyExists; kSchemaError for a bad id (UUID or [a-z0-9-]{1,64}).
  Result<CreatedProject> create(StoreBatch& batch, const NewProject& project, AfterCommit& after);
  Result<Project> update(StoreBatch& batch, const ProjectId& project, const SettingsChange& change,
                         AfterCommit& after);

  Result<CreatedKey> create_key(StoreBatch& batch, const ProjectId& project, const NewKey& key,
                                AfterCommit& after);
  Result<std::vector<ApiKey>> keys(const ProjectId& project);  ///< reads; blocks briefly
  Status revoke_key(StoreBatch& batch, const ProjectId& project, const KeyId& key,
                    AfterCommit& after);

  /// Makes these the project's only fixed keys: keys whose texts an operator chose, so that
  /// programs know them beforehand. Earlier ones that are not among them are revoked. The project
  /// is created when it is not there, and nothing happens when there are no keys and no project.
  Status put_fixed_keys(StoreBatch& batch, const ProjectId& project, const FixedKeys& keys,
                        AfterCommit& after);

  /// Applies a validated catalog; answers what it changes. Nothing is written when nothing changes.
  Result<domain::CatalogDiff> put_catalog(StoreBatch& batch, const ProjectId& project,
                                          const PutCatalog& put, AfterCommit& after);

  /// How the project reaches its provider: its own key, else the platform's, on behalf of the
  /// connected account when there is one; kPaymentsNotConfigured when there is neither.
  Result<ProviderCredentials> credentials(const Project& project) const;
  /// The platform's key, on nobody's behalf. Errors: kPaymentsNotConfigured.
  Result<ProviderCredentials> platform_credentials(const ProjectId& project) const;
  Result<std::vector<Secret>> webhook_secrets(const Project& project) const;
  /// Records what the provider says of the key's account.
  Status set_account(StoreBatch& batch, const ProjectId& project, const ProviderAccount& account,
                     AfterCommit& after);
  /// Records the account that was connected for the project under the platform's key; answers the
  /// one that stands (another call may have been faster). Errors: kAlreadyExists when the project
  /// has a Stripe key of its own by now.
  Result<std::string> connect_account(StoreBatch& batch, const ProjectId& project,
                                      const ProviderAccount& account, AfterCommit& after);
  /// Writes the last-used times that the registry collected. Blocks on the engine.
  Status flush_used_keys();

 private:
  Result<CreatedKey> insert_key(StoreBatch& batch, const ProjectId& project, const NewKey& key,
                                Secret secret, AfterCommit& after);

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  AccessTokens& tokens_;
  Ids& ids_;
  Secret encryption_key_;
  DefaultPayments default_payments_;
};

}  // namespace purser::app
