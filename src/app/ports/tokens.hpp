#pragma once

// Users' access tokens (JWTs): making our own, and checking our own and foreign ones.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/records.hpp"
#include "types/result.hpp"

namespace purser::app {

/// The issuer of our own tokens of a project: `iss` of each, and the place of its JWKS document
/// ("/.well-known/jwks.json" below it). `public_url` has no trailing slash.
inline std::string own_issuer(const std::string& public_url, const ProjectId& project) {
  return public_url + "/api/v1/projects/" + project.str();
}

/// What a checked token says.
struct TokenClaims {
  std::string subject;     ///< `sub`
  std::string session_id;  ///< our own tokens: the session; else empty
  std::string issuer;      ///< empty for our own
  std::optional<std::string> email;
  std::optional<std::string> display_name;
  Timestamp expires_at;
};

/// Thread-safe.
class AccessTokens {
 public:
  virtual ~AccessTokens() = default;

  /// A new ES256 key pair for a project: (public JWK as JSON text, private key as PEM), kid inside
  /// the JWK.
  struct KeyPair {
    std::string kid;
    std::string public_jwk;
    Secret private_pem;
  };
  virtual Result<KeyPair> make_key_pair() = 0;

  /// Signs an access token of our own.
  struct NewToken {
    std::string kid;
    Secret private_pem;
    ProjectId project;
    UserId user;
    SessionId session;
    std::string issuer;                ///< our public URL + "/api/v1/projects/" + project
    std::string display_name;          ///< claim `name`; null when empty
    std::optional<std::string> email;  ///< claim `email`
    bool email_verified = false;
    TeamId selected_team;    ///< claim `selected_team_id`; null when empty
    Timestamp signed_up_at;  ///< claim `signed_up_at`, in seconds
    Timestamp issued_at;
    Timestamp expires_at;
  };
  virtual Result<Secret> sign(const NewToken& token) = 0;

  /// The issuers that a project accepts: its own keys and its configured foreign ones.
  struct Trust {
    ProjectId project;
    std::string own_issuer;
    std::vector<std::string> own_public_jwks;
    std::vector<OidcIssuer> foreign;
  };
  /// The answer for a token that was checked before and is still valid, without any work; else
  /// nothing. Never blocks.
  virtual std::optional<TokenClaims> cached(const ProjectId& project, std::string_view token,
                                            Timestamp now) = 0;
  /// Checks a token. May block on a fetch of a foreign issuer's keys (at most one a minute for
  /// unknown kids). Errors: kAccessTokenExpired, kInvalidProjectForAccessToken,
  /// kUnparsableAccessToken (everything else).
  virtual Result<TokenClaims> verify(const Trust& trust, std::string_view token, Timestamp now) = 0;
  /// Drops what is cached for a project (its settings or sessions changed).
  virtual void forget(const ProjectId& project) = 0;
};

/// Fetches documents over HTTPS with SSRF protection. Thread-safe, blocking.
class HttpFetch {
 public:
  virtual ~HttpFetch() = default;
  /// GETs a URL: no redirects, private addresses refused unless allowed by configuration, at most 1
  /// MiB, 5 s. Errors: kInternalError with the reason in the log detail.
  virtual Result<std::string> get(const std::string& url) = 0;
};

}  // namespace purser::app
