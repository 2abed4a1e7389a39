#include "app/people.hpp"

#include <utility>

#include "app/events.hpp"
#include "crypto/password.hpp"

namespace purser::app {
namespace {

constexpr std::string_view kPasswordSubject = "password|";

Error user_not_found(const UserId& id) {
  return {ErrorCode::kUserNotFound, "User not found.", {{"user_id", id.str()}}};
}
Error not_a_member(const TeamId& team, const UserId& user) {
  return {ErrorCode::kTeamMembershipNotFound,
          "The user is not a member of the team.",
          {{"team_id", team.str()}, {"user_id", user.str()}}};
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

Status require_membership(StoreBatch& batch, const User& user, const TeamId& team) {
  if (team.empty()) return {};
  PURSER_TRY(const auto membership, batch.membership(user.project, team, user.id));
  if (!membership) return not_a_member(team, user.id);
  return {};
}

// Whoever signs in through a foreign issuer is known by that, and cannot have a password as well.
Status identify(User& user) {
  const bool by_password = user.external_subject.starts_with(kPasswordSubject);
  if (user.profile.password_hash.empty()) {
    if (by_password) user.external_subject.clear();
    return {};
  }
  if (!by_password && !user.external_subject.empty()) {
    return Error{ErrorCode::kSchemaError,
                 "The user signs in through another issuer and cannot have a password."};
  }
  if (!user.primary_email || user.primary_email->empty()) {
    return Error{ErrorCode::kSchemaError, "A user with a password needs an e-mail address."};
  }
  user.external_subject = password_subject(*user.primary_email);
  return {};
}

Status require_free_subject(StoreBatch& batch, const User& user) {
  if (!user.external_subject.starts_with(kPasswordSubject)) return {};
  PURSER_TRY(const std::optional<User> known,
             batch.user_by_subject(user.project, user.external_subject));
  if (!known || known->id == user.id) return {};
  return Error{ErrorCode::kAlreadyExists,
               "Another user signs in under this e-mail address.",
               {{"email", *user.primary_email}}};
}

template <class Field>
void apply(const std::optional<Field>& change, Field& to) {
  if (change) to = *change;
}

void apply(const MetadataChange& change, AppMetadata& metadata) {
  apply(change.client, metadata.client);
  apply(change.client_read_only, metadata.client_read_only);
  apply(change.server, metadata.server);
}

CustomerKey key_of(const User& user) { return {user.project, CustomerType::kUser, user.id.str()}; }
CustomerKey key_of(const Team& team) { return {team.project, CustomerType::kTeam, team.id.str()}; }

}  // namespace

std::string password_subject(const std::string& email) {
  std::string subject(kPasswordSubject);
  for (const char c : email) subject += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return subject;
}

Result<std::optional<User>> check_password(StoreView& view, const ProjectId& project,
                                           const std::string& email, const Secret& password) {
  PURSER_TRY(std::optional<User> user, view.user_by_subject(project, password_subject(email)));
  const std::string hash = user ? user->profile.password_hash : std::string();
  if (!crypto::is_password(password, hash)) return std::optional<User>();
  return user;
}

Result<TeamId> selected_team(StoreView& view, const User& user) {
  const TeamId& team = user.profile.selected_team;
  if (team.empty()) return TeamId();
  PURSER_TRY(const auto membership, view.membership(user.project, team, user.id));
  return membership ? team : TeamId();
}

Result<User> People::create_user(StoreBatch& batch, const ProjectId& project,
                                 const NewUser& user) const {
  User made;
  made.project = project;
  made.id = user.id.empty() ? UserId(ids_.unique_id()) : user.id;
  made.display_name = user.display_name;
  made.primary_email = user.primary_email;
  made.profile = user.profile;
  made.created_at = batch.now();
  PURSER_CHECK_OK(identify(made));
  PURSER_TRY(const std::optional<User> known, batch.user(project, made.id));
  if (known) {
    return Error{ErrorCode::kAlreadyExists,
                 "A user with this id exists already.",
                 {{"user_id", made.id.str()}}};
  }
  PURSER_CHECK_OK(require_free_subject(batch, made));
  PURSER_CHECK_OK(batch.insert_user(made));
  PURSER_CHECK_OK(append_event(batch, key_of(made), "user.created", {}));
  return made;
}

Result<User> People::update_user(StoreBatch& batch, const ProjectId& project, const UserId& id,
                                 const UserChange& change) const {
  PURSER_TRY(User user, require_user(batch, project, id));
  apply(change.display_name, user.display_name);
  if (change.primary_email && *change.primary_email != user.primary_email) {
    user.primary_email = *change.primary_email;
    user.profile.email_verified = false;
  }
  apply(change.email_verified, user.profile.email_verified);
  apply(change.image_url, user.profile.image_url);
  apply(change.password_hash, user.profile.password_hash);
  apply(change.metadata, user.profile.metadata);
  if (change.selected_team) {
    PURSER_CHECK_OK(require_membership(batch, user, *change.selected_team));
    user.profile.selected_team = *change.selected_team;
  }
  PURSER_CHECK_OK(identify(user));
  PURSER_CHECK_OK(require_free_subject(batch, user));
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
  made.profile = team.profile;
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
                                 const TeamChange& change) const {
  PURSER_TRY(Team team, require_team(batch, project, id));
  apply(change.display_name, team.display_name);
  apply(change.image_url, team.profile.image_url);
  apply(change.metadata, team.profile.metadata);
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
  PURSER_CHECK_OK(append_event(batch, key_of(of),
                               known ? "team_membership.updated" : "team_membership.created",
                               {{"user_id", user.str()}, {"administrator", administrator}}));
  return membership;
}

Status People::delete_membership(StoreBatch& batch, const ProjectId& project, const TeamId& team,
                                 const UserId& user) const {
  PURSER_TRY(const std::optional<Membership> known, batch.membership(project, team, user));
  if (!known) return not_a_member(team, user);
  PURSER_CHECK_OK(batch.delete_membership(project, team, user));
  return append_event(batch, {project, CustomerType::kTeam, team.str()}, "team_membership.deleted",
                      {{"user_id", user.str()}});
}

}  // namespace purser::app
