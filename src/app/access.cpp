#include "app/access.hpp"

#include <algorithm>
#include <utility>

#include "app/events.hpp"
#include "app/items.hpp"

namespace purser::app {
namespace {

Error access_type_required() {
  return {ErrorCode::kAccessTypeRequired,
          "Say who you are: send a key of the project as \"Authorization: Bearer …\", or an access "
          "type, a project id and the key for it in the x-purser- headers."};
}
Error key_without_access_type() {
  return {ErrorCode::kProjectKeyWithoutAccessType,
          "A key was sent without the x-purser-access-type header; set it to client, server or "
          "admin."};
}
Error invalid_access_type(const std::string& sent) {
  return {ErrorCode::kInvalidAccessType,
          "The access type must be client, server or admin, not \"" + sent + "\"."};
}
Error no_project_id(AccessType access) {
  return {ErrorCode::kAccessTypeWithoutProjectId,
          "The access type was sent without the x-purser-project-id header.",
          {{"request_type", std::string(to_string(access))}}};
}
Error project_not_found(const ProjectId& project) {
  return {ErrorCode::kCurrentProjectNotFound,
          "The project in the x-purser-project-id header was not found.",
          {{"project_id", project.str()}}};
}

// Unknown, revoked, of another kind, of another project: all the same answer.
Error invalid_key(AccessType access, const ProjectId& project) {
  const DetailValue id =
      project.empty() ? DetailValue(nullptr) : DetailValue(std::string(project.str()));
  switch (access) {
    case AccessType::kClient:
      return {ErrorCode::kInvalidPublishableClientKey,
              "The publishable client key is not valid for the project.",
              {{"project_id", id}}};
    case AccessType::kServer:
      return {ErrorCode::kInvalidSecretServerKey,
              "The secret server key is not valid for the project.",
              {{"project_id", id}}};
    case AccessType::kAdmin:
      break;
  }
  return {ErrorCode::kInvalidSuperSecretAdminKey,
          "The super secret admin key is not valid for the project.",
          {{"project_id", id}}};
}

Error client_key_required(const ProjectId& project) {
  return {
      ErrorCode::kPublishableClientKeyRequired,
      "The project wants a publishable client key with every client request, and none was sent. "
      "Send one, or set require_publishable_client_key to false in the project's settings.",
      {{"project_id", project.str()}}};
}

std::optional<AccessType> access_of_key(const Secret& key) {
  const std::string& text = key.reveal();
  if (text.starts_with("pck_")) return AccessType::kClient;
  if (text.starts_with("ssk_")) return AccessType::kServer;
  if (text.starts_with("sak_")) return AccessType::kAdmin;
  return std::nullopt;
}

Result<Principal> with_user(Principal principal, Result<Access::Identity> who) {
  if (!who) return std::move(who).error();
  principal.user = std::move(who->user);
  principal.session = std::move(who->session);
  return principal;
}

const Secret* present(const Secret& secret) { return secret.empty() ? nullptr : &secret; }

const Secret* key_header(const Credentials& credentials, AccessType access) {
  switch (access) {
    case AccessType::kClient:
      return present(credentials.publishable_client_key);
    case AccessType::kServer:
      return present(credentials.secret_server_key);
    case AccessType::kAdmin:
      break;
  }
  return present(credentials.super_secret_admin_key);
}

bool any_key_header(const Credentials& credentials) {
  return !credentials.publishable_client_key.empty() || !credentials.secret_server_key.empty() ||
         !credentials.super_secret_admin_key.empty();
}

// A foreign subject serves as a user id when it is plain: it stands in paths and logs.
bool is_plain_id(const std::string& text) {
  return !text.empty() && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string external_subject(const TokenClaims& claims) {
  return claims.issuer + "|" + claims.subject;
}

}  // namespace

Access::Access(Registry& registry, Store& store, Engine& engine, AccessTokens& tokens,
               const Clock& clock, Ids& ids, std::string public_url)
    : registry_(registry),
      store_(store),
      engine_(engine),
      tokens_(tokens),
      clock_(clock),
      ids_(ids),
      public_url_(std::move(public_url)) {}

Result<Access::Claim> Access::claim_of(const Credentials& credentials) {
  Claim claim;
  claim.project = ProjectId(credentials.project_id);
  claim.token = present(credentials.access_token);
  const auto bearer_access = access_of_key(credentials.bearer);
  const bool bearer_is_token = !credentials.bearer.empty() && !bearer_access;
  if (bearer_is_token && claim.token == nullptr) claim.token = &credentials.bearer;

  if (!credentials.access_type.empty()) {
    const auto access = parse_access_type(credentials.access_type);
    if (!access) return invalid_access_type(credentials.access_type);
    claim.access = *access;
    claim.key = key_header(credentials, *access);
    if (claim.key == nullptr && bearer_access == access) claim.key = &credentials.bearer;
  } else if (bearer_access) {
    claim.access = *bearer_access;
    claim.key = &credentials.bearer;
    return claim;  // the key names its project
  } else if (bearer_is_token) {
    claim.access = AccessType::kClient;
    claim.key = present(credentials.publishable_client_key);
  } else {
    return any_key_header(credentials) ? key_without_access_type() : access_type_required();
  }
  if (claim.project.empty() && !(claim.key != nullptr && claim.key == &credentials.bearer)) {
    return no_project_id(claim.access);
  }
  return claim;
}

Result<std::shared_ptr<const ProjectContext>> Access::find_project(const ProjectId& id) const {
  auto context = registry_.project(id);
  if (!context) return project_not_found(id);
  return context;
}

Status Access::check_key(const ProjectContext& context, AccessType access, const Secret& key) {
  const Project& project = context.project;
  if (key.empty()) {
    if (access != AccessType::kClient) return invalid_key(access, project.id);
    if (!project.settings.require_publishable_client_key) return {};
    return client_key_required(project.id);
  }
  const crypto::Digest hash = crypto::sha256(key.reveal());
  const auto known = registry_.key(hash);
  const Timestamp now = clock_.now();
  const bool fits = known && known->access == access && known->project == project.id;
  if (!fits || (known->expires_at && *known->expires_at <= now)) {
    return invalid_key(access, project.id);
  }
  registry_.mark_used(hash, now);
  return {};
}

Result<Principal> Access::identify(const Claim& claim) {
  static const Secret kNone;
  const Secret& key = claim.key != nullptr ? *claim.key : kNone;
  Principal principal;
  principal.access = claim.access;
  if (claim.project.empty()) {  // the key names it
    const auto known = registry_.key(crypto::sha256(key.reveal()));
    if (known) principal.context = registry_.project(known->project);
    if (!principal.context) return invalid_key(claim.access, claim.project);
  } else {
    PURSER_TRY(principal.context, find_project(claim.project));
  }
  const Status valid = check_key(*principal.context, claim.access, key);
  if (valid) return principal;
  // Which project a key of another kind belongs to is nobody's business.
  return claim.project.empty() ? invalid_key(claim.access, claim.project) : valid.error();
}

std::optional<Result<Principal>> Access::authenticate_fast(const Credentials& credentials) {
  auto claim = claim_of(credentials);
  if (!claim) return std::move(claim).error();
  auto principal = identify(*claim);
  if (!principal || claim->token == nullptr) return principal;
  auto who = identity_fast(*principal->context, *claim->token);
  if (!who) return std::nullopt;
  return with_user(*std::move(principal), *std::move(who));
}

Result<Principal> Access::authenticate(const Credentials& credentials) {
  PURSER_TRY(const Claim claim, claim_of(credentials));
  PURSER_TRY(Principal principal, identify(claim));
  if (claim.token == nullptr) return principal;
  auto who = identity(*principal.context, *claim.token);
  return with_user(std::move(principal), std::move(who));
}

std::optional<Result<Access::Identity>> Access::identity_fast(const ProjectContext& context,
                                                              const Secret& token) {
  const ProjectId& project = context.project.id;
  const auto claims = tokens_.cached(project, token.reveal(), clock_.now());
  // Whose a foreign token is only the store knows, which may be at the other end of a network.
  if (!claims || !claims->issuer.empty()) return std::nullopt;
  return identity_of(project, *claims);
}

Result<Access::Identity> Access::identity(const ProjectContext& context, const Secret& token) {
  const ProjectId& project = context.project.id;
  const Timestamp now = clock_.now();
  if (const auto claims = tokens_.cached(project, token.reveal(), now)) {
    return identity_of(project, *claims);
  }
  PURSER_TRY(const TokenClaims claims, tokens_.verify(trust_of(context), token.reveal(), now));
  return identity_of(project, claims);
}

Result<Access::Identity> Access::identity_of(const ProjectId& project, const TokenClaims& claims) {
  if (claims.issuer.empty()) {
    return Identity{UserId(claims.subject), SessionId(claims.session_id)};
  }
  PURSER_TRY(std::optional<UserId> user, known_user(project, claims));
  if (!user) {
    PURSER_TRY(user, create_user(project, claims));
  }
  return Identity{*std::move(user), SessionId()};
}

Result<std::optional<UserId>> Access::known_user(const ProjectId& project,
                                                 const TokenClaims& claims) {
  PURSER_TRY(const std::optional<User> user,
             store_.view()->user_by_subject(project, external_subject(claims)));
  if (!user) return std::optional<UserId>();
  return std::optional<UserId>(user->id);
}

Result<UserId> Access::create_user(const ProjectId& project, const TokenClaims& claims) {
  UserId made;
  const auto create = [&](StoreBatch& batch) -> Status {
    const std::string subject = external_subject(claims);
    PURSER_TRY(const std::optional<User> known, batch.user_by_subject(project, subject));
    if (known) {  // another request with the same token was faster
      made = known->id;
      return {};
    }
    User user;
    user.project = project;
    user.id = UserId(claims.subject);
    bool usable = is_plain_id(claims.subject);
    if (usable) {
      PURSER_TRY(const std::optional<User> taken, batch.user(project, user.id));
      usable = !taken;
    }
    if (!usable) user.id = UserId(ids_.unique_id());
    user.display_name = claims.display_name.value_or("");
    user.primary_email = claims.email;
    user.external_subject = subject;
    user.created_at = batch.now();
    made = user.id;
    PURSER_CHECK_OK(batch.insert_user(user));
    return append_event(batch, CustomerKey{project, CustomerType::kUser, user.id.str()},
                        "user.created", {});
  };
  PURSER_CHECK_OK(engine_.apply(create));
  return made;
}

Status Access::require(const Principal& principal, AccessType minimum) {
  if (principal.access >= minimum) return {};
  const std::string_view wanted = minimum == AccessType::kAdmin ? "admin" : "server or admin";
  const std::string_view allowed = minimum == AccessType::kAdmin ? "admin" : "server,admin";
  return Error{ErrorCode::kInsufficientAccessType,
               "The access type must be " + std::string(wanted) + ", but was " +
                   std::string(to_string(principal.access)) + ".",
               {{"actual_access_type", std::string(to_string(principal.access))},
                {"allowed_access_types", std::string(allowed)}}};
}

Status Access::require_customer(const Principal& principal, const CustomerKey& customer) {
  if (customer.project != principal.context->project.id) return customer_not_found(customer);
  if (principal.access != AccessType::kClient) return {};
  if (!principal.user) {
    return Error{ErrorCode::kUserAuthenticationRequired,
                 "Send the access token of a signed-in user."};
  }
  if (customer.type == CustomerType::kCustom) return customer_not_found(customer);
  if (customer.type == CustomerType::kUser) {
    if (customer.id == principal.user->str()) return {};
    return customer_not_found(customer);
  }
  PURSER_TRY(const std::optional<Membership> membership,
             store_.view()->membership(customer.project, TeamId(customer.id), *principal.user));
  if (!membership) return customer_not_found(customer);
  if (membership->administrator) return {};
  return Error{ErrorCode::kTeamPermissionRequired,
               "Only an administrator of the team may do that.",
               {{"team_id", customer.id},
                {"user_id", principal.user->str()},
                {"permission_id", std::string(kTeamAdmin)}}};
}

AccessTokens::Trust Access::trust_of(const ProjectContext& context) const {
  AccessTokens::Trust trust;
  trust.project = context.project.id;
  trust.own_issuer = own_issuer(public_url_, context.project.id);
  for (const SigningKey& key : context.signing_keys)
    trust.own_public_jwks.push_back(key.public_jwk);
  trust.foreign = context.project.settings.oidc_issuers;
  return trust;
}

}  // namespace purser::app
