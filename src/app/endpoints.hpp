#pragma once

// Where a project's events go: its endpoints, their secrets, and what became of each delivery.

#include <optional>
#include <string>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/ids.hpp"
#include "app/ports/store.hpp"
#include "app/ports/webhook_sender.hpp"
#include "types/secret.hpp"

namespace purser::app {

struct NewEndpoint {
  std::string url;
  std::string description;
  std::vector<std::string> event_types;  ///< empty: all
};
/// Only the fields that are present change.
struct EndpointChange {
  std::optional<std::string> url;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> event_types;
  std::optional<bool> enabled;
};
/// The secret is shown once.
struct EndpointWithSecret {
  WebhookEndpoint endpoint;
  Secret secret;
};
struct DeliveryQuery {
  std::optional<DeliveryState> state;  ///< absent: all
  std::optional<std::int64_t> before;  ///< an event's id
  int limit = 100;
};

/// Use cases of administrators. Writes are functions on a batch, put through the engine by the
/// caller. Errors of all that name an endpoint: kWebhookEndpointNotFound. Thread-safe.
class Endpoints {
 public:
  static constexpr int kMaxEndpoints = 50;              ///< of a project
  static constexpr Millis kOldSecretSigns{86'400'000};  ///< beside a new one

  Endpoints(Store& store, WebhookSender& sender, Ids& ids, Secret encryption_key);

  /// Events from now on go to it. Errors: kWebhookUrlNotAllowed, kTooManyWebhookEndpoints,
  /// kSchemaError for an unknown event type.
  Result<EndpointWithSecret> create(StoreBatch& batch, const ProjectId& project,
                                    const NewEndpoint& endpoint);
  /// A disabled endpoint gets nothing: what waits for it goes on waiting within the retention, and
  /// what happens meanwhile is not queued (a replay finds it). Errors: those of `create`.
  Result<WebhookEndpoint> update(StoreBatch& batch, const ProjectId& project, const std::string& id,
                                 const EndpointChange& change);
  Status remove(StoreBatch& batch, const ProjectId& project, const std::string& id);
  /// Makes a new secret. The one before it signs too for kOldSecretSigns; an older one no more.
  Result<EndpointWithSecret> rotate_secret(StoreBatch& batch, const ProjectId& project,
                                           const std::string& id);
  /// Sends an event ("evt_42") once more, from its first attempt. Errors: kWebhookDeliveryNotFound.
  Result<WebhookDelivery> retry(StoreBatch& batch, const ProjectId& project, const std::string& id,
                                const std::string& event);
  /// Queues, in steps, every event behind `after` (`event_before`) that the endpoint gets and that
  /// is not on its way; those that were delivered only if `delivered_too`. A replay replaces one
  /// that is running.
  Result<WebhookEndpoint> replay(StoreBatch& batch, const ProjectId& project, const std::string& id,
                                 std::int64_t after, bool delivered_too);

  // Reads; they block.

  /// The project's last event before those since `since`; 0: none. Looks at many of them, which is
  /// why it is not looked up on a batch.
  Result<std::int64_t> event_before(const ProjectId& project, Timestamp since);
  Result<WebhookEndpoint> endpoint(const ProjectId& project, const std::string& id);
  Result<std::vector<WebhookEndpoint>> endpoints(const ProjectId& project, const PageRequest& page);
  /// Newest event first.
  Result<std::vector<WebhookDelivery>> deliveries(const ProjectId& project, const std::string& id,
                                                  const DeliveryQuery& query);

 private:
  Status check(StoreView& view, const ProjectId& project, const std::string* url,
               const std::vector<std::string>* event_types) const;
  Secret seal_new_secret(WebhookEndpoint& endpoint) const;

  Store& store_;
  WebhookSender& sender_;
  Ids& ids_;
  const Secret encryption_key_;
};

/// The secrets that sign at `now`: the current one first. Errors: kInternalError when the
/// encryption key is another than the one that sealed them.
Result<std::vector<Secret>> signing_secrets(const Secret& encryption_key,
                                            const WebhookEndpoint& endpoint, Timestamp now);

}  // namespace purser::app
