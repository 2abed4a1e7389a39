#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "app/people.hpp"
#include "crypto/password.hpp"
#include "http/compat/config.hpp"
#include "http/compat/handlers_people.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/people_json.hpp"
#include "http/compat/translate.hpp"
#include "http/core.hpp"
#include "net/server.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr std::size_t kMinPasswordBytes = 8;
constexpr std::size_t kMaxPasswordBytes = 70;
/// What a client without a publishable key sends in its place.
constexpr std::string_view kNoClientKey = "__stack_public_client__";

std::string encode_tokens(const app::CreatedSession& session, const UserId* user) {
  json::Writer out;
  out.begin_object().field("access_token", session.access_token.reveal());
  out.field("refresh_token", session.refresh_token.reveal());
  if (user != nullptr) out.field("user_id", user->str());
  out.end_object();
  return out.take();
}

std::optional<Reply> refused_password(const std::string& password) {
  if (password.size() < kMinPasswordBytes) {
    return known(Known::kPasswordTooShort,
                 {{"min_length", {static_cast<std::int64_t>(kMinPasswordBytes)}}});
  }
  if (password.size() > kMaxPasswordBytes) {
    return known(Known::kPasswordTooLong,
                 {{"maxLength", {static_cast<std::int64_t>(kMaxPasswordBytes)}}});
  }
  return std::nullopt;
}

/// An app's server, or a proxy, speaks for many users under one address: what comes from an address
/// is only kept from costing too much.
constexpr GuessLimit::Pace kGuessesOfAddress{200, std::chrono::milliseconds{100}};
constexpr GuessLimit::Pace kSignUpsOfAddress{100, std::chrono::milliseconds{500}};

/// Wrong passwords are counted for the address they come from and for the user they are tried on.
struct PasswordGuesses {
  PasswordGuesses(const Call& call, const std::string& email)
      : by_address("password from " + call.request.remote_address),
        by_user("password of " + call.project().str() + " " + app::password_subject(email)) {}

  std::string by_address;
  std::string by_user;
};

Reply too_many(std::string_view what) {
  return plain(429, "Too many " + std::string(what) + "; wait a moment and try again.");
}

void open_session(const CallPtr& call, const UserId& user, std::optional<Millis> lifetime,
                  bool with_user) {
  call->core.write(call,
                   [call = call.get(), user, lifetime, with_user](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto made, call->core.use().sessions.create(
                                                     batch, call->project(), user, lifetime));
                     return Written{.body = encode_tokens(made, with_user ? &user : nullptr)};
                   });
}

/// A form's field; empty when absent.
std::string field_of(const std::vector<std::pair<std::string, std::string>>& form,
                     std::string_view name) {
  for (const auto& [key, value] : form) {
    if (key == name) return value;
  }
  return {};
}

/// Whoever refreshes a token must name the project and, where it wants one, a key of it.
Status check_client(const Call& call, const ProjectId& project, const std::string& secret) {
  app::Access& access = call.core.use().access;
  PURSER_TRY(const auto context, access.find_project(project));
  const Secret key(secret == kNoClientKey ? std::string() : secret);
  return access.check_key(*context, app::AccessType::kClient, key);
}

}  // namespace

void create_session(const CallPtr& call) {
  std::optional<Millis> lifetime;
  if (const auto millis = call->body.int_at("expires_in_millis")) lifetime = Millis{*millis};
  open_session(call, UserId(*call->body.string_at("user_id")), lifetime, false);
}

void check_sign_up(const json::Value& body, FieldErrors& errors) {
  check_email(body, "email", errors);
}

