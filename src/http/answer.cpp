// How a call ends: headers, the log record, the metrics.

#include <algorithm>
#include <utility>

#include "http/dialect.hpp"
#include "http/error_reply.hpp"
#include "http/reply_headers.hpp"

namespace purser::http {
namespace {

LogLevel level_of(int status) {
  if (status >= 500) return LogLevel::kError;
  return status >= 400 ? LogLevel::kWarn : LogLevel::kInfo;
}

std::string_view access_of(const Call& call) {
  if (call.principal.context != nullptr) return app::to_string(call.principal.access);
  return call.route == nullptr ? std::string_view() : to_string(call.route->access);
}

PageKind page_kind_of(const Call& call) {
  if (call.route == nullptr || !call.route->is_page()) return PageKind::kNone;
  return call.route->is_form_page() ? PageKind::kForm : PageKind::kPlain;
}

ErrorCode code_of_refusal(int status) {
  switch (status) {
    case 408:
      return ErrorCode::kRequestTimeout;
    case 413:
      return ErrorCode::kBodyTooLarge;
    case 431:
      return ErrorCode::kHeadersTooLarge;
    case 500:
      return ErrorCode::kInternalError;
    case 503:
      return ErrorCode::kOverloaded;
    default:
      return ErrorCode::kSchemaError;
  }
}

}  // namespace

void InFlight::leave() {
  if (count_.fetch_sub(1) != 1) return;
  // The last one may be waited for. Taking the lock makes sure that the waiter is really waiting.
  const std::lock_guard lock(mutex_);
  none_.notify_all();
}

void InFlight::wait_until_none() {
  std::unique_lock lock(mutex_);
  none_.wait(lock, [this] { return count_.load() == 0; });
}

Call::Call(Core& of, std::shared_ptr<InFlight> counter, net::Request received,
           net::Responder responder)
    : core(of),
      in_flight(std::move(counter)),
      request(std::move(received)),
      respond(std::move(responder)),
      started(std::chrono::steady_clock::now()),
      operation(routes().size()) {
  in_flight->enter();
}

Call::~Call() {
  if (!answered) core.answer(*this, Error::internal("a handler dropped its request unanswered"));
  in_flight->leave();
}

const std::string& Call::parameter(std::string_view name) const {
  const auto names = parameter_names(route->path);
  const auto at = std::ranges::find(names, name) - names.begin();
  return path.at(static_cast<std::size_t>(at));
}

std::optional<std::string> Call::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

CustomerKey Call::customer() const { return {project(), *parse_customer_type(path[0]), path[1]}; }

void Core::answer(Call& call, std::string body) {
  answer(call, Reply{.status = call.route->answer.status, .body = std::move(body)});
}

void Core::answer(Call& call, Reply reply) {
  const std::string code(reply.status >= 400 ? known_code(reply.body) : std::string_view());
  finish(call, std::move(reply), code, {});
}

void Core::answer(Call& call, const Error& error) {
  finish(call, encoded(call, error), error_row(error.code).name, error.log.for_log());
}

Reply Core::encoded(const Call& call, const Error& error) {
  if (call.dialect != nullptr) return call.dialect->encode(call, error);
  return {.status = status_of(error), .body = encode_error(error, call.request_id)};
}

void Core::answer(Call& call, Result<app::EngineReply> result) {
  if (!result) return answer(call, result.error());
  auto reply = opened(call, *result);
  if (!reply) {
    return answer(call, Error::internal("a kept reply does not open; is encryption_key the one it "
                                        "was sealed with?"));
  }
  answer(call, *std::move(reply));
}

void Core::finish(Call& call, Reply reply, std::string_view code, std::string_view detail) {
  if (call.answered) return;
  call.answered = true;
  const auto duration = std::chrono::steady_clock::now() - call.started;
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  metrics_.record(call.operation, reply.status, us);
  log(call, reply, code, detail, us);

  call.respond(call.dialect != nullptr ? call.dialect->respond(call, std::move(reply))
                                       : response_of(call, std::move(reply)));
}

net::Response Core::response_of(const Call& call, Reply reply) {
  const std::string_view code = reply.status >= 400 ? known_code(reply.body) : std::string_view();
  net::Response response;
  response.status = reply.status;
  response.content_type = reply.content_type;
  response.headers = std::move(reply.headers);
  response.header_lines =
      common_header_lines(call.request_id, reader_of(call.request), page_kind_of(call));
  if (!code.empty()) response.headers.push_back({"x-stack-known-error", std::string(code)});
  if (reply.replayed) response.headers.push_back({"idempotency-replayed", "true"});
  if (reply.status == 503 || reply.status == 429) response.headers.push_back(retry_after());
  response.body = std::move(reply.body);
  return response;
}

void Core::log(const Call& call, const Reply& reply, std::string_view code, std::string_view detail,
               std::int64_t duration_us) const {
  const LogLevel level = level_of(reply.status);
  if (!dependencies_.log || level < dependencies_.log_level) return;
  LogRecord record;
  record.level = level;
  record.request_id = call.request_id;
  record.method = call.request.method;
  if (call.route != nullptr) {
    record.operation = call.route->operation;
    record.path = call.route->path;
  }
  if (call.principal.context != nullptr) record.project = call.project().str();
  record.access = access_of(call);
  record.remote_address = call.request.remote_address;
  record.status = reply.status;
  record.duration_us = duration_us;
  record.replayed = reply.replayed;
  record.error_code = code;
  record.detail = detail;
  dependencies_.log(record);
}

net::Response Core::refusal(int status) {
  const ErrorCode code = code_of_refusal(status);
  const bool is_other = code == ErrorCode::kSchemaError;
  const Error error(code, is_other ? "The request is not well-formed HTTP."
                                   : std::string(error_row(code).meaning));
  const std::string id = request_ids_.next();
  net::Response response;
  response.status = status;
  response.close = true;
  response.body = encode_error(error, id);
  response.header_lines = common_header_lines(id, {.is_browser = true}, PageKind::kNone);
  response.headers.push_back({"x-stack-known-error", std::string(error_row(code).name)});
  if (status == 503) response.headers.push_back(retry_after());
  metrics_.record(routes().size(), status, 0);
  return response;
}

}  // namespace purser::http
