#include "sdk/unique_key.hpp"

#include <array>
#include <chrono>
#include <random>

namespace purser::sdk {

std::uint32_t random_bits() {
  // One device per thread: a device is not safe to share, and opening one is not free.
  thread_local std::random_device device;
  return static_cast<std::uint32_t>(device());
}

std::string make_unique_key() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  for (std::size_t i = 6; i < 16; i += 2) {
    const std::uint32_t random = random_bits();
    bytes[i] = static_cast<std::uint8_t>(random);
    bytes[i + 1] = static_cast<std::uint8_t>(random >> 8);
  }
  bytes[6] = static_cast<std::uint8_t>(0x70 | (bytes[6] & 0x0F));  // version 7
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));  // variant 10

  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 0x0F];
  }
  return text;
}

}  // namespace purser::sdk
