#pragma once

// For tests: a transport that answers from a list and remembers what it was asked.

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/stripe/transport.hpp"

namespace purser::stripe {

class ScriptedTransport final : public Transport {
 public:
  ScriptedTransport& then(Exchange exchange) {
    answers_.push_back(std::move(exchange));
    return *this;
  }
  ScriptedTransport& then(int status, std::string body) {
    HttpReply reply;
    reply.status = status;
    reply.body = std::move(body);
    return then(reply);
  }

  Exchange exchange(const HttpRequest& request) override {
    requests.push_back(request);
    if (answers_.empty()) return NoReply{"the script has ended"};
    Exchange next = std::move(answers_.front());
    answers_.pop_front();
    return next;
  }
  void stop() override { stopped = true; }

  std::size_t left() const { return answers_.size(); }

  std::vector<HttpRequest> requests;
  bool stopped = false;

 private:
  std::deque<Exchange> answers_;
};

/// The value of a request's header; empty when it is not there.
inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

/// The text detail of an error; empty when it is not there.
inline std::string detail_of(const Error& error, std::string_view name) {
  for (const auto& [key, value] : error.details) {
    const auto* text = std::get_if<std::string>(&value);
    if (key == name && text != nullptr) return *text;
  }
  return {};
}

}  // namespace purser::stripe
