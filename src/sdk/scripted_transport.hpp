#pragma once

// For tests: a transport that answers from a list and remembers what it was sent.

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "purser/transport.hpp"

namespace purser::sdk {

/// Thread-safe. Answers beyond the end of the script are kNoAnswer.
class ScriptedTransport final : public Transport {
 public:
  using Step = std::function<Result<HttpResponse>(const HttpRequest&)>;

  /// The next answer.
  ScriptedTransport& then(int status, std::string body, std::vector<HttpHeader> headers = {}) {
    headers.push_back({"X-Purser-Request-Id", "req-" + std::to_string(script_.size() + 1)});
    return then([response = HttpResponse{status, std::move(headers), std::move(body)}](
                    const HttpRequest&) -> Result<HttpResponse> { return response; });
  }
  ScriptedTransport& then_no_answer(ErrorCode code = ErrorCode::kNoAnswer) {
    return then(
        [code](const HttpRequest&) -> Result<HttpResponse> { return Error(code, "nothing came"); });
  }
  ScriptedTransport& then(Step step) {
    const std::lock_guard lock(mutex_);
    script_.push_back(std::move(step));
    return *this;
  }

  Result<HttpResponse> send(const HttpRequest& request) override {
    Step step;
    {
      const std::lock_guard lock(mutex_);
      sent_.push_back(request);
      if (script_.empty()) return Error(ErrorCode::kNoAnswer, "the script has ended");
      step = std::move(script_.front());
      script_.pop_front();
    }
    return step(request);
  }

  std::vector<HttpRequest> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Step> script_;
  std::vector<HttpRequest> sent_;
};

/// The value of a request's header, or "(absent)".
inline std::string header_of(const HttpRequest& request, const std::string& name) {
  for (const auto& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return "(absent)";
}

}  // namespace purser::sdk
