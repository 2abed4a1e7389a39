#include "sdk/connection.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "sdk/answer.hpp"
#include "sdk/retry.hpp"
#include "sdk/unique_key.hpp"
#include "types/result.hpp"

namespace purser::sdk {

namespace {

using std::chrono::milliseconds;

/// Visible ASCII only: nothing that could end a header.
bool is_header_safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_base_url(std::string_view url) {
  if (url.size() > 2048 || !is_header_safe(url)) return false;
  const bool http = url.starts_with("http://") && url.size() > 7;
  const bool https = url.starts_with("https://") && url.size() > 8;
  return (http || https) && url.find_first_of("?#@\\") == std::string_view::npos;
}

std::string without_trailing_slashes(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

bool is_stale_token(const Error& error) {
  return error.code() == ErrorCode::kAccessTokenExpired ||
         error.code() == ErrorCode::kUnparsableAccessToken;
}

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

}  // namespace

std::string percent_encode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 0x0F];
    }
  }
  return out;
}

Timing real_timing() {
  return {[] { return std::chrono::steady_clock::now(); },
          [](milliseconds time) {
            std::this_thread::sleep_for(time);  // tidy: allow sleep: a back-off is a wait for time
          },
          [] { return random_bits(); }};
}

struct Connection::Running {
  const Call& call;
  std::string key;  ///< Idempotency key; empty for reads.
  std::chrono::steady_clock::time_point deadline;
  int retries = 0;
};

Connection::Connection(ConnectionOptions options, Timing timing)
    : options_(std::move(options)),
      timing_(std::move(timing)),
      prefix_(without_trailing_slashes(options_.base_url) + "/api/v1") {}

std::optional<Error> Connection::check(const Call& call) const {
  if (!is_base_url(options_.base_url)) {
    return invalid("base_url must be http(s)://host[:port][/path]; it is \"" + options_.base_url +
                   "\".");
  }
  if (options_.project_id.empty()) return invalid("project_id is missing.");
  if (call.access == CallAccess::kServer && options_.secret_server_key.empty()) {
    return invalid("secret_server_key is missing.");
  }
  if (call.access == CallAccess::kAdmin && options_.super_secret_admin_key.empty()) {
    return invalid("This call needs super_secret_admin_key.");
  }
  for (const auto* text : {&options_.project_id, &options_.publishable_client_key,
                           &options_.secret_server_key, &options_.super_secret_admin_key}) {
    if (!is_header_safe(*text)) {
      return invalid("project_id and keys must be visible ASCII without blanks.");
    }
  }
  const auto& key = call.options.idempotency_key;
  if (key && (key->empty() || key->size() > 255 || !is_header_safe(*key))) {
    return invalid("idempotency_key must have 1 to 255 visible ASCII characters.");
  }
  return std::nullopt;
}

milliseconds Connection::remaining(const Running& running) const {
  return std::chrono::duration_cast<milliseconds>(running.deadline - timing_.now());
}

Result<Answer> Connection::perform(const Call& call) {
  if (auto wrong = check(call)) return *wrong;
  Running running{
      call, {}, timing_.now() + call.options.timeout.value_or(options_.retry.call_timeout)};
  if (call.method != "GET") {
    running.key = call.options.idempotency_key ? *call.options.idempotency_key : make_unique_key();
  }
  if (call.access != CallAccess::kClient) return repeat(running, {});

  PURSER_TRY(const std::string token, access_token(running));
  auto answer = repeat(running, token);
  if (answer || !is_stale_token(answer.error())) return answer;
  auto fresh = refresh(running, token);
  if (!fresh) {
    // Without a refresh token the stale one is the whole story.
    return fresh.error().code() == ErrorCode::kNotSignedIn ? answer : fresh.error();
  }
  return repeat(running, *fresh);
}

Result<Answer> Connection::repeat(Running& running, const std::string& access_token) {
  for (;;) {
    const milliseconds left = remaining(running);
    if (left <= milliseconds(0)) {
      return with_key({ErrorCode::kDeadlineExceeded, "The call's deadline has passed."},
                      running.key);
    }
    HttpRequest request = make_request(running, access_token);
    request.timeout = std::min(left, std::max(options_.retry.attempt_timeout, milliseconds(1)));
    auto response = options_.transport->send(request);

    AttemptOutcome outcome;
    auto answer = response ? read_response(*response, running.key)
                           : Result<Answer>(with_key(response.error(), running.key));
    if (response) {
      if (answer) return answer;
      outcome.answered = true;
      outcome.status = response->status;
      outcome.retry_after = parse_retry_after(response->header("retry-after"));
      const bool named = !answer.error().code_text().starts_with("HTTP_");
      if (named) outcome.known_error = answer.error().code_text();
    }
    outcome.retries_done = running.retries;
    outcome.remaining = remaining(running);
    const auto wait = decide_retry(outcome, options_.retry, timing_.chance());
    if (!wait) return answer;
    ++running.retries;
    if (*wait > milliseconds(0)) timing_.wait(*wait);
  }
}

