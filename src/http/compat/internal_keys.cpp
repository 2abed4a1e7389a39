#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/projects.hpp"
#include "http/compat/handlers_people.hpp"
#include "http/compat/people_json.hpp"
#include "http/core.hpp"

// The protocol makes keys in sets of up to three. Here each key stands alone; those of a set have
// ids with the set's in front: "SET.client".

namespace purser::http::compat::handlers {
namespace {

/// The end of time, for who cannot imagine a key without one.
constexpr std::int64_t kNeverMillis = Timestamp::kMaxMillis;

struct KeyName {
  app::AccessType access;
  const char* wanted;
  const char* name;
};
constexpr KeyName kKeyNames[] = {
    {app::AccessType::kClient, "has_publishable_client_key", "publishable_client_key"},
    {app::AccessType::kServer, "has_secret_server_key", "secret_server_key"},
    {app::AccessType::kAdmin, "has_super_secret_admin_key", "super_secret_admin_key"}};

std::string set_of(const KeyId& key) { return key.str().substr(0, key.str().find('.')); }

void write_head(json::Writer& out, const std::string& id, const app::ApiKey& key) {
  out.begin_object().field("id", id).field("description", key.description);
  out.field("created_at_millis", key.created_at.millis());
  out.field("expires_at_millis", key.expires_at ? key.expires_at->millis() : kNeverMillis);
  if (key.revoked_at) out.field("manually_revoked_at_millis", key.revoked_at->millis());
}

void write_set(json::Writer& out, const std::string& id, const std::vector<app::ApiKey>& keys) {
  write_head(out, id, keys.front());
  for (const app::ApiKey& key : keys) {
    const auto name = std::ranges::find(kKeyNames, key.access, &KeyName::access);
    const std::size_t shown = std::min<std::size_t>(4, key.hint.size());
    const std::string last_four = key.hint.substr(key.hint.size() - shown);
    out.key(name->name).begin_object().field("last_four", last_four).end_object();
  }
  out.end_object();
}

std::map<std::string, std::vector<app::ApiKey>> in_sets(const std::vector<app::ApiKey>& keys) {
  std::map<std::string, std::vector<app::ApiKey>> sets;
  for (const app::ApiKey& key : keys) sets[set_of(key.id)].push_back(key);
  return sets;
}

Result<Written> make_set(const Call& call, app::StoreBatch& batch, app::AfterCommit& after) {
  auto& use = call.core.use();
  app::NewKey wanted;
  wanted.description = *call.body.string_at("description");
  wanted.expires_at = Timestamp::from_millis(*call.body.int_at("expires_at_millis"));
  const std::string set = use.ids.unique_id();
  json::Writer secrets;
  std::optional<app::ApiKey> first;
  secrets.begin_object();
  for (const KeyName& name : kKeyNames) {
    if (call.body.bool_at(name.wanted) != true) continue;
    wanted.access = name.access;
    wanted.id = KeyId(set + "." + std::string(to_string(name.access)));
    PURSER_TRY(const auto made, use.projects.create_key(batch, call.project(), wanted, after));
    secrets.field(name.name, made.secret.reveal());
    if (!first) first = made.key;
  }
  json::Writer out;
  write_head(out, set, *first);
  // The members of the other object, without its braces.
  const std::string members = secrets.end_object().take();
  std::string body = out.take();
  body.append(",").append(members, 1, members.size() - 1);
  return Written{.body = std::move(body)};
}

}  // namespace

void check_key_set(const json::Value& body, FieldErrors& errors) {
  const bool any = std::ranges::any_of(
      kKeyNames, [&](const KeyName& name) { return body.bool_at(name.wanted) == true; });
  if (!any) errors.push_back({"body", "must ask for at least one key"});
}

void check_revoked(const json::Value& body, FieldErrors& errors) {
  if (body.bool_at("revoked") != true) errors.push_back({"body.revoked", "must be true"});
}

void create_key_set(const CallPtr& call) {
  call->core.write(call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit& after) {
    return make_set(*call, batch, after);
  });
}

void list_key_sets(const CallPtr& call) {
  const auto keys = call->core.use().projects.keys(call->project());
  if (!keys) return call->core.answer(*call, keys.error());
  json::Writer rows;
  rows.begin_array();
  for (const auto& [id, set] : in_sets(*keys)) write_set(rows, id, set);
  rows.end_array();
  call->core.answer(*call, encode_list(rows.str(), std::nullopt));
}

void update_key_set(const CallPtr& call) {
  call->core.write(
      call,
      [call = call.get()](app::StoreBatch& batch, app::AfterCommit& after) -> Result<Written> {
        auto& projects = call->core.use().projects;
        const std::string& id = call->parameter("key_id");
        PURSER_TRY(const auto keys, batch.keys(call->project()));
        auto sets = in_sets(keys);
        if (!sets.contains(id)) {
          return Error{ErrorCode::kKeyNotFound, "No such key in this project.", {{"key_id", id}}};
        }
        for (app::ApiKey& key : sets[id]) {
          if (key.revoked_at) continue;
          PURSER_CHECK_OK(projects.revoke_key(batch, call->project(), key.id, after));
          key.revoked_at = batch.now();
        }
        json::Writer out;
        write_set(out, id, sets[id]);
        return Written{.body = out.take()};
      });
}

}  // namespace purser::http::compat::handlers
