#include <algorithm>
#include <charconv>
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

// Without a limit a list is whole: the SDKs look a team up in the list of all of them.
constexpr int kPage = 1000;
constexpr std::size_t kMaxTeams = 100'000;
constexpr std::string_view kOwnTeamsOnly = "Clients can only list the teams of their own user.";

Error team_not_found(const TeamId& id) {
  return {ErrorCode::kTeamNotFound, "Team not found.", {{"team_id", id.str()}}};
}

app::TeamChange change_of(const json::Value& body) {
  app::TeamChange change;
  change.display_name = body.string_at("display_name");
  change.image_url = text_at(body, "profile_image_url");
  change.metadata = {metadata_at(body, "client_metadata"),
                     metadata_at(body, "client_read_only_metadata"),
                     metadata_at(body, "server_metadata")};
  return change;
}

/// What a list asks for: whose teams, from where and how many.
struct Asked {
  std::optional<UserId> user;
  std::string after;
  std::size_t limit = kMaxTeams;
};

Result<std::vector<app::Team>> page_of_teams(app::StoreView& view, const ProjectId& project,
                                             const Asked& asked, const app::PageRequest& page) {
  if (!asked.user) return view.teams(project, page);
  PURSER_TRY(const auto memberships, view.memberships(project, *asked.user, page));
  std::vector<app::Team> teams;
  for (const app::Membership& membership : memberships) {
    PURSER_TRY(auto team, view.team(project, membership.team));
    if (team) teams.push_back(*std::move(team));
  }
  return teams;
}

Result<std::string> list(const Call& call, const Asked& asked) {
  const auto view = call.core.use().store.view();
  app::PageRequest page{asked.after, kPage};
  std::vector<app::Team> teams;
  while (teams.size() <= asked.limit) {
    PURSER_TRY(auto more, page_of_teams(*view, call.project(), asked, page));
    const bool is_last = more.size() < static_cast<std::size_t>(kPage);
    if (!more.empty()) page.after = more.back().id.str();
    std::move(more.begin(), more.end(), std::back_inserter(teams));
    if (is_last) break;
  }
  const std::size_t count = std::min(teams.size(), asked.limit);
  json::Writer rows;
  rows.begin_array();
  for (std::size_t i = 0; i < count; ++i) write_team(rows, teams[i], call.is_client());
  rows.end_array();
  std::optional<std::string> next;
  if (count < teams.size()) next = teams[count - 1].id.str();
  return encode_list(rows.str(), next);
}

/// What is answered when a client may not see the team, or not change it.
std::optional<Reply> refused(const Call& call, const TeamId& team, bool must_administer) {
  if (!call.is_client()) return std::nullopt;
  auto caller = signed_in(call);
  if (auto* refusal = std::get_if<Reply>(&caller)) return *refusal;
  const UserId& user = std::get<UserId>(caller);
  const auto membership = call.core.use().store.view()->membership(call.project(), team, user);
  if (!membership) return plain(503, membership.error().message);
  if (!*membership) return known(Known::kTeamNotFound, {{"team_id", {team.str()}}});
  if (!must_administer || (*membership)->administrator) return std::nullopt;
  return known(Known::kTeamPermissionRequired, {{"team_id", {team.str()}},
                                                {"user_id", {user.str()}},
                                                {"permission_id", {std::string(app::kTeamAdmin)}}});
}

}  // namespace

void list_teams(const CallPtr& call) {
  Asked asked;
  const auto name = call->query_value("user_id");
  if (name || call->is_client()) {
    auto user = named_user(*call, name.value_or(""), kOwnTeamsOnly);
    if (auto* refusal = std::get_if<Reply>(&user)) return call->core.answer(*call, *refusal);
    asked.user = std::get<UserId>(user);
  }
  asked.after = call->query_value("cursor").value_or("");
  if (const auto limit = call->query_value("limit")) {
    std::from_chars(limit->data(), limit->data() + limit->size(), asked.limit);
    asked.limit = std::clamp<std::size_t>(asked.limit, 1, kMaxTeams);
  }
  auto body = list(*call, asked);
  if (!body) return call->core.answer(*call, body.error());
  call->core.answer(*call, *std::move(body));
}

void create_team(const CallPtr& call) {
  const app::TeamChange given = change_of(call->body);
  app::NewTeam team;
  team.display_name = given.display_name.value_or("");
  team.profile.image_url = given.image_url.value_or("");
  team.profile.metadata.client = given.metadata.client.value_or("");
  if (!call->is_client()) {
    team.profile.metadata.client_read_only = given.metadata.client_read_only.value_or("");
    team.profile.metadata.server = given.metadata.server.value_or("");
  }
  const auto creator = call->body.string_at("creator_user_id");
  if (creator || call->is_client()) {
    auto user = named_user(*call, creator.value_or("me"),
                           "Clients can only create teams for their "
                           "own user.");
    if (auto* refusal = std::get_if<Reply>(&user)) return call->core.answer(*call, *refusal);
    team.creator = std::get<UserId>(user);
  }
  call->core.write(call,
                   [call = call.get(), team = std::move(team)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto made,
                                call->core.use().people.create_team(batch, call->project(), team));
                     return Written{.status = 201, .body = encode_team(made, call->is_client())};
                   });
}

void get_team(const CallPtr& call) {
  const TeamId id(call->parameter("team_id"));
  if (auto refusal = refused(*call, id, false)) return call->core.answer(*call, *refusal);
  const auto team = call->core.use().store.view()->team(call->project(), id);
  if (!team) return call->core.answer(*call, team.error());
  if (!*team) return call->core.answer(*call, team_not_found(id));
  call->core.answer(*call, encode_team(**team, call->is_client()));
}

void update_team(const CallPtr& call) {
  const TeamId id(call->parameter("team_id"));
  if (auto refusal = refused(*call, id, true)) return call->core.answer(*call, *refusal);
  app::TeamChange change = change_of(call->body);
  if (call->is_client()) {
    change.metadata.client_read_only.reset();
    change.metadata.server.reset();
  }
  call->core.write(call,
                   [call = call.get(), id, change = std::move(change)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto team, call->core.use().people.update_team(
                                                     batch, call->project(), id, change));
                     return Written{.body = encode_team(team, call->is_client())};
                   });
}

void delete_team(const CallPtr& call) {
  const TeamId id(call->parameter("team_id"));
  if (auto refusal = refused(*call, id, true)) return call->core.answer(*call, *refusal);
  call->core.write(
      call, [call = call.get(), id](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        PURSER_CHECK_OK(call->core.use().people.delete_team(batch, call->project(), id));
        return Written{.body = encode_success()};
      });
}

}  // namespace purser::http::compat::handlers
