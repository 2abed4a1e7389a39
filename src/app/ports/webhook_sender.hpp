#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::app {

/// One POST of an event.
struct WebhookRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  ///< no CR or LF in them
  std::string body;
  /// Addresses of this machine and its networks are allowed, and plain http.
  bool allow_private = false;
};

/// What came of it.
struct WebhookAnswer {
  int status = 0;                          ///< 0: no answer
  std::string failure = {};                ///< why there was none, for people
  std::optional<Millis> retry_after = {};  ///< Retry-After, ≥ 0
};

/// Delivers events over HTTP: one attempt, no redirects, within its time, and never to an address
/// that is not allowed, whatever a name resolves to. Thread-safe.
class WebhookSender {
 public:
  virtual ~WebhookSender() = default;

  using Done = std::function<void(WebhookAnswer)>;
  /// Starts a POST. `done` is called once, perhaps before this returns, perhaps from another
  /// thread; it must not block.
  virtual void send(WebhookRequest request, Done done) = 0;

  /// Whether events may be sent to this URL, as far as can be said without resolving its host.
  /// Errors: kWebhookUrlNotAllowed with details.reason.
  virtual Status check_url(const std::string& url, bool allow_private) const = 0;
};

}  // namespace purser::app
