#include "purser/webhook.hpp"

#include <charconv>
#include <utility>

#include "crypto/standard_webhooks.hpp"
#include "json/json.hpp"
#include "sdk/read.hpp"

namespace purser::sdk {
namespace {

Error refused(std::string message) {
  return {ErrorCode::kWebhookSignatureInvalid, std::move(message)};
}

Result<std::vector<std::string>> keys_of(const std::vector<std::string>& secrets) {
  std::vector<std::string> keys;
  for (const std::string& secret : secrets) {
    auto key = crypto::webhook_key(secret);
    if (!key || key->empty()) {
      return Error(ErrorCode::kInvalidArgument, "A webhook secret must be whsec_ and base64.");
    }
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return Error(ErrorCode::kInvalidArgument, "There is no webhook secret.");
  return keys;
}

Result<std::string> require(const HttpResponse& headers, std::string_view name) {
  const std::string_view value = headers.header(name);
  if (value.empty()) return refused("The header " + std::string(name) + " is missing.");
  return std::string(value);
}

std::optional<Error> check_timestamp(std::string_view text, const VerifyWebhookOptions& options) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t kMax = 253'402'300'799;  // the year 9999
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > kMax) {
    return refused("The header webhook-timestamp is not a number of seconds.");
  }
  const Time now = options.now.value_or(
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()));
  const auto age = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() -
                   std::chrono::seconds(seconds);
  if (age > options.tolerance) return refused("The webhook was signed too long ago.");
  if (age < -options.tolerance) return refused("The webhook was signed in the future.");
  return std::nullopt;
}

bool is_signed(const std::vector<std::string>& keys, std::string_view signatures,
               const std::string& content) {
  bool found = false;
  while (!signatures.empty()) {
    const std::size_t space = std::min(signatures.find(' '), signatures.size());
    const std::string_view one = signatures.substr(0, space);
    signatures.remove_prefix(std::min(space + 1, signatures.size()));
    if (!one.starts_with(crypto::kWebhookSignatureVersion)) continue;
    const auto given = crypto::from_base64(one.substr(crypto::kWebhookSignatureVersion.size()));
    if (!given) continue;
    for (const std::string& key : keys) {
      if (crypto::constant_time_equal(*given, crypto::webhook_mac(key, content))) found = true;
    }
  }
  return found;
}

Result<WebhookEvent> read_event(std::string_view body) {
  const auto document = json::parse(body);
  if (!document) return Error(ErrorCode::kMalformedAnswer, "The webhook's body is no event.");
  codec::Reader in(*document, "the event");
  WebhookEvent event{in.text("id"), in.text("type"), in.time("timestamp"), in.text("project_id"),
                     "{}"};
  const json::Value* data = in.optional_object("data");
  if (data == nullptr) in.fail("data");
  if (data != nullptr) event.data_json = json::dump(*data);
  return codec::finish(in, std::move(event));
}

}  // namespace

Result<WebhookEvent> verify_webhook(const std::vector<std::string>& secrets,
                                    const std::vector<HttpHeader>& headers, std::string_view body,
                                    const VerifyWebhookOptions& options) {
  const auto keys = keys_of(secrets);
  if (!keys) return keys.error();
  const HttpResponse request{0, headers, {}};  // finds headers in any letter case
  const auto id = require(request, "webhook-id");
  if (!id) return id.error();
  const auto timestamp = require(request, "webhook-timestamp");
  if (!timestamp) return timestamp.error();
  const auto signatures = require(request, "webhook-signature");
  if (!signatures) return signatures.error();
  if (const auto wrong = check_timestamp(*timestamp, options)) return *wrong;
  if (!is_signed(*keys, *signatures, crypto::webhook_content(*id, *timestamp, body))) {
    return refused("No signature of the webhook was made with one of the secrets.");
  }
  return read_event(body);
}

}  // namespace purser::sdk
