#pragma once

#include <memory>

#include "adapters/jwks/key_sets.hpp"
#include "adapters/jwks/token_cache.hpp"
#include "app/ports/tokens.hpp"

namespace purser::jwks {

struct Token;

struct AccessTokensOptions {
  std::size_t cached_tokens = 32'768;  ///< about 500 bytes each
};

/// Users' access tokens: our own (ES256) and those of foreign OpenID Connect issuers (ES256,
/// RS256).
///
/// An issuer's tokens are verified with that issuer's keys alone, chosen by `iss` before a key is
/// looked up; nothing that a token brings along is ever used as a key or an address. A verified
/// token is remembered until it expires, but at most an hour, so that a key that its issuer
/// withdrew stops counting. Thread-safe.
class AccessTokens final : public app::AccessTokens {
 public:
  /// `fetch` must outlive this.
  explicit AccessTokens(app::HttpFetch& fetch, AccessTokensOptions options = {});

  Result<KeyPair> make_key_pair() override;
  Result<Secret> sign(const NewToken& token) override;
  std::optional<app::TokenClaims> cached(const ProjectId& project, std::string_view token,
                                         Timestamp now) override;
  Result<app::TokenClaims> verify(const Trust& trust, std::string_view token,
                                  Timestamp now) override;
  void forget(const ProjectId& project) override;

 private:
  Result<app::TokenClaims> verify_foreign(const Trust& trust, const Token& token, Timestamp now);

  KeySets key_sets_;
  TokenCache cache_;
};

}  // namespace purser::jwks
