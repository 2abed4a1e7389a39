#include "sandbox/api.hpp"

#include <algorithm>

#include "crypto/crypto.hpp"
#include "sandbox/service.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kKeyLifetime = 24 * 60 * 60;
constexpr std::size_t kMaxKeyLength = 255;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> steps;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    steps.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return steps;
}

// Whether the path is the route's; collects what stands at its parameters.
bool matches(const Route& route, const std::vector<std::string>& steps,
             std::vector<std::string>& ids) {
  const std::vector<std::string> pattern = split_path(route.path);
  if (pattern.size() != steps.size()) return false;
  ids.clear();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (pattern[i][0] != ':') {
      if (pattern[i] != steps[i]) return false;
      continue;
    }
    auto id = net::percent_decode(steps[i]);
    if (!id || id->empty()) return false;
    ids.push_back(*std::move(id));
  }
  return true;
}

// The key of `Authorization: Bearer KEY` or of HTTP Basic, where it is the user's name.
std::string read_key(const net::Request& request) {
  const std::string_view header = request.header("authorization");
  if (header.rfind("Bearer ", 0) == 0) return std::string(header.substr(7));
  if (header.rfind("Basic ", 0) != 0) return {};
  const std::string user = crypto::from_base64(header.substr(6)).value_or("");
  return user.substr(0, user.find(':'));
}

std::string masked(const std::string& key) {
  if (key.size() < 12) return std::string(key.size(), '*');
  return key.substr(0, 8) + std::string(key.size() - 12, '*') + key.substr(key.size() - 4);
}

std::optional<Failure> check_key(const std::string& key) {
  Failure failure;
  failure.status = 401;
  if (key.empty()) {
    failure.message =
        "You did not provide an API key. You need to provide your API key in the "
        "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
        "YOUR_SECRET_KEY').";
    return failure;
  }
  if (key.rfind("sk_test_", 0) != 0 || key.size() > 255) {
    failure.message = "Invalid API Key provided: " + masked(key) +
                      ". The sandbox takes keys that begin with sk_test_.";
    return failure;
  }
  return std::nullopt;
}

Failure fault_failure(FaultKind kind) {
  Failure failure;
  if (kind == FaultKind::kConflict) {
    failure.status = 409;
    failure.code = "lock_timeout";
    failure.message =
        "This object cannot be accessed right now because another API request or Stripe "
        "process is currently accessing it. If you see this error intermittently, retry "
        "the request.";
  } else if (kind == FaultKind::kRateLimit) {
    failure.status = 429;
    failure.code = "rate_limit";
    failure.message =
        "Request rate limit exceeded. Learn more about rate limits at "
        "https://stripe.com/docs/rate-limits.";
  } else {
    failure.status = 500;
    failure.type = "api_error";
    failure.message = "An unknown error occurred.";
  }
  return failure;
}

Failure idempotency_failure(int status, std::string message, std::string code = {}) {
  Failure failure = invalid(std::move(message), {}, std::move(code));
  failure.status = status;
  failure.type = "idempotency_error";
  return failure;
}

Reply reply_of(const Answer& answer) {
  if (const auto* failure = std::get_if<Failure>(&answer)) {
    return {json_response(failure->status, failure_document(*failure))};
  }
  return {json_response(200, std::get<json::Value>(answer))};
}

// The faults after which nothing was done and no key is remembered.
bool is_refusal(FaultKind kind) {
  return kind == FaultKind::kConflict || kind == FaultKind::kRateLimit ||
         kind == FaultKind::kFreeze;
}

Reply refuse(const Fault& fault) {
  Reply reply = reply_of(fault_failure(fault.kind));
  auto& headers = reply.response.headers;
  headers.push_back({"stripe-should-retry", "true"});
  if (fault.kind == FaultKind::kRateLimit) {
    headers.push_back({"retry-after", std::to_string(fault.retry_after)});
  }
  if (fault.kind == FaultKind::kFreeze) {
    reply.response.drop = true;
    reply.delay = std::chrono::milliseconds(fault.delay_ms);
  }
  return reply;
}

// What a fault does to the answer of a request that was done.
void spoil(Reply& reply, const Fault& fault) {
  std::string& body = reply.response.body;
  switch (fault.kind) {
    case FaultKind::kDrop:
      reply.response.drop = true;
      return;
    case FaultKind::kDelay:
      reply.delay = std::chrono::milliseconds(fault.delay_ms);
      return;
    case FaultKind::kGarbage:  // cut off in the middle, and ended by what is in no document
      body.resize(body.size() / 2);
      body += "\xff\xfe<html>";
      return;
    case FaultKind::kHuge:
      body.resize(std::max(body.size(), static_cast<std::size_t>(fault.bytes)), ' ');
      return;
    default:
      return;
  }
}

}  // namespace

/// One API request on its way.
struct Service::Execution {
  const net::Request& request;
  std::string path;
  std::string request_id;
  std::string key = {};  ///< the Idempotency-Key of a POST
  std::string fingerprint = {};
  Account* account = nullptr;
  std::optional<Fault> fault = {};
  bool executed = false;  ///< the handler did what it was asked
};

Reply Service::answer_api(const net::Request& request) {
  Execution execution{request, std::string(request.path()), world_->new_id("req_", 14)};
  if (request.method == "POST") execution.key = request.header("idempotency-key");
  Reply reply = execute(execution);
  auto& headers = reply.response.headers;
  headers.push_back({"request-id", execution.request_id});
  const std::string_view version = request.header("stripe-version");
  headers.push_back({"stripe-version", std::string(version.empty() ? kApiVersion : version)});
  if (!execution.key.empty()) headers.push_back({"idempotency-key", execution.key});
  if (!request.header("stripe-account").empty()) {
    headers.push_back({"stripe-account", std::string(request.header("stripe-account"))});
  }
  return reply;
}

