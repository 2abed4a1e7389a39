#pragma once

// For tests: an issuer with an EC and an RSA key that signs whatever it is told to.

#include <openssl/rsa.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/jwks/keys.hpp"
#include "adapters/jwks/openssl_ptr.hpp"
#include "crypto/crypto.hpp"

namespace purser::jwks {

class TestIssuer {
 public:
  TestIssuer() : ec_(*make_key_pair()) {}

  const NewKeyPair& ec() const { return ec_; }

  /// The public RSA key as a JWK with this kid; `extra` is appended as it is (",\"use\":\"sig\"").
  std::string rsa_jwk(std::string_view kid, std::string_view extra = "") const {
    return R"({"kty":"RSA","kid":")" + std::string(kid) + R"(","n":")" + number("n") +
           R"(","e":")" + number("e") + '"' + std::string(extra) + "}";
  }
  std::string jwks() const { return R"({"keys":[)" + ec_.public_jwk + ',' + rsa_jwk("rsa") + "]}"; }

  /// A token with exactly this header and these claims.
  std::string es256(std::string_view header, std::string_view claims) const {
    const std::string text = signing_text(header, claims);
    return text + '.' + crypto::to_base64url(*sign_es256(ec_.private_pem, text));
  }
  std::string rs256(std::string_view header, std::string_view claims) const {
    const std::string text = signing_text(header, claims);
    const DigestContextPtr context(EVP_MD_CTX_new());
    std::string signature(512, '\0');
    std::size_t size = signature.size();
    if (EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, rsa(), nullptr) !=
            1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes(text), text.size()) != 1) {
      std::abort();
    }
    return text + '.' + crypto::to_base64url(signature.substr(0, size));
  }
  static std::string hs256(std::string_view key, std::string_view header, std::string_view claims) {
    const std::string text = signing_text(header, claims);
    const crypto::Digest mac = crypto::hmac_sha256(key, text);
    return text + '.' +
           crypto::to_base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
  }
  static std::string signing_text(std::string_view header, std::string_view claims) {
    return crypto::to_base64url(header) + '.' + crypto::to_base64url(claims);
  }

  std::string ec_header() const {
    return R"({"alg":"ES256","typ":"JWT","kid":")" + ec_.kid + "\"}";
  }

 private:
  // One for the whole program: making it takes its time.
  static EVP_PKEY* rsa() {
    static const KeyPtr made(EVP_RSA_gen(2048));
    return made.get();
  }
  std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(rsa(), name, &value) != 1) std::abort();
    const BignumPtr owned(value);
    std::string out(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(out.data()));
    return crypto::to_base64url(out);
  }

  NewKeyPair ec_;
};

}  // namespace purser::jwks
