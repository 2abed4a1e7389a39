#include <utility>

#include "app/people.hpp"
#include "http/encode.hpp"
#include "http/handlers.hpp"
#include "http/paging.hpp"

namespace purser::http::handlers {
namespace {

Error user_not_found(const std::string& id) {
  return {ErrorCode::kUserNotFound, "User not found.", {{"user_id", id}}};
}
Error team_not_found(const std::string& id) {
  return {ErrorCode::kTeamNotFound, "Team not found.", {{"team_id", id}}};
}

app::PageRequest one_more(const Page& page) { return {page.after, page.limit + 1}; }

void answer_user(const CallPtr& call, const std::string& id) {
  const auto user = call->core.use().store.view()->user(call->project(), UserId(id));
  if (!user) return call->core.answer(*call, user.error());
  if (!*user) return call->core.answer(*call, user_not_found(id));
  call->core.answer(*call, encode(**user));
}

// Any member may see a team; to others it does not exist.
Status require_member(const Call& call, app::StoreView& view, const std::string& team) {
  if (!call.is_client()) return {};
  if (!call.principal.user) {
    return Error(ErrorCode::kUserAuthenticationRequired,
                 "Send the access token of a signed-in user.");
  }
  PURSER_TRY(const auto membership,
             view.membership(call.project(), TeamId(team), *call.principal.user));
  if (!membership) return team_not_found(team);
  return {};
}

Result<std::string> read_team(const Call& call) {
  const std::string& id = call.parameter("team_id");
  const auto view = call.core.use().store.view();
  PURSER_CHECK_OK(require_member(call, *view, id));
  PURSER_TRY(const auto team, view->team(call.project(), TeamId(id)));
  if (!team) return team_not_found(id);
  return encode(*team);
}

}  // namespace

void check_new_user(const json::Value& body, FieldErrors& errors) {
  if (body.string_at("id") == "me") {
    errors.push_back({"body.id", "must not be \"me\", which names the caller in paths"});
  }
}

void create_user(const CallPtr& call) {
  app::NewUser user{UserId(call->body.string_at("id").value_or("")),
                    call->body.string_at("display_name").value_or(""),
                    call->body.string_at("primary_email")};
  call->core.write(call,
                   [call = call.get(), user = std::move(user)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto made,
                                call->core.use().people.create_user(batch, call->project(), user));
                     return Written{.status = 201, .body = encode(made)};
                   });
}

void list_users(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  const auto users = call->core.use().store.view()->users(call->project(), one_more(*page));
  if (!users) return call->core.answer(*call, users.error());
  const auto key = [](const app::User& user) { return user.id.str(); };
  call->core.answer(*call, encode_rows(*call, *page, *users, key));
}

void get_user(const CallPtr& call) { answer_user(call, call->parameter("user_id")); }

void get_me(const CallPtr& call) {
  if (!call->principal.user) {
    return call->core.answer(*call, Error(ErrorCode::kUserAuthenticationRequired,
                                          "Send the access token of a signed-in user."));
  }
  answer_user(call, call->principal.user->str());
}

void update_user(const CallPtr& call) {
  app::UserChange change;
  change.display_name = call->body.string_at("display_name");
  const json::Value* email = call->body.find("primary_email");
  if (email != nullptr) change.primary_email = call->body.string_at("primary_email");
  call->core.write(
      call,
      [call = call.get(), change](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const UserId id(call->parameter("user_id"));
        PURSER_TRY(const auto user,
                   call->core.use().people.update_user(batch, call->project(), id, change));
        return Written{.body = encode(user)};
      });
}

void delete_user(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const UserId id(call->parameter("user_id"));
        PURSER_CHECK_OK(call->core.use().people.delete_user(batch, call->project(), id));
        return Written{.body = encode_done()};
      });
}

void create_team(const CallPtr& call) {
  app::NewTeam team{TeamId(call->body.string_at("id").value_or("")),
                    call->body.string_at("display_name").value_or(""), std::nullopt};
  if (const auto creator = call->body.string_at("creator_user_id")) team.creator = UserId(*creator);
  call->core.write(call,
                   [call = call.get(), team = std::move(team)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto made,
                                call->core.use().people.create_team(batch, call->project(), team));
                     return Written{.status = 201, .body = encode(made)};
                   });
}

void list_teams(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  const auto teams = call->core.use().store.view()->teams(call->project(), one_more(*page));
  if (!teams) return call->core.answer(*call, teams.error());
  const auto key = [](const app::Team& team) { return team.id.str(); };
  call->core.answer(*call, encode_rows(*call, *page, *teams, key));
}

void get_team(const CallPtr& call) {
  auto team = read_team(*call);
  if (!team) return call->core.answer(*call, team.error());
  call->core.answer(*call, *std::move(team));
}

void update_team(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const TeamId id(call->parameter("team_id"));
        const app::TeamChange change{call->body.string_at("display_name")};
        PURSER_TRY(const auto team,
                   call->core.use().people.update_team(batch, call->project(), id, change));
        return Written{.body = encode(team)};
      });
}

void delete_team(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const TeamId id(call->parameter("team_id"));
        PURSER_CHECK_OK(call->core.use().people.delete_team(batch, call->project(), id));
        return Written{.body = encode_done()};
      });
}

}  // namespace purser::http::handlers
