#include <utility>

#include "app/endpoints.hpp"
#include "app/events.hpp"
#include "http/encode_endpoints.hpp"
#include "http/handlers.hpp"
#include "http/paging.hpp"

namespace purser::http::handlers {
namespace {

std::optional<std::vector<std::string>> event_types_of(const json::Value& body) {
  const json::Value* list = body.find("event_types");
  if (list == nullptr || list->as_array() == nullptr) return std::nullopt;
  std::vector<std::string> types;
  for (const json::Value& type : *list->as_array()) types.push_back(*type.as_string());
  return types;
}

// Runs `decide` through the engine and answers what it made, as JSON.
template <class Decide>
void write_endpoint(const CallPtr& call, int status, Decide decide) {
  call->core.write(call,
                   [call = call.get(), status, decide = std::move(decide)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(std::string body, decide(call->core.use().endpoints, batch, *call));
                     return Written{.status = status, .body = std::move(body)};
                   });
}

std::string endpoint_id(const Call& call) { return call.parameter("endpoint_id"); }

}  // namespace

void create_endpoint(const CallPtr& call) {
  const json::Value& body = call->body;
  app::NewEndpoint wanted{*body.string_at("url"), body.string_at("description").value_or(""),
                          event_types_of(body).value_or(std::vector<std::string>())};
  write_endpoint(call, 201,
                 [wanted = std::move(wanted)](app::Endpoints& endpoints, app::StoreBatch& batch,
                                              const Call& from) -> Result<std::string> {
                   PURSER_TRY(const auto made, endpoints.create(batch, from.project(), wanted));
                   return encode_endpoint_with_secret(made);
                 });
}

void list_endpoints(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  const auto rows =
      call->core.use().endpoints.endpoints(call->project(), {page->after, page->limit + 1});
  if (!rows) return call->core.answer(*call, rows.error());
  const auto key = [](const app::WebhookEndpoint& row) { return row.id; };
  call->core.answer(*call, encode_rows(*call, *page, *rows, key));
}

void get_endpoint(const CallPtr& call) {
  const auto endpoint = call->core.use().endpoints.endpoint(call->project(), endpoint_id(*call));
  if (!endpoint) return call->core.answer(*call, endpoint.error());
  call->core.answer(*call, encode(*endpoint));
}

void update_endpoint(const CallPtr& call) {
  const json::Value& body = call->body;
  app::EndpointChange change{body.string_at("url"), body.string_at("description"),
                             event_types_of(body), body.bool_at("enabled")};
  write_endpoint(call, 200,
                 [change = std::move(change)](app::Endpoints& endpoints, app::StoreBatch& batch,
                                              const Call& from) -> Result<std::string> {
                   PURSER_TRY(const auto endpoint,
                              endpoints.update(batch, from.project(), endpoint_id(from), change));
                   return encode(endpoint);
                 });
}

void delete_endpoint(const CallPtr& call) {
  write_endpoint(call, 200,
                 [](app::Endpoints& endpoints, app::StoreBatch& batch,
                    const Call& from) -> Result<std::string> {
                   PURSER_CHECK_OK(endpoints.remove(batch, from.project(), endpoint_id(from)));
                   return encode_done();
                 });
}

void rotate_endpoint_secret(const CallPtr& call) {
  write_endpoint(call, 200,
                 [](app::Endpoints& endpoints, app::StoreBatch& batch,
                    const Call& from) -> Result<std::string> {
                   PURSER_TRY(const auto rotated,
                              endpoints.rotate_secret(batch, from.project(), endpoint_id(from)));
                   return encode_endpoint_with_secret(rotated);
                 });
}

void list_deliveries(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  app::DeliveryQuery query;
  query.limit = page->limit + 1;
  if (const auto name = call->query_value("state")) query.state = app::parse_delivery_state(*name);
  if (!page->after.empty()) query.before = app::parse_event_name(page->after);
  const auto rows =
      call->core.use().endpoints.deliveries(call->project(), endpoint_id(*call), query);
  if (!rows) return call->core.answer(*call, rows.error());
  const auto key = [](const app::WebhookDelivery& row) { return app::event_name(row.event.id); };
  call->core.answer(*call, encode_rows(*call, *page, *rows, key));
}

void retry_delivery(const CallPtr& call) {
  write_endpoint(call, 200,
                 [](app::Endpoints& endpoints, app::StoreBatch& batch,
                    const Call& from) -> Result<std::string> {
                   PURSER_TRY(const auto delivery,
                              endpoints.retry(batch, from.project(), endpoint_id(from),
                                              from.parameter("delivery_id")));
                   return encode(delivery);
                 });
}

void replay_events(const CallPtr& call) {
  const Timestamp since = *Timestamp::parse_iso8601(*call->body.string_at("since"));
  const bool delivered_too = call->body.bool_at("include_delivered").value_or(false);
  const auto after = call->core.use().endpoints.event_before(call->project(), since);
  if (!after) return call->core.answer(*call, after.error());
  write_endpoint(call, 200,
                 [after = *after, delivered_too](app::Endpoints& endpoints, app::StoreBatch& batch,
                                                 const Call& from) -> Result<std::string> {
                   PURSER_TRY(const auto endpoint,
                              endpoints.replay(batch, from.project(), endpoint_id(from), after,
                                               delivered_too));
                   return encode(endpoint);
                 });
}

}  // namespace purser::http::handlers
