#include "app/projects.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "app/events.hpp"
#include "app/redirect.hpp"
#include "app/sealed.hpp"

namespace purser::app {
namespace {

constexpr int kMaxGraceDays = 60;
/// The description of keys by which put_fixed_keys knows them.
constexpr std::string_view kFixedKey = "fixed by the configuration";

Error project_not_found(const ProjectId& id) {
  return {ErrorCode::kProjectNotFound, "No such project.", {{"project_id", id.str()}}};
}
Error account_is_connected(const std::string& account) {
  return {ErrorCode::kAlreadyExists,
          "The project sells through the connected account " + account +
              "; it cannot have a Stripe key of its own as well.",
          {{"account_id", account}}};
}
Error schema_error(const std::string& path, const std::string& message) {
  return {ErrorCode::kSchemaError,
          path + " " + message + ".",
          {{"fields", std::vector<FieldError>{{path, message}}}}};
}

// A UUID in either letter case, or [a-z0-9-]{1,64}.
bool is_project_id(const std::string& id) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (!id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), is_plain)) return true;
  if (id.size() != 36) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = id[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (hyphen ? c != '-' : !hex) return false;
  }
  return true;
}

std::string_view prefix_of(AccessType access) {
  switch (access) {
    case AccessType::kClient:
      return "pck_";
    case AccessType::kServer:
      return "ssk_";
    case AccessType::kAdmin:
      break;
  }
  return "sak_";
}

CreatedKey make_key(Ids& ids, const ProjectId& project, const NewKey& wanted, Secret secret,
                    Timestamp now) {
  CreatedKey created;
  created.secret = std::move(secret);
  const std::string& text = created.secret.reveal();
  ApiKey& key = created.key;
  key.id = wanted.id.empty() ? KeyId(ids.unique_id()) : wanted.id;
  key.project = project;
  key.access = wanted.access;
  key.hash = crypto::sha256(text);
  key.hint =
      text.substr(0, 4) + "…" + text.substr(text.size() - std::min<std::size_t>(4, text.size()));
  key.description = wanted.description;
  key.created_at = now;
  key.expires_at = wanted.expires_at;
  return created;
}

// Live keys say so in their prefix. Source: https://docs.stripe.com/keys
bool is_live_key(const Secret& key) {
  return key.reveal().starts_with("sk_live_") || key.reveal().starts_with("rk_live_");
}

bool is_header_safe(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Status check_settings(const SettingsChange& change) {
  std::vector<FieldError> errors;
  const auto wrong = [&errors](std::string path, std::string message) {
    errors.push_back({std::move(path), std::move(message)});
  };
  if (change.trusted_domains) {
    for (std::size_t i = 0; i < change.trusted_domains->size(); ++i) {
      if (!parse_trusted_domain((*change.trusted_domains)[i])) {
        wrong("body.trusted_domains." + std::to_string(i),
              "must be an origin like https://app.example.com or https://*.example.com");
      }
    }
  }
  if (change.oidc_issuers) {
    for (std::size_t i = 0; i < change.oidc_issuers->size(); ++i) {
      const OidcIssuer& issuer = (*change.oidc_issuers)[i];
      const std::string path = "body.oidc_issuers." + std::to_string(i);
      if (issuer.issuer.empty()) wrong(path + ".issuer", "must not be empty");
      if (issuer.audience.empty()) wrong(path + ".audience", "must not be empty");
      if (!origin_of_url(issuer.jwks_url)) wrong(path + ".jwks_url", "must be an https URL");
    }
  }
  if (change.past_due_grace_days &&
      (*change.past_due_grace_days < 0 || *change.past_due_grace_days > kMaxGraceDays)) {
    wrong("body.past_due_grace_days", "must be from 0 to " + std::to_string(kMaxGraceDays));
  }
  if (change.stripe_secret_key && !is_header_safe(change.stripe_secret_key->reveal())) {
    wrong("body.stripe_secret_key", "must be a key without spaces");
  }
  if (change.stripe_webhook_secrets) {
    for (std::size_t i = 0; i < change.stripe_webhook_secrets->size(); ++i) {
      const std::string& secret = (*change.stripe_webhook_secrets)[i].reveal();
      if (secret.empty() || !is_header_safe(secret)) {
        wrong("body.stripe_webhook_secrets." + std::to_string(i), "must not be empty");
      }
    }
  }
  if (errors.empty()) return {};
  return Error{ErrorCode::kSchemaError,
               "The settings have errors; nothing was changed.",
               {{"fields", std::move(errors)}}};
}

void apply_settings(Project& project, const SettingsChange& change) {
  ProjectSettings& settings = project.settings;
  if (change.display_name) project.display_name = *change.display_name;
  if (change.trusted_domains) settings.trusted_domains = *change.trusted_domains;
  if (change.allow_localhost) settings.allow_localhost = *change.allow_localhost;
  if (change.block_new_purchases) settings.block_new_purchases = *change.block_new_purchases;
  if (change.test_mode) settings.test_mode = *change.test_mode;
  if (change.require_publishable_client_key) {
    settings.require_publishable_client_key = *change.require_publishable_client_key;
  }
  if (change.past_due_grace_days) settings.past_due_grace_days = *change.past_due_grace_days;
  if (change.downgrade_effective) settings.downgrade_effective = *change.downgrade_effective;
  if (change.allow_private_webhook_addresses) {
    settings.allow_private_webhook_addresses = *change.allow_private_webhook_addresses;
  }
  if (change.oidc_issuers) settings.oidc_issuers = *change.oidc_issuers;
  if (change.other_config) settings.other_config = *change.other_config;
}

void apply_payments(Project& project, const SettingsChange& change, const Secret& encryption_key) {
  ProjectPayments& payments = project.payments;
  // With a connected account there is no key of its own to take away.
  if (change.stripe_secret_key && payments.connected_account.empty()) {
    const Secret& key = *change.stripe_secret_key;
    // Another key may be another account: it is asked for again before the next sale.
    payments.account_id.clear();
    payments.reconciled_until.reset();
    payments.livemode = is_live_key(key);
    payments.sealed_secret_key =
        key.empty()
            ? std::string()
            : crypto::seal(encryption_key, sealed_context(project.id, kSealedStripeKey), key);
  }
  if (change.stripe_webhook_secrets) {
    payments.sealed_webhook_secrets.clear();
    for (const Secret& secret : *change.stripe_webhook_secrets) {
      payments.sealed_webhook_secrets.push_back(
          crypto::seal(encryption_key, sealed_context(project.id, kSealedWebhookSecret), secret));
    }
  }
}

}  // namespace

