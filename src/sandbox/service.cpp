#include "sandbox/service.hpp"

namespace purser::sandbox {
namespace {

std::vector<Route> all_routes() {
  std::vector<Route> routes;
  for (const auto& part : {account_routes(), customer_routes(), catalog_routes(), session_routes(),
                           payment_routes(), refund_routes(), event_routes(), endpoint_routes()}) {
    routes.insert(routes.end(), part.begin(), part.end());
  }
  return routes;
}

constexpr std::string_view kPagePrefix = "/c/pay/";
constexpr std::string_view kControlPrefix = "/_sandbox/";

}  // namespace

Service::Service(std::unique_ptr<World> world)
    : world_(std::move(world)), routes_(all_routes()), courier_(*world_, faults_) {}

void Service::stop() {
  delays_.stop();
  courier_.stop();
}

void Service::handle(const net::Request& request, net::Responder respond) {
  Reply reply = answer(request);
  if (reply.delay.count() == 0) return respond(std::move(reply.response));
  // std::function must be copyable, a responder is not.
  auto shared =
      std::make_shared<std::pair<net::Responder, Reply>>(std::move(respond), std::move(reply));
  delays_.run_after(shared->second.delay, [this, shared] {
    {
      const std::lock_guard lock(world_->mutex);
      keys_in_use_.erase(shared->second.in_use);
    }
    shared->first(std::move(shared->second.response));
  });
}

Reply Service::answer(const net::Request& request) {
  const std::lock_guard lock(world_->mutex);
  const std::string path(request.path());
  if (path.rfind(kPagePrefix, 0) == 0) {
    return finish(answer_page(request, path.substr(kPagePrefix.size())));
  }
  if (path.rfind(kControlPrefix, 0) == 0) return finish(answer_control(request, path));
  return finish(answer_api(request));
}

Reply Service::finish(Reply reply) {
  const auto events = std::move(world_->new_events);
  world_->new_events.clear();
  courier_.take(events);
  if (world_->commit()) return reply;
  Failure failure = invalid("The sandbox cannot write its state file.");
  failure.status = 500;
  failure.type = "api_error";
  return {json_response(500, failure_document(failure))};
}

net::Response json_response(int status, const json::Value& document) {
  net::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = json::dump(document);
  return response;
}

std::variant<Params, Failure> read_params(const net::Request& request) {
  auto fields = net::parse_form(request.query());
  if (!fields) return invalid("Invalid query string.");
  if (!request.body.empty()) {
    if (request.header("content-type").rfind("application/x-www-form-urlencoded", 0) != 0) {
      return invalid(
          "Invalid request (check that your POST content type is "
          "application/x-www-form-urlencoded).");
    }
    const auto body = net::parse_form(request.body);
    if (!body) return invalid("Invalid form body.");
    fields->insert(fields->end(), body->begin(), body->end());
  }
  return Params::parse(*fields);
}

}  // namespace purser::sandbox
