#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "app/people.hpp"
#include "crypto/password.hpp"
#include "http/compat/handlers_people.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/people_json.hpp"
#include "http/core.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr int kMaxPage = 1000;

Error user_not_found(const UserId& id) {
  return {ErrorCode::kUserNotFound, "User not found.", {{"user_id", id.str()}}};
}

std::optional<std::string> hash_at(const json::Value& body) {
  const auto password = text_at(body, "password");
  if (!password) return std::nullopt;
  return password->empty() ? std::string() : crypto::hash_password(Secret(*password));
}

app::MetadataChange metadata_of(const json::Value& body) {
  return {metadata_at(body, "client_metadata"), metadata_at(body, "client_read_only_metadata"),
          metadata_at(body, "server_metadata")};
}

// Takes as long as a hash when there is a password.
app::UserChange change_of(const json::Value& body) {
  app::UserChange change;
  change.display_name = text_at(body, "display_name");
  if (body.find("primary_email") != nullptr) change.primary_email = body.string_at("primary_email");
  change.email_verified = body.bool_at("primary_email_verified");
  change.image_url = text_at(body, "profile_image_url");
  change.password_hash = hash_at(body);
  if (const auto team = text_at(body, "selected_team_id")) change.selected_team = TeamId(*team);
  change.metadata = metadata_of(body);
  return change;
}

app::NewUser new_user_of(const json::Value& body) {
  const app::UserChange given = change_of(body);
  app::NewUser user;
  user.display_name = given.display_name.value_or("");
  user.primary_email = body.string_at("primary_email");
  user.profile.email_verified = given.email_verified.value_or(false);
  user.profile.image_url = given.image_url.value_or("");
  user.profile.password_hash = given.password_hash.value_or("");
  user.profile.metadata = {given.metadata.client.value_or(""),
                           given.metadata.client_read_only.value_or(""),
                           given.metadata.server.value_or("")};
  return user;
}

void answer_user(const CallPtr& call, const UserId& id, const Error& missing) {
  const auto view = call->core.use().store.view();
  const auto user = view->user(call->project(), id);
  if (!user) return call->core.answer(*call, user.error());
  if (!*user) return call->core.answer(*call, missing);
  auto body = encode_user(*view, **user, call->is_client());
  if (!body) return call->core.answer(*call, body.error());
  call->core.answer(*call, *std::move(body));
}

void write_change(const CallPtr& call, const UserId& id, app::UserChange change) {
  call->core.write(call,
                   [call = call.get(), id, change = std::move(change)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto user, call->core.use().people.update_user(
                                                     batch, call->project(), id, change));
                     PURSER_TRY(auto body, encode_user(batch, user, call->is_client()));
                     return Written{.body = std::move(body)};
                   });
}

Result<std::vector<app::User>> members_of(app::StoreView& view, const Call& call,
                                          const TeamId& team, const app::PageRequest& page) {
  PURSER_TRY(const auto members, view.members(call.project(), team, page));
  std::vector<app::User> users;
  for (const app::Membership& member : members) {
    PURSER_TRY(auto user, view.user(call.project(), member.user));
    if (user) users.push_back(*std::move(user));
  }
  return users;
}

Result<std::string> list(const Call& call) {
  int limit = 100;
  if (const auto asked = call.query_value("limit")) {
    std::from_chars(asked->data(), asked->data() + asked->size(), limit);
  }
  limit = std::clamp(limit, 1, kMaxPage - 1);
  const app::PageRequest page{call.query_value("cursor").value_or(""), limit + 1};
  const auto view = call.core.use().store.view();
  const auto team = call.query_value("team_id");
  PURSER_TRY(const auto users, team ? members_of(*view, call, TeamId(*team), page)
                                    : view->users(call.project(), page));
  const auto count = std::min(users.size(), static_cast<std::size_t>(limit));
  json::Writer rows;
  rows.begin_array();
  for (std::size_t i = 0; i < count; ++i) {
    PURSER_TRY(const std::string row, encode_user(*view, users[i], false));
    rows.raw(row);
  }
  rows.end_array();
  std::optional<std::string> next;
  if (count < users.size()) next = users[count - 1].id.str();
  return encode_list(rows.str(), next);
}

}  // namespace

void check_user(const json::Value& body, FieldErrors& errors) {
  check_email(body, "primary_email", errors);
  for (const char* name :
       {"otp_auth_enabled", "passkey_auth_enabled", "is_anonymous", "restricted_by_admin"}) {
    if (body.bool_at(name) == true) {
      errors.push_back({"body." + std::string(name), "is not offered by this server"});
    }
  }
}

void get_me(const CallPtr& call) {
  if (!call->principal.user) {
    return call->core.answer(*call, known(Known::kCannotGetOwnUserWithoutUser));
  }
  const UserId& id = *call->principal.user;
  answer_user(call, id, user_not_found(id));
}

void update_me(const CallPtr& call) {
  auto caller = signed_in(*call);
  if (auto* refusal = std::get_if<Reply>(&caller)) return call->core.answer(*call, *refusal);
  write_change(call, std::get<UserId>(caller), change_of(call->body));
}

void create_user(const CallPtr& call) {
  call->core.write(call,
                   [call = call.get(), user = new_user_of(call->body)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto made,
                                call->core.use().people.create_user(batch, call->project(), user));
                     PURSER_TRY(auto body, encode_user(batch, made, false));
                     return Written{.status = 201, .body = std::move(body)};
                   });
}

void list_users(const CallPtr& call) {
  auto body = list(*call);
  if (!body) return call->core.answer(*call, body.error());
  call->core.answer(*call, *std::move(body));
}

void get_user(const CallPtr& call) {
  const UserId id(call->parameter("user_id"));
  answer_user(call, id, user_not_found(id));
}

void update_user(const CallPtr& call) {
  write_change(call, UserId(call->parameter("user_id")), change_of(call->body));
}

void delete_user(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const UserId id(call->parameter("user_id"));
        PURSER_CHECK_OK(call->core.use().people.delete_user(batch, call->project(), id));
        return Written{.body = encode_success()};
      });
}

}  // namespace purser::http::compat::handlers
