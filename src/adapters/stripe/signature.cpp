#include "adapters/stripe/signature.hpp"

#include <charconv>
#include <optional>

#include "crypto/crypto.hpp"

namespace purser::stripe {
namespace {

// Far more than Stripe sends (one v1 per active secret); bounds the work that a forger can cause.
constexpr std::size_t kMaxHeaderBytes = 4096;
constexpr std::size_t kMaxSignatures = 16;
constexpr std::size_t kMaxTimestampDigits = 12;

struct ParsedHeader {
  std::string_view timestamp;  // its digits as sent: they are what was signed
  std::int64_t seconds = 0;
  std::vector<std::string_view> signatures;
};

Error invalid(std::string why) {
  return {ErrorCode::kWebhookSignatureInvalid,
          "The webhook's signature is missing, wrong or too old.",
          {},
          LogDetail("webhook refused: " + std::move(why))};
}

std::optional<std::int64_t> parse_seconds(std::string_view digits) {
  if (digits.empty() || digits.size() > kMaxTimestampDigits) return std::nullopt;
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t seconds = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  return seconds;
}

Result<ParsedHeader> parse_header(std::string_view header) {
  if (header.empty()) return invalid("no signature");
  if (header.size() > kMaxHeaderBytes) return invalid("the header is too long");
  ParsedHeader parsed;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    const std::string_view part = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    if (part.starts_with("t=")) {
      // Two timestamps would leave open which of them was signed.
      if (!parsed.timestamp.empty()) return invalid("more than one timestamp");
      const auto seconds = parse_seconds(part.substr(2));
      if (!seconds) return invalid("the timestamp is not a number");
      parsed.timestamp = part.substr(2);
      parsed.seconds = *seconds;
    } else if (part.starts_with("v1=")) {
      if (parsed.signatures.size() == kMaxSignatures) return invalid("too many signatures");
      parsed.signatures.push_back(part.substr(3));
    }
  }
  if (parsed.timestamp.empty()) return invalid("no timestamp");
  if (parsed.signatures.empty()) return invalid("no v1 signature");
  return parsed;
}

std::string signature_hex(std::string_view timestamp, std::string_view body, const Secret& secret) {
  std::string signed_text;
  signed_text.reserve(timestamp.size() + 1 + body.size());
  signed_text.append(timestamp).append(1, '.').append(body);
  return crypto::to_hex(crypto::hmac_sha256(secret.reveal(), signed_text));
}

}  // namespace

Status verify_signature(std::string_view body, std::string_view header,
                        const std::vector<Secret>& secrets, Timestamp now) {
  PURSER_TRY(const ParsedHeader parsed, parse_header(header));
  bool matches = false;
  for (const Secret& secret : secrets) {
    if (secret.empty()) continue;
    const std::string expected = signature_hex(parsed.timestamp, body, secret);
    for (const std::string_view signature : parsed.signatures) {
      const bool equal = crypto::constant_time_equal(expected, signature);
      matches = matches || equal;
    }
  }
  if (!matches) return invalid("no signature matches any of the secrets");
  const std::int64_t age = now.millis() / 1000 - parsed.seconds;
  if (age > kSignatureToleranceSeconds) return invalid("too old (replayed?)");
  if (age < -kSignatureToleranceSeconds) return invalid("from the future");
  return {};
}

std::string sign(std::string_view body, const Secret& secret, Timestamp at) {
  const std::string timestamp = std::to_string(at.millis() / 1000);
  return "t=" + timestamp + ",v1=" + signature_hex(timestamp, body, secret);
}

}  // namespace purser::stripe
