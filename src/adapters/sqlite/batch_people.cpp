#include "adapters/sqlite/batch.hpp"
#include "adapters/sqlite/documents.hpp"
#include "codec/catalog_codec.hpp"

// Projects, keys, users, teams, sessions, and the rows that names lead to.

namespace purser::sqlite {

Result<std::int64_t> Batch::project_row(const ProjectId& id) {
  PURSER_TRY(const auto row, resolver_.project(id));
  if (!row) return Error{ErrorCode::kProjectNotFound, "No such project."};
  return *row;
}

Result<std::int64_t> Batch::customer_row(const CustomerKey& key) {
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

Result<std::int64_t> Batch::item_row(std::int64_t project, const ItemId& item) {
  PURSER_TRY(const auto row, resolver_.item(project, item));
  if (row) return *row;
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("INSERT INTO item_names(project_id, item) VALUES(?, ?)", project, item.str()));
  return db_.last_row();
}

Status Batch::register_customer(std::int64_t project, CustomerType type, const std::string& id) {
  PURSER_CHECK_OK(write());
  resolver_.touch({project, type, id});
  // A customer that was deleted comes back with the history that was kept.
  return db_.run(
      "INSERT INTO customers(project_id, type, external_id, id) "
      "VALUES(?, ?, ?, (SELECT coalesce(max(id), 0) + 1 FROM customers)) "
      "ON CONFLICT(project_id, type, external_id) DO UPDATE SET deleted_at = NULL",
      project, type, id);
}

Status Batch::retire_customer(std::int64_t project, CustomerType type, const std::string& id) {
  PURSER_CHECK_OK(write());
  resolver_.touch({project, type, id});
  return db_.run(
      "UPDATE customers SET deleted_at = ? WHERE project_id = ? AND type = ? AND external_id = ?",
      now_, project, type, id);
}

Status Batch::must_have_changed(const char* what) const {
  if (db_.changes() > 0) return {};
  return Error::internal(std::string("there is no ") + what + " to update");
}

Status Batch::insert_project(const app::Project& project) {
  PURSER_CHECK_OK(write());
  return db_.run(
      "INSERT INTO projects(id, display_name, settings, payments, created_at) VALUES(?,?,?,?,?)",
      project.id.str(), project.display_name, encode_settings(project.settings),
      encode_payments(project.payments), project.created_at);
}

Status Batch::update_project(const app::Project& project) {
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("UPDATE projects SET display_name = ?, settings = ?, payments = ? WHERE id = ?",
              project.display_name, encode_settings(project.settings),
              encode_payments(project.payments), project.id.str()));
  return must_have_changed("project");
}

Status Batch::insert_key(const app::ApiKey& key) {
  PURSER_TRY(const std::int64_t project, project_row(key.project));
  PURSER_CHECK_OK(write());
  return db_.run(
      "INSERT INTO api_keys(project_id, id, access, hash, hint, description, created_at, "
      "last_used_at, revoked_at, expires_at) VALUES(?,?,?,?,?,?,?,?,?,?)",
      project, key.id.str(), key.access, key.hash, key.hint, key.description, key.created_at,
      key.last_used_at, key.revoked_at, key.expires_at);
}

