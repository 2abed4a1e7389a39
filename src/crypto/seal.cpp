#include <openssl/evp.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "crypto/crypto.hpp"

namespace purser::crypto {
namespace {

// Layout of a sealed value: version byte, 12-byte nonce, ciphertext, 16-byte tag.
constexpr char kVersion = 1;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kHeadBytes = 1 + kNonceBytes;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  if (cipher == nullptr) std::abort();
  return cipher;
}

const unsigned char* in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* out(std::string& text, std::size_t offset) {
  return reinterpret_cast<unsigned char*>(text.data()) + offset;
}

// A broken contract (key of another length, a value beyond 2 GiB) and a broken OpenSSL both stop
// the process: there is no secret that could be written in the clear instead.
void require(bool held) {
  if (!held) std::abort();
}

}  // namespace

std::string seal(const Secret& key, std::string_view context, const Secret& plain) {
  const std::string& text = plain.reveal();
  require(key.reveal().size() == kKeyBytes && text.size() < (1U << 30) &&
          context.size() < (1U << 30));
  std::string sealed(1, kVersion);
  sealed += random_bytes(kNonceBytes);
  sealed.resize(kHeadBytes + text.size() + kTagBytes);

  const Context cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  require(cipher != nullptr &&
          EVP_EncryptInit_ex2(cipher.get(), aes_256_gcm(), in(key.reveal()), out(sealed, 1),
                              nullptr) == 1 &&
          EVP_EncryptUpdate(cipher.get(), nullptr, &length, in(context),
                            static_cast<int>(context.size())) == 1 &&
          EVP_EncryptUpdate(cipher.get(), out(sealed, kHeadBytes), &length, in(text),
                            static_cast<int>(text.size())) == 1 &&
          EVP_EncryptFinal_ex(cipher.get(), out(sealed, kHeadBytes + text.size()), &length) == 1 &&
          EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                              out(sealed, kHeadBytes + text.size())) == 1);
  return sealed;
}

std::optional<Secret> open(const Secret& key, std::string_view context, std::string_view sealed) {
  if (key.reveal().size() != kKeyBytes || sealed.size() < kHeadBytes + kTagBytes ||
      sealed.size() >= (1U << 30) || context.size() >= (1U << 30) || sealed[0] != kVersion) {
    return std::nullopt;
  }
  const std::string_view nonce = sealed.substr(1, kNonceBytes);
  const std::string_view text = sealed.substr(kHeadBytes, sealed.size() - kHeadBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(text.size(), '\0');

  const Context cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool genuine =
      cipher != nullptr &&
      EVP_DecryptInit_ex2(cipher.get(), aes_256_gcm(), in(key.reveal()), in(nonce), nullptr) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &length, in(context),
                        static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), out(plain, 0), &length, in(text),
                        static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out(plain, text.size()), &length) == 1;
  Secret secret(std::move(plain));  // erased also when it is not handed out
  if (!genuine) return std::nullopt;
  return secret;
}

}  // namespace purser::crypto
