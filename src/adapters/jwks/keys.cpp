#include "adapters/jwks/keys.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>

#include <array>

#include "adapters/jwks/openssl_ptr.hpp"
#include "crypto/crypto.hpp"

namespace purser::jwks {
namespace {

constexpr std::size_t kCoordinateBytes = 32;
constexpr std::size_t kMinModulusBytes = 2048 / 8;
constexpr std::size_t kMaxModulusBytes = 8192 / 8;
constexpr std::size_t kMaxKidBytes = 256;

// Errors are told by our own return values; what OpenSSL queued must not surface in a later,
// unrelated call of this thread.
struct ErrorQueue {
  ErrorQueue() = default;
  ErrorQueue(const ErrorQueue&) = delete;
  ErrorQueue& operator=(const ErrorQueue&) = delete;
  ~ErrorQueue() { ERR_clear_error(); }
};

KeyPtr key_from(const char* type, OSSL_PARAM* params) {
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  KeyPtr owned(key);
  // Also refuses points that are not on the curve.
  const KeyContextPtr check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!check || EVP_PKEY_public_check_quick(check.get()) != 1) return nullptr;
  return owned;
}

KeyPtr ec_key(const json::Value& jwk) {
  if (jwk.string_at("crv") != "P-256") return nullptr;
  const auto x = crypto::from_base64url(jwk.string_at("x").value_or(""));
  const auto y = crypto::from_base64url(jwk.string_at("y").value_or(""));
  if (!x || !y || x->size() != kCoordinateBytes || y->size() != kCoordinateBytes) return nullptr;
  std::string point = "\x04" + *x + *y;
  std::string group = "P-256";
  const std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  return key_from("EC", const_cast<OSSL_PARAM*>(params.data()));
}

KeyPtr rsa_key(const json::Value& jwk) {
  const auto n = crypto::from_base64url(jwk.string_at("n").value_or(""));
  const auto e = crypto::from_base64url(jwk.string_at("e").value_or(""));
  if (!n || !e || n->empty() || e->empty() || e->size() > 4) return nullptr;
  if (n->front() == '\0' || n->size() < kMinModulusBytes || n->size() > kMaxModulusBytes) {
    return nullptr;
  }
  const BignumPtr modulus(BN_bin2bn(bytes(*n), static_cast<int>(n->size()), nullptr));
  const BignumPtr exponent(BN_bin2bn(bytes(*e), static_cast<int>(e->size()), nullptr));
  if (!modulus || !exponent || BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1) {
    return nullptr;
  }
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  return params ? key_from("RSA", params.get()) : nullptr;
}

bool is_for_signatures(const json::Value& jwk, std::string_view algorithm) {
  if (jwk.find("d") != nullptr) return false;
  if (jwk.find("use") != nullptr && jwk.string_at("use") != "sig") return false;
  if (jwk.find("alg") != nullptr && jwk.string_at("alg") != algorithm) return false;
  const json::Value* operations = jwk.find("key_ops");
  if (operations == nullptr) return true;
  if (operations->as_array() == nullptr) return false;
  for (const json::Value& operation : *operations->as_array()) {
    if (operation.as_string() != nullptr && *operation.as_string() == "verify") return true;
  }
  return false;
}

// JWS writes the two numbers of an ECDSA signature one after the other; OpenSSL wants them as DER.
std::optional<std::string> to_der(std::string_view raw) {
  if (raw.size() != 2 * kCoordinateBytes) return std::nullopt;
  BignumPtr r(BN_bin2bn(bytes(raw), kCoordinateBytes, nullptr));
  BignumPtr s(BN_bin2bn(bytes(raw) + kCoordinateBytes, kCoordinateBytes, nullptr));
  const EcdsaSigPtr signature(ECDSA_SIG_new());
  if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return std::nullopt;
  }
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return std::nullopt;
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::optional<std::string> from_der(std::string_view der) {
  const unsigned char* at = bytes(der);
  const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return std::nullopt;
  std::string raw(2 * kCoordinateBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  const int size = static_cast<int>(kCoordinateBytes);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, size) != size ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kCoordinateBytes, size) != size) {
    return std::nullopt;
  }
  return raw;
}

