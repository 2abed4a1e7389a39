#include "sandbox/service.hpp"

#include "sandbox/page_kit.hpp"

namespace purser::sandbox {
namespace {

// How often the clock is looked at while nobody asks.
constexpr std::chrono::milliseconds kTick{500};

std::vector<Route> all_routes() {
  std::vector<Route> routes;
  // The paths of previews and searches look like those of objects, so they come first.
  for (const auto& part :
       {preview_routes(), search_routes(), connect_routes(), customer_routes(), balance_routes(),
        catalog_routes(), session_routes(), payment_routes(), payment_method_routes(),
        setup_intent_routes(), subscription_routes(), subscription_item_routes(), invoice_routes(),
        invoice_item_routes(), refund_routes(), dispute_routes(), test_clock_routes(),
        event_routes(), endpoint_routes()}) {
    routes.insert(routes.end(), part.begin(), part.end());
  }
  return routes;
}

constexpr std::string_view kPagePrefix = "/c/";
constexpr std::string_view kControlPrefix = "/_sandbox/";

}  // namespace

Service::Service(std::unique_ptr<World> world, bool clock_can_be_set)
    : world_(std::move(world)),
      clock_can_be_set_(clock_can_be_set),
      faults_(*world_),
      routes_(all_routes()),
      courier_(*world_, faults_) {}

void Service::stop() {
  delays_.stop();
  courier_.stop();
}

void Service::set_base_url(const std::string& url) {
  base_url_ = url;
  const std::lock_guard lock(world_->mutex);
  world_->base_url = url;
}

void Service::resume() {
  courier_.resume();
  tick();
}

void Service::tick() {
  {
    const std::lock_guard lock(world_->mutex);
    catch_up(*world_);
    // A commit that fails is reported to whoever asks next.
    (void)finish({});
  }
  delays_.run_after(kTick, [this] { tick(); });
}

void Service::handle(const net::Request& request, net::Responder respond) {
  send(answer(request), std::move(respond));
}

void Service::send(Reply reply, net::Responder respond) {
  if (reply.delay.count() == 0 && !reply.after_deliveries) {
    return respond(std::move(reply.response));
  }
  // std::function must be copyable, a responder is not.
  auto shared =
      std::make_shared<std::pair<net::Responder, Reply>>(std::move(respond), std::move(reply));
  const auto answer_now = [this, shared] {
    {
      const std::lock_guard lock(world_->mutex);
      keys_in_use_.erase(shared->second.in_use);
    }
    shared->first(std::move(shared->second.response));
  };
  if (shared->second.after_deliveries) return courier_.run_after_deliveries(answer_now);
  delays_.run_after(shared->second.delay, answer_now);
}

Reply Service::answer(const net::Request& request) {
  const std::lock_guard lock(world_->mutex);
  catch_up(*world_);
  const StandAt own_clock(*world_, std::nullopt);
  const std::string path(request.path());
  if (path.rfind(kPagePrefix, 0) == 0) {
    return finish(answer_page(request, path.substr(kPagePrefix.size())));
  }
  if (path.rfind(kControlPrefix, 0) == 0) return finish(answer_control(request, path));
  return finish(answer_api(request));
}

Reply Service::answer_page(const net::Request& request, const std::string& rest) {
  const std::string& method = request.method;
  if (method != "POST" && method != "GET" && method != "HEAD") {
    net::Response response = message_page(405, "Not possible", "Use GET or POST.", "", "");
    response.headers.push_back({"allow", "GET, HEAD, POST"});
    return {std::move(response)};
  }
  const std::size_t slash = rest.find('/');
  const std::string kind = rest.substr(0, slash);
  const std::string inner = slash == std::string::npos ? "" : rest.substr(slash + 1);
  if (kind == "pay") return answer_checkout_page(request, inner);
  if (kind == "setup" || kind == "invoice" || kind == "onboarding") {
    return answer_card_page(request, kind, inner);
  }
  return {not_found_page()};
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
