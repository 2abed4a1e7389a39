#include "http/core.hpp"

#include <exception>
#include <utility>

#include "http/credentials.hpp"
#include "http/dialect.hpp"
#include "http/error_reply.hpp"
#include "http/reply_headers.hpp"

namespace purser::http {
namespace {

Error overloaded() {
  return {ErrorCode::kOverloaded,
          "More requests are waiting than the server accepts; wait for Retry-After seconds."};
}

std::vector<std::string_view> operation_names(const Dialect* dialect) {
  std::vector<std::string_view> names;
  for (const Route& route : routes()) names.emplace_back(route.operation);
  names.emplace_back("none");  // requests without a route
  if (dialect == nullptr) return names;
  for (const Route& route : dialect->routes()) names.emplace_back(route.operation);
  return names;
}

// Binds a sealed reply to the one record that holds it.
std::string seal_context(const app::IdempotencyScope& scope) {
  return "idempotency/" + scope.project.str() + "/" + scope.key;
}

app::AccessType access_of(Need need) {
  if (need == Need::kAdmin) return app::AccessType::kAdmin;
  return need == Need::kServer ? app::AccessType::kServer : app::AccessType::kClient;
}

// The same path always gives the same text, however it was mounted or escaped.
crypto::Digest request_hash(const Call& call) {
  std::string text(to_string(call.route->method));
  text.append(" ").append(call.route->operation);
  for (const std::string& segment : call.path) {
    text.append("/").append(net::percent_encode(segment));
  }
  text.append("?").append(call.request.query()).append("\n").append(call.request.body);
  return crypto::sha256(text);
}

// What is kept in memory of projects and keys may not count any more.
Status check_current(const app::Store& store) {
  if (store.is_current()) return {};
  return Error(ErrorCode::kStoreUnavailable,
               "The database cannot be reached at the moment; send the same request again.");
}

}  // namespace

Core::Core(ApiDependencies dependencies)
    : dependencies_(std::move(dependencies)),
      router_(routes()),
      cursors_(dependencies_.encryption_key),
      metrics_(operation_names(dependencies_.dialect)),
      in_flight_(std::make_shared<InFlight>()),
      workers_(std::make_unique<WorkerPool>(dependencies_.workers)) {}

Core::~Core() {
  workers_.reset();
  in_flight_->wait_until_none();
}

void Core::handle(net::Request request, net::Responder respond) {
  const auto call =
      std::make_shared<Call>(*this, in_flight_, std::move(request), std::move(respond));
  try {
    call->request_id = request_ids_.next();
    begin(call);
  } catch (const std::exception& exception) {
    answer(*call, Error::internal(exception.what()));
  }
}

void Core::begin(const CallPtr& call) {
  const Match match = router_.find(call->request.method, call->request.path());
  if (const Dialect* dialect = dependencies_.dialect) {
    if (const auto claimed = dialect->claim(call->request, match)) {
      call->dialect = dialect;
      call->route = claimed->route;
      if (claimed->route != nullptr) {
        call->operation = routes().size() + 1 + claimed->index;
        if (const Status current = check_current(dependencies_.store); !current)
          return answer(*call, current.error());
      }
      return dialect->begin(call, *claimed);
    }
  }
  if (match.route == nullptr) return refuse_path(*call, match);
  call->route = match.route;
  call->operation = match.index;
  const bool is_clock = match.route->operation == "setClock";
  if (is_clock && !dependencies_.hooks.set_clock) {
    call->route = nullptr;
    return refuse_path(*call, Match{});
  }
  if (call->route->access != Need::kPublic) {
    if (const Status current = check_current(dependencies_.store); !current)
      return answer(*call, current.error());
  }
  if (const Status frame = check_body_frame(*call->route, call->request); !frame) {
    return answer(*call, frame.error());
  }
  auto path = decode_path(match);
  if (!path) return answer(*call, path.error());
  call->path = *std::move(path);
  authenticate(call);
}

void Core::refuse_path(Call& call, const Match& match) {
  if (match.allowed.empty()) {
    return answer(call, Error(ErrorCode::kRouteNotFound,
                              "There is no such route; docs/reference/routes.md has them all."));
  }
  if (call.request.method == "OPTIONS") {
    Reply reply{.body = {}, .content_type = "text/plain; charset=utf-8"};
    reply.headers.push_back({"allow", match.allowed});
    add_preflight_headers(reply.headers, match.allowed);
    return answer(call, std::move(reply));
  }
  const Error error(ErrorCode::kMethodNotAllowed, "This path takes " + match.allowed + ".",
                    {{"allowed", match.allowed}});
  Reply reply{.status = status_of(error), .body = encode_error(error, call.request_id)};
  reply.headers.push_back({"allow", match.allowed});
  answer(call, std::move(reply));
}

void Core::authenticate(const CallPtr& call) {
  const Need need = call->route->access;
  if (need == Need::kPublic) return decode_and_run(call);
  if (need == Need::kRoot) {
    if (has_root_key(call->request, dependencies_.root_key_hash)) return decode_and_run(call);
    return answer(*call, Error(ErrorCode::kInvalidRootKey,
                               "Send the root key of the data folder as x-purser-root-key."));
  }
  auto principal = dependencies_.access.authenticate_fast(read_credentials(call->request));
  if (principal) return proceed(call, *std::move(principal));
  to_worker(call, [this, call] { authenticate_slowly(call); });
}

void Core::authenticate_slowly(const CallPtr& call) {
  proceed(call, dependencies_.access.authenticate(read_credentials(call->request)));
}

void Core::proceed(const CallPtr& call, Result<app::Principal> principal) {
  if (!principal) return answer(*call, principal.error());
  call->principal = *std::move(principal);
  const Status allowed = app::Access::require(call->principal, access_of(call->route->access));
  if (!allowed) return answer(*call, allowed.error());
  decode_and_run(call);
}

void Core::decode_and_run(const CallPtr& call) {
  if (const Status decoded = decode(*call); !decoded) return answer(*call, decoded.error());
  if (needs_worker(*call) && !call->on_worker) return to_worker(call, [this, call] { run(call); });
  run(call);
}

Status Core::decode(Call& call) {
  PURSER_TRY(call.query, decode_query(*call.route, call.request.query()));
  PURSER_TRY(call.body, decode_body(*call.route, call.request.body));
  return read_scope(call);
}

Status Core::read_scope(Call& call) {
  PURSER_TRY(auto key, decode_idempotency_key(*call.route, call.request));
  if (key) {
    // Root calls belong to no project: their records lie under the empty one.
    const bool has_project = call.principal.context != nullptr;
    call.scope = app::IdempotencyScope{has_project ? call.project() : ProjectId(), *std::move(key),
                                       request_hash(call)};
  }
  return {};
}

// A client's team takes a look into the store, which may have to wait for a reader.
bool Core::needs_worker(const Call& call) const {
  if (call.route->runs_on == RunsOn::kWorker) return true;
  return call.route->is_for_customer() && call.is_client() && call.path[0] == "team";
}

void Core::run(const CallPtr& call) {
  if (call->route->is_for_customer()) {
    const Status allowed = dependencies_.access.require_customer(call->principal, call->customer());
    if (!allowed) return answer(*call, allowed.error());
  }
  const HandlerFunction handler = call->route->handler;
  handler(call);
}

void Core::to_worker(const CallPtr& call, std::function<void()> step) {
  const bool taken = workers_->submit([this, call, step = std::move(step)] {
    call->on_worker = true;
    try {
      step();
    } catch (const std::exception& exception) {
      answer(*call, Error::internal(exception.what()));
    }
  });
  if (!taken) answer(*call, overloaded());
}

app::StoredReply Core::kept(const Call& call, int status, std::string body) const {
  const bool is_sealed = call.scope && call.route->reply == ReplyIs::kSecret;
  if (!is_sealed) return {status, std::move(body)};
  const std::string sealed = crypto::seal(dependencies_.encryption_key, seal_context(*call.scope),
                                          Secret(std::move(body)));
  return {status, crypto::to_base64url(sealed)};
}

app::StoredReply Core::kept(const Call& call, const Error& error) const {
  Reply reply = encoded(call, error);
  return kept(call, reply.status, std::move(reply.body));
}

std::optional<Reply> Core::opened(const Call& call, app::EngineReply& kept) const {
  Reply reply{
      .status = kept.reply.status, .body = std::move(kept.reply.body), .replayed = kept.replayed};
  if (!call.scope || call.route->reply != ReplyIs::kSecret) return reply;
  const auto sealed = crypto::from_base64url(reply.body);
  if (!sealed) return std::nullopt;
  const auto body = crypto::open(dependencies_.encryption_key, seal_context(*call.scope), *sealed);
  if (!body) return std::nullopt;
  reply.body = body->reveal();
  return reply;
}

void Core::write(const CallPtr& call, Decide decide, std::vector<ItemId> items) {
  auto work = [this, call,
               decide = std::move(decide)](app::StoreBatch& batch) -> Result<app::Decision> {
    app::Decision decision;
    Result<Written> written = decide(batch, decision.after_commit);
    if (written) {
      decision.accepted = written->accepted;
      decision.reply = kept(*call, written->status, std::move(written->body));
      return decision;
    }
    const Error& error = written.error();
    if (!call->scope || !is_final(error)) return std::move(written).error();
    app::Decision refused;
    refused.accepted = false;
    refused.reply = kept(*call, error);
    return refused;
  };
  std::optional<app::Touches> touches;
  if (call->route->is_for_customer()) touches = {call->customer(), std::move(items)};
  dependencies_.engine.submit(
      call->scope, std::move(work),
      [this, call](Result<app::EngineReply> result) { answer(*call, std::move(result)); },
      std::move(touches));
}

}  // namespace purser::http
