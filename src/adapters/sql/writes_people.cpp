#include "adapters/sql/documents.hpp"
#include "adapters/sql/writes.hpp"
#include "codec/catalog_codec.hpp"

// Projects, keys, users, teams, sessions and catalogs.

namespace purser::sql {

Result<std::int64_t> BatchWrites::project_row(const ProjectId& id) {
  PURSER_TRY(const auto row, resolver_.project(id));
  if (!row) return Error{ErrorCode::kProjectNotFound, "No such project."};
  return *row;
}

Result<std::int64_t> BatchWrites::customer_row(const CustomerKey& key) {
  PURSER_TRY(const auto row, resolver_.customer(key));
  if (row) return row->id;
  if (key.type != CustomerType::kCustom) {
    return Error{ErrorCode::kCustomerNotFound, "No such customer."};
  }
  PURSER_TRY(const std::int64_t project, project_row(key.project));
  PURSER_CHECK_OK(register_customer(project, key.type, key.id));
  PURSER_TRY(const auto made, resolver_.customer(key));
  return made->id;
}

Status BatchWrites::retire_customer(std::int64_t project, CustomerType type,
                                    const std::string& id) {
  PURSER_CHECK_OK(before_write());
  customer_changes(project, type, id);
  return db_.run(
      "UPDATE customers SET deleted_at = $1 WHERE project_id = $2 AND type = $3 AND external_id = "
      "$4",
      now(), project, type, id);
}

Status BatchWrites::insert_project(const app::Project& project) {
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO projects(id, display_name, settings, payments, created_at) "
      "VALUES($1,$2,$3,$4,$5)",
      project.id.str(), project.display_name, encode_settings(project.settings),
      encode_payments(project.payments), project.created_at);
}

Status BatchWrites::update_project(const app::Project& project) {
  PURSER_CHECK_OK(before_write());
  return update_row(
      "project",
      "UPDATE projects SET display_name = $1, settings = $2, payments = $3 WHERE id = $4",
      project.display_name, encode_settings(project.settings), encode_payments(project.payments),
      project.id.str());
}

Status BatchWrites::insert_key(const app::ApiKey& key) {
  PURSER_TRY(const std::int64_t project, project_row(key.project));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO api_keys(project_id, id, access, hash, hint, description, created_at, "
      "last_used_at, revoked_at, expires_at) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
      project, key.id.str(), key.access, key.hash, key.hint, key.description, key.created_at,
      key.last_used_at, key.revoked_at, key.expires_at);
}

Status BatchWrites::update_key(const app::ApiKey& key) {
  PURSER_TRY(const std::int64_t project, project_row(key.project));
  PURSER_CHECK_OK(before_write());
  return update_row("key",
                    "UPDATE api_keys SET last_used_at = $1, revoked_at = $2, description = $3 "
                    "WHERE project_id = $4 AND id = $5",
                    key.last_used_at, key.revoked_at, key.description, project, key.id.str());
}

Status BatchWrites::insert_signing_key(const app::SigningKey& key) {
  PURSER_TRY(const std::int64_t project, project_row(key.project));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO signing_keys(project_id, kid, public_jwk, sealed_private_key, created_at) "
      "VALUES($1,$2,$3,$4,$5)",
      project, key.kid, key.public_jwk, Blob{key.sealed_private_key}, key.created_at);
}

Status BatchWrites::insert_user(const app::User& user) {
  PURSER_TRY(const std::int64_t project, project_row(user.project));
  PURSER_CHECK_OK(before_write());
  PURSER_CHECK_OK(
      db_.run("INSERT INTO users(project_id, id, display_name, primary_email, external_subject, "
              "created_at, profile) VALUES($1,$2,$3,$4,$5,$6,$7)",
              project, user.id.str(), user.display_name, user.primary_email, user.external_subject,
              user.created_at, encode_user_profile(user.profile)));
  return register_customer(project, CustomerType::kUser, user.id.str());
}

Status BatchWrites::update_user(const app::User& user) {
  PURSER_TRY(const std::int64_t project, project_row(user.project));
  PURSER_CHECK_OK(before_write());
  return update_row(
      "user",
      "UPDATE users SET display_name = $1, primary_email = $2, external_subject = $3, "
      "profile = $4 WHERE project_id = $5 AND id = $6",
      user.display_name, user.primary_email, user.external_subject,
      encode_user_profile(user.profile), project, user.id.str());
}

