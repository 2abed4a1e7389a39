#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "app/projects.hpp"
#include "http/compat/authenticate.hpp"
#include "http/compat/config.hpp"
#include "http/compat/handlers_people.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/people_json.hpp"
#include "http/core.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr int kMaxTeams = 1000;

void write_domains(json::Writer& out, const app::ProjectSettings& settings) {
  out.key("domains").begin_array();
  for (const std::string& domain : settings.trusted_domains) {
    out.begin_object().field("domain", domain).field("handler_path", "/handler").end_object();
  }
  out.end_array();
}

// What clients may know; most of it is not offered here.
void write_client_config(json::Writer& out, const app::ProjectSettings& settings) {
  out.field("sign_up_enabled", config_flag(settings, "auth.allowSignUp", true));
  out.field("credential_enabled", config_flag(settings, "auth.password.allowSignIn", true));
  out.field("client_team_creation_enabled", true);
  out.field("allow_localhost", settings.allow_localhost);
  for (const char* name : {"magic_link_enabled", "passkey_enabled", "client_user_deletion_enabled",
                           "allow_user_api_keys", "allow_team_api_keys"}) {
    out.field(name, false);
  }
  out.key("enabled_oauth_providers").begin_array().end_array();
  write_domains(out, settings);
}

void write_admin_config(json::Writer& out, const app::ProjectSettings& settings) {
  out.key("config").begin_object();
  write_client_config(out, settings);
  for (const char* name : {"oauth_providers", "team_creator_default_permissions",
                           "team_member_default_permissions", "user_default_permissions"}) {
    out.key(name).begin_array();
    if (std::string_view(name).starts_with("team_creator")) {
      out.begin_object().field("id", app::kTeamAdmin).end_object();
    }
    out.end_array();
  }
  out.key("email_config").begin_object().field("type", "shared").end_object();
  out.field("email_theme", "").field("create_team_on_sign_up", false);
  out.field("oauth_account_merge_strategy", "link_method").end_object();
}

void write_project(json::Writer& out, const app::Project& project) {
  const app::ProjectSettings& settings = project.settings;
  out.begin_object().field("id", project.id.str()).field("display_name", project.display_name);
  out.field("description", "").key("logo_url").null().key("logo_full_url").null();
  out.field("created_at_millis", project.created_at.millis());
  out.field("is_production_mode", false).field("is_development_environment", false);
  const std::string& owner = settings.owner_team.str();
  out.field_or_null("owner_team_id", owner.empty() ? std::nullopt : std::optional(owner));
  out.field("onboarding_status", "completed").key("onboarding_state").null();
  write_admin_config(out, settings);
  out.end_object();
}

std::string encode_project(const app::Project& project) {
  json::Writer out;
  write_project(out, project);
  return out.take();
}

app::SettingsChange change_of(const app::ProjectSettings& current, const json::Value& body) {
  app::SettingsChange change;
  change.display_name = body.string_at("display_name");
  const json::Value* config = body.find("config");
  if (config == nullptr || config->as_object() == nullptr) return change;
  change.allow_localhost = config->bool_at("allow_localhost");
  const json::Value* domains = config->find("domains");
  if (domains != nullptr && domains->as_array() != nullptr) {
    change.trusted_domains.emplace();
    for (const json::Value& domain : *domains->as_array()) {
      change.trusted_domains->push_back(domain.string_at("domain").value_or(""));
    }
  }
  json::Value other = json::parse(current.other_config.empty() ? "{}" : current.other_config)
                          .value_or(json::Value(json::Object()));
  const auto keep = [&](const char* name, const char* path) {
    if (const auto flag = config->bool_at(name)) set_config(other, path, {*flag});
  };
  keep("sign_up_enabled", "auth.allowSignUp");
  keep("credential_enabled", "auth.password.allowSignIn");
  if (!other.as_object()->empty()) change.other_config = json::dump(other);
  return change;
}

/// The caller, when it is a signed-in user of the project in which owners of projects live.
std::variant<UserId, Reply> owner(const Call& call) {
  if (call.project().str() == kInternalProject) return signed_in(call);
  return plain(403, "Projects are made and listed by users of the project \"internal\".");
}

Result<std::string> list_owned(const Call& call, const UserId& user) {
  auto& use = call.core.use();
  PURSER_TRY(const auto memberships,
             use.store.view()->memberships(call.project(), user, {"", kMaxTeams}));
  json::Writer rows;
  rows.begin_array();
  for (const ProjectId& id : use.registry.projects()) {
    const auto context = use.registry.project(id);
    if (context == nullptr || context->project.settings.owner_team.empty()) continue;
    const TeamId& team = context->project.settings.owner_team;
    const bool is_owned = std::ranges::any_of(
        memberships, [&](const app::Membership& membership) { return membership.team == team; });
    if (is_owned) write_project(rows, context->project);
  }
  rows.end_array();
  return encode_list(rows.str(), std::nullopt);
}

Result<app::Project> make_project(const Call& call, const UserId& user, app::StoreBatch& batch,
                                  app::AfterCommit& after) {
  auto& projects = call.core.use().projects;
  app::NewProject wanted;
  wanted.display_name = *call.body.string_at("display_name");
  wanted.owner_team = TeamId(*call.body.string_at("owner_team_id"));
  PURSER_TRY(const auto membership, batch.membership(call.project(), wanted.owner_team, user));
  if (!membership) {
    return Error{
        ErrorCode::kTeamNotFound, "Team not found.", {{"team_id", wanted.owner_team.str()}}};
  }
  PURSER_TRY(const auto made, projects.create(batch, wanted, after));
  app::SettingsChange change = change_of(made.project.settings, call.body);
  change.test_mode = true;  // the protocol's default
  return projects.update(batch, made.project.id, change, after);
}

}  // namespace

void get_current_project(const CallPtr& call) {
  const app::Project& project = call->context().project;
  json::Writer out;
  out.begin_object().field("id", project.id.str()).field("display_name", project.display_name);
  out.key("config").begin_object();
  write_client_config(out, project.settings);
  out.end_object().end_object();
  call->core.answer(*call, out.take());
}

void list_projects(const CallPtr& call) {
  auto caller = owner(*call);
  if (auto* refusal = std::get_if<Reply>(&caller)) return call->core.answer(*call, *refusal);
  auto body = list_owned(*call, std::get<UserId>(caller));
  if (!body) return call->core.answer(*call, body.error());
  call->core.answer(*call, *std::move(body));
}

void create_project(const CallPtr& call) {
  auto caller = owner(*call);
  if (auto* refusal = std::get_if<Reply>(&caller)) return call->core.answer(*call, *refusal);
  call->core.write(call,
                   [call = call.get(), user = std::get<UserId>(caller)](
                       app::StoreBatch& batch, app::AfterCommit& after) -> Result<Written> {
                     PURSER_TRY(const auto made, make_project(*call, user, batch, after));
                     return Written{.status = 201, .body = encode_project(made)};
                   });
}

void get_project(const CallPtr& call) {
  call->core.answer(*call, encode_project(call->context().project));
}

void update_project(const CallPtr& call) {
  call->core.write(
      call,
      [call = call.get()](app::StoreBatch& batch, app::AfterCommit& after) -> Result<Written> {
        PURSER_TRY(const auto current, batch.project(call->project()));
        const auto change = change_of(current.value_or(app::Project()).settings, call->body);
        PURSER_TRY(const auto updated,
                   call->core.use().projects.update(batch, call->project(), change, after));
        return Written{.body = encode_project(updated)};
      });
}

}  // namespace purser::http::compat::handlers
