#include "adapters/jwks/token.hpp"

#include <algorithm>
#include <charconv>

#include "crypto/crypto.hpp"

namespace purser::jwks {
namespace {

constexpr std::size_t kMaxTokenBytes = 8192;
constexpr std::size_t kMaxKidBytes = 256;
constexpr std::size_t kMaxSubjectBytes = 255;
constexpr Millis kClockSkew{60'000};
constexpr std::string_view kOwnType = "at+jwt";  // RFC 9068 section 2.1

constexpr std::string_view kRefusedHeaders[] = {"jwk", "jku", "x5u", "x5c", "crit",
                                                "b64", "enc", "zip", "cty"};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<json::Value> read_part(std::string_view part, const char* what) {
  const auto decoded = crypto::from_base64url(part);
  if (!decoded) return unparsable(std::string(what) + " is not base64url");
  auto parsed = json::parse(*decoded);
  if (!parsed || parsed->as_object() == nullptr) {
    return unparsable(std::string(what) + " is not a JSON object");
  }
  return *std::move(parsed);
}

Status read_header(const json::Value& header, Token& token) {
  for (const std::string_view name : kRefusedHeaders) {
    if (header.find(name) != nullptr) return unparsable("header " + std::string(name));
  }
  const auto algorithm = parse_algorithm(header.string_at("alg").value_or(""));
  if (!algorithm) return unparsable("an algorithm that is not accepted");
  token.algorithm = *algorithm;
  if (header.find("kid") != nullptr) {
    token.kid = header.string_at("kid").value_or("");
    if (token.kid.empty() || token.kid.size() > kMaxKidBytes) return unparsable("a bad kid");
  }
  if (header.find("typ") != nullptr) {
    token.type = lower(header.string_at("typ").value_or(""));
    if (token.type.empty()) return unparsable("a bad typ");
    constexpr std::string_view kPrefix = "application/";  // RFC 7515 section 4.1.9
    if (token.type.starts_with(kPrefix)) token.type.erase(0, kPrefix.size());
  }
  return {};
}

// Seconds since 1970; some issuers write fractions, which are cut. Nothing for an instant that
// Timestamp cannot hold. Source: RFC 7519 section 2, NumericDate.
std::optional<Timestamp> numeric_date(const json::Value& value) {
  std::int64_t seconds = 0;
  if (const auto* integer = value.as_int()) {
    seconds = *integer;
  } else if (const auto* number = std::get_if<json::Number>(&value.storage())) {
    const std::string& text = number->text;
    const std::size_t point = text.find('.');
    if (point == std::string::npos || text.find_first_of("eE") != std::string::npos) {
      return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + point, seconds);
    if (error != std::errc() || end != text.data() + point) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (seconds < 0 || seconds > Timestamp::kMaxMillis / 1000) return std::nullopt;
  return Timestamp::from_millis(seconds * 1000);
}

Result<Timestamp> check_times(const json::Value& claims, Timestamp now) {
  const json::Value* exp = claims.find("exp");
  const auto expires_at = exp == nullptr ? std::nullopt : numeric_date(*exp);
  if (!expires_at) return unparsable("no exp");
  for (const char* name : {"nbf", "iat"}) {
    const json::Value* value = claims.find(name);
    if (value == nullptr) continue;
    const auto at = numeric_date(*value);
    if (!at) return unparsable(std::string("a bad ") + name);
    if (now + kClockSkew < *at) return unparsable(std::string(name) + " lies in the future");
  }
  if (now >= *expires_at) {
    return Error(ErrorCode::kAccessTokenExpired, "The access token has expired; refresh it.",
                 {{"expired_at_millis", expires_at->millis()}});
  }
  return *expires_at;
}

/// Whose token has expired is for its holder to see.
Error with_identity(Error error, const ProjectId& project, const app::TokenClaims& claims) {
  if (error.code != ErrorCode::kAccessTokenExpired) return error;
  error.details.emplace_back("project_id", project.str());
  error.details.emplace_back("user_id", claims.subject);
  error.details.emplace_back("refresh_token_id", claims.session_id);
  return error;
}

Result<std::string> check_subject(const json::Value& claims) {
  auto subject = claims.string_at("sub").value_or("");
  if (subject.empty() || subject.size() > kMaxSubjectBytes || has_control_characters(subject)) {
    return unparsable("no sub");
  }
  return subject;
}

// Keycloak signs its ID and refresh tokens with the same key and names their kind in the claims.
bool is_other_kind(const json::Value& claims) {
  const auto kind = claims.string_at("typ");
  return kind == "ID" || kind == "Refresh" || kind == "Offline" || kind == "Logout";
}

std::optional<std::string> optional_text(const json::Value& claims, std::string_view name) {
  auto text = claims.string_at(name);
  if (!text || text->empty() || text->size() > kMaxSubjectBytes || has_control_characters(*text)) {
    return std::nullopt;
  }
  return text;
}

std::int64_t seconds(Timestamp at) { return at.millis() / 1000; }

std::string claims_of(const app::AccessTokens::NewToken& token) {
  json::Writer out;
  out.begin_object()
      .field("sub", token.user.str())
      .field("project_id", token.project.str())
      .field("branch_id", "main")
      .field("refresh_token_id", token.session.str())
      .field("role", "authenticated")
      .field_or_null("name",
                     token.display_name.empty() ? std::nullopt : std::optional(token.display_name))
      .field_or_null("email", token.email)
      .field("email_verified", token.email_verified)
      .field_or_null("selected_team_id", token.selected_team.empty()
                                             ? std::nullopt
                                             : std::optional(token.selected_team.str()))
      .field("signed_up_at", seconds(token.signed_up_at))
      .field("is_anonymous", false)
      .field("is_restricted", false)
      .key("restricted_reason")
      .null()
      .field("requires_totp_mfa", false)
      .field("iss", token.issuer)
      .field("aud", token.project.str())
      .field("iat", seconds(token.issued_at))
      .field("exp", seconds(token.expires_at))
      .end_object();
  return out.take();
}

}  // namespace

Error unparsable(std::string why) {
  return {ErrorCode::kUnparsableAccessToken,
          "The access token is not one that this project accepts; refresh it.",
          {},
          LogDetail("access token refused: " + std::move(why))};
}

Result<Token> read_token(std::string_view text) {
  if (text.size() > kMaxTokenBytes) return unparsable("too long");
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  if (first == std::string_view::npos || first == last || text.find('.', first + 1) != last) {
    return unparsable("not three parts");
  }
  Token token;
  PURSER_TRY(const json::Value header, read_part(text.substr(0, first), "the header"));
  PURSER_CHECK_OK(read_header(header, token));
  PURSER_TRY(token.claims, read_part(text.substr(first + 1, last - first - 1), "the payload"));
  const auto signature = crypto::from_base64url(text.substr(last + 1));
  if (!signature || signature->empty()) return unparsable("no signature");
  token.signature = *signature;
  token.signed_text = text.substr(0, last);
  token.issuer = token.claims.string_at("iss").value_or("");
  if (token.issuer.empty()) return unparsable("no iss");
  return token;
}

bool has_audience(const json::Value& claims, std::string_view audience) {
  const json::Value* value = claims.find("aud");
  if (value == nullptr || audience.empty()) return false;
  if (const std::string* one = value->as_string()) return *one == audience;
  const json::Array* several = value->as_array();
  return several != nullptr && std::any_of(several->begin(), several->end(), [&](const auto& each) {
           return each.as_string() != nullptr && *each.as_string() == audience;
         });
}

Error wrong_project(const Token& token, const ProjectId& project) {
  return {ErrorCode::kInvalidProjectForAccessToken,
          "The access token is for another project.",
          {{"expected_project_id", project.str()},
           {"actual_project_id", token.claims.string_at("project_id").value_or("")}}};
}

Result<app::TokenClaims> check_own(const Token& token, const ProjectId& project, Timestamp now) {
  if (token.type != kOwnType) return unparsable("typ is not " + std::string(kOwnType));
  if (!has_audience(token.claims, project.str()) ||
      token.claims.string_at("project_id") != project.str()) {
    return wrong_project(token, project);
  }
  app::TokenClaims claims;
  PURSER_TRY(claims.subject, check_subject(token.claims));
  claims.session_id = token.claims.string_at("refresh_token_id").value_or("");
  if (claims.session_id.empty()) return unparsable("no session");
  auto expires_at = check_times(token.claims, now);
  if (!expires_at) return with_identity(std::move(expires_at).error(), project, claims);
  claims.expires_at = *expires_at;
  claims.email = optional_text(token.claims, "email");
  claims.display_name = optional_text(token.claims, "name");
  return claims;
}

Result<app::TokenClaims> check_foreign(const Token& token, const app::OidcIssuer& issuer,
                                       Timestamp now) {
  if (!token.type.empty() && token.type != "jwt" && token.type != "at+jwt") {
    return unparsable("typ is not JWT");
  }
  if (is_other_kind(token.claims)) return unparsable("it is not an access token");
  if (token.issuer != issuer.issuer) return unparsable("another issuer");
  if (!has_audience(token.claims, issuer.audience)) return unparsable("another audience");
  app::TokenClaims claims;
  claims.issuer = issuer.issuer;
  PURSER_TRY(claims.expires_at, check_times(token.claims, now));
  PURSER_TRY(claims.subject, check_subject(token.claims));
  if (token.claims.bool_at("email_verified") != false) {
    claims.email = optional_text(token.claims, "email");
  }
  claims.display_name = optional_text(token.claims, "name");
  return claims;
}

Result<Secret> write_token(const app::AccessTokens::NewToken& token) {
  json::Writer header;
  header.begin_object().field("alg", "ES256").field("typ", kOwnType).field("kid", token.kid);
  const std::string text = crypto::to_base64url(header.end_object().str()) + '.' +
                           crypto::to_base64url(claims_of(token));
  const auto signature = sign_es256(token.private_pem, text);
  if (!signature) return Error::internal("the project's signing key cannot sign");
  return Secret(text + '.' + crypto::to_base64url(*signature));
}

}  // namespace purser::jwks
