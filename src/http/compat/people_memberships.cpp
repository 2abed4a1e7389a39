#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "app/people.hpp"
#include "http/compat/handlers_people.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/people_json.hpp"
#include "http/core.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr int kPage = 1000;
constexpr std::string_view kTeamMember = "team_member";
constexpr std::string_view kLeaveOnly =
    "Clients can only take their own user out of a team, unless they administer it.";
constexpr std::string_view kOwnPermissionsOnly =
    "Clients can only list the permissions of their own user.";

TeamId team_of(const Call& call) { return TeamId(call.parameter("team_id")); }
UserId user_of(const Call& call) { return UserId(call.parameter("user_id")); }

std::string encode_member(const TeamId& team, const UserId& user) {
  json::Writer out;
  out.begin_object().field("team_id", team.str()).field("user_id", user.str()).end_object();
  return out.take();
}

Error not_a_member(const TeamId& team, const UserId& user) {
  return {ErrorCode::kTeamMembershipNotFound,
          "The user is not a member of the team.",
          {{"team_id", team.str()}, {"user_id", user.str()}}};
}

Result<bool> administers(const Call& call, const TeamId& team) {
  if (!call.principal.user) return false;
  PURSER_TRY(const auto membership,
             call.core.use().store.view()->membership(call.project(), team, *call.principal.user));
  return membership && membership->administrator;
}

Reply permission_not_found(const Call& call) {
  return known(Known::kPermissionNotFound, {{"permission_id", {call.parameter("permission_id")}}});
}

// The one permission that can be given and taken; every member has the other.
void set_administrator(const CallPtr& call, bool administrator) {
  if (call->parameter("permission_id") != app::kTeamAdmin) {
    return call->core.answer(*call, permission_not_found(*call));
  }
  call->core.write(call,
                   [call = call.get(), administrator](app::StoreBatch& batch,
                                                      app::AfterCommit&) -> Result<Written> {
                     const TeamId team = team_of(*call);
                     const UserId user = user_of(*call);
                     PURSER_TRY(const auto member, batch.membership(call->project(), team, user));
                     if (!member) return not_a_member(team, user);
                     PURSER_CHECK_OK(call->core.use().people.put_membership(
                         batch, call->project(), team, user, administrator));
                     json::Writer out;
                     out.begin_object().field("id", app::kTeamAdmin).field("team_id", team.str());
                     out.field("user_id", user.str()).end_object();
                     return Written{.status = call->route->answer.status, .body = out.take()};
                   });
}

Result<std::vector<app::Membership>> memberships(const Call& call,
                                                 const std::optional<UserId>& user,
                                                 const std::optional<std::string>& team) {
  const auto view = call.core.use().store.view();
  if (user && team) {
    PURSER_TRY(const auto one, view->membership(call.project(), TeamId(*team), *user));
    return one ? std::vector<app::Membership>{*one} : std::vector<app::Membership>();
  }
  if (user) return view->memberships(call.project(), *user, {"", kPage});
  if (team) return view->members(call.project(), TeamId(*team), {"", kPage});
  return std::vector<app::Membership>();
}

void write_permission(json::Writer& out, std::string_view id, const app::Membership& member) {
  out.begin_object().field("id", id).field("user_id", member.user.str());
  out.field("team_id", member.team.str()).end_object();
}

}  // namespace

void add_member(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const TeamId team = team_of(*call);
        const UserId user = user_of(*call);
        PURSER_TRY(const auto member, batch.membership(call->project(), team, user));
        if (member) {
          Reply taken = known(Known::kTeamMembershipAlreadyExists,
                              {{"team_id", {team.str()}}, {"user_id", {user.str()}}});
          return Written{.status = taken.status, .body = std::move(taken.body), .accepted = false};
        }
        PURSER_CHECK_OK(
            call->core.use().people.put_membership(batch, call->project(), team, user, false));
        return Written{.status = 201, .body = encode_member(team, user)};
      });
}

void remove_member(const CallPtr& call) {
  const TeamId team = team_of(*call);
  auto named = named_user(*call, call->parameter("user_id"), kLeaveOnly);
  if (auto* refusal = std::get_if<Reply>(&named)) {
    const auto may = administers(*call, team);
    if (!may) return call->core.answer(*call, may.error());
    if (!*may) return call->core.answer(*call, *refusal);
    named = user_of(*call);
  }
  call->core.write(call,
                   [call = call.get(), team, user = std::get<UserId>(named)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_CHECK_OK(call->core.use().people.delete_membership(
                         batch, call->project(), team, user));
                     return Written{.body = encode_success()};
                   });
}

void list_permissions(const CallPtr& call) {
  const auto name = call->query_value("user_id");
  std::optional<UserId> user;
  if (name || call->is_client()) {
    auto named = named_user(*call, name.value_or(""), kOwnPermissionsOnly);
    if (auto* refusal = std::get_if<Reply>(&named)) return call->core.answer(*call, *refusal);
    user = std::get<UserId>(named);
  }
  const auto found = memberships(*call, user, call->query_value("team_id"));
  if (!found) return call->core.answer(*call, found.error());
  const auto wanted = call->query_value("permission_id");
  json::Writer rows;
  rows.begin_array();
  for (const app::Membership& member : *found) {
    if (!wanted || *wanted == kTeamMember) write_permission(rows, kTeamMember, member);
    const bool shown = member.administrator && (!wanted || *wanted == app::kTeamAdmin);
    if (shown) write_permission(rows, app::kTeamAdmin, member);
  }
  rows.end_array();
  call->core.answer(*call, encode_list(rows.str(), std::nullopt));
}

void grant_permission(const CallPtr& call) { set_administrator(call, true); }

void revoke_permission(const CallPtr& call) { set_administrator(call, false); }

}  // namespace purser::http::compat::handlers