Reply Service::execute(Execution& execution) {
  const net::Request& request = execution.request;
  const std::string secret_key = read_key(request);
  if (auto failure = check_key(secret_key)) return reply_of(*failure);
  execution.account = &world_->account_of_key(secret_key);
  if (const std::string_view other = request.header("stripe-account"); !other.empty()) {
    execution.account = world_->connected_account(*execution.account, std::string(other));
    if (execution.account == nullptr) {
      Failure failure = invalid("The provided key '" + masked(secret_key) +
                                    "' does not have access to account '" + std::string(other) +
                                    "' (or that account does not exist).",
                                {}, "account_invalid");
      failure.status = 403;
      return reply_of(failure);
    }
  }
  execution.fault = faults_.strike_request(request.method, execution.path);
  const auto fault_kind =
      execution.fault ? std::optional(execution.fault->kind) : std::optional<FaultKind>();
  if (fault_kind && is_refusal(*fault_kind)) return refuse(*execution.fault);
  Reply reply;
  if (auto known = answer_from_key(execution)) {
    reply = *std::move(known);
  } else {
    reply = reply_of(fault_kind == FaultKind::kError ? Answer(fault_failure(FaultKind::kError))
                                                     : run_handler(execution));
    if (fault_kind == FaultKind::kErrorAfter) reply = reply_of(fault_failure(*fault_kind));
    remember(execution, reply);
  }
  if (execution.fault) spoil(reply, *execution.fault);
  if (fault_kind == FaultKind::kDelay) {
    reply.in_use = {execution.account->id, execution.key};
    if (!execution.key.empty() && reply.delay.count() > 0) keys_in_use_.insert(reply.in_use);
  }
  return reply;
}

// What the idempotency key says before anything is done; nothing when the request is new.
// Source: https://docs.stripe.com/api/idempotent_requests
std::optional<Reply> Service::answer_from_key(Execution& execution) {
  if (execution.key.empty()) return std::nullopt;
  if (execution.key.size() > kMaxKeyLength ||
      !json::parse(json::dump(json::Value(execution.key)))) {
    return reply_of(idempotency_failure(400, "Idempotency keys are text of up to 255 characters."));
  }
  execution.fingerprint =
      crypto::to_hex(crypto::sha256(execution.path + "?" + std::string(execution.request.query()) +
                                    "\n" + execution.request.body));
  if (keys_in_use_.count({execution.account->id, execution.key}) > 0) {
    return reply_of(idempotency_failure(
        409,
        "There is currently another in-progress request using this Idempotent Key (" +
            execution.key + "). Please try again later.",
        "idempotency_key_in_use"));
  }
  const Record* known = world_->find(*execution.account, kIdempotency, execution.key);
  if (known == nullptr || int_at(known->doc, "created") + kKeyLifetime < world_->now_seconds()) {
    return std::nullopt;
  }
  if (text_at(known->doc, "fingerprint") != execution.fingerprint) {
    return reply_of(idempotency_failure(
        400,
        "Keys for idempotent requests can only be used with the same parameters they were first "
        "used with. Try using a key other than '" +
            execution.key + "' if you meant to execute a different request."));
  }
  Reply reply;
  reply.response.status = static_cast<int>(int_at(known->doc, "status"));
  reply.response.content_type = "application/json";
  reply.response.body = text_at(known->doc, "body");
  reply.response.headers.push_back({"idempotent-replayed", "true"});
  reply.response.headers.push_back({"original-request", text_at(known->doc, "request_id")});
  return reply;
}

Answer Service::run_handler(Execution& execution) {
  auto params = read_params(execution.request);
  if (auto* failure = std::get_if<Failure>(&params)) return std::move(*failure);
  const std::vector<std::string> steps = split_path(execution.path);
  std::vector<std::string> ids;
  for (const Route& route : routes_) {
    if (route.method != execution.request.method || !matches(route, steps, ids)) continue;
    Call call{*world_,
              *execution.account,
              base_url_,
              {execution.request_id, execution.key},
              std::string(execution.request.header("stripe-version")),
              ids,
              std::get<Params>(std::move(params))};
    const std::vector<std::string> expansions = call.params.text_list("expand");
    const StandAt its_time(*world_, std::nullopt);  // which the handler may move
    Answer answer = route.handler(call);
    if (auto* document = std::get_if<json::Value>(&answer)) {
      execution.executed = true;
      if (auto failure = expand(call, *document, expansions)) return std::move(*failure);
    }
    return answer;
  }
  Failure failure = invalid("Unrecognized request URL (" + execution.request.method + ": " +
                            execution.path + "). The sandbox has no such route.");
  failure.status = 404;
  return failure;
}

// Kept is what was tried: also a decline and a 500, but not what was refused before anything began.
void Service::remember(Execution& execution, const Reply& reply) {
  const int status = reply.response.status;
  const bool tried = execution.executed || status == 402 || status >= 500;
  if (execution.key.empty() || !tried) return;
  world_->put(*execution.account, kIdempotency,
              object({{"id", execution.key},
                      {"created", world_->now_seconds()},
                      {"fingerprint", execution.fingerprint},
                      {"status", status},
                      {"body", reply.response.body},
                      {"request_id", execution.request_id}}));
}

}  // namespace purser::sandbox
