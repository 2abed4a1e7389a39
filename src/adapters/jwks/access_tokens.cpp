#include "adapters/jwks/access_tokens.hpp"

#include "adapters/jwks/keys.hpp"
#include "adapters/jwks/token.hpp"

namespace purser::jwks {
namespace {

constexpr Millis kMaxCached{3'600'000};

std::optional<PublicKey> find_own_key(const app::AccessTokens::Trust& trust, const Token& token) {
  for (const std::string& text : trust.own_public_jwks) {
    const auto jwk = json::parse(text);
    // Only the key that is meant is made: checking a curve point costs more than the JSON.
    if (!jwk || token.kid.empty() || jwk->string_at("kid") != token.kid) continue;
    auto key = PublicKey::from_jwk(*jwk);
    if (key && key->algorithm() == Algorithm::kEs256) return key;
  }
  return std::nullopt;
}

Result<app::TokenClaims> verify_own(const app::AccessTokens::Trust& trust, const Token& token,
                                    Timestamp now) {
  if (token.algorithm != Algorithm::kEs256) return unparsable("our own tokens are ES256");
  const auto key = find_own_key(trust, token);
  if (!key) return unparsable("no key of ours has this kid");
  if (!key->verifies(token.signed_text, token.signature)) return unparsable("a wrong signature");
  return check_own(token, trust.project, now);
}

// Our issuer of another project differs from ours in its last segment. Nothing of such a token is
// believed; it only makes the refusal clearer.
bool is_of_another_project(const app::AccessTokens::Trust& trust, const std::string& issuer) {
  const std::string& own = trust.own_issuer;
  const std::string& project = trust.project.str();
  if (project.empty() || !own.ends_with('/' + project)) return false;
  const std::string prefix = own.substr(0, own.size() - project.size());
  return issuer.size() > prefix.size() && issuer.starts_with(prefix) &&
         issuer.find('/', prefix.size()) == std::string::npos;
}

}  // namespace

AccessTokens::AccessTokens(app::HttpFetch& fetch, AccessTokensOptions options)
    : key_sets_(fetch), cache_(options.cached_tokens) {}

Result<app::AccessTokens::KeyPair> AccessTokens::make_key_pair() {
  auto pair = jwks::make_key_pair();
  if (!pair) return Error::internal("OpenSSL made no key pair");
  return KeyPair{std::move(pair->kid), std::move(pair->public_jwk), std::move(pair->private_pem)};
}

Result<Secret> AccessTokens::sign(const NewToken& token) { return write_token(token); }

std::optional<app::TokenClaims> AccessTokens::cached(const ProjectId& project,
                                                     std::string_view token, Timestamp now) {
  return cache_.find(project, token, now);
}

Result<app::TokenClaims> AccessTokens::verify(const Trust& trust, std::string_view text,
                                              Timestamp now) {
  if (auto known = cache_.find(trust.project, text, now)) return *std::move(known);
  const std::uint64_t epoch = cache_.epoch();
  PURSER_TRY(const Token token, read_token(text));
  auto claims = !trust.own_issuer.empty() && token.issuer == trust.own_issuer
                    ? verify_own(trust, token, now)
                    : verify_foreign(trust, token, now);
  if (claims) cache_.insert(trust.project, text, *claims, now + kMaxCached, epoch);
  return claims;
}

Result<app::TokenClaims> AccessTokens::verify_foreign(const Trust& trust, const Token& token,
                                                      Timestamp now) {
  Error last = unparsable("an issuer that the project does not trust");
  if (is_of_another_project(trust, token.issuer)) {
    last = wrong_project(token, trust.project);
  }
  for (const app::OidcIssuer& issuer : trust.foreign) {
    // Before any fetch, so that a token for somebody else causes none.
    if (issuer.issuer != token.issuer || !has_audience(token.claims, issuer.audience)) continue;
    const auto key = key_sets_.find(issuer.jwks_url, token.kid, token.algorithm, now);
    if (!key) {
      last = unparsable("no key of the issuer has this kid");
    } else if (!key->verifies(token.signed_text, token.signature)) {
      last = unparsable("a wrong signature");
    } else {
      return check_foreign(token, issuer, now);
    }
  }
  return last;
}

void AccessTokens::forget(const ProjectId& project) { cache_.forget(project); }

}  // namespace purser::jwks
