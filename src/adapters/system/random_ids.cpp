#include "adapters/system/random_ids.hpp"

#include <chrono>

#include "crypto/crypto.hpp"

namespace purser::system {
namespace {

constexpr std::uint32_t kCountLimit = 1U << 12U;
constexpr std::size_t kSecretBytes = 32;

}  // namespace

std::string RandomIds::unique_id() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t present = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  std::int64_t millis = 0;
  std::uint32_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    if (present > last_millis_) {
      last_millis_ = present;
      count_ = 0;
    } else if (++count_ == kCountLimit) {
      // More than 4096 in one millisecond: the next ones borrow from the future.
      ++last_millis_;
      count_ = 0;
    }
    millis = last_millis_;
    count = count_;
  }
  std::string bytes(6, '\0');
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<char>((millis >> (8 * (5 - i))) & 0xff);
  }
  bytes += static_cast<char>(0x70U | (count >> 8U));
  bytes += static_cast<char>(count & 0xffU);
  std::string random = crypto::random_bytes(8);
  random[0] = static_cast<char>((static_cast<unsigned char>(random[0]) & 0x3fU) | 0x80U);
  bytes += random;

  std::string text = crypto::to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

Secret RandomIds::secret(std::string_view prefix) {
  return Secret(std::string(prefix) + crypto::to_base64url(crypto::random_bytes(kSecretBytes)));
}

}  // namespace purser::system
