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

constexpr Field text(std::string_view name, std::int64_t max, std::string_view doc,
                     bool required = false) {
  return {.name = name, .kind = kText, .required = required, .max = max, .doc = doc};
}
constexpr Field text_or_null(std::string_view name, std::int64_t max, std::string_view doc) {
  return {.name = name, .kind = kText, .max = max, .nullable = true, .doc = doc};
}
constexpr Field object_or_null(std::string_view name, std::string_view doc) {
  return {.name = name, .kind = kAnyObject, .nullable = true, .doc = doc};
}
constexpr Field flag(std::string_view name, std::string_view doc) {
  return {.name = name, .kind = kBoolean, .doc = doc};
}
constexpr Field id(std::string_view name, std::string_view doc, bool required = false) {
  return {.name = name, .kind = kId, .required = required, .doc = doc};
}
constexpr Field password(std::string_view doc, bool required) {
  return {.name = "password",
          .kind = kText,
          .required = required,
          .max = kMaxPassword,
          .nullable = !required,
          .secret = true,
          .doc = doc};
}

constexpr std::string_view kNotKept = "Taken, and not kept: there is nothing of the kind.";
constexpr std::string_view kMustBeFalse = "True is refused: there is nothing of the kind.";

// What several documents have.
constexpr Field kDisplayName = text_or_null("display_name", 500, "Its name for people.");
constexpr Field kImage = text_or_null("profile_image_url", kMaxImage, "An address, or a data URL.");
constexpr Field kEmail = text_or_null("primary_email", kMaxEmail, "Null: none.");
constexpr Field kClientMetadata =
    object_or_null("client_metadata", "The app's own; clients read and write it.");
constexpr Field kReadOnlyMetadata =
    object_or_null("client_read_only_metadata", "The app's own; clients only read it.");
constexpr Field kServerMetadata =
    object_or_null("server_metadata", "The app's own; clients never see it.");
constexpr Field kSelectedTeam =
    text_or_null("selected_team_id", kMaxIdBytes, "The team that the user works in; null: none.");
constexpr Field kOtp = flag("otp_auth_enabled", kMustBeFalse);
constexpr Field kPasskey = flag("passkey_auth_enabled", kMustBeFalse);
constexpr Field kTeamName = text("display_name", 500, "Its name for people.");
constexpr Field kAddress = text("email", kMaxEmail, "The user's address.", true);
constexpr Field kCursor = text("cursor", kMaxIdBytes, "The next_cursor of the page before.");
constexpr Field kLimit{.name = "limit", .kind = kInteger, .min = 1, .doc = "How many rows."};
constexpr Field kOrderBy = text("order_by", 100, "Taken, and ignored: the order is that of ids.");
constexpr Field kDesc = text("desc", 10, "Taken, and ignored.");

constexpr Field kUserFields[] = {
    kDisplayName,
    kImage,
    kEmail,
    flag("primary_email_verified", "Whether the address is known to be the user's."),
    flag("primary_email_auth_enabled", "Taken, and not kept: true of whoever has a password."),
    password("What the user signs in with from now on; null: no password.", false),
    kClientMetadata,
    kReadOnlyMetadata,
    kServerMetadata,
    kSelectedTeam,
    kOtp,
    kPasskey,
    flag("is_anonymous", kMustBeFalse),
    flag("restricted_by_admin", kMustBeFalse),
};
constexpr Field kOwnUserFields[] = {
    kDisplayName, kImage, kEmail, kClientMetadata, kSelectedTeam, kOtp, kPasskey,
};
constexpr Field kTeamFields[] = {
    kTeamName, kImage, kClientMetadata, kReadOnlyMetadata, kServerMetadata,
};
constexpr Field kNewTeamFields[] = {
    text("display_name", 500, "Its name for people.", true),
    kImage,
    kClientMetadata,
    kReadOnlyMetadata,
    kServerMetadata,
    id("creator_user_id", "Who becomes its administrator; a client names oneself, as \"me\"."),
};
constexpr Field kNewSessionFields[] = {
    id("user_id", "Whose session.", true),
    {.name = "expires_in_millis",
     .kind = kInteger,
     .min = 1000,
     .max = kMaxSessionMillis,
     .doc = "How long it lasts; by default as long as other sessions."},
    flag("is_impersonation", kNotKept),
};
constexpr Field kSignInFields[] = {kAddress, password("The user's password.", true)};
constexpr Field kSignUpFields[] = {
    kAddress,
    password("At least 8 characters.", true),
    text("verification_callback_url", 2048, "Taken, and ignored: no mails are sent."),
    text("bot_challenge_token", 4096, kNotKept),
    text("bot_challenge_phase", 100, kNotKept),
    text("bot_challenge_unavailable", 100, kNotKept),
};
constexpr Field kUserListFields[] = {
    id("team_id", "Only the members of this team."),
    kCursor,
    kLimit,
    kOrderBy,
    kDesc,
    flag("include_restricted", "There are none."),
    flag("include_anonymous", "There are none."),
    flag("only_anonymous", "Taken, and ignored: there are none."),
};
constexpr Field kTeamListFields[] = {
    id("user_id", "Only the teams of this user, or of \"me\"."), kCursor, kLimit, kOrderBy, kDesc,
};
constexpr Field kPermissionListFields[] = {
    id("team_id", "Only those in this team."),
    id("user_id", "Only those of this user, or of \"me\"."),
    text("permission_id", 100, "Only this one."),
    flag("recursive", "Taken, and ignored: no permission contains another that is not listed."),
};

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
