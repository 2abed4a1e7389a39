#include "http/compat/authenticate.hpp"

#include <string>
#include <utility>

#include "http/compat/known_errors.hpp"
#include "http/compat/translate.hpp"
#include "http/credentials.hpp"

namespace purser::http::compat {
namespace {

using app::AccessType;

constexpr std::string_view kOnlyBranch = "main";

const Secret& key_for(const app::Credentials& credentials, AccessType access) {
  switch (access) {
    case AccessType::kClient:
      return credentials.publishable_client_key;
    case AccessType::kServer:
      return credentials.secret_server_key;
    case AccessType::kAdmin:
      break;
  }
  return credentials.super_secret_admin_key;
}

bool has_any_key(const app::Credentials& credentials, const Secret& admin_token) {
  return !credentials.publishable_client_key.empty() || !credentials.secret_server_key.empty() ||
         !credentials.super_secret_admin_key.empty() || !admin_token.empty();
}

/// What a request claims to be, as far as its headers alone tell.
struct Claim {
  app::Credentials credentials;
  Secret admin_token;
  AccessType access = AccessType::kClient;
};

std::optional<Reply> refused(Claim& claim) {
  const app::Credentials& sent = claim.credentials;
  const auto access = app::parse_access_type(sent.access_type);
  if (!access) {
    return known(Known::kInvalidAccessType, {{"access_type", {sent.access_type}}});
  }
  claim.access = *access;
  if (!sent.project_id.empty()) return std::nullopt;
  return known(Known::kAccessTypeWithoutProjectId, {{"request_type", {sent.access_type}}});
}

Reply refused_admin_token(const Call& call, const Error& error) {
  if (error.code == ErrorCode::kAccessTokenExpired) {
    for (const auto& [name, value] : error.details) {
      const auto* at = std::get_if<std::int64_t>(&value);
      if (name == "expired_at_millis" && at != nullptr) {
        return known(Known::kAdminAccessTokenExpired, {{name, {*at}}});
      }
    }
  }
  if (error_row(error.code).http_status >= 500) return reply_for(call, error);
  return known(Known::kUnparsableAdminAccessToken);
}

/// Nothing when the token is one of a user who administers the project. May block.
std::optional<Reply> check_admin_token(const Call& call, const Claim& claim,
                                       const app::ProjectContext& context) {
  auto& use = call.core.use();
  const auto internal = use.access.find_project(ProjectId(kInternalProject));
  if (!internal) return known(Known::kUnparsableAdminAccessToken);
  const auto who = use.access.identity(**internal, claim.admin_token);
  if (!who) return refused_admin_token(call, who.error());
  const auto may = administers(*use.store.view(), who->user, context.project);
  if (!may) return reply_for(call, may.error());
  if (*may) return std::nullopt;
  return known(Known::kAdminAccessTokenIsNotAdmin);
}

std::optional<Reply> check_key(const Call& call, const Claim& claim,
                               const app::ProjectContext& context) {
  const Secret& key = key_for(claim.credentials, claim.access);
  if (key.empty() && claim.access == AccessType::kServer) {
    return known(Known::kServerAuthenticationRequired);
  }
  if (key.empty() && claim.access == AccessType::kAdmin) {
    return known(Known::kAdminAuthenticationRequired);
  }
  const Status valid = call.core.use().access.check_key(context, claim.access, key);
  if (valid) return std::nullopt;
  return reply_for(call, valid.error());
}

}  // namespace

std::string_view header_of(const net::Request& request, std::string_view name) {
  for (const std::string_view prefix : kHeaderPrefixes) {
    std::string full(prefix);
    const std::string_view value = request.header(full.append(name));
    if (!value.empty()) return value;
  }
  return {};
}

std::optional<Authenticated> authenticate(const Call& call, bool may_block) {
  Claim claim{read_credentials(call.request),
              Secret(std::string(header_of(call.request, "admin-access-token")))};
  if (claim.credentials.access_type.empty()) {
    if (!has_any_key(claim.credentials, claim.admin_token)) return app::Principal();
    return known(Known::kProjectKeyWithoutAccessType);
  }
  if (auto refusal = refused(claim)) return *std::move(refusal);
  app::Access& access = call.core.use().access;
  auto context = access.find_project(ProjectId(claim.credentials.project_id));
  if (!context) return reply_for(call, context.error());
  const std::string_view branch = header_of(call.request, "branch-id");
  if (!branch.empty() && branch != kOnlyBranch) {
    return known(Known::kBranchDoesNotExist, {{"branch_id", {net::percent_encode(branch)}}});
  }
  app::Principal principal;
  principal.context = *std::move(context);
  principal.access = claim.access;
  if (const Secret& token = claim.credentials.access_token; !token.empty()) {
    auto who = may_block ? access.identity(*principal.context, token)
                         : access.identity_fast(*principal.context, token);
    if (!who) return std::nullopt;
    if (!*who) return reply_for(call, who->error());
    principal.user = (*who)->user;
    principal.session = (*who)->session;
  }
  if (!claim.admin_token.empty() && !may_block) return std::nullopt;
  auto refusal = claim.admin_token.empty() ? check_key(call, claim, *principal.context)
                                           : check_admin_token(call, claim, *principal.context);
  if (refusal) return *std::move(refusal);
  return principal;
}

Result<bool> administers(app::StoreView& view, const UserId& user, const app::Project& project) {
  const TeamId& owner = project.settings.owner_team;
  if (owner.empty()) return false;
  PURSER_TRY(const std::optional<app::Membership> membership,
             view.membership(ProjectId(kInternalProject), owner, user));
  return membership.has_value();
}

}  // namespace purser::http::compat