HttpRequest Connection::make_request(const Running& running,
                                     const std::string& access_token) const {
  const Call& call = running.call;
  HttpRequest request;
  request.method = call.method;
  request.url = prefix_ + call.path;
  request.body = call.body;
  auto& headers = request.headers;
  headers.push_back({"x-purser-project-id", options_.project_id});
  switch (call.access) {
    case CallAccess::kClient:
      headers.push_back({"x-purser-access-type", "client"});
      if (!options_.publishable_client_key.empty()) {
        headers.push_back({"x-purser-publishable-client-key", options_.publishable_client_key});
      }
      if (!access_token.empty()) headers.push_back({"x-purser-access-token", access_token});
      break;
    case CallAccess::kServer:
      headers.push_back({"x-purser-access-type", "server"});
      headers.push_back({"x-purser-secret-server-key", options_.secret_server_key});
      break;
    case CallAccess::kAdmin:
      headers.push_back({"x-purser-access-type", "admin"});
      headers.push_back({"x-purser-super-secret-admin-key", options_.super_secret_admin_key});
      break;
  }
  if (!call.body.empty()) headers.push_back({"content-type", "application/json"});
  if (!running.key.empty()) headers.push_back({"idempotency-key", running.key});
  headers.push_back({"accept", "application/json"});
  headers.push_back({"user-agent", "purser-cpp/" PURSER_SDK_VERSION});
  return request;
}

Result<std::string> Connection::access_token(Running& running) {
  const auto tokens = options_.token_store->load();
  if (!tokens || (tokens->access_token.empty() && tokens->refresh_token.empty())) {
    return Error(ErrorCode::kNotSignedIn, "Nobody is signed in; give the app a user's tokens.");
  }
  if (!is_header_safe(tokens->access_token)) return invalid("The access token is not a token.");
  if (!tokens->access_token.empty()) return tokens->access_token;
  return refresh(running, "");
}

Result<std::string> Connection::refresh(Running& running, const std::string& stale) {
  std::unique_lock lock(refresh_mutex_);
  const bool my_turn =
      refreshed_.wait_for(lock, remaining(running), [this] { return !refreshing_; });
  if (!my_turn) {
    return with_key({ErrorCode::kDeadlineExceeded, "The tokens were not renewed in time."},
                    running.key);
  }
  const auto tokens = options_.token_store->load();
  if (!tokens) return Error(ErrorCode::kNotSignedIn, "The user has signed out.");
  // Another thread may have renewed it while this one waited.
  if (!tokens->access_token.empty() && tokens->access_token != stale) return tokens->access_token;
  if (tokens->refresh_token.empty()) {
    return Error(ErrorCode::kNotSignedIn, "There is no refresh token; sign the user in again.");
  }
  refreshing_ = true;
  lock.unlock();
  auto renewed = renew(running, *tokens);
  lock.lock();
  refreshing_ = false;
  refreshed_.notify_all();
  return renewed;
}

Result<std::string> Connection::renew(Running& running, const Tokens& tokens) {
  json::Writer body;
  body.begin_object().field("refresh_token", tokens.refresh_token).end_object();
  const Call call{"POST", "/sessions/refresh", body.take(), CallAccess::kClient, {}};
  // It reads only, so it needs no idempotency key. It shares the deadline of the call it serves.
  Running refreshing{call, {}, running.deadline};
  PURSER_TRY(const Answer answer, repeat(refreshing, {}));
  const auto access_token = answer.body.string_at("access_token");
  if (!access_token || access_token->empty() || !is_header_safe(*access_token)) {
    return Error(ErrorCode::kMalformedAnswer, "The answer to a refresh has no access token.");
  }
  options_.token_store->save(
      {*access_token, answer.body.string_at("refresh_token").value_or(tokens.refresh_token)});
  return *access_token;
}

void Connection::set_tokens(const Tokens& tokens) { options_.token_store->save(tokens); }

}  // namespace purser::sdk
