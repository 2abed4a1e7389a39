#pragma once

// Users, teams, memberships and sessions.

#include <optional>
#include <string>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/ids.hpp"
#include "app/ports/tokens.hpp"
#include "app/registry.hpp"

namespace purser::app {

struct NewUser {
  UserId id;  ///< empty: a new UUID; else any id of 1–128 bytes
  std::string display_name;
  std::optional<std::string> primary_email;
  UserProfile profile = {};
};
/// Only the fields that are present change.
struct MetadataChange {
  std::optional<std::string> client;  ///< JSON texts; "" removes
  std::optional<std::string> client_read_only;
  std::optional<std::string> server;
};
struct UserChange {
  std::optional<std::string> display_name = {};
  /// Another address counts as not verified, unless the next field says so.
  std::optional<std::optional<std::string>> primary_email = {};
  std::optional<bool> email_verified = {};
  std::optional<std::string> image_url = {};
  std::optional<std::string> password_hash = {};  ///< crypto::hash_password; "" removes
  std::optional<TeamId> selected_team = {};       ///< empty: none
  MetadataChange metadata = {};
};
struct TeamChange {
  std::optional<std::string> display_name = {};
  std::optional<std::string> image_url = {};
  MetadataChange metadata = {};
};
struct NewTeam {
  TeamId id;  ///< empty: a new UUID
  std::string display_name;
  std::optional<UserId> creator;  ///< becomes an administrator of the team
  TeamProfile profile = {};
};

/// User::external_subject of who signs in by password under this address, whatever the case of
/// its letters.
std::string password_subject(const std::string& email);

/// The user who signs in with this address and password; nothing when either is wrong, which takes
/// as long. Blocks on the hash (crypto::is_password).
Result<std::optional<User>> check_password(StoreView& view, const ProjectId& project,
                                           const std::string& email, const Secret& password);

/// The team that the user has selected, while the user is a member of it; else empty.
Result<TeamId> selected_team(StoreView& view, const User& user);

/// Writes are functions on a batch (the caller puts them through the engine under an idempotency
/// key). Thread-safe; holds no state.
class People {
 public:
  explicit People(Ids& ids) : ids_(ids) {}

  /// Errors: kAlreadyExists, whose details have `user_id`, or `email` when another user signs in
  /// under the address; kSchemaError for a password without an address.
  Result<User> create_user(StoreBatch& batch, const ProjectId& project, const NewUser& user) const;
  /// Errors: kUserNotFound; kTeamMembershipNotFound for a selected team; those of create_user.
  Result<User> update_user(StoreBatch& batch, const ProjectId& project, const UserId& id,
                           const UserChange& change) const;
  /// Deletes memberships and sessions too; what was sold stays as history. Errors: kUserNotFound.
  Status delete_user(StoreBatch& batch, const ProjectId& project, const UserId& id) const;

  Result<Team> create_team(StoreBatch& batch, const ProjectId& project, const NewTeam& team) const;
  Result<Team> update_team(StoreBatch& batch, const ProjectId& project, const TeamId& id,
                           const TeamChange& change) const;
  Status delete_team(StoreBatch& batch, const ProjectId& project, const TeamId& id) const;

  /// Adds the user or changes the flag. Errors: kTeamNotFound, kUserNotFound.
  Result<Membership> put_membership(StoreBatch& batch, const ProjectId& project, const TeamId& team,
                                    const UserId& user, bool administrator) const;
  /// Errors: kTeamMembershipNotFound.
  Status delete_membership(StoreBatch& batch, const ProjectId& project, const TeamId& team,
                           const UserId& user) const;

 private:
  Ids& ids_;
};

struct CreatedSession {
  Session session;
  Secret refresh_token;  ///< shown once
  Secret access_token;
};
struct SessionOptions {
  std::int64_t access_token_ttl_s = 600;
  std::int64_t refresh_token_ttl_s = 365LL * 24 * 3600;
  std::string public_url;  ///< issuer prefix
};

/// Writes are functions on a batch, as in People. Thread-safe.
class Sessions {
 public:
  Sessions(Store& store, Registry& registry, AccessTokens& tokens, const Clock& clock, Ids& ids,
           Secret encryption_key, SessionOptions options);

  /// `lifetime`: of the refresh token, when it is not the usual one. Errors: kUserNotFound.
  Result<CreatedSession> create(StoreBatch& batch, const ProjectId& project, const UserId& user,
                                std::optional<Millis> lifetime = {});
  /// A fresh access token. Reads only. Errors: kRefreshTokenNotFound.
  Result<Secret> refresh(const ProjectId& project, const Secret& refresh_token);
  Result<std::vector<Session>> list(const ProjectId& project, const UserId& user);
  /// Errors: kSessionNotFound. Access tokens of the session stop at their expiry (10 minutes).
  Status revoke(StoreBatch& batch, const ProjectId& project, const SessionId& session);
  /// The JWKS document (RFC 7517) of the project's public keys. Errors: kProjectNotFound.
  Result<std::string> jwks(const ProjectId& project);

 private:
  Result<Secret> sign(const ProjectContext& context, const Session& session, const User& user,
                      StoreView& view, Timestamp now);

  Store& store_;
  Registry& registry_;
  AccessTokens& tokens_;
  const Clock& clock_;
  Ids& ids_;
  Secret encryption_key_;
  SessionOptions options_;
};

}  // namespace purser::app
