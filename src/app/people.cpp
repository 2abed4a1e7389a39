#include "app/people.hpp"

#include <utility>

#include "app/events.hpp"

namespace purser::app {
namespace {

Error user_not_found(const UserId& id) {
  return {ErrorCode::kUserNotFound, "User not found.", {{"user_id", id.str()}}};
}
Error team_not_found(const TeamId& id) {
  return {ErrorCode::kTeamNotFound, "Team not found.", {{"team_id", id.str()}}};
}

Result<User> require_user(StoreBatch& batch, const ProjectId& project, const UserId& id) {
  PURSER_TRY(std::optional<User> user, batch.user(project, id));
  if (!user) return user_not_found(id);
  return *std::move(user);
}
Result<Team> require_team(StoreBatch& batch, const ProjectId& project, const TeamId& id) {
  PURSER_TRY(std::optional<Team> team, batch.team(project, id));
  if (!team) return team_not_found(id);
  return *std::move(team);
}

CustomerKey key_of(const User& user) { return {user.project, CustomerType::kUser, user.id.str()}; }
CustomerKey key_of(const Team& team) { return {team.project, CustomerType::kTeam, team.id.str()}; }

}  // namespace

Result<User> People::create_user(StoreBatch& batch, const ProjectId& project,
                                 const NewUser& user) const {
  User made;
  made.project = project;
  made.id = user.id.empty() ? UserId(ids_.unique_id()) : user.id;
  made.display_name = user.display_name;
  made.primary_email = user.primary_email;
  made.created_at = batch.now();
  PURSER_TRY(const std::optional<User> known, batch.user(project, made.id));
  if (known) {
    return Error{ErrorCode::kAlreadyExists,
                 "A user with this id exists already.",
                 {{"user_id", made.id.str()}}};
  }
  PURSER_CHECK_OK(batch.insert_user(made));
  PURSER_CHECK_OK(append_event(batch, key_of(made), "user.created", {}));
  return made;
}

Result<User> People::update_user(StoreBatch& batch, const ProjectId& project, const UserId& id,
                                 const UserChange& change) const {
  PURSER_TRY(User user, require_user(batch, project, id));
  if (change.display_name) user.display_name = *change.display_name;
  if (change.primary_email) user.primary_email = *change.primary_email;
  PURSER_CHECK_OK(batch.update_user(user));
  PURSER_CHECK_OK(append_event(batch, key_of(user), "user.updated", {}));
  return user;
}

Status People::delete_user(StoreBatch& batch, const ProjectId& project, const UserId& id) const {
  PURSER_TRY(const User user, require_user(batch, project, id));
  PURSER_CHECK_OK(batch.delete_user(project, id));
  return append_event(batch, key_of(user), "user.deleted", {});
}

Result<Team> People::create_team(StoreBatch& batch, const ProjectId& project,
                                 const NewTeam& team) const {
  Team made;
  made.project = project;
  made.id = team.id.empty() ? TeamId(ids_.unique_id()) : team.id;
  made.display_name = team.display_name;
  made.created_at = batch.now();
  PURSER_TRY(const std::optional<Team> known, batch.team(project, made.id));
  if (known) {
    return Error{ErrorCode::kAlreadyExists,
                 "A team with this id exists already.",
                 {{"team_id", made.id.str()}}};
  }
  if (team.creator) PURSER_CHECK_OK(require_user(batch, project, *team.creator));
  PURSER_CHECK_OK(batch.insert_team(made));
  PURSER_CHECK_OK(append_event(batch, key_of(made), "team.created", {}));
  if (team.creator) {
    PURSER_CHECK_OK(put_membership(batch, project, made.id, *team.creator, true));
  }
  return made;
}

Result<Team> People::update_team(StoreBatch& batch, const ProjectId& project, const TeamId& id,
                                 const std::string& display_name) const {
  PURSER_TRY(Team team, require_team(batch, project, id));
  team.display_name = display_name;
  PURSER_CHECK_OK(batch.update_team(team));
  PURSER_CHECK_OK(append_event(batch, key_of(team), "team.updated", {}));
  return team;
}

Status People::delete_team(StoreBatch& batch, const ProjectId& project, const TeamId& id) const {
  PURSER_TRY(const Team team, require_team(batch, project, id));
  PURSER_CHECK_OK(batch.delete_team(project, id));
  return append_event(batch, key_of(team), "team.deleted", {});
}

Result<Membership> People::put_membership(StoreBatch& batch, const ProjectId& project,
                                          const TeamId& team, const UserId& user,
                                          bool administrator) const {
  PURSER_TRY(const Team of, require_team(batch, project, team));
  PURSER_CHECK_OK(require_user(batch, project, user));
  PURSER_TRY(const std::optional<Membership> known, batch.membership(project, team, user));
  const Membership membership{project, team, user, administrator,
                              known ? known->created_at : batch.now()};
  if (known && known->administrator == administrator) return membership;
  PURSER_CHECK_OK(batch.put_membership(membership));
  PURSER_CHECK_OK(append_event(
      batch, key_of(of), known ? "team_membership.updated" : "team_membership.created",
      {{"user_id", user.str()}, {"administrator", administrator}}));
  return membership;
}

Status People::delete_membership(StoreBatch& batch, const ProjectId& project, const TeamId& team,
                                 const UserId& user) const {
  PURSER_TRY(const std::optional<Membership> known, batch.membership(project, team, user));
  if (!known) {
    return Error{ErrorCode::kTeamMembershipNotFound,
                 "The user is not a member of the team.",
                 {{"team_id", team.str()}, {"user_id", user.str()}}};
  }
  PURSER_CHECK_OK(batch.delete_membership(project, team, user));
  return append_event(batch, {project, CustomerType::kTeam, team.str()}, "team_membership.deleted",
                      {{"user_id", user.str()}});
}

}  // namespace purser::app
