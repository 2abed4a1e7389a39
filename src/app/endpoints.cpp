#include "app/endpoints.hpp"

#include <utility>

#include "app/event_types.hpp"
#include "app/events.hpp"
#include "app/sealed.hpp"
#include "app/webhook_signature.hpp"

namespace purser::app {
namespace {

Error endpoint_not_found(const std::string& id) {
  return {ErrorCode::kWebhookEndpointNotFound, "No such webhook endpoint.", {{"endpoint_id", id}}};
}

Result<WebhookEndpoint> require(StoreView& view, const ProjectId& project, const std::string& id) {
  PURSER_TRY(std::optional<WebhookEndpoint> found, view.webhook_endpoint(project, id));
  if (!found) return endpoint_not_found(id);
  return *std::move(found);
}

Status check_event_types(const std::vector<std::string>& types) {
  std::vector<FieldError> wrong;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (find_event_type(types[i]) != nullptr) continue;
    wrong.push_back({"body.event_types[" + std::to_string(i) + "]", "is no type of event"});
  }
  if (wrong.empty()) return {};
  std::string sentence = wrong.front().path + " " + wrong.front().message + ".";
  return Error{ErrorCode::kSchemaError, std::move(sentence), {{"fields", std::move(wrong)}}};
}

std::string sealed_endpoint_context(const WebhookEndpoint& endpoint) {
  return sealed_context(endpoint.project, std::string(kSealedEndpointSecret) + endpoint.id);
}

/// The refusal of a URL that the project itself could allow says so.
Status check_endpoint_url(const WebhookSender& sender, const std::string& url, bool allow_private) {
  Status allowed = sender.check_url(url, allow_private);
  if (allowed || allow_private || !sender.check_url(url, true)) return allowed;
  Error refusal = std::move(allowed).error();
  refusal.message +=
      " The project may allow private addresses, and plain http to them: PATCH /project with "
      "allow_private_webhook_addresses.";
  return refusal;
}

Status announce(StoreBatch& batch, const WebhookEndpoint& endpoint, std::string_view type) {
  return append_event(batch, endpoint.project, type, {{"endpoint_id", endpoint.id}});
}

}  // namespace

Endpoints::Endpoints(Store& store, WebhookSender& sender, Ids& ids, Secret encryption_key)
    : store_(store), sender_(sender), ids_(ids), encryption_key_(std::move(encryption_key)) {}

Status Endpoints::check(StoreView& view, const ProjectId& project, const std::string* url,
                        const std::vector<std::string>* event_types) const {
  PURSER_TRY(const std::optional<Project> owner, view.project(project));
  if (!owner) return Error{ErrorCode::kProjectNotFound, "No such project."};
  if (url != nullptr) {
    PURSER_CHECK_OK(
        check_endpoint_url(sender_, *url, owner->settings.allow_private_webhook_addresses));
  }
  if (event_types != nullptr) PURSER_CHECK_OK(check_event_types(*event_types));
  return {};
}

Secret Endpoints::seal_new_secret(WebhookEndpoint& endpoint) const {
  Secret secret = new_webhook_secret();
  endpoint.sealed_secret = crypto::seal(encryption_key_, sealed_endpoint_context(endpoint), secret);
  return secret;
}

Result<EndpointWithSecret> Endpoints::create(StoreBatch& batch, const ProjectId& project,
                                             const NewEndpoint& endpoint) {
  PURSER_CHECK_OK(check(batch, project, &endpoint.url, &endpoint.event_types));
  PURSER_TRY(const auto others, batch.webhook_endpoints(project, {"", kMaxEndpoints}));
  if (others.size() >= static_cast<std::size_t>(kMaxEndpoints)) {
    return Error{ErrorCode::kTooManyWebhookEndpoints, "The project has " +
                                                          std::to_string(kMaxEndpoints) +
                                                          " webhook endpoints; delete one first."};
  }
  EndpointWithSecret made;
  made.endpoint.project = project;
  made.endpoint.id = ids_.unique_id();
  made.endpoint.url = endpoint.url;
  made.endpoint.description = endpoint.description;
  made.endpoint.event_types = endpoint.event_types;
  made.endpoint.created_at = batch.now();
  made.secret = seal_new_secret(made.endpoint);
  PURSER_CHECK_OK(announce(batch, made.endpoint, "webhook_endpoint.created"));
  PURSER_CHECK_OK(batch.insert_webhook_endpoint(made.endpoint));
  return made;
}