std::optional<Secret> to_pem(EVP_PKEY* key) {
  const BioPtr memory(BIO_new(BIO_s_secmem()));
  if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr,
                                               nullptr) != 1) {
    return std::nullopt;
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  if (size <= 0) return std::nullopt;
  return Secret(std::string(data, static_cast<std::size_t>(size)));
}

// The uncompressed point: 0x04, x, y.
std::optional<std::string> public_point(EVP_PKEY* key) {
  std::string point(1 + 2 * kCoordinateBytes, '\0');
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
                                      reinterpret_cast<unsigned char*>(point.data()), point.size(),
                                      &size) != 1 ||
      size != point.size() || point[0] != '\x04') {
    return std::nullopt;
  }
  return point;
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 32> name{};
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(),
                                        nullptr) == 1 &&
         std::string_view(name.data()) == SN_X9_62_prime256v1;
}

// No pass phrase is ever asked for on a terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

}  // namespace

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  if (name == "ES256") return Algorithm::kEs256;
  if (name == "RS256") return Algorithm::kRs256;
  return std::nullopt;
}

std::optional<PublicKey> PublicKey::from_jwk(const json::Value& jwk) {
  const ErrorQueue errors;
  const auto type = jwk.string_at("kty");
  std::string kid = jwk.string_at("kid").value_or("");
  if (!type || kid.size() > kMaxKidBytes) return std::nullopt;
  KeyPtr key;
  Algorithm algorithm = Algorithm::kEs256;
  if (*type == "EC" && is_for_signatures(jwk, "ES256")) {
    key = ec_key(jwk);
  } else if (*type == "RSA" && is_for_signatures(jwk, "RS256")) {
    algorithm = Algorithm::kRs256;
    key = rsa_key(jwk);
  }
  if (!key) return std::nullopt;
  return PublicKey(std::move(kid), algorithm,
                   std::shared_ptr<EVP_PKEY>(key.release(), EVP_PKEY_free));
}

bool PublicKey::verifies(std::string_view signed_text, std::string_view signature) const {
  const ErrorQueue errors;
  std::optional<std::string> der;
  if (algorithm_ == Algorithm::kEs256) {
    der = to_der(signature);
    if (!der) return false;
    signature = *der;
  }
  const DigestContextPtr context(EVP_MD_CTX_new());
  return context &&
         EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(),
                                 nullptr) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(signed_text),
                          signed_text.size()) == 1;
}

std::optional<NewKeyPair> make_key_pair() {
  const ErrorQueue errors;
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return std::nullopt;
  const auto point = public_point(key.get());
  auto pem = to_pem(key.get());
  if (!point || !pem) return std::nullopt;
  const std::string x = crypto::to_base64url(point->substr(1, kCoordinateBytes));
  const std::string y = crypto::to_base64url(point->substr(1 + kCoordinateBytes));
  // RFC 7638 section 3.2: exactly these members, in this order.
  json::Writer required;
  required.begin_object().field("crv", "P-256").field("kty", "EC").field("x", x).field("y", y);
  const crypto::Digest digest = crypto::sha256(required.end_object().str());

  NewKeyPair pair;
  pair.kid = crypto::to_base64url(
      std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
  json::Writer jwk;
  jwk.begin_object().field("kty", "EC").field("crv", "P-256").field("x", x).field("y", y);
  jwk.field("kid", pair.kid).field("alg", "ES256").field("use", "sig").end_object();
  pair.public_jwk = jwk.take();
  pair.private_pem = *std::move(pem);
  return pair;
}

std::optional<std::string> sign_es256(const Secret& private_pem, std::string_view text) {
  const ErrorQueue errors;
  const std::string& pem = private_pem.reveal();
  const BioPtr memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!memory) return std::nullopt;
  const KeyPtr key(PEM_read_bio_PrivateKey(memory.get(), nullptr, &no_pass_phrase, nullptr));
  const DigestContextPtr context(EVP_MD_CTX_new());
  if (!key || !is_p256(key.get()) || !context ||
      EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key.get(),
                            nullptr) != 1) {
    return std::nullopt;
  }
  std::string der(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
  std::size_t size = der.size();
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                     bytes(text), text.size()) != 1) {
    return std::nullopt;
  }
  return from_der(std::string_view(der).substr(0, size));
}

}  // namespace purser::jwks
