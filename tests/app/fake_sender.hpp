#pragma once

// A sender that sends nothing: it keeps what it was given until the test answers.

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "app/ports/webhook_sender.hpp"

namespace purser::app::testing {

class FakeSender final : public WebhookSender {
 public:
  struct Sent {
    WebhookRequest request;
    Done done;
  };

  void send(WebhookRequest request, Done done) override {
    log.push_back(request);
    if (answer) {
      WebhookAnswer now = answer(request);
      return done(std::move(now));
    }
    waiting.push_back({std::move(request), std::move(done)});
  }

  Status check_url(const std::string& url, bool allow_private) const override {
    if (url.starts_with("https://") || (allow_private && url.starts_with("http://"))) return {};
    return Error{ErrorCode::kWebhookUrlNotAllowed, "No.", {{"reason", std::string("https")}}};
  }

  /// Answers the request that has waited longest.
  void answer_next(int status, std::optional<Millis> retry_after = std::nullopt) {
    Sent sent = std::move(waiting.front());
    waiting.pop_front();
    sent.done({status, status == 0 ? "no answer" : "", retry_after});
  }

  /// The value of a header of a request.
  static std::string header(const WebhookRequest& request, const std::string& name) {
    for (const auto& [key, value] : request.headers) {
      if (key == name) return value;
    }
    return "";
  }

  std::function<WebhookAnswer(const WebhookRequest&)> answer;  ///< at once; absent: it waits
  std::deque<Sent> waiting;
  std::vector<WebhookRequest> log;  ///< everything, in its order
};

}  // namespace purser::app::testing