Result<WebhookEndpoint> Endpoints::update(StoreBatch& batch, const ProjectId& project,
                                          const std::string& id, const EndpointChange& change) {
  PURSER_CHECK_OK(check(batch, project, change.url ? &*change.url : nullptr,
                        change.event_types ? &*change.event_types : nullptr));
  PURSER_TRY(WebhookEndpoint endpoint, require(batch, project, id));
  if (change.url) endpoint.url = *change.url;
  if (change.description) endpoint.description = *change.description;
  if (change.event_types) endpoint.event_types = *change.event_types;
  const bool enabled = endpoint.disabled == EndpointDisabled::kNot;
  if (change.enabled && *change.enabled != enabled) {
    endpoint.disabled = *change.enabled ? EndpointDisabled::kNot : EndpointDisabled::kByHand;
    endpoint.failing_since.reset();
  }
  PURSER_CHECK_OK(announce(batch, endpoint, "webhook_endpoint.updated"));
  PURSER_CHECK_OK(batch.update_webhook_endpoint(endpoint));
  return endpoint;
}

Status Endpoints::remove(StoreBatch& batch, const ProjectId& project, const std::string& id) {
  PURSER_TRY(const WebhookEndpoint endpoint, require(batch, project, id));
  PURSER_CHECK_OK(batch.delete_webhook_endpoint(project, id));
  return announce(batch, endpoint, "webhook_endpoint.deleted");
}

Result<EndpointWithSecret> Endpoints::rotate_secret(StoreBatch& batch, const ProjectId& project,
                                                    const std::string& id) {
  EndpointWithSecret rotated;
  PURSER_TRY(rotated.endpoint, require(batch, project, id));
  rotated.endpoint.sealed_previous_secret = rotated.endpoint.sealed_secret;
  rotated.endpoint.previous_until = batch.now() + kOldSecretSigns;
  rotated.secret = seal_new_secret(rotated.endpoint);
  PURSER_CHECK_OK(batch.update_webhook_endpoint(rotated.endpoint));
  PURSER_CHECK_OK(announce(batch, rotated.endpoint, "webhook_endpoint.updated"));
  return rotated;
}

Result<WebhookDelivery> Endpoints::retry(StoreBatch& batch, const ProjectId& project,
                                         const std::string& id, const std::string& event) {
  PURSER_CHECK_OK(require(batch, project, id));
  const Error unknown{ErrorCode::kWebhookDeliveryNotFound,
                      "The endpoint has no such delivery.",
                      {{"delivery_id", event}}};
  const auto number = parse_event_name(event);
  if (!number) return unknown;
  PURSER_TRY(const bool queued, batch.requeue_webhook(project, id, *number));
  if (!queued) return unknown;
  PURSER_TRY(std::optional<WebhookDelivery> delivery, batch.webhook_delivery(project, id, *number));
  if (!delivery) return unknown;
  return *std::move(delivery);
}

Result<WebhookEndpoint> Endpoints::replay(StoreBatch& batch, const ProjectId& project,
                                          const std::string& id, std::int64_t after,
                                          bool delivered_too) {
  PURSER_TRY(WebhookEndpoint endpoint, require(batch, project, id));
  EventReplay replay;
  replay.after = after;
  PURSER_TRY(replay.until, batch.last_event(project, std::nullopt));
  replay.delivered_too = delivered_too;
  endpoint.replay = replay;
  PURSER_CHECK_OK(batch.update_webhook_endpoint(endpoint));
  return endpoint;
}

Result<std::int64_t> Endpoints::event_before(const ProjectId& project, Timestamp since) {
  return store_.view()->last_event(project, since);
}

Result<WebhookEndpoint> Endpoints::endpoint(const ProjectId& project, const std::string& id) {
  return require(*store_.view(), project, id);
}

Result<std::vector<WebhookEndpoint>> Endpoints::endpoints(const ProjectId& project,
                                                          const PageRequest& page) {
  return store_.view()->webhook_endpoints(project, page);
}

Result<std::vector<WebhookDelivery>> Endpoints::deliveries(const ProjectId& project,
                                                           const std::string& id,
                                                           const DeliveryQuery& query) {
  const auto view = store_.view();
  PURSER_CHECK_OK(require(*view, project, id));
  return view->webhook_deliveries(project, id, query.state, query.before, query.limit);
}

Result<std::vector<Secret>> signing_secrets(const Secret& encryption_key,
                                            const WebhookEndpoint& endpoint, Timestamp now) {
  std::vector<Secret> secrets;
  const auto add = [&](const std::string& sealed) -> Status {
    auto secret = crypto::open(encryption_key, sealed_endpoint_context(endpoint), sealed);
    if (!secret) {
      return Error::internal("the secret of webhook endpoint " + endpoint.id +
                             " was sealed with another encryption key");
    }
    secrets.push_back(*std::move(secret));
    return {};
  };
  PURSER_CHECK_OK(add(endpoint.sealed_secret));
  const bool both = !endpoint.sealed_previous_secret.empty() && endpoint.previous_until &&
                    now < *endpoint.previous_until;
  if (both) PURSER_CHECK_OK(add(endpoint.sealed_previous_secret));
  return secrets;
}

}  // namespace purser::app