Status BatchWrites::delete_user(const ProjectId& project_id, const UserId& id) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(before_write());
  PURSER_CHECK_OK(
      db_.run("DELETE FROM memberships WHERE project_id = $1 AND user_id = $2", project, id.str()));
  PURSER_CHECK_OK(
      db_.run("DELETE FROM sessions WHERE project_id = $1 AND user_id = $2", project, id.str()));
  PURSER_CHECK_OK(
      db_.run("DELETE FROM users WHERE project_id = $1 AND id = $2", project, id.str()));
  return retire_customer(project, CustomerType::kUser, id.str());
}

Status BatchWrites::insert_team(const app::Team& team) {
  PURSER_TRY(const std::int64_t project, project_row(team.project));
  PURSER_CHECK_OK(before_write());
  PURSER_CHECK_OK(
      db_.run("INSERT INTO teams(project_id, id, display_name, created_at, profile) "
              "VALUES($1,$2,$3,$4,$5)",
              project, team.id.str(), team.display_name, team.created_at,
              encode_team_profile(team.profile)));
  return register_customer(project, CustomerType::kTeam, team.id.str());
}

Status BatchWrites::update_team(const app::Team& team) {
  PURSER_TRY(const std::int64_t project, project_row(team.project));
  PURSER_CHECK_OK(before_write());
  return update_row(
      "team", "UPDATE teams SET display_name = $1, profile = $2 WHERE project_id = $3 AND id = $4",
      team.display_name, encode_team_profile(team.profile), project, team.id.str());
}

Status BatchWrites::delete_team(const ProjectId& project_id, const TeamId& id) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(before_write());
  PURSER_CHECK_OK(
      db_.run("DELETE FROM memberships WHERE project_id = $1 AND team_id = $2", project, id.str()));
  PURSER_CHECK_OK(
      db_.run("DELETE FROM teams WHERE project_id = $1 AND id = $2", project, id.str()));
  return retire_customer(project, CustomerType::kTeam, id.str());
}

Status BatchWrites::put_membership(const app::Membership& membership) {
  PURSER_TRY(const std::int64_t project, project_row(membership.project));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO memberships(project_id, team_id, user_id, administrator, created_at) "
      "VALUES($1,$2,$3,$4,$5) ON CONFLICT(project_id, team_id, user_id) DO UPDATE SET "
      "administrator = excluded.administrator",
      project, membership.team.str(), membership.user.str(), membership.administrator,
      membership.created_at);
}

Status BatchWrites::delete_membership(const ProjectId& project_id, const TeamId& team,
                                      const UserId& user) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(before_write());
  return db_.run("DELETE FROM memberships WHERE project_id = $1 AND team_id = $2 AND user_id = $3",
                 project, team.str(), user.str());
}

Status BatchWrites::insert_session(const app::Session& session) {
  PURSER_TRY(const std::int64_t project, project_row(session.project));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO sessions(project_id, id, user_id, refresh_hash, created_at, expires_at, "
      "revoked_at) VALUES($1,$2,$3,$4,$5,$6,$7)",
      project, session.id.str(), session.user.str(), session.refresh_hash, session.created_at,
      session.expires_at, session.revoked_at);
}

Status BatchWrites::update_session(const app::Session& session) {
  PURSER_TRY(const std::int64_t project, project_row(session.project));
  PURSER_CHECK_OK(before_write());
  return update_row("session",
                    "UPDATE sessions SET refresh_hash = $1, expires_at = $2, revoked_at = $3 "
                    "WHERE project_id = $4 AND id = $5",
                    session.refresh_hash, session.expires_at, session.revoked_at, project,
                    session.id.str());
}

Status BatchWrites::put_catalog(const ProjectId& project_id, const domain::Catalog& catalog) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const auto current,
             db_.integer("SELECT max(version) FROM catalogs WHERE project_id = $1", project));
  if (catalog.version != current.value_or(0) + 1) {
    return Error::internal("catalog version " + std::to_string(catalog.version) +
                           " does not follow " + std::to_string(current.value_or(0)));
  }
  return db_.run("INSERT INTO catalogs(project_id, version, document) VALUES($1,$2,$3)", project,
                 catalog.version, codec::encode_catalog(catalog));
}

}  // namespace purser::sql
