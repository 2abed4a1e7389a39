#include "adapters/sqlite/reads.hpp"

#include "adapters/sqlite/rows.hpp"
#include "codec/catalog_codec.hpp"

namespace purser::sqlite {
Result<std::int64_t> row_of(Resolver& resolver, const ProjectId& project) {
  PURSER_TRY(const auto row, resolver.project(project));
  return row.value_or(kNoRow);
}

Result<std::int64_t> row_of(Resolver& resolver, const CustomerKey& customer) {
  PURSER_TRY(const auto row, resolver.customer(customer));
  return row ? row->id : kNoRow;
}

Result<std::optional<app::Project>> Reads::project(const ProjectId& id) {
  return rows::one(
      db_.query("SELECT " PURSER_PROJECT_COLUMNS " FROM projects WHERE id = ?", id.str()),
      rows::project);
}

Result<std::vector<app::Project>> Reads::projects(const app::PageRequest& page) {
  return rows::all(
      db_.query("SELECT " PURSER_PROJECT_COLUMNS " FROM projects WHERE id > ? ORDER BY id LIMIT ?",
                page.after, page.limit),
      rows::project);
}

Result<std::vector<app::ApiKey>> Reads::keys(const ProjectId& project) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(
      db_.query("SELECT " PURSER_KEY_COLUMNS " FROM api_keys WHERE project_id = ? ORDER BY id",
                row),
      [&](Query& q) { return rows::key(q, project); });
}

Result<std::vector<app::SigningKey>> Reads::signing_keys(const ProjectId& project) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_SIGNING_KEY_COLUMNS
                             " FROM signing_keys WHERE project_id = ? ORDER BY row DESC",
                             row),
                   [&](Query& q) { return rows::signing_key(q, project); });
}

Result<std::optional<app::User>> Reads::user(const ProjectId& project, const UserId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_USER_COLUMNS " FROM users WHERE project_id = ? AND id = ?", row,
                id.str()),
      [&](Query& q) { return rows::user(q, project); });
}

Result<std::optional<app::User>> Reads::user_by_subject(const ProjectId& project,
                                                        const std::string& external_subject) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT " PURSER_USER_COLUMNS
                             " FROM users WHERE project_id = ? AND external_subject = ? "
                             "AND external_subject <> ''",
                             row, external_subject),
                   [&](Query& q) { return rows::user(q, project); });
}

Result<std::vector<app::User>> Reads::users(const ProjectId& project,
                                            const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_USER_COLUMNS
                             " FROM users WHERE project_id = ? AND id > ? ORDER BY id LIMIT ?",
                             row, page.after, page.limit),
                   [&](Query& q) { return rows::user(q, project); });
}

Result<std::optional<app::Team>> Reads::team(const ProjectId& project, const TeamId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_TEAM_COLUMNS " FROM teams WHERE project_id = ? AND id = ?", row,
                id.str()),
      [&](Query& q) { return rows::team(q, project); });
}

Result<std::vector<app::Team>> Reads::teams(const ProjectId& project,
                                            const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_TEAM_COLUMNS
                             " FROM teams WHERE project_id = ? AND id > ? ORDER BY id LIMIT ?",
                             row, page.after, page.limit),
                   [&](Query& q) { return rows::team(q, project); });
}

Result<std::optional<app::Membership>> Reads::membership(const ProjectId& project,
                                                         const TeamId& team, const UserId& user) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT " PURSER_MEMBERSHIP_COLUMNS
                             " FROM memberships WHERE project_id = ? AND team_id = ? "
                             "AND user_id = ?",
                             row, team.str(), user.str()),
                   [&](Query& q) { return rows::membership(q, project); });
}

Result<std::vector<app::Membership>> Reads::members(const ProjectId& project, const TeamId& team,
                                                    const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_MEMBERSHIP_COLUMNS
                             " FROM memberships WHERE project_id = ? AND team_id = ? "
                             "AND user_id > ? ORDER BY user_id LIMIT ?",
                             row, team.str(), page.after, page.limit),
                   [&](Query& q) { return rows::membership(q, project); });
}

Result<std::vector<app::Membership>> Reads::memberships(const ProjectId& project,
                                                        const UserId& user,
                                                        const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_MEMBERSHIP_COLUMNS
                             " FROM memberships WHERE project_id = ? AND user_id = ? "
                             "AND team_id > ? ORDER BY team_id LIMIT ?",
                             row, user.str(), page.after, page.limit),
                   [&](Query& q) { return rows::membership(q, project); });
}

Result<std::optional<app::Session>> Reads::session(const ProjectId& project, const SessionId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_SESSION_COLUMNS " FROM sessions WHERE project_id = ? AND id = ?",
                row, id.str()),
      [&](Query& q) { return rows::session(q, project); });
}

Result<std::optional<app::Session>> Reads::session_by_refresh_hash(const ProjectId& project,
                                                                   const crypto::Digest& hash) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT " PURSER_SESSION_COLUMNS
                             " FROM sessions WHERE project_id = ? AND refresh_hash = ?",
                             row, hash),
                   [&](Query& q) { return rows::session(q, project); });
}

Result<std::vector<app::Session>> Reads::sessions(const ProjectId& project, const UserId& user) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_SESSION_COLUMNS
                             " FROM sessions WHERE project_id = ? AND user_id = ? ORDER BY id",
                             row, user.str()),
                   [&](Query& q) { return rows::session(q, project); });
}

namespace {

/// A catalog from its version and document.
Result<domain::Catalog> catalog_of(Query& row, const ProjectId& project) {
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
             rows::one(db_.query("SELECT version, document FROM catalogs WHERE project_id = ? "
                                 "ORDER BY version DESC LIMIT 1",
                                 row),
                       [&](Query& q) { return catalog_of(q, project); }));
  return newest ? *std::move(newest) : domain::Catalog{};
}

Result<std::optional<domain::Catalog>> Reads::catalog_at(const ProjectId& project,
                                                         std::int64_t version) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT version, document FROM catalogs WHERE project_id = ? AND version = ?", row,
                version),
      [&](Query& q) { return catalog_of(q, project); });
}

Result<bool> Reads::customer_exists(const CustomerKey& key) {
  if (key.type == CustomerType::kCustom) {
    PURSER_TRY(const auto project_row, resolver_.project(key.project));
    return project_row.has_value();
  }
  PURSER_TRY(const auto row, resolver_.customer(key));
  return row && !row->deleted;
}

Result<std::optional<app::IdempotencyRecord>> Reads::idempotency(const ProjectId& project,
                                                                 const std::string& key) {
  PURSER_TRY(const auto owner, record_owner(resolver_, project));
  const std::int64_t row = owner.value_or(kNoRow);
  const auto read = [&](Query& q) { return rows::idempotency(q, project, key); };
  const PackedKey packed(key);
  constexpr const char* kSql =
      "SELECT " PURSER_IDEMPOTENCY_COLUMNS " FROM idempotency WHERE project_id = ? AND key = ?";
  if (packed.uuid) return rows::one(db_.query(kSql, row, packed.blob()), read);
  return rows::one(db_.query(kSql, row, packed.text), read);
}

std::optional<std::string> packed_uuid(std::string_view key) {
  if (key.size() != 36) return std::nullopt;
  std::string bytes;
  int high = -1;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {  // upper case would not come back as it was
      digit = c - 'a' + 10;
    } else {
      return std::nullopt;
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  return bytes;
}

}  // namespace purser::sqlite
