#include "http/compat/handlers_people.hpp"
#include "http/compat/route.hpp"
#include "http/schema.hpp"

// The protocol's routes about users, teams and signing in. Where a request may have fields of
// things that do not exist here, they are named, so that a mistyped one is still an error.
namespace purser::http::compat {
namespace {

using enum FieldKind;

constexpr std::size_t kUsual = 256 * 1024;
constexpr std::size_t kSmall = 16 * 1024;
constexpr std::int64_t kMaxSessionMillis = 367LL * 24 * 3600 * 1000;
constexpr std::int64_t kMaxEmail = 254;
constexpr std::int64_t kMaxImage = 100'000;  // images may be data URLs
constexpr std::int64_t kMaxPassword = 4096;

constexpr Field text(std::string_view name, std::int64_t max, bool required = false) {
  return {.name = name, .kind = kText, .required = required, .max = max};
}
constexpr Field text_or_null(std::string_view name, std::int64_t max) {
  return {.name = name, .kind = kText, .max = max, .nullable = true};
}
constexpr Field object_or_null(std::string_view name) {
  return {.name = name, .kind = kAnyObject, .nullable = true};
}
constexpr Field flag(std::string_view name) { return {.name = name, .kind = kBoolean}; }
constexpr Field id(std::string_view name, bool required = false) {
  return {.name = name, .kind = kId, .required = required};
}
constexpr Field password(std::string_view name, bool required) {
  return {.name = name,
          .kind = kText,
          .required = required,
          .max = kMaxPassword,
          .nullable = !required,
          .secret = true};
}

constexpr Field kUserFields[] = {
    text_or_null("display_name", 500),
    text_or_null("profile_image_url", kMaxImage),
    text_or_null("primary_email", kMaxEmail),
    flag("primary_email_verified"),
    flag("primary_email_auth_enabled"),
    password("password", false),
    object_or_null("client_metadata"),
    object_or_null("client_read_only_metadata"),
    object_or_null("server_metadata"),
    text_or_null("selected_team_id", kMaxIdBytes),
    flag("otp_auth_enabled"),
    flag("passkey_auth_enabled"),
    flag("is_anonymous"),
    flag("restricted_by_admin"),
};
constexpr Field kOwnUserFields[] = {
    text_or_null("display_name", 500),
    text_or_null("profile_image_url", kMaxImage),
    text_or_null("primary_email", kMaxEmail),
    object_or_null("client_metadata"),
    text_or_null("selected_team_id", kMaxIdBytes),
    flag("otp_auth_enabled"),
    flag("passkey_auth_enabled"),
};
constexpr Field kTeamFields[] = {
    text("display_name", 500),         text_or_null("profile_image_url", kMaxImage),
    object_or_null("client_metadata"), object_or_null("client_read_only_metadata"),
    object_or_null("server_metadata"),
};
constexpr Field kNewTeamFields[] = {
    text("display_name", 500, true),   text_or_null("profile_image_url", kMaxImage),
    object_or_null("client_metadata"), object_or_null("client_read_only_metadata"),
    object_or_null("server_metadata"), id("creator_user_id"),
};
constexpr Field kNewSessionFields[] = {
    id("user_id", true),
    {.name = "expires_in_millis", .kind = kInteger, .min = 1000, .max = kMaxSessionMillis},
    flag("is_impersonation"),
};
constexpr Field kSignInFields[] = {text("email", kMaxEmail, true), password("password", true)};
constexpr Field kSignUpFields[] = {
    text("email", kMaxEmail, true),          password("password", true),
    text("verification_callback_url", 2048), text("bot_challenge_token", 4096),
    text("bot_challenge_phase", 100),        text("bot_challenge_unavailable", 100),
};
constexpr Field kUserListFields[] = {
    id("team_id"),
    text("cursor", kMaxIdBytes),
    {.name = "limit", .kind = kInteger, .min = 1},
    text("order_by", 100),
    text("desc", 10),
    flag("include_restricted"),
    flag("include_anonymous"),
    flag("only_anonymous"),
};
constexpr Field kTeamListFields[] = {
    id("user_id"),
    text("cursor", kMaxIdBytes),
    {.name = "limit", .kind = kInteger, .min = 1},
    text("order_by", 100),
    text("desc", 10),
};
constexpr Field kPermissionListFields[] = {id("team_id"), id("user_id"), text("permission_id", 100),
                                           flag("recursive")};

constexpr Schema kUser{"StackUserChange", "A user, or what changes of one.", kUserFields};
constexpr Schema kOwnUser{"StackOwnUserChange", "What a user changes of oneself.", kOwnUserFields};
constexpr Schema kTeam{"StackTeamChange", "What changes of a team.", kTeamFields};
constexpr Schema kNewTeam{"StackNewTeam", "A new team.", kNewTeamFields};
constexpr Schema kNewSession{"StackNewSession", "A new session.", kNewSessionFields};
constexpr Schema kSignIn{"StackSignIn", "An address and its password.", kSignInFields};
constexpr Schema kSignUp{"StackSignUp", "A new user's address and password.", kSignUpFields};
constexpr Schema kUserList{"StackUserList", "Which users.", kUserListFields};
constexpr Schema kTeamList{"StackTeamList", "Which teams.", kTeamListFields};
constexpr Schema kPermissionList{"StackPermissionList", "Whose.", kPermissionListFields};

constexpr Row kRows[] = {
    // Users.
    {{.method = Method::kGet,
      .path = "/users/me",
      .operation = "stackGetMe",
      .summary = "The user who is signed in.",
      .access = Need::kClient,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::get_me}},
    {{.method = Method::kPatch,
      .path = "/users/me",
      .operation = "stackUpdateMe",
      .summary = "Changes the user who is signed in.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kUsual,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kOwnUser,
      .check = handlers::check_user,
      .handler = handlers::update_me}},
    {{.method = Method::kPost,
      .path = "/users",
      .operation = "stackCreateUser",
      .summary = "Makes a user.",
      .access = Need::kServer,
      .idempotency = Idempotency::kOptional,
      .body_limit = kUsual,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kUser,
      .check = handlers::check_user,
      .answer = {.status = 201},
      .handler = handlers::create_user}},
    {{.method = Method::kGet,
      .path = "/users",
      .operation = "stackListUsers",
      .summary = "Users, in the order of their ids.",
      .access = Need::kServer,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .query = &kUserList,
      .handler = handlers::list_users}},
    {{.method = Method::kGet,
      .path = "/users/{user_id}",
      .operation = "stackGetUser",
      .summary = "A user.",
      .access = Need::kServer,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::get_user}},
    {{.method = Method::kPatch,
      .path = "/users/{user_id}",
      .operation = "stackUpdateUser",
      .summary = "Changes a user.",
      .access = Need::kServer,
      .idempotency = Idempotency::kOptional,
      .body_limit = kUsual,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kUser,
      .check = handlers::check_user,
      .handler = handlers::update_user}},
    {{.method = Method::kDelete,
      .path = "/users/{user_id}",
      .operation = "stackDeleteUser",
      .summary = "Deletes a user.",
      .access = Need::kServer,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::delete_user}},

    // Teams.
    {{.method = Method::kGet,
      .path = "/teams",
      .operation = "stackListTeams",
      .summary = "Teams: all of them, or those of a user.",
      .access = Need::kClient,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .query = &kTeamList,
      .handler = handlers::list_teams}},
    {{.method = Method::kPost,
      .path = "/teams",
      .operation = "stackCreateTeam",
      .summary = "Makes a team; its creator administers it.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kUsual,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kNewTeam,
      .answer = {.status = 201},
      .handler = handlers::create_team}},
    {{.method = Method::kGet,
      .path = "/teams/{team_id}",
      .operation = "stackGetTeam",
      .summary = "A team.",
      .access = Need::kClient,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::get_team}},
    {{.method = Method::kPatch,
      .path = "/teams/{team_id}",
      .operation = "stackUpdateTeam",
      .summary = "Changes a team.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kUsual,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kTeam,
      .handler = handlers::update_team}},
    {{.method = Method::kDelete,
      .path = "/teams/{team_id}",
      .operation = "stackDeleteTeam",
      .summary = "Deletes a team.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::delete_team}},
    {{.method = Method::kPost,
      .path = "/team-memberships/{team_id}/{user_id}",
      .operation = "stackAddMember",
      .summary = "Takes a user into a team.",
      .access = Need::kServer,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .answer = {.status = 201},
      .handler = handlers::add_member}},
    {{.method = Method::kDelete,
      .path = "/team-memberships/{team_id}/{user_id}",
      .operation = "stackRemoveMember",
      .summary = "Takes a user out of a team.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::remove_member}},
    {{.method = Method::kGet,
      .path = "/team-permissions",
      .operation = "stackListPermissions",
      .summary = "What users may in teams.",
      .access = Need::kClient,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .query = &kPermissionList,
      .handler = handlers::list_permissions}},
    {{.method = Method::kPost,
      .path = "/team-permissions/{team_id}/{user_id}/{permission_id}",
      .operation = "stackGrantPermission",
      .summary = "Makes a member administrator.",
      .access = Need::kServer,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .answer = {.status = 201},
      .handler = handlers::grant_permission}},
    {{.method = Method::kDelete,
      .path = "/team-permissions/{team_id}/{user_id}/{permission_id}",
      .operation = "stackRevokePermission",
      .summary = "Makes an administrator a mere member.",
      .access = Need::kServer,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::revoke_permission}},

    // Signing in.
    {{.method = Method::kPost,
      .path = "/auth/password/sign-up",
      .operation = "stackSignUp",
      .summary = "Makes a user with a password and a session.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kSecret,
      .input = Input::kJson,
      .request = &kSignUp,
      .check = handlers::check_sign_up,
      .handler = handlers::sign_up}},
    {{.method = Method::kPost,
      .path = "/auth/password/sign-in",
      .operation = "stackSignIn",
      .summary = "Makes a session for an address and its password.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kSecret,
      .input = Input::kJson,
      .request = &kSignIn,
      .handler = handlers::sign_in}},
    {{.method = Method::kPost,
      .path = "/auth/sessions",
      .operation = "stackCreateSession",
      .summary = "Makes a session for a user.",
      .access = Need::kServer,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kSecret,
      .input = Input::kJson,
      .request = &kNewSession,
      .handler = handlers::create_session}},
    {{.method = Method::kDelete,
      .path = "/auth/sessions/current",
      .operation = "stackSignOut",
      .summary = "Ends the caller's session.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::sign_out}},
    {{.method = Method::kPost,
      .path = "/auth/oauth/token",
      .operation = "stackRefreshToken",
      .summary = "A new access token for a refresh token.",
      .access = Need::kPublic,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kSecret,
      .input = Input::kRaw,
      .handler = handlers::refresh_token}},
};

}  // namespace

std::span<const Row> people_rows() { return kRows; }

}  // namespace purser::http::compat
