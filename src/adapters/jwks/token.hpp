#pragma once

// A JSON Web Token in its compact form, taken apart and judged. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "adapters/jwks/keys.hpp"
#include "app/ports/tokens.hpp"
#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::jwks {

/// Every refusal that is not one of the two special ones; the reason is for the log alone.
Error unparsable(std::string why);

/// The refusal of a token that is another project's.
struct Token;
Error wrong_project(const Token& token, const ProjectId& project);

/// The parts of a token, nothing of them verified yet.
struct Token {
  Algorithm algorithm = Algorithm::kEs256;
  std::string kid;               ///< empty: none; only ever compared with the kids of trusted keys
  std::string type;              ///< `typ` in lower case without "application/"; empty: none
  json::Value claims;            ///< an object
  std::string issuer;            ///< `iss`, not empty
  std::string_view signed_text;  ///< points into the text that was read
  std::string signature;
};

/// Takes a token apart. Refused: anything but three parts of canonical base64url with JSON objects,
/// more than 8 KiB, algorithms other than ES256 and RS256 (so `none` and HS256), and headers that
/// bring a key along or point to one (jwk, jku, x5u, x5c), that demand extensions (crit, b64) or
/// say that it is no plain signed token (enc, zip, cty). Errors: kUnparsableAccessToken. Source:
/// RFC 7515, RFC 7519, RFC 8725 (best current practices).
Result<Token> read_token(std::string_view text);

/// Is `audience` the token's `aud` or one of them?
bool has_audience(const json::Value& claims, std::string_view audience);

/// Checks the claims of a token whose signature and issuer hold. For foreign tokens `session_id`
/// stays empty, and an e-mail address that the issuer calls unverified is left out. Errors:
/// kAccessTokenExpired, kUnparsableAccessToken; kInvalidProjectForAccessToken (our own only).
Result<app::TokenClaims> check_own(const Token& token, const ProjectId& project, Timestamp now);
Result<app::TokenClaims> check_foreign(const Token& token, const app::OidcIssuer& issuer,
                                       Timestamp now);

/// Writes and signs a token of our own. Its claims are those that the Stack Auth clients need.
/// Errors: kInternalError when the key is none of ours.
Result<Secret> write_token(const app::AccessTokens::NewToken& token);

}  // namespace purser::jwks
