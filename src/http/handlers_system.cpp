#include <utility>

#include "http/api_description.hpp"
#include "http/core.hpp"
#include "http/error_reply.hpp"
#include "http/handlers.hpp"

namespace purser::http::handlers {
namespace {

std::string server_metrics(Core& core) {
  const app::EngineStats engine = core.use().engine.stats();
  std::string out = core.metrics().text();
  write_sample(out, "purser_ready", "gauge", "1 while the server takes requests.",
               core.is_ready() ? 1 : 0);
  write_sample(out, "purser_engine_waiting_commands", "gauge", "Writes in the queue.",
               engine.waiting);
  write_sample(out, "purser_engine_batches_total", "counter", "Committed batches.", engine.batches);
  write_sample(out, "purser_engine_commands_total", "counter", "Writes decided.", engine.commands);
  write_sample(out, "purser_engine_refused_total", "counter", "Writes refused: queue full.",
               engine.refused_full);
  write_sample(out, "purser_http_waiting_requests", "gauge", "Slow requests in the queue.",
               core.workers().waiting());
  if (core.use().hooks.open_connections) {
    write_sample(out, "purser_http_open_connections", "gauge", "Open connections.",
                 core.use().hooks.open_connections());
  }
  if (core.use().hooks.more_metrics) out += core.use().hooks.more_metrics();
  return out;
}

}  // namespace

void health(const CallPtr& call) { call->core.answer(*call, R"({"status":"ok"})"); }

void ready(const CallPtr& call) {
  if (call->core.is_ready()) return call->core.answer(*call, R"({"status":"ok"})");
  call->core.answer(
      *call, Error(ErrorCode::kShuttingDown, "The server does not take requests at the moment."));
}

void metrics(const CallPtr& call) {
  call->core.answer(*call, Reply{.body = server_metrics(call->core),
                                 .content_type = "text/plain; version=0.0.4; charset=utf-8"});
}

void api_description(const CallPtr& call) {
  call->core.answer(
      *call, Reply{.body = openapi_yaml(), .content_type = "application/yaml; charset=utf-8"});
}

}  // namespace purser::http::handlers
