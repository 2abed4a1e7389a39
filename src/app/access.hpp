#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/ids.hpp"
#include "app/ports/tokens.hpp"
#include "app/registry.hpp"
#include "types/customer.hpp"
#include "types/secret.hpp"

namespace purser::app {

/// What a team's administrators may, by the name that others know it by.
inline constexpr std::string_view kTeamAdmin = "team_admin";

/// What a request carried to say who it is. Empty strings count as absent.
struct Credentials {
  std::string access_type;  ///< x-purser-access-type (and synonyms)
  std::string project_id;   ///< x-purser-project-id
  Secret publishable_client_key;
  Secret secret_server_key;
  Secret super_secret_admin_key;
  Secret access_token;
  Secret bearer;  ///< Authorization: Bearer …: a secret key or an access token
};

/// Who asks, after the check.
struct Principal {
  std::shared_ptr<const ProjectContext> context;
  AccessType access = AccessType::kClient;
  std::optional<UserId> user;  ///< from the access token
  SessionId session;           ///< of our own tokens
};

/// Who may do what. Thread-safe.
class Access {
 public:
  Access(Registry& registry, Store& store, Engine& engine, AccessTokens& tokens, const Clock& clock,
         Ids& ids, std::string public_url);

  /// Checks without blocking; nothing when a token must be looked at by `authenticate` on a worker
  /// thread: one that was not verified yet, or a foreign issuer's.
  std::optional<Result<Principal>> authenticate_fast(const Credentials& credentials);
  /// The whole check, in the order: access type and project present and known → the key for the
  /// type → access token. A user seen for the first time in a valid foreign token is created. May
  /// block.
  Result<Principal> authenticate(const Credentials& credentials);

  // The parts of that check, for a protocol that has an order of its own.

  /// Who an access token stands for.
  struct Identity {
    UserId user;
    SessionId session;  ///< of our own tokens
  };
  /// Errors: kCurrentProjectNotFound.
  Result<std::shared_ptr<const ProjectContext>> find_project(const ProjectId& id) const;
  /// Checks the key for an access type; an empty one counts as absent. Errors: those of a key that
  /// is not valid, and kPublishableClientKeyRequired.
  Status check_key(const ProjectContext& context, AccessType access, const Secret& key);
  /// Checks a token without blocking; nothing when `identity` must.
  std::optional<Result<Identity>> identity_fast(const ProjectContext& context, const Secret& token);
  /// Checks a token. A user seen for the first time in a valid foreign one is created. May block.
  Result<Identity> identity(const ProjectContext& context, const Secret& token);

  /// Errors: kInsufficientAccessType.
  static Status require(const Principal& principal, AccessType minimum);

  /// May this principal touch this customer? Server and admin: any customer of the project. Client:
  /// only the token's own user, or a team where that user is an administrator; what it may not
  /// touch is answered like what does not exist (kUserNotFound, kTeamNotFound, kCustomerNotFound);
  /// a member who is no administrator gets kTeamPermissionRequired; no user:
  /// kUserAuthenticationRequired. Reads memberships from the store: brief, allowed on I/O threads
  /// with the embedded store.
  Status require_customer(const Principal& principal, const CustomerKey& customer);

  AccessTokens::Trust trust_of(const ProjectContext& context) const;

 private:
  /// What a request claims to be, before anything was looked up.
  struct Claim {
    AccessType access = AccessType::kClient;
    ProjectId project;              ///< empty: named by the key
    const Secret* key = nullptr;    ///< the key for `access`; null when absent
    const Secret* token = nullptr;  ///< null when absent
  };
  static Result<Claim> claim_of(const Credentials& credentials);
  /// Project and key; the token is not looked at yet.
  Result<Principal> identify(const Claim& claim);
  Result<Identity> identity_of(const ProjectId& project, const TokenClaims& claims);
  /// The user of a foreign token, if it is known already.
  Result<std::optional<UserId>> known_user(const ProjectId& project, const TokenClaims& claims);
  Result<UserId> create_user(const ProjectId& project, const TokenClaims& claims);

  Registry& registry_;
  Store& store_;
  Engine& engine_;
  AccessTokens& tokens_;
  const Clock& clock_;
  Ids& ids_;
  std::string public_url_;
};

}  // namespace purser::app