void sign_up(const CallPtr& call) {
  if (!config_flag(call->context().project.settings, "auth.allowSignUp", true)) {
    return call->core.answer(*call, known(Known::kSignUpNotEnabled));
  }
  const std::string password = *call->body.string_at("password");
  if (auto refusal = refused_password(password)) return call->core.answer(*call, *refusal);
  // Each one costs a hash and makes a user, so they are counted like wrong guesses.
  GuessLimit& limit = call->core.guesses();
  const std::string from = "sign-ups from " + call->request.remote_address;
  if (!limit.may_guess(from, call->started, kSignUpsOfAddress)) {
    return call->core.answer(*call, too_many("sign-ups"));
  }
  limit.count_wrong(from, call->started, kSignUpsOfAddress);
  app::NewUser user;
  user.primary_email = call->body.string_at("email");
  user.profile.password_hash = crypto::hash_password(Secret(password));
  call->core.write(
      call,
      [call = call.get(), user = std::move(user)](app::StoreBatch& batch,
                                                  app::AfterCommit&) -> Result<Written> {
        auto& use = call->core.use();
        PURSER_TRY(const auto made, use.people.create_user(batch, call->project(), user));
        PURSER_TRY(const auto session, use.sessions.create(batch, call->project(), made.id));
        return Written{.body = encode_tokens(session, &made.id)};
      });
}

void sign_in(const CallPtr& call) {
  if (!config_flag(call->context().project.settings, "auth.password.allowSignIn", true)) {
    return call->core.answer(*call, known(Known::kPasswordAuthenticationNotEnabled));
  }
  const std::string email = *call->body.string_at("email");
  const PasswordGuesses guesses(*call, email);
  GuessLimit& limit = call->core.guesses();
  const bool may_guess = limit.may_guess(guesses.by_address, call->started, kGuessesOfAddress) &&
                         limit.may_guess(guesses.by_user, call->started);
  if (!may_guess) return call->core.answer(*call, too_many("wrong passwords"));
  const auto view = call->core.use().store.view();
  const auto user =
      app::check_password(*view, call->project(), email, Secret(*call->body.string_at("password")));
  if (!user) return call->core.answer(*call, user.error());
  if (!*user) {
    limit.count_wrong(guesses.by_address, call->started, kGuessesOfAddress);
    limit.count_wrong(guesses.by_user, call->started);
    return call->core.answer(*call, known(Known::kEmailPasswordMismatch));
  }
  open_session(call, (*user)->id, std::nullopt, true);
}

void sign_out(const CallPtr& call) {
  auto caller = signed_in(*call);
  if (auto* refusal = std::get_if<Reply>(&caller)) return call->core.answer(*call, *refusal);
  if (call->principal.session.empty()) {
    return call->core.answer(*call, plain(400,
                                          "The access token was made by another issuer; end "
                                          "its session there."));
  }
  call->core.write(
      call, [call = call.get()](app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        const Status ended =
            call->core.use().sessions.revoke(batch, call->project(), call->principal.session);
        // Signing out twice is signing out.
        if (!ended && ended.error().code != ErrorCode::kSessionNotFound) return ended.error();
        return Written{.body = encode_success()};
      });
}

// OAuth 2.0's token endpoint, for refresh tokens alone. Source: RFC 6749 section 6.
void refresh_token(const CallPtr& call) {
  const auto form = net::parse_form(call->request.body);
  const std::string client = form ? field_of(*form, "client_id") : std::string();
  if (!form || field_of(*form, "grant_type") != "refresh_token" || !is_clean_utf8(client)) {
    return call->core.answer(*call, plain(400, "The grant_type must be refresh_token."));
  }
  const ProjectId project(client);
  if (const Status valid = check_client(*call, project, field_of(*form, "client_secret")); !valid) {
    return call->core.answer(*call, valid.error());
  }
  const auto token =
      call->core.use().sessions.refresh(project, Secret(field_of(*form, "refresh_token")));
  if (!token) return call->core.answer(*call, token.error());
  json::Writer out;
  out.begin_object().field("access_token", token->reveal()).field("token_type", "Bearer");
  out.end_object();
  call->core.answer(*call, out.take());
}

}  // namespace purser::http::compat::handlers