Projects::Projects(Engine& engine, Store& store, Registry& registry, AccessTokens& tokens, Ids& ids,
                   Secret encryption_key, DefaultPayments default_payments)
    : engine_(engine),
      store_(store),
      registry_(registry),
      tokens_(tokens),
      ids_(ids),
      encryption_key_(std::move(encryption_key)),
      default_payments_(std::move(default_payments)) {}

Result<CreatedProject> Projects::create(StoreBatch& batch, const NewProject& project,
                                        AfterCommit& after) {
  CreatedProject created;
  Project& made = created.project;
  made.id = project.id.empty() ? ProjectId(ids_.unique_id()) : project.id;
  if (!is_project_id(made.id.str())) {
    return schema_error("body.id", "must be a UUID or match [a-z0-9-]{1,64}");
  }
  made.display_name = project.display_name;
  made.settings.owner_team = project.owner_team;
  made.created_at = batch.now();
  PURSER_TRY(const std::optional<Project> known, batch.project(made.id));
  if (known) {
    return Error{ErrorCode::kAlreadyExists,
                 "A project with this id exists already.",
                 {{"project_id", made.id.str()}}};
  }
  PURSER_TRY(AccessTokens::KeyPair pair, tokens_.make_key_pair());
  SigningKey signing;
  signing.project = made.id;
  signing.kid = pair.kid;
  signing.public_jwk = std::move(pair.public_jwk);
  signing.sealed_private_key = crypto::seal(
      encryption_key_, sealed_context(made.id, std::string(kSealedSigningKey) + pair.kid),
      pair.private_pem);
  signing.created_at = batch.now();
  PURSER_CHECK_OK(batch.insert_project(made));
  PURSER_CHECK_OK(batch.insert_signing_key(signing));
  after.emplace_back([this, made] { registry_.publish(made); });
  after.emplace_back([this, signing] { registry_.publish(signing); });

  const auto add = [&](AccessType access) -> Result<Secret> {
    PURSER_TRY(CreatedKey key,
               create_key(batch, made.id, {access, "created with the project"}, after));
    return std::move(key.secret);
  };
  PURSER_TRY(created.keys.publishable_client_key, add(AccessType::kClient));
  PURSER_TRY(created.keys.secret_server_key, add(AccessType::kServer));
  PURSER_TRY(created.keys.super_secret_admin_key, add(AccessType::kAdmin));
  PURSER_CHECK_OK(append_event(batch, made.id, "project.created", {}));
  return created;
}

Result<Project> Projects::update(StoreBatch& batch, const ProjectId& project,
                                 const SettingsChange& change, AfterCommit& after) {
  PURSER_CHECK_OK(check_settings(change));
  PURSER_TRY(std::optional<Project> found, batch.project(project));
  if (!found) return project_not_found(project);
  const std::string& connected = found->payments.connected_account;
  if (change.stripe_secret_key && !change.stripe_secret_key->empty() && !connected.empty()) {
    return account_is_connected(connected);
  }
  apply_settings(*found, change);
  apply_payments(*found, change, encryption_key_);
  PURSER_CHECK_OK(batch.update_project(*found));
  PURSER_CHECK_OK(append_event(batch, project, "project.updated", {}));
  after.emplace_back([this, updated = *found] { registry_.publish(updated); });
  // Tokens of an issuer that is no longer trusted must stop at once.
  if (change.oidc_issuers) after.emplace_back([this, project] { tokens_.forget(project); });
  return *std::move(found);
}

