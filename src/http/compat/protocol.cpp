#include "http/compat/protocol.hpp"

#include <string>
#include <utility>

#include "http/compat/authenticate.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/route.hpp"
#include "http/compat/translate.hpp"
#include "http/decode.hpp"
#include "http/error_reply.hpp"
#include "http/reply_headers.hpp"

namespace purser::http::compat {
namespace {

constexpr const char* kMethods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr int kActualStatusFrom = 400;
constexpr int kActualStatusUntil = 500;

bool names_stack_header(std::string_view header_names) {
  return header_names.find("x-stack-") != std::string_view::npos ||
         header_names.find("x-hexclave-") != std::string_view::npos;
}

// Whether the sender speaks the protocol, or, before a browser's request, is about to.
bool speaks_protocol(const net::Request& request) {
  if (reader_of(request).is_stack_client) return true;
  return request.method == "OPTIONS" &&
         names_stack_header(request.header("access-control-request-headers"));
}

bool is_known(const Match& match) { return match.route != nullptr || !match.allowed.empty(); }

app::AccessType access_of(Need need) {
  if (need == Need::kAdmin) return app::AccessType::kAdmin;
  return need == Need::kServer ? app::AccessType::kServer : app::AccessType::kClient;
}

// A client's call may have to look at memberships in the store, which may wait for a reader.
bool needs_worker(const Call& call) {
  if (call.route->runs_on == RunsOn::kWorker) return true;
  return call.principal.context != nullptr && call.is_client();
}

Status decode(Call& call) {
  PURSER_TRY(call.query, decode_query(*call.route, call.request.query()));
  PURSER_TRY(call.body, decode_body(*call.route, call.request.body));
  return Core::read_scope(call);
}

void proceed(const CallPtr& call, Authenticated who) {
  if (auto* refusal = std::get_if<Reply>(&who)) {
    return call->core.answer(*call, std::move(*refusal));
  }
  call->principal = std::move(std::get<app::Principal>(who));
  const Need need = call->route->access;
  if (need != Need::kPublic) {
    if (call->principal.context == nullptr) {
      return call->core.answer(*call, known(Known::kAccessTypeRequired));
    }
    const Status allowed = app::Access::require(call->principal, access_of(need));
    if (!allowed) return call->core.answer(*call, allowed.error());
  }
  if (const Status decoded = decode(*call); !decoded) {
    return call->core.answer(*call, decoded.error());
  }
  const HandlerFunction handler = call->route->handler;
  if (!needs_worker(*call) || call->on_worker) return handler(call);
  call->core.to_worker(call, [call, handler] { handler(call); });
}

void refuse_path(Call& call, const Match& match) {
  if (match.allowed.empty()) {
    return call.core.answer(call, plain(404, "This endpoint does not exist: " +
                                                 net::percent_encode(call.request.path())));
  }
  if (call.request.method == "OPTIONS") {
    Reply reply{.body = {}, .content_type = "text/plain; charset=utf-8"};
    add_preflight_headers(reply.headers, kMethods);
    return call.core.answer(call, std::move(reply));
  }
  Reply reply = plain(405, "This endpoint takes " + match.allowed + ".");
  reply.headers.push_back({"allow", match.allowed});
  call.core.answer(call, std::move(reply));
}

class Protocol final : public Dialect {
 public:
  Protocol() : router_(compat::routes()) {}

  std::span<const Route> routes() const override { return compat::routes(); }

  // The canonical routes stand below the same mounts. Where both have a path, the names of the
  // request's headers tell which of the two is meant.
  std::optional<Match> claim(const net::Request& request, const Match& canonical) const override {
    const std::string_view path = request.path();
    if (!path.starts_with("/api/") || without_mount(path).size() == path.size()) {
      return std::nullopt;
    }
    Match own = router_.find(request.method, path);
    const bool only_here = is_known(own) && !is_known(canonical);
    if (only_here) return own;
    if (!speaks_protocol(request)) return std::nullopt;
    if (own.route == nullptr && canonical.route != nullptr) return std::nullopt;
    return own;
  }

  void begin(const CallPtr& call, const Match& match) const override {
    if (match.route == nullptr) return refuse_path(*call, match);
    if (const Status frame = check_body_frame(*call->route, call->request); !frame) {
      return call->core.answer(*call, frame.error());
    }
    auto path = decode_path(match);
    if (!path) return call->core.answer(*call, path.error());
    call->path = *std::move(path);
    if (auto who = authenticate(*call, false)) return proceed(call, *std::move(who));
    call->core.to_worker(call, [call] { proceed(call, *authenticate(*call, true)); });
  }

  Reply encode(const Call& call, const Error& error) const override {
    return reply_for(call, error);
  }

  net::Response respond(const Call& call, Reply reply) const override {
    net::Response response;
    response.status = reply.status;
    // A reply that was kept under an idempotency key comes back without its type.
    response.content_type = reply.body.starts_with('{') ? "application/json; charset=utf-8"
                                                        : "text/plain; charset=utf-8";
    response.headers = std::move(reply.headers);
    response.header_lines = protocol_header_lines(call.request_id);
    if (reply.status >= kActualStatusFrom) {
      if (const std::string_view code = known_code(reply.body); !code.empty()) {
        response.headers.push_back({"x-stack-known-error", std::string(code)});
      }
    }
    if (reply.replayed) response.headers.push_back({"idempotency-replayed", "true"});
    if (reply.status == 503 || reply.status == 429) response.headers.push_back(retry_after());
    const bool overridable = reply.status >= kActualStatusFrom && reply.status < kActualStatusUntil;
    if (overridable && header_of(call.request, "override-error-status") == "true") {
      response.headers.push_back({"x-stack-actual-status", std::to_string(reply.status)});
      response.status = 200;
    }
    response.body = std::move(reply.body);
    return response;
  }

 private:
  const Router router_;
};

}  // namespace

const Dialect& protocol() {
  static const Protocol kProtocol;
  return kProtocol;
}

}  // namespace purser::http::compat
