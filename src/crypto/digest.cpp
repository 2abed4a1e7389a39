#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <memory>

#include "crypto/crypto.hpp"

namespace purser::crypto {
namespace {

// Fetched once: OpenSSL 3 otherwise looks the algorithm up by name on every call. Never freed, so
// that threads that still run while the process exits can use it.
const EVP_MD* sha256_method() {
  static const EVP_MD* method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (method == nullptr) std::abort();
  return method;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

// Failures here mean that the process has no memory or no working OpenSSL. Going on with a wrong
// digest or with predictable "random" bytes would be worse than stopping.

Digest sha256(std::string_view data) {
  // One context for each thread: making one costs as much as the digest of a key.
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  Digest digest;
  if (!context || EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), data.data(), data.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    std::abort();
  }
  return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view data) {
  Digest digest;
  unsigned int length = 0;
  // HMAC() takes the key's length as an int; RFC 2104 hashes keys that are longer than a block
  // anyway.
  const Digest short_key = key.size() > 64 ? sha256(key) : Digest{};
  const void* used = key.size() > 64 ? static_cast<const void*>(short_key.data()) : key.data();
  const int used_size = static_cast<int>(key.size() > 64 ? short_key.size() : key.size());
  static const unsigned char kNothing = 0;  // HMAC() refuses a null key, also an empty one
  if (HMAC(sha256_method(), used_size == 0 ? &kNothing : used, used_size, bytes(data), data.size(),
           digest.data(), &length) == nullptr ||
      length != digest.size()) {
    std::abort();
  }
  return digest;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (count > 0 &&
      RAND_bytes_ex(nullptr, reinterpret_cast<unsigned char*>(out.data()), count, 0) != 1) {
    std::abort();
  }
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace purser::crypto
