#pragma once

// Keys and signatures of access tokens, directly over OpenSSL 3. The JOSE libraries at hand (cjose,
// rhonabwy) read the token's header with a JSON reader of their own, which takes the last of two
// members with one name where ours refuses both; what was checked and what is used would then be
// two readings of the same bytes, the classic way around a check of `alg`. What remains of JOSE
// once the header is ours is what stands here.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "types/secret.hpp"

// OpenSSL's EVP_PKEY, named here so that its headers stay out of this one.
using EVP_PKEY = struct evp_pkey_st;

namespace purser::jwks {

/// The signatures that are accepted. Source: RFC 7518 sections 3.3 and 3.4.
enum class Algorithm : std::uint8_t { kEs256, kRs256 };

/// The algorithm with this name in a header; nothing for all others, "none" and "HS256" among them.
std::optional<Algorithm> parse_algorithm(std::string_view name);

/// A public key that verifies signatures of exactly one algorithm. A value; thread-safe.
class PublicKey {
 public:
  /// Reads a JSON Web Key (RFC 7517): EC on P-256, or RSA with 2,048 to 8,192 bits. Nothing for
  /// other kinds, for points that are not on the curve, for keys that are not for signatures
  /// (`use`, `key_ops`, `alg`), and for keys published together with their private part, which
  /// anyone could sign with.
  static std::optional<PublicKey> from_jwk(const json::Value& jwk);

  const std::string& kid() const { return kid_; }  ///< may be empty
  Algorithm algorithm() const { return algorithm_; }

  /// Is `signature` (r and s of 32 bytes each for ES256) the one over `signed_text`?
  bool verifies(std::string_view signed_text, std::string_view signature) const;

 private:
  PublicKey(std::string kid, Algorithm algorithm, std::shared_ptr<EVP_PKEY> key)
      : kid_(std::move(kid)), algorithm_(algorithm), key_(std::move(key)) {}

  std::string kid_;
  Algorithm algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

/// A new key pair on P-256: the private key as PEM (PKCS #8), and the public one as a JWK whose kid
/// is its thumbprint (RFC 7638). Nothing when the system gives no randomness or memory.
struct NewKeyPair {
  std::string kid;
  std::string public_jwk;
  Secret private_pem;
};
std::optional<NewKeyPair> make_key_pair();

/// The ES256 signature over `text`, 64 bytes. Nothing when `private_pem` is not a key on P-256.
std::optional<std::string> sign_es256(const Secret& private_pem, std::string_view text);

}  // namespace purser::jwks
