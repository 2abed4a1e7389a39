#include "sdk/answer.hpp"

#include <utility>

#include "sdk/error_table.hpp"

namespace purser::sdk {

namespace {

std::string excerpt(const std::string& text) {
  constexpr std::size_t kShown = 200;
  return text.size() <= kShown ? text : text.substr(0, kShown) + "…";
}

Error::Parts parts_of(const HttpResponse& response, const std::string& key) {
  Error::Parts parts;
  parts.http_status = response.status;
  parts.request_id = response.header("x-purser-request-id");
  parts.idempotency_key = key;
  return parts;
}

Error malformed(const HttpResponse& response, const std::string& key, const std::string& why) {
  auto parts = parts_of(response, key);
  parts.code = ErrorCode::kMalformedAnswer;
  parts.code_text = to_string(parts.code);
  parts.message = "The answer is not one of Purser's: " + why;
  return Error(std::move(parts));
}

Error read_error(const HttpResponse& response, const std::string& key) {
  auto parts = parts_of(response, key);
  const auto body = purser::json::parse(response.body);
  const auto code = body ? body->string_at("code") : std::nullopt;
  if (!code) {
    parts.code_text = "HTTP_" + std::to_string(response.status);
    parts.message = "The server answered without a known error: " + excerpt(response.body);
    return Error(std::move(parts));
  }
  const auto* row = find_error(*code);
  // A code of the SDK's own that comes over the wire is not what it claims to be.
  if (row != nullptr && row->http_status != 0) parts.code = row->code;
  parts.code_text = *code;
  parts.message = body->string_at("error").value_or("");
  const auto* details = body->find("details");
  if (details != nullptr && details->as_object() != nullptr) {
    parts.details_json = json::dump(*details);
  }
  return Error(std::move(parts));
}

}  // namespace

Error with_key(const Error& error, const std::string& idempotency_key) {
  return Error(Error::Parts{error.code(), error.code_text(), error.http_status(), error.message(),
                            error.details_json(), error.request_id(), idempotency_key});
}

Result<Answer> read_response(const HttpResponse& response, const std::string& idempotency_key) {
  if (response.status >= 400 && response.status <= 599) {
    return read_error(response, idempotency_key);
  }
  if (response.status < 200 || response.status > 299) {
    return malformed(response, idempotency_key,
                     "status " + std::to_string(response.status) + "; is base_url right?");
  }
  Answer answer;
  answer.status = response.status;
  answer.text = response.body;
  answer.request_id = response.header("x-purser-request-id");
  answer.idempotency_key = idempotency_key;
  if (!response.body.empty()) {
    auto body = purser::json::parse(response.body);
    if (!body) return malformed(response, idempotency_key, body.error().message);
    answer.body = std::move(*body);
  }
  return answer;
}

}  // namespace purser::sdk
