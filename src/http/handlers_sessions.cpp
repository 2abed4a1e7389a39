#include <utility>

#include "app/people.hpp"
#include "http/encode.hpp"
#include "http/handlers.hpp"
#include "http/paging.hpp"

namespace purser::http::handlers {
namespace {

struct Member {
  TeamId team;
  UserId user;
};
Member member_of(const Call& call) {
  return {TeamId(call.parameter("team_id")), UserId(call.parameter("user_id"))};
}

Result<std::string> read_memberships(const Call& call) {
  const auto team = call.query_value("team_id");
  const auto user = call.query_value("user_id");
  if (team.has_value() == user.has_value()) {
    return schema_error({{"query", "must have either team_id or user_id"}});
  }
  PURSER_TRY(const Page page, page_of(call));
  const app::PageRequest request{page.after, page.limit + 1};
  const auto view = call.core.use().store.view();
  if (team) {
    PURSER_TRY(const auto rows, view->members(call.project(), TeamId(*team), request));
    return encode_rows(call, page, rows, [](const auto& row) { return row.user.str(); });
  }
  PURSER_TRY(const auto rows, view->memberships(call.project(), UserId(*user), request));
  return encode_rows(call, page, rows, [](const auto& row) { return row.team.str(); });
}

}  // namespace

void list_memberships(const CallPtr& call) {
  auto rows = read_memberships(*call);
  if (!rows) return call->core.answer(*call, rows.error());
  call->core.answer(*call, *std::move(rows));
}

void create_membership(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const Member member = member_of(*call);
        const bool administrator = call->body.bool_at("administrator").value_or(false);
        PURSER_TRY(const auto made,
                   call->core.use().people.put_membership(batch, call->project(), member.team,
                                                          member.user, administrator));
        return Written{.status = 201, .body = encode(made)};
      });
}

void update_membership(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const Member member = member_of(*call);
        PURSER_TRY(const auto known, batch.membership(call->project(), member.team, member.user));
        if (!known) {
          return Error(ErrorCode::kTeamMembershipNotFound, "The user is not a member of the team.",
                       {{"team_id", member.team.str()}, {"user_id", member.user.str()}});
        }
        PURSER_TRY(const auto changed, call->core.use().people.put_membership(
                                           batch, call->project(), member.team, member.user,
                                           *call->body.bool_at("administrator")));
        return Written{.body = encode(changed)};
      });
}

void delete_membership(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const Member member = member_of(*call);
        PURSER_CHECK_OK(call->core.use().people.delete_membership(batch, call->project(),
                                                                  member.team, member.user));
        return Written{.body = encode_done()};
      });
}

void create_session(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const UserId user(*call->body.string_at("user_id"));
        PURSER_TRY(const auto made, call->core.use().sessions.create(batch, call->project(), user));
        return Written{.status = 201, .body = encode_created_session(made)};
      });
}

void list_sessions(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  auto sessions =
      call->core.use().sessions.list(call->project(), UserId(*call->query_value("user_id")));
  if (!sessions) return call->core.answer(*call, sessions.error());
  const auto key = [](const app::Session& session) { return session.id.str(); };
  call->core.answer(*call, encode_all(*call, *page, *std::move(sessions), key));
}

void revoke_session(const CallPtr& call) {
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const SessionId session(call->parameter("session_id"));
        PURSER_CHECK_OK(call->core.use().sessions.revoke(batch, call->project(), session));
        return Written{.body = encode_done()};
      });
}

void refresh_session(const CallPtr& call) {
  const Secret refresh_token(*call->body.string_at("refresh_token"));
  const auto token = call->core.use().sessions.refresh(call->project(), refresh_token);
  if (!token) return call->core.answer(*call, token.error());
  call->core.answer(*call, encode_access_token(*token));
}

void project_jwks(const CallPtr& call) {
  auto document = call->core.use().sessions.jwks(ProjectId(call->parameter("project_id")));
  if (!document) return call->core.answer(*call, document.error());
  call->core.answer(*call, *std::move(document));
}

}  // namespace purser::http::handlers
