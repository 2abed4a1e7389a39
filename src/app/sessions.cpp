#include <algorithm>
#include <utility>

#include "app/events.hpp"
#include "app/people.hpp"
#include "app/sealed.hpp"

namespace purser::app {
namespace {

std::string_view bytes(const crypto::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Error refresh_token_not_found() {
  return {ErrorCode::kRefreshTokenNotFound,
          "Refresh token not found for this project, or the session has expired or been revoked; "
          "sign in again."};
}

}  // namespace

Sessions::Sessions(Store& store, Registry& registry, AccessTokens& tokens, const Clock& clock,
                   Ids& ids, Secret encryption_key, SessionOptions options)
    : store_(store),
      registry_(registry),
      tokens_(tokens),
      clock_(clock),
      ids_(ids),
      encryption_key_(std::move(encryption_key)),
      options_(std::move(options)) {}

Result<CreatedSession> Sessions::create(StoreBatch& batch, const ProjectId& project,
                                        const UserId& user, std::optional<Millis> lifetime) {
  PURSER_TRY(const std::optional<User> found, batch.user(project, user));
  if (!found) {
    return Error{ErrorCode::kUserNotFound, "User not found.", {{"user_id", user.str()}}};
  }
  const auto context = registry_.project(project);
  if (!context) return Error::internal("a session for a project that is not in the registry");
  CreatedSession created;
  created.refresh_token = ids_.secret("prt_");
  Session& session = created.session;
  session.id = SessionId(ids_.unique_id());
  session.project = project;
  session.user = user;
  session.refresh_hash = crypto::sha256(created.refresh_token.reveal());
  session.created_at = batch.now();
  session.expires_at = batch.now() + lifetime.value_or(Millis{options_.refresh_token_ttl_s * 1000});
  PURSER_CHECK_OK(batch.insert_session(session));
  PURSER_TRY(created.access_token, sign(*context, session, *found, batch, batch.now()));
  return created;
}

Result<Secret> Sessions::refresh(const ProjectId& project, const Secret& refresh_token) {
  const auto context = registry_.project(project);
  if (!context || refresh_token.empty()) return refresh_token_not_found();
  const crypto::Digest hash = crypto::sha256(refresh_token.reveal());
  const auto view = store_.view();
  PURSER_TRY(const std::optional<Session> session, view->session_by_refresh_hash(project, hash));
  const Timestamp now = clock_.now();
  const bool valid = session &&
                     crypto::constant_time_equal(bytes(session->refresh_hash), bytes(hash)) &&
                     !session->revoked_at && session->expires_at > now;
  if (!valid) return refresh_token_not_found();
  PURSER_TRY(const std::optional<User> user, view->user(project, session->user));
  if (!user) return refresh_token_not_found();
  return sign(*context, *session, *user, *view, now);
}

Result<std::vector<Session>> Sessions::list(const ProjectId& project, const UserId& user) {
  return store_.view()->sessions(project, user);
}

Status Sessions::revoke(StoreBatch& batch, const ProjectId& project, const SessionId& session) {
  PURSER_TRY(std::optional<Session> found, batch.session(project, session));
  if (!found || found->revoked_at) {
    return Error{ErrorCode::kSessionNotFound,
                 "No such session in this project.",
                 {{"session_id", session.str()}}};
  }
  found->revoked_at = batch.now();
  return batch.update_session(*found);
}

Result<std::string> Sessions::jwks(const ProjectId& project) {
  const auto context = registry_.project(project);
  if (!context) {
    return Error{ErrorCode::kProjectNotFound, "No such project.", {{"project_id", project.str()}}};
  }
  std::string document = R"({"keys":[)";
  for (const SigningKey& key : context->signing_keys) {
    if (&key != &context->signing_keys.front()) document += ',';
    document += key.public_jwk;
  }
  return document + "]}";
}

Result<Secret> Sessions::sign(const ProjectContext& context, const Session& session,
                              const User& user, StoreView& view, Timestamp now) {
  if (context.signing_keys.empty()) return Error::internal("the project has no signing key");
  const SigningKey& key = context.signing_keys.front();
  const ProjectId& project = context.project.id;
  auto pem = crypto::open(encryption_key_,
                          sealed_context(project, std::string(kSealedSigningKey) + key.kid),
                          key.sealed_private_key);
  if (!pem) {
    return Error::internal("a signing key does not open; is encryption_key the right one?");
  }
  AccessTokens::NewToken token;
  token.kid = key.kid;
  token.private_pem = *std::move(pem);
  token.project = project;
  token.user = session.user;
  token.session = session.id;
  token.issuer = own_issuer(options_.public_url, project);
  token.display_name = user.display_name;
  token.email = user.primary_email;
  token.email_verified = user.profile.email_verified;
  PURSER_TRY(token.selected_team, selected_team(view, user));
  token.signed_up_at = user.created_at;
  token.issued_at = now;
  token.expires_at = std::min(now + Millis{options_.access_token_ttl_s * 1000}, session.expires_at);
  return tokens_.sign(token);
}

}  // namespace purser::app
