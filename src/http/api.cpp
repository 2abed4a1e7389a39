#include "http/api.hpp"

#include <algorithm>
#include <utility>

#include "http/core.hpp"

namespace purser::http {

Api::Api(ApiDependencies dependencies) : core_(std::make_unique<Core>(std::move(dependencies))) {}

Api::~Api() = default;

void Api::handle(net::Request request, net::Responder respond) {
  core_->handle(std::move(request), std::move(respond));
}

void Api::set_ready(bool ready) { core_->set_ready(ready); }

net::Response Api::refusal(int status) const { return core_->refusal(status); }

std::size_t Api::max_body_bytes() {
  std::size_t largest = 0;
  for (const Route& route : routes()) largest = std::max<std::size_t>(largest, route.body_limit);
  return largest;
}

}  // namespace purser::http
