#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "purser/server_customer.hpp"

namespace purser::sdk {

/// A program that you alone run: acts for the whole project with its secret server key.
///
/// Thread safety: may be used from many threads; copies share connections and threads.
/// Errors: wrong options are reported by the first call, as kInvalidArgument. See Customer for the
/// codes that every call may answer.
/// Performance: connections are kept and reused; a call is one request. `user(id)`, `team(id)` and
/// `custom_customer(id)` make handles without a request.
class ServerApp {
 public:
  explicit ServerApp(ServerOptions options);

  // Handles without a request. Whether the customer exists shows at the first call.

  ServerCustomer user(std::string_view user_id) const;
  ServerCustomer team(std::string_view team_id) const;
  CustomCustomer custom_customer(std::string_view name) const;

  // Users.

  /// Errors: kAlreadyExists, kSchemaError.
  Result<ServerUser> create_user(const NewUser& user = {}) const;
  std::future<Result<ServerUser>> create_user_async(NewUser user = {}) const;
  /// Errors: kUserNotFound.
  Result<ServerUser> get_user(std::string_view user_id, const CallOptions& call = {}) const;
  std::future<Result<ServerUser>> get_user_async(std::string user_id) const;
  /// Ordered by id. Errors: kInvalidCursor.
  Result<Page<ServerUser>> list_users(const PageOptions& page = {},
                                      const CallOptions& call = {}) const;
  std::future<Result<Page<ServerUser>>> list_users_async(PageOptions page = {}) const;
  /// Errors: kUserNotFound.
  Result<ServerUser> update_user(std::string_view user_id, const UserChange& change,
                                 const CallOptions& call = {}) const;
  std::future<Result<ServerUser>> update_user_async(std::string user_id, UserChange change) const;
  /// Deletes memberships and sessions too; what was sold stays as history. Errors: kUserNotFound.
  Result<void> delete_user(std::string_view user_id, const CallOptions& call = {}) const;
  std::future<Result<void>> delete_user_async(std::string user_id) const;

  // Teams.

  /// Errors: kAlreadyExists, kUserNotFound (the creator), kSchemaError.
  Result<ServerTeam> create_team(const NewTeam& team) const;
  std::future<Result<ServerTeam>> create_team_async(NewTeam team) const;
  /// Errors: kTeamNotFound.
  Result<ServerTeam> get_team(std::string_view team_id, const CallOptions& call = {}) const;
  std::future<Result<ServerTeam>> get_team_async(std::string team_id) const;
  /// Ordered by id. Errors: kInvalidCursor.
  Result<Page<ServerTeam>> list_teams(const PageOptions& page = {},
                                      const CallOptions& call = {}) const;
  std::future<Result<Page<ServerTeam>>> list_teams_async(PageOptions page = {}) const;
  /// Errors: kTeamNotFound.
  Result<ServerTeam> update_team(std::string_view team_id, std::string_view display_name,
                                 const CallOptions& call = {}) const;
  std::future<Result<ServerTeam>> update_team_async(std::string team_id,
                                                    std::string display_name) const;
  /// Errors: kTeamNotFound.
  Result<void> delete_team(std::string_view team_id, const CallOptions& call = {}) const;
  std::future<Result<void>> delete_team_async(std::string team_id) const;

  // Memberships.

  /// Adds the user to the team. Errors: kTeamNotFound, kUserNotFound.
  Result<Membership> add_member(std::string_view team_id, std::string_view user_id,
                                bool administrator = false, const CallOptions& call = {}) const;
  std::future<Result<Membership>> add_member_async(std::string team_id, std::string user_id,
                                                   bool administrator = false) const;
  /// Makes a member an administrator, or no longer. Errors: kTeamMembershipNotFound.
  Result<Membership> update_member(std::string_view team_id, std::string_view user_id,
                                   bool administrator, const CallOptions& call = {}) const;
  std::future<Result<Membership>> update_member_async(std::string team_id, std::string user_id,
                                                      bool administrator) const;
  /// Errors: kTeamMembershipNotFound.
  Result<void> remove_member(std::string_view team_id, std::string_view user_id,
                             const CallOptions& call = {}) const;
  std::future<Result<void>> remove_member_async(std::string team_id, std::string user_id) const;
  /// A team's members, ordered by user id. Errors: kInvalidCursor, kTeamNotFound.
  Result<Page<Membership>> list_members(std::string_view team_id, const PageOptions& page = {},
                                        const CallOptions& call = {}) const;
  std::future<Result<Page<Membership>>> list_members_async(std::string team_id,
                                                           PageOptions page = {}) const;
  /// A user's memberships, ordered by team id. Errors: kInvalidCursor, kUserNotFound.
  Result<Page<Membership>> list_memberships(std::string_view user_id, const PageOptions& page = {},
                                            const CallOptions& call = {}) const;
  std::future<Result<Page<Membership>>> list_memberships_async(std::string user_id,
                                                               PageOptions page = {}) const;

  // Sessions: how a user's ClientApp gets its tokens.

  /// Signs a user in. Hand the tokens to that user's program, over TLS. Errors: kUserNotFound.
  Result<NewSession> create_session(std::string_view user_id, const CallOptions& call = {}) const;
  std::future<Result<NewSession>> create_session_async(std::string user_id) const;
  /// Ends a session: its refresh token stops working at once, its access tokens within ten minutes.
  /// Errors: kSessionNotFound.
  Result<void> revoke_session(std::string_view session_id, const CallOptions& call = {}) const;
  std::future<Result<void>> revoke_session_async(std::string session_id) const;

  // Refunds. Needs ServerOptions::super_secret_admin_key.

  /// Gives money back for a purchase; what is left of what it bought goes too, and a full refund
  /// ends it. Errors: kPurchaseNotFound, kTestModePurchaseNonRefundable, kRefundNotPossible
  /// (detail("reason") says why).
  Result<Refund> refund_purchase(std::string_view purchase_id,
                                 const RefundOptions& options = {}) const;
  std::future<Result<Refund>> refund_purchase_async(std::string purchase_id,
                                                    RefundOptions options = {}) const;

  // The catalog. Needs ServerOptions::super_secret_admin_key.

  /// The whole catalog as a JSON document.
  Result<std::string> get_catalog(const CallOptions& call = {}) const;
  std::future<Result<std::string>> get_catalog_async() const;
  /// Replaces the whole catalog, or nothing of it. `json` is a document of the shape of
  /// get_catalog. With `dry_run` only checks and compares. Errors: kCatalogInvalid (fields() names
  /// every error with its path), kBodyParsingError, kInvalidArgument (not a JSON object).
  Result<CatalogDiff> put_catalog(std::string_view json, bool dry_run = false,
                                  const CallOptions& call = {}) const;
  std::future<Result<CatalogDiff>> put_catalog_async(std::string json, bool dry_run = false) const;

 private:
  std::shared_ptr<detail::Core> core_;
};

}  // namespace purser::sdk
