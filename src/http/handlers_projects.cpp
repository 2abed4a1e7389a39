#include <utility>

#include "app/projects.hpp"
#include "codec/catalog_codec.hpp"
#include "http/encode.hpp"
#include "http/handlers.hpp"
#include "http/paging.hpp"

namespace purser::http::handlers {
namespace {

std::vector<std::string> texts_of(const json::Value& list) {
  std::vector<std::string> texts;
  for (const json::Value& text : *list.as_array()) texts.push_back(*text.as_string());
  return texts;
}

// A member that is there and not null.
const json::Value* present(const json::Value& body, std::string_view name) {
  const json::Value* value = body.find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

app::SettingsChange settings_of(const json::Value& body) {
  app::SettingsChange change;
  change.display_name = body.string_at("display_name");
  change.allow_localhost = body.bool_at("allow_localhost");
  change.block_new_purchases = body.bool_at("block_new_purchases");
  change.test_mode = body.bool_at("test_mode");
  change.require_publishable_client_key = body.bool_at("require_publishable_client_key");
  change.allow_private_webhook_addresses = body.bool_at("allow_private_webhook_addresses");
  change.past_due_grace_days = body.int_at("past_due_grace_days");
  if (const auto time = body.string_at("downgrade_effective")) {
    change.downgrade_effective = domain::parse_switch_time(*time);
  }
  if (const auto* domains = present(body, "trusted_domains")) {
    change.trusted_domains = texts_of(*domains);
  }
  if (const auto* issuers = present(body, "oidc_issuers")) {
    change.oidc_issuers.emplace();
    for (const json::Value& issuer : *issuers->as_array()) {
      change.oidc_issuers->push_back({*issuer.string_at("issuer"), *issuer.string_at("audience"),
                                      *issuer.string_at("jwks_url")});
    }
  }
  if (const auto key = body.string_at("stripe_secret_key")) change.stripe_secret_key = Secret(*key);
  if (const auto* secrets = present(body, "stripe_webhook_secrets")) {
    change.stripe_webhook_secrets.emplace();
    for (const std::string& secret : texts_of(*secrets)) {
      change.stripe_webhook_secrets->push_back(Secret(secret));
    }
  }
  return change;
}

// Runs `decide` through the engine for the project that the call is about.
template <class DecideFor>
void write_project(const CallPtr& call, DecideFor decide) {
  const auto context = target_of(*call);
  if (!context) return call->core.answer(*call, context.error());
  call->core.write(call,
                   [id = (*context)->project.id, decide = std::move(decide)](
                       app::StoreBatch& batch, app::AfterCommit& after) -> Result<Written> {
                     return decide(id, batch, after);
                   });
}

}  // namespace

void get_catalog(const CallPtr& call) {
  const auto context = target_of(*call);
  if (!context) return call->core.answer(*call, context.error());
  call->core.answer(*call, codec::encode_catalog(*(*context)->catalog));
}

void put_catalog(const CallPtr& call) {
  auto catalog = codec::parse_catalog(call->request.body);
  if (!catalog) return call->core.answer(*call, catalog.error());
  app::PutCatalog put{*std::move(catalog), call->query_value("dry_run") == "true"};
  write_project(
      call,
      [call = call.get(), put = std::move(put)](const ProjectId& project, app::StoreBatch& batch,
                                                app::AfterCommit& after) -> Result<Written> {
        PURSER_TRY(const auto diff,
                   call->core.use().projects.put_catalog(batch, project, put, after));
        PURSER_TRY(const auto current, batch.catalog(project));
        return Written{.body = encode_catalog_diff(diff, current.version, put.dry_run)};
      });
}

void get_project(const CallPtr& call) {
  const auto context = target_of(*call);
  if (!context) return call->core.answer(*call, context.error());
  call->core.answer(*call, encode((*context)->project));
}

void update_project(const CallPtr& call) {
  write_project(call,
                [call = call.get(), change = settings_of(call->body)](
                    const ProjectId& project, app::StoreBatch& batch,
                    app::AfterCommit& after) -> Result<Written> {
                  PURSER_TRY(const auto updated,
                             call->core.use().projects.update(batch, project, change, after));
                  return Written{.body = encode(updated)};
                });
}

void create_key(const CallPtr& call) {
  app::NewKey key{*app::parse_access_type(*call->body.string_at("access_type")),
                  call->body.string_at("description").value_or("")};
  write_project(
      call,
      [call = call.get(), key = std::move(key)](const ProjectId& project, app::StoreBatch& batch,
                                                app::AfterCommit& after) -> Result<Written> {
        PURSER_TRY(const auto made,
                   call->core.use().projects.create_key(batch, project, key, after));
        return Written{.status = 201, .body = encode_created_key(made)};
      });
}

void list_keys(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  const auto context = target_of(*call);
  if (!context) return call->core.answer(*call, context.error());
  auto keys = call->core.use().projects.keys((*context)->project.id);
  if (!keys) return call->core.answer(*call, keys.error());
  const auto key = [](const app::ApiKey& row) { return row.id.str(); };
  call->core.answer(*call, encode_all(*call, *page, *std::move(keys), key));
}

void revoke_key(const CallPtr& call) {
  write_project(call,
                [call = call.get()](const ProjectId& project, app::StoreBatch& batch,
                                    app::AfterCommit& after) -> Result<Written> {
                  const KeyId key(call->parameter("key_id"));
                  PURSER_CHECK_OK(call->core.use().projects.revoke_key(batch, project, key, after));
                  return Written{.body = encode_done()};
                });
}

}  // namespace purser::http::handlers
