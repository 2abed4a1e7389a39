#include "http/request_id.hpp"

#include <array>
#include <cstring>

#include "crypto/crypto.hpp"

namespace purser::http {
namespace {

// Odd, so that the multiplication is one-to-one: ids do not show how many requests there were.
constexpr std::uint64_t kScramble = 0x9E3779B97F4A7C15;

}  // namespace

RequestIds::RequestIds() : prefix_(crypto::to_hex(crypto::random_bytes(8))), offset_(0) {
  const std::string start = crypto::random_bytes(sizeof(offset_));
  std::memcpy(&offset_, start.data(), sizeof(offset_));
}

std::string RequestIds::next() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::uint64_t number = (count_.fetch_add(1, std::memory_order_relaxed) + offset_) * kScramble;
  std::array<char, 16> digits;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number >>= 4) {
    *digit = kDigits[number & 15];
  }
  std::string id;
  id.reserve(prefix_.size() + digits.size());
  id.append(prefix_).append(digits.data(), digits.size());
  return id;
}

}  // namespace purser::http
