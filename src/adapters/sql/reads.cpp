#include "adapters/sql/reads.hpp"

#include "adapters/sql/rows.hpp"
#include "codec/catalog_codec.hpp"

namespace purser::sql {

Result<std::optional<app::Project>> Reads::project(const ProjectId& id) {
  return rows::one(
      db_.query_for_update(
          "projects", "SELECT " PURSER_PROJECT_COLUMNS " FROM projects WHERE id = $1", id.str()),
      rows::project);
}

Result<std::vector<app::Project>> Reads::projects(const app::PageRequest& page) {
  return rows::all(db_.query("SELECT " PURSER_PROJECT_COLUMNS
                             " FROM projects WHERE id > $1 ORDER BY id LIMIT $2",
                             page.after, page.limit),
                   rows::project);
}

Result<std::vector<app::ApiKey>> Reads::keys(const ProjectId& project) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query_for_update("api_keys",
                                        "SELECT " PURSER_KEY_COLUMNS
                                        " FROM api_keys WHERE project_id = $1 ORDER BY id",
                                        row),
                   [&](Cursor& q) { return rows::key(q, project); });
}

Result<std::vector<app::SigningKey>> Reads::signing_keys(const ProjectId& project) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_SIGNING_KEY_COLUMNS
                             " FROM signing_keys WHERE project_id = $1 ORDER BY row DESC",
                             row),
                   [&](Cursor& q) { return rows::signing_key(q, project); });
}

Result<std::optional<app::User>> Reads::user(const ProjectId& project, const UserId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("users",
                                        "SELECT " PURSER_USER_COLUMNS
                                        " FROM users WHERE project_id = $1 AND id = $2",
                                        row, id.str()),
                   [&](Cursor& q) { return rows::user(q, project); });
}

Result<std::optional<app::User>> Reads::user_by_subject(const ProjectId& project,
                                                        const std::string& external_subject) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query_for_update("users",
                           "SELECT " PURSER_USER_COLUMNS
                           " FROM users WHERE project_id = $1 AND external_subject = $2 "
                           "AND external_subject <> ''",
                           row, external_subject),
      [&](Cursor& q) { return rows::user(q, project); });
}

Result<std::vector<app::User>> Reads::users(const ProjectId& project,
                                            const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_USER_COLUMNS
                             " FROM users WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                             row, page.after, page.limit),
                   [&](Cursor& q) { return rows::user(q, project); });
}

Result<std::optional<app::Team>> Reads::team(const ProjectId& project, const TeamId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("teams",
                                        "SELECT " PURSER_TEAM_COLUMNS
                                        " FROM teams WHERE project_id = $1 AND id = $2",
                                        row, id.str()),
                   [&](Cursor& q) { return rows::team(q, project); });
}

Result<std::vector<app::Team>> Reads::teams(const ProjectId& project,
                                            const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_TEAM_COLUMNS
                             " FROM teams WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                             row, page.after, page.limit),
                   [&](Cursor& q) { return rows::team(q, project); });
}

Result<std::optional<app::Membership>> Reads::membership(const ProjectId& project,
                                                         const TeamId& team, const UserId& user) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("memberships",
                                        "SELECT " PURSER_MEMBERSHIP_COLUMNS
                                        " FROM memberships WHERE project_id = $1 AND team_id = $2 "
                                        "AND user_id = $3",
                                        row, team.str(), user.str()),
                   [&](Cursor& q) { return rows::membership(q, project); });
}

Result<std::vector<app::Membership>> Reads::members(const ProjectId& project, const TeamId& team,
                                                    const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_MEMBERSHIP_COLUMNS
                             " FROM memberships WHERE project_id = $1 AND team_id = $2 "
                             "AND user_id > $3 ORDER BY user_id LIMIT $4",
                             row, team.str(), page.after, page.limit),
                   [&](Cursor& q) { return rows::membership(q, project); });
}

Result<std::vector<app::Membership>> Reads::memberships(const ProjectId& project,
                                                        const UserId& user,
                                                        const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_MEMBERSHIP_COLUMNS
                             " FROM memberships WHERE project_id = $1 AND user_id = $2 "
                             "AND team_id > $3 ORDER BY team_id LIMIT $4",
                             row, user.str(), page.after, page.limit),
                   [&](Cursor& q) { return rows::membership(q, project); });
}

Result<std::optional<app::Session>> Reads::session(const ProjectId& project, const SessionId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("sessions",
                                        "SELECT " PURSER_SESSION_COLUMNS
                                        " FROM sessions WHERE project_id = $1 AND id = $2",
                                        row, id.str()),
                   [&](Cursor& q) { return rows::session(q, project); });
}

Result<std::optional<app::Session>> Reads::session_by_refresh_hash(const ProjectId& project,
                                                                   const crypto::Digest& hash) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query_for_update("sessions",
                           "SELECT " PURSER_SESSION_COLUMNS
                           " FROM sessions WHERE project_id = $1 AND refresh_hash = $2",
                           row, hash),
      [&](Cursor& q) { return rows::session(q, project); });
}

Result<std::vector<app::Session>> Reads::sessions(const ProjectId& project, const UserId& user) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(
      db_.query_for_update("sessions",
                           "SELECT " PURSER_SESSION_COLUMNS
                           " FROM sessions WHERE project_id = $1 AND user_id = $2 ORDER BY id",
                           row, user.str()),
      [&](Cursor& q) { return rows::session(q, project); });
}

namespace {

/// A catalog from its version and document.
Result<domain::Catalog> catalog_of(Cursor& row, const ProjectId& project) {
  PURSER_TRY(const json::Value document, json::parse(row.view(1)));
  auto catalog = codec::decode_catalog(document);
  if (!catalog) return Error::internal("a stored catalog of " + project.str() + " is unreadable");
  catalog->version = row.integer(0);
  return catalog;
}

}  // namespace

Result<domain::Catalog> Reads::catalog(const ProjectId& project) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  PURSER_TRY(auto newest,
             rows::one(db_.query("SELECT version, document FROM catalogs WHERE project_id = $1 "
                                 "ORDER BY version DESC LIMIT 1",
                                 row),
                       [&](Cursor& q) { return catalog_of(q, project); }));
  return newest ? *std::move(newest) : domain::Catalog{};
}

Result<std::optional<domain::Catalog>> Reads::catalog_at(const ProjectId& project,
                                                         std::int64_t version) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT version, document FROM catalogs WHERE project_id = $1 AND version = $2",
                row, version),
      [&](Cursor& q) { return catalog_of(q, project); });
}

Result<bool> Reads::customer_exists(const CustomerKey& key) {
  if (key.type == CustomerType::kCustom) {
    PURSER_TRY(const auto project_row, resolver_.project(key.project));
    return project_row.has_value();
  }
  PURSER_TRY(const auto row, resolver_.customer(key));
  return row && !row->deleted;
}

}  // namespace purser::sql
