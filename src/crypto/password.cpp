#include "crypto/password.hpp"

#include <argon2.h>

#include <array>
#include <cstdint>
#include <new>

#include "crypto/crypto.hpp"

namespace purser::crypto {
namespace {

constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemoryKib = 19456;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kEncodedBytes = 128;  // 97 with these costs

}  // namespace

std::string hash_password(const Secret& password) {
  const std::string& text = password.reveal();
  const std::string salt = random_bytes(kSaltBytes);
  std::array<char, kEncodedBytes> encoded{};
  const int outcome =
      argon2id_hash_encoded(kPasses, kMemoryKib, kLanes, text.data(), text.size(), salt.data(),
                            salt.size(), kHashBytes, encoded.data(), encoded.size());
  // Costs and sizes are ours: only memory can be missing.
  // tidy: allow throw: as every allocation does
  if (outcome != ARGON2_OK) throw std::bad_alloc();
  return encoded.data();
}

bool is_password(const Secret& password, const std::string& hash) {
  if (hash.empty()) {
    static_cast<void>(hash_password(password));
    return false;
  }
  const std::string& text = password.reveal();
  const int outcome = argon2id_verify(hash.c_str(), text.data(), text.size());
  // tidy: allow throw: as every allocation does
  if (outcome == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  return outcome == ARGON2_OK;
}

}  // namespace purser::crypto
