#include "http/compat/handlers_people.hpp"
#include "http/compat/route.hpp"
#include "http/schema.hpp"
#include "types/timestamp.hpp"

// The protocol's routes about projects, their keys and their configuration.
namespace purser::http::compat {
namespace {

using enum FieldKind;

constexpr std::size_t kUsual = 256 * 1024;
constexpr std::size_t kSmall = 16 * 1024;
constexpr std::int64_t kMaxConfigBytes = 250'000;
constexpr std::int64_t kMaxImage = 100'000;  // images may be data URLs

constexpr std::string_view kNotKept = "Taken, and not kept.";

constexpr Field ignored(std::string_view name, FieldKind kind, std::int64_t max = 0,
                        bool nullable = false) {
  return {.name = name, .kind = kind, .max = max, .nullable = nullable, .doc = kNotKept};
}

// What the SDKs send of a project and has no meaning here.
#define PURSER_IGNORED_PROJECT_FIELDS                                                            \
  ignored("description", kText, 10'000, true), ignored("is_production_mode", kBoolean),          \
      ignored("is_development_environment", kBoolean), ignored("onboarding_status", kText, 100), \
      ignored("onboarding_state", kAnyObject, 0, true),                                          \
      ignored("logo_url", kText, kMaxImage, true),                                               \
      ignored("logo_full_url", kText, kMaxImage, true),                                          \
      ignored("logo_dark_mode_url", kText, kMaxImage, true),                                     \
      ignored("logo_full_dark_mode_url", kText, kMaxImage, true)

constexpr Field kProjectConfig{
    .name = "config",
    .kind = kAnyObject,
    .doc = "allow_localhost, domains and the sign-in switches; others are taken and not kept."};

constexpr Field kNewProjectFields[] = {
    {.name = "display_name",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 500,
     .doc = "Its name for people."},
    {.name = "owner_team_id",
     .kind = kId,
     .required = true,
     .doc = "The team that owns it; the caller administers it."},
    PURSER_IGNORED_PROJECT_FIELDS,
    kProjectConfig,
};
constexpr Field kProjectFields[] = {
    {.name = "display_name", .kind = kText, .min = 1, .max = 500, .doc = "Its name for people."},
    PURSER_IGNORED_PROJECT_FIELDS,
    kProjectConfig,
};
#undef PURSER_IGNORED_PROJECT_FIELDS

constexpr Field wanted(std::string_view name, std::string_view doc) {
  return {.name = name, .kind = kBoolean, .required = true, .doc = doc};
}
constexpr Field kNewKeySetFields[] = {
    {.name = "description", .kind = kText, .required = true, .max = 500, .doc = "For people."},
    {.name = "expires_at_millis",
     .kind = kInteger,
     .required = true,
     .max = Timestamp::kMaxMillis,
     .doc = "When its keys stop working, in milliseconds since 1970."},
    wanted("has_publishable_client_key", "Whether one for clients is made."),
    wanted("has_secret_server_key", "Whether one for servers is made."),
    wanted("has_super_secret_admin_key", "Whether one for administrators is made."),
};
constexpr Field kKeySetFields[] = {
    {.name = "revoked", .kind = kBoolean, .required = true, .doc = "True: for good."}};
constexpr Field kConfigFields[] = {
    {.name = "config_override_string",
     .kind = kText,
     .required = true,
     .max = kMaxConfigBytes,
     .doc = "A JSON object, as text, of dot paths to values; null takes one away."}};

constexpr Schema kNewProject{"StackNewProject", "A new project.", kNewProjectFields};
constexpr Schema kProject{"StackProjectChange", "What changes of a project.", kProjectFields};
constexpr Schema kNewKeySet{"StackNewKeySet", "Up to three new keys.", kNewKeySetFields};
constexpr Schema kKeySet{"StackKeySetChange", "Revokes a set of keys.", kKeySetFields};
constexpr Schema kConfig{"StackConfigChange", "Dot paths and values, as text.", kConfigFields};

constexpr Row kRows[] = {
    {{.method = Method::kGet,
      .path = "/projects/current",
      .operation = "stackGetCurrentProject",
      .summary = "The caller's project, as clients may see it.",
      .access = Need::kClient,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::get_current_project}},
    {{.method = Method::kGet,
      .path = "/internal/projects",
      .operation = "stackListProjects",
      .summary = "The projects that the caller's teams own.",
      .access = Need::kClient,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::list_projects}},
    {{.method = Method::kPost,
      .path = "/internal/projects",
      .operation = "stackCreateProject",
      .summary = "Makes a project that a team of the caller owns.",
      .access = Need::kClient,
      .idempotency = Idempotency::kOptional,
      .body_limit = kUsual,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kNewProject,
      .answer = {.status = 201},
      .handler = handlers::create_project}},
    {{.method = Method::kGet,
      .path = "/internal/projects/current",
      .operation = "stackGetProject",
      .summary = "The caller's project.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::get_project}},
    {{.method = Method::kPatch,
      .path = "/internal/projects/current",
      .operation = "stackUpdateProject",
      .summary = "Changes the caller's project.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kOptional,
      .body_limit = kUsual,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kProject,
      .handler = handlers::update_project}},
    {{.method = Method::kPost,
      .path = "/internal/api-keys",
      .operation = "stackCreateKeys",
      .summary = "Makes a set of up to three keys.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kSecret,
      .input = Input::kJson,
      .request = &kNewKeySet,
      .check = handlers::check_key_set,
      .handler = handlers::create_key_set}},
    {{.method = Method::kGet,
      .path = "/internal/api-keys",
      .operation = "stackListKeys",
      .summary = "The project's keys, in sets.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::list_key_sets}},
    {{.method = Method::kPatch,
      .path = "/internal/api-keys/{key_id}",
      .operation = "stackRevokeKeys",
      .summary = "Revokes the keys of a set.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kOptional,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kKeySet,
      .check = handlers::check_revoked,
      .handler = handlers::update_key_set}},
    {{.method = Method::kGet,
      .path = "/internal/config",
      .operation = "stackGetConfig",
      .summary = "The project's configuration, defaults included.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::get_config}},
    {{.method = Method::kGet,
      .path = "/internal/config/override/{level}",
      .operation = "stackGetConfigOverride",
      .summary = "What was configured at a level; here there is one.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::get_config_override}},
    {{.method = Method::kPatch,
      .path = "/internal/config/override/{level}",
      .operation = "stackUpdateConfigOverride",
      .summary = "Changes the configuration by dot paths: the catalog and settings.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kOptional,
      .body_limit = kUsual * 2,
      .runs_on = RunsOn::kIo,
      .reply = ReplyIs::kPlain,
      .input = Input::kJson,
      .request = &kConfig,
      .handler = handlers::update_config_override}},
    {{.method = Method::kPost,
      .path = "/internal/payments/setup",
      .operation = "stackSetUpPayments",
      .summary = "A link by which the project's account is connected.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::set_up_payments}},
    {{.method = Method::kGet,
      .path = "/internal/payments/stripe/account-info",
      .operation = "stackGetAccountInfo",
      .summary = "The account that the project sells through.",
      .access = Need::kAdmin,
      .idempotency = Idempotency::kNone,
      .body_limit = kSmall,
      .runs_on = RunsOn::kWorker,
      .reply = ReplyIs::kPlain,
      .input = Input::kNone,
      .handler = handlers::get_account_info}},
};

}  // namespace

std::span<const Row> internal_rows() { return kRows; }

}  // namespace purser::http::compat