Status Batch::update_key(const app::ApiKey& key) {
  PURSER_TRY(const std::int64_t project, project_row(key.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("UPDATE api_keys SET last_used_at = ?, revoked_at = ?, description = ? "
              "WHERE project_id = ? AND id = ?",
              key.last_used_at, key.revoked_at, key.description, project, key.id.str()));
  return must_have_changed("key");
}

Status Batch::insert_signing_key(const app::SigningKey& key) {
  PURSER_TRY(const std::int64_t project, project_row(key.project));
  PURSER_CHECK_OK(write());
  return db_.run(
      "INSERT INTO signing_keys(project_id, kid, public_jwk, sealed_private_key, created_at) "
      "VALUES(?,?,?,?,?)",
      project, key.kid, key.public_jwk, Blob{key.sealed_private_key}, key.created_at);
}

Status Batch::insert_user(const app::User& user) {
  PURSER_TRY(const std::int64_t project, project_row(user.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("INSERT INTO users(project_id, id, display_name, primary_email, external_subject, "
              "created_at, profile) VALUES(?,?,?,?,?,?,?)",
              project, user.id.str(), user.display_name, user.primary_email, user.external_subject,
              user.created_at, encode_user_profile(user.profile)));
  return register_customer(project, CustomerType::kUser, user.id.str());
}

Status Batch::update_user(const app::User& user) {
  PURSER_TRY(const std::int64_t project, project_row(user.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("UPDATE users SET display_name = ?, primary_email = ?, external_subject = ?, "
              "profile = ? WHERE project_id = ? AND id = ?",
              user.display_name, user.primary_email, user.external_subject,
              encode_user_profile(user.profile), project, user.id.str()));
  return must_have_changed("user");
}

Status Batch::delete_user(const ProjectId& project_id, const UserId& id) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("DELETE FROM memberships WHERE project_id = ? AND user_id = ?", project, id.str()));
  PURSER_CHECK_OK(
      db_.run("DELETE FROM sessions WHERE project_id = ? AND user_id = ?", project, id.str()));
  PURSER_CHECK_OK(db_.run("DELETE FROM users WHERE project_id = ? AND id = ?", project, id.str()));
  return retire_customer(project, CustomerType::kUser, id.str());
}

Status Batch::insert_team(const app::Team& team) {
  PURSER_TRY(const std::int64_t project, project_row(team.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("INSERT INTO teams(project_id, id, display_name, created_at, profile) "
              "VALUES(?,?,?,?,?)",
              project, team.id.str(), team.display_name, team.created_at,
              encode_team_profile(team.profile)));
  return register_customer(project, CustomerType::kTeam, team.id.str());
}

Status Batch::update_team(const app::Team& team) {
  PURSER_TRY(const std::int64_t project, project_row(team.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("UPDATE teams SET display_name = ?, profile = ? WHERE project_id = ? AND id = ?",
              team.display_name, encode_team_profile(team.profile), project, team.id.str()));
  return must_have_changed("team");
}

Status Batch::delete_team(const ProjectId& project_id, const TeamId& id) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(
      db_.run("DELETE FROM memberships WHERE project_id = ? AND team_id = ?", project, id.str()));
  PURSER_CHECK_OK(db_.run("DELETE FROM teams WHERE project_id = ? AND id = ?", project, id.str()));
  return retire_customer(project, CustomerType::kTeam, id.str());
}

Status Batch::put_membership(const app::Membership& membership) {
  PURSER_TRY(const std::int64_t project, project_row(membership.project));
  PURSER_CHECK_OK(write());
  return db_.run(
      "INSERT INTO memberships(project_id, team_id, user_id, administrator, created_at) "
      "VALUES(?,?,?,?,?) ON CONFLICT(project_id, team_id, user_id) DO UPDATE SET "
      "administrator = excluded.administrator",
      project, membership.team.str(), membership.user.str(), membership.administrator,
      membership.created_at);
}

Status Batch::delete_membership(const ProjectId& project_id, const TeamId& team,
                                const UserId& user) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(write());
  return db_.run("DELETE FROM memberships WHERE project_id = ? AND team_id = ? AND user_id = ?",
                 project, team.str(), user.str());
}

Status Batch::insert_session(const app::Session& session) {
  PURSER_TRY(const std::int64_t project, project_row(session.project));
  PURSER_CHECK_OK(write());
  return db_.run(
      "INSERT INTO sessions(project_id, id, user_id, refresh_hash, created_at, expires_at, "
      "revoked_at) VALUES(?,?,?,?,?,?,?)",
      project, session.id.str(), session.user.str(), session.refresh_hash, session.created_at,
      session.expires_at, session.revoked_at);
}

Status Batch::update_session(const app::Session& session) {
  PURSER_TRY(const std::int64_t project, project_row(session.project));
  PURSER_CHECK_OK(write());
  PURSER_CHECK_OK(db_.run(
      "UPDATE sessions SET refresh_hash = ?, expires_at = ?, revoked_at = ? "
      "WHERE project_id = ? AND id = ?",
      session.refresh_hash, session.expires_at, session.revoked_at, project, session.id.str()));
  return must_have_changed("session");
}

Status Batch::put_catalog(const ProjectId& project_id, const domain::Catalog& catalog) {
  PURSER_TRY(const std::int64_t project, project_row(project_id));
  PURSER_CHECK_OK(write());
  PURSER_TRY(const auto current,
             db_.integer("SELECT max(version) FROM catalogs WHERE project_id = ?", project));
  if (catalog.version != current.value_or(0) + 1) {
    return Error::internal("catalog version " + std::to_string(catalog.version) +
                           " does not follow " + std::to_string(current.value_or(0)));
  }
  return db_.run("INSERT INTO catalogs(project_id, version, document) VALUES(?,?,?)", project,
                 catalog.version, codec::encode_catalog(catalog));
}

}  // namespace purser::sqlite
