#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/ports/webhook_sender.hpp"
#include "types/timestamp.hpp"

namespace purser::webhooks {

struct SenderOptions {
  Millis timeout{15'000};                                ///< one attempt, the resolver included
  std::size_t max_answer_bytes = std::size_t{64} << 10;  ///< more of a body is not read
  std::string user_agent = "Purser";
  std::string ca_file;                 ///< PEM bundle instead of the system's; empty: the system's
  std::vector<std::string> overrides;  ///< "host:port:address" before the resolver is asked (tests)
};

/// Delivers over libcurl, all attempts on one thread of its own (curl multi), each on a connection
/// of its own: connections are judged by what their project allows, so none is shared.
///
/// An answer whose body is larger than allowed counts by its status: it was accepted or refused
/// before the rest came. An answer that is not complete in time counts as none.
class Sender final : public app::WebhookSender {
 public:
  /// Errors: kInternalError when libcurl has no memory.
  static Result<std::unique_ptr<Sender>> create(SenderOptions options);
  ~Sender() override;  ///< stops

  void send(app::WebhookRequest request, Done done) override;
  Status check_url(const std::string& url, bool allow_private) const override;
  /// Gives up what runs and what comes: `done` is told so. Returns when all were.
  void stop();

 private:
  class Loop;
  explicit Sender(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace purser::webhooks
