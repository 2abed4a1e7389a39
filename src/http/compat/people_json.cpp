#include "http/compat/people_json.hpp"

#include <algorithm>
#include <utility>

#include "app/people.hpp"
#include "http/compat/known_errors.hpp"
#include "http/json_fields.hpp"

namespace purser::http::compat {
namespace {

constexpr std::size_t kMaxEmailBytes = 254;

void raw_or_null(json::Writer& out, std::string_view name, const std::string& json_text) {
  out.key(name);
  if (json_text.empty()) {
    out.null();
  } else {
    out.raw(json_text);
  }
}

void write_metadata(json::Writer& out, const app::AppMetadata& metadata, bool for_client) {
  raw_or_null(out, "client_metadata", metadata.client);
  raw_or_null(out, "client_read_only_metadata", metadata.client_read_only);
  if (!for_client) raw_or_null(out, "server_metadata", metadata.server);
}

// Ways to sign in, restrictions and scores that do not exist here.
void write_constants(json::Writer& out, bool for_client) {
  for (const char* name : {"otp_auth_enabled", "passkey_auth_enabled", "requires_totp_mfa",
                           "is_anonymous", "is_restricted", "restricted_by_admin"}) {
    out.field(name, false);
  }
  out.key("restricted_reason").null().key("restricted_by_admin_reason").null();
  out.key("oauth_providers").begin_array().end_array();
  if (for_client) return;
  out.key("restricted_by_admin_private_details").null().key("country_code").null();
  out.key("risk_scores").begin_object().key("sign_up").begin_object();
  out.field("bot", std::int64_t{0}).field("free_trial_abuse", std::int64_t{0});
  out.end_object().end_object();
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool has_parts = at != std::string_view::npos && at > 0 && at + 1 < text.size();
  const auto is_visible = [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '<' && c != '>';
  };
  return has_parts && text.size() <= kMaxEmailBytes && text.find('@', at + 1) == text.npos &&
         std::ranges::all_of(text, is_visible);
}

}  // namespace

Result<std::string> encode_user(app::StoreView& view, const app::User& user, bool for_client) {
  PURSER_TRY(const TeamId selected, app::selected_team(view, user));
  std::optional<app::Team> team;
  if (!selected.empty()) {
    PURSER_TRY(team, view.team(user.project, selected));
  }
  const bool has_password = !user.profile.password_hash.empty();
  json::Writer out;
  out.begin_object().field("id", user.id.str());
  text_or_null(out, "display_name", user.display_name);
  out.field_or_null("primary_email", user.primary_email);
  out.field("primary_email_verified", user.profile.email_verified);
  out.field("primary_email_auth_enabled", has_password);
  text_or_null(out, "profile_image_url", user.profile.image_url);
  out.field("signed_up_at_millis", user.created_at.millis());
  // When a user was last seen is not recorded.
  out.field("last_active_at_millis", user.created_at.millis());
  out.field("has_password", has_password).field("auth_with_email", has_password);
  write_metadata(out, user.profile.metadata, for_client);
  text_or_null(out, "selected_team_id", selected.str());
  out.key("selected_team");
  if (team) {
    write_team(out, *team, for_client);
  } else {
    out.null();
  }
  write_constants(out, for_client);
  out.end_object();
  return out.take();
}

void write_team(json::Writer& out, const app::Team& team, bool for_client) {
  out.begin_object().field("id", team.id.str()).field("display_name", team.display_name);
  text_or_null(out, "profile_image_url", team.profile.image_url);
  write_metadata(out, team.profile.metadata, for_client);
  if (!for_client) out.field("created_at_millis", team.created_at.millis());
  out.end_object();
}

std::string encode_team(const app::Team& team, bool for_client) {
  json::Writer out;
  write_team(out, team, for_client);
  return out.take();
}

std::string encode_list(const std::string& rows, const std::optional<std::string>& next_cursor) {
  json::Writer out;
  out.begin_object().key("items").raw(rows).field("is_paginated", true);
  out.key("pagination").begin_object().field_or_null("next_cursor", next_cursor);
  return out.end_object().end_object().take();
}

std::string encode_success() { return R"({"success":true})"; }

std::optional<std::string> metadata_at(const json::Value& body, std::string_view name) {
  const json::Value* value = body.find(name);
  if (value == nullptr) return std::nullopt;
  return value->is_null() ? std::string() : json::dump(*value);
}

std::optional<std::string> text_at(const json::Value& body, std::string_view name) {
  if (body.find(name) == nullptr) return std::nullopt;
  return body.string_at(name).value_or("");
}

void check_email(const json::Value& body, std::string_view name, FieldErrors& errors) {
  const auto text = body.string_at(name);
  if (text && !is_email(*text)) {
    errors.push_back({"body." + std::string(name), "must be an e-mail address"});
  }
}

std::variant<UserId, Reply> signed_in(const Call& call) {
  if (call.principal.user) return *call.principal.user;
  return known(Known::kUserAuthenticationRequired);
}

std::variant<UserId, Reply> named_user(const Call& call, const std::string& name,
                                       std::string_view refusal) {
  if (!call.is_client() && name != "me") return UserId(name);
  auto caller = signed_in(call);
  const auto* user = std::get_if<UserId>(&caller);
  if (user == nullptr || name == "me" || name == user->str()) return caller;
  return plain(403, std::string(refusal));
}

}  // namespace purser::http::compat
