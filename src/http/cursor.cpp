#include "http/cursor.hpp"

#include <optional>
#include <utility>

#include "crypto/crypto.hpp"

namespace purser::http {
namespace {

constexpr std::size_t kSignatureBytes = 16;
constexpr std::size_t kMaxCursorBytes = 1024;

std::string bytes_of(const crypto::Digest& digest) { return {digest.begin(), digest.end()}; }

}  // namespace

Cursors::Cursors(const Secret& encryption_key)
    : key_(bytes_of(crypto::hmac_sha256(encryption_key.reveal(), "purser/cursor/1"))) {}

std::string Cursors::sign(std::string_view list, std::string_view after) const {
  // The length in front keeps (list, after) apart from any other split of the same text.
  std::string signed_text = std::to_string(list.size());
  signed_text.append(":").append(list).append(after);
  return bytes_of(crypto::hmac_sha256(key_.reveal(), signed_text)).substr(0, kSignatureBytes);
}

std::string Cursors::make(std::string_view list, std::string_view after) const {
  return crypto::to_base64url(sign(list, after).append(after));
}

Result<std::string> Cursors::read(std::string_view list, std::string_view cursor) const {
  const Error invalid{ErrorCode::kInvalidCursor,
                      "The cursor was not made for this list; start again without one."};
  if (cursor.size() > kMaxCursorBytes) return invalid;
  const std::optional<std::string> bytes = crypto::from_base64url(cursor);
  if (!bytes || bytes->size() < kSignatureBytes) return invalid;
  std::string after = bytes->substr(kSignatureBytes);
  const std::string_view signature(bytes->data(), kSignatureBytes);
  if (!crypto::constant_time_equal(signature, sign(list, after))) return invalid;
  return after;
}

}  // namespace purser::http