Result<CreatedKey> Projects::create_key(StoreBatch& batch, const ProjectId& project,
                                        const NewKey& key, AfterCommit& after) {
  PURSER_TRY(const std::optional<Project> found, batch.project(project));
  if (!found) return project_not_found(project);
  return insert_key(batch, project, key, ids_.secret(prefix_of(key.access)), after);
}

Result<CreatedKey> Projects::insert_key(StoreBatch& batch, const ProjectId& project,
                                        const NewKey& key, Secret secret, AfterCommit& after) {
  CreatedKey created = make_key(ids_, project, key, std::move(secret), batch.now());
  PURSER_CHECK_OK(batch.insert_key(created.key));
  PURSER_CHECK_OK(append_event(batch, project, "key.created", {{"key_id", created.key.id.str()}}));
  after.emplace_back([this, made = created.key] { registry_.publish(made); });
  return created;
}

Result<std::vector<ApiKey>> Projects::keys(const ProjectId& project) {
  return store_.view()->keys(project);
}

Status Projects::revoke_key(StoreBatch& batch, const ProjectId& project, const KeyId& key,
                            AfterCommit& after) {
  PURSER_TRY(const std::vector<ApiKey> keys, batch.keys(project));
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const ApiKey& k) { return k.id == key; });
  if (found == keys.end() || found->revoked_at) {
    return Error{ErrorCode::kKeyNotFound, "No such key in this project.", {{"key_id", key.str()}}};
  }
  ApiKey revoked = *found;
  revoked.revoked_at = batch.now();
  PURSER_CHECK_OK(batch.update_key(revoked));
  PURSER_CHECK_OK(append_event(batch, project, "key.revoked", {{"key_id", key.str()}}));
  after.emplace_back([this, revoked] { registry_.publish(revoked); });
  return {};
}

Status Projects::put_fixed_keys(StoreBatch& batch, const ProjectId& project, const FixedKeys& keys,
                                AfterCommit& after) {
  std::map<crypto::Digest, std::pair<AccessType, const Secret*>> wanted;
  const auto want = [&wanted](AccessType access, const Secret& text) {
    if (!text.empty()) wanted[crypto::sha256(text.reveal())] = {access, &text};
  };
  want(AccessType::kClient, keys.publishable_client_key);
  want(AccessType::kServer, keys.secret_server_key);
  want(AccessType::kAdmin, keys.super_secret_admin_key);
  PURSER_TRY(const std::optional<Project> found, batch.project(project));
  if (!found && wanted.empty()) return {};
  if (!found) {
    NewProject made;
    made.display_name = project.str();
    made.id = project;
    PURSER_CHECK_OK(create(batch, made, after));
  }
  PURSER_TRY(const std::vector<ApiKey> known, batch.keys(project));
  for (ApiKey key : known) {
    if (key.description != kFixedKey) continue;
    const bool is_wanted = wanted.erase(key.hash) > 0;
    if (is_wanted != key.revoked_at.has_value()) continue;
    key.revoked_at.reset();
    if (!is_wanted) key.revoked_at = batch.now();
    PURSER_CHECK_OK(batch.update_key(key));
    after.emplace_back([this, key] { registry_.publish(key); });
  }
  for (const auto& [hash, key] : wanted) {
    const NewKey described{key.first, std::string(kFixedKey)};
    PURSER_CHECK_OK(insert_key(batch, project, described, *key.second, after));
  }
  return {};
}

Result<domain::CatalogDiff> Projects::put_catalog(StoreBatch& batch, const ProjectId& project,
                                                  const PutCatalog& put, AfterCommit& after) {
  // Read as if it were to change, so that no other node puts a catalog at the same time.
  PURSER_TRY(const std::optional<Project> found, batch.project(project));
  if (!found) return project_not_found(project);
  PURSER_TRY(const domain::Catalog current, batch.catalog(project));
  domain::CatalogDiff diff = domain::diff(current, put.catalog);
  if (diff.empty() || put.dry_run) return diff;
  auto next = std::make_shared<domain::Catalog>(put.catalog);
  next->version = current.version + 1;
  PURSER_CHECK_OK(batch.put_catalog(project, *next));
  PURSER_CHECK_OK(append_event(batch, project, "catalog.updated", {{"version", next->version}}));
  after.emplace_back([this, project, catalog = std::shared_ptr<const domain::Catalog>(next)] {
    registry_.publish(project, catalog);
  });
  return diff;
}

Status Projects::flush_used_keys() {
  const auto used = registry_.take_used_keys();
  if (used.empty()) return {};
  return engine_.apply([&used](StoreBatch& batch) -> Status {
    for (const auto& [key, at] : used) {
      // Read again: the key may have been revoked meanwhile.
      PURSER_TRY(const std::vector<ApiKey> keys, batch.keys(key.project));
      for (ApiKey current : keys) {
        if (current.id != key.id) continue;
        current.last_used_at = at;
        PURSER_CHECK_OK(batch.update_key(current));
      }
    }
    return {};
  });
}

}  // namespace purser::app
