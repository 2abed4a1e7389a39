#include "adapters/stripe/client.hpp"

#include <algorithm>
#include <chrono>

#include "crypto/crypto.hpp"

#ifndef PURSER_VERSION
#error "the build defines PURSER_VERSION"
#endif

namespace purser::stripe {
namespace {

constexpr std::size_t kMaxShownBytes = 500;

std::uint16_t random_16() {
  const std::string bytes = crypto::random_bytes(2);
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                    static_cast<unsigned char>(bytes[1]));
}

bool is_header_text(const std::string& text) {
  return !text.empty() && text.size() <= 255 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// Text from outside, cut to what an answer may carry, and never with the key in it (Stripe masks
// keys in its messages; whoever else answers may not).
std::string presentable(std::string text, const Secret& secret) {
  const std::string& hidden = secret.reveal();
  for (std::size_t at = 0; !hidden.empty() && (at = text.find(hidden, at)) != std::string::npos;) {
    text.replace(at, hidden.size(), Secret::redacted());
  }
  if (text.size() > kMaxShownBytes) {
    std::size_t end = kMaxShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
  }
  return text;
}

std::string error_text(const HttpRequest& request, const json::Value& body, std::string_view key) {
  return presentable(body.find("error")->string_at(key).value_or(""), request.secret_key);
}

LogDetail refusal_log(const HttpRequest& request, const HttpReply& reply, const json::Value& body) {
  const auto text = [&](std::string_view key) { return error_text(request, body, key); };
  return LogDetail(request.method + ' ' + request.path + ": " + std::to_string(reply.status) + ' ' +
                   text("type") + ' ' + text("code") + ", parameter \"" + text("param") +
                   "\", request " + presentable(reply.request_id, request.secret_key) + ": " +
                   text("message"));
}

Error refused(const HttpRequest& request, const HttpReply& reply, const json::Value& body) {
  const auto text = [&](std::string_view key) { return error_text(request, body, key); };
  const std::string code = text("code").empty() ? text("type") : text("code");
  Details details = {{"provider_code", code}, {"provider_message", text("message")}};
  if (!text("decline_code").empty()) details.emplace_back("decline_code", text("decline_code"));
  return {ErrorCode::kPaymentProviderRefused,
          "Stripe refused the request; details.provider_message says why.", std::move(details),
          refusal_log(request, reply, body)};
}

// Source: https://docs.stripe.com/api/errors (402: the parameters were valid, the request failed).
bool is_decline(const HttpReply& reply, const json::Value& body) {
  return reply.status == 402 || body.find("error")->string_at("type") == "card_error";
}

Error declined(const HttpRequest& request, const HttpReply& reply, const json::Value& body) {
  const auto text = [&](std::string_view key) { return error_text(request, body, key); };
  // A payment that needs the customer (3-D Secure) has a code alone.
  const std::string why = text("decline_code").empty() ? text("code") : text("decline_code");
  return {ErrorCode::kPaymentFailed,
          "The customer's payment method was declined; nothing was changed. details.decline_code "
          "says why.",
          {{"decline_code", why}, {"provider_message", text("message")}},
          refusal_log(request, reply, body)};
}

Error unavailable(const HttpRequest& request, int attempts, const std::string& last) {
  return {ErrorCode::kPaymentProviderUnavailable,
          "Stripe did not answer; nothing was sold. Send the same request again to resume.",
          {},
          LogDetail(request.method + ' ' + request.path + ": given up after " +
                    std::to_string(attempts) + " attempts; the last: " + last)};
}

std::string describe(const Exchange& exchange, const Secret& secret) {
  if (const auto* none = std::get_if<NoReply>(&exchange)) return none->reason;
  const auto& reply = std::get<HttpReply>(exchange);
  return "status " + std::to_string(reply.status) + ", " + std::to_string(reply.body.size()) +
         " bytes, request " + presentable(reply.request_id, secret);
}

Millis since(std::chrono::steady_clock::time_point start) {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                start)
              .count()};
}

Status check(const HttpRequest& request) {
  if (!is_header_text(request.secret_key.reveal())) {
    return Error::internal("a project's Stripe key is empty or has characters that no key has");
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_header_text(value)) return Error::internal("not fit for a " + name + " header");
  }
  return {};
}

HttpRequest request_as(const app::ProviderCredentials& as, std::string method,
                       const std::string& path) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = "/v1" + path;
  request.secret_key = as.secret_key;
  if (!as.connected_account.empty()) {
    request.headers.emplace_back("Stripe-Account", as.connected_account);
  }
  return request;
}

}  // namespace

Client::Client(Transport& transport, RetryPolicy policy, std::string api_version, Wait wait)
    : transport_(transport),
      policy_(policy),
      api_version_(std::move(api_version)),
      wait_(std::move(wait)) {}

Result<json::Value> Client::get(const app::ProviderCredentials& as, const std::string& path) {
  bool has_no_key = false;
  return call(request_as(as, "GET", path), false, has_no_key);
}

Result<json::Value> Client::post(const app::ProviderCredentials& as, const Post& what,
                                 bool& key_is_spent) {
  HttpRequest request = request_as(as, "POST", what.path);
  request.body = what.form.text();
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.headers.emplace_back("Idempotency-Key", what.idempotency_key);
  return call(std::move(request), what.takes_money, key_is_spent);
}

Result<json::Value> Client::remove(const app::ProviderCredentials& as, const std::string& path) {
  bool has_no_key = false;
  return call(request_as(as, "DELETE", path), false, has_no_key);
}

Result<json::Value> Client::call(HttpRequest request, bool takes_money, bool& key_is_spent) {
  request.headers.emplace_back("Stripe-Version", api_version_);
  request.headers.emplace_back("User-Agent", "Purser/" PURSER_VERSION);
  PURSER_CHECK_OK(check(request));

  Millis spent;
  for (int attempt = 1;; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    const Exchange exchange = transport_.exchange(request);
    spent.count += since(start).count;

    Reading reading;
    const auto* reply = std::get_if<HttpReply>(&exchange);
    if (reply != nullptr) reading = read_reply(*reply);
    if (reading.outcome == Outcome::kDone) return std::move(reading.body);
    const bool again =
        worth_retrying(reading.outcome, reply == nullptr ? std::nullopt : reply->should_retry);
    if (reading.outcome == Outcome::kRefused && !again) {
      return takes_money && is_decline(*reply, reading.body)
                 ? declined(request, *reply, reading.body)
                 : refused(request, *reply, reading.body);
    }
    const Error given_up = unavailable(request, attempt, describe(exchange, request.secret_key));
    key_is_spent = reply != nullptr && reply->replayed && reply->status >= 500;
    if (key_is_spent || !again || attempt >= policy_.max_attempts) return given_up;
    const Millis delay = delay_after(
        policy_, attempt, reply == nullptr ? std::nullopt : reply->retry_after, random_16());
    // Rather answer now than come back before Stripe wants us to.
    if (spent.count + delay.count >= policy_.total_budget.count) return given_up;
    if (!wait_(delay)) return given_up;
    spent.count += delay.count;
  }
}

}  // namespace purser::stripe
