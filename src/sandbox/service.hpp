#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "net/server.hpp"
#include "sandbox/api.hpp"
#include "sandbox/checkout.hpp"
#include "sandbox/courier.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/world.hpp"

namespace purser::sandbox {

/// An HTTP answer, and how long it is held back.
struct Reply {
  net::Response response;
  std::chrono::milliseconds delay{0};
  /// (account, idempotency key) that stays in use until the answer is sent; empty: none.
  std::pair<std::string, std::string> in_use = {};
  /// The answer waits until the webhooks that are due now have been sent once.
  bool after_deliveries = false;
};

/// Everything between the HTTP server and the world. Every request holds the world's mutex for as
/// long as it works, so requests happen one after the other.
class Service {
 public:
  Service(std::unique_ptr<World> world, bool clock_can_be_set);

  void set_base_url(const std::string& url);
  /// Starts what the last run left undone, and the clock's tick.
  void resume();
  void handle(const net::Request& request, net::Responder respond);
  void stop();

 private:
  Reply answer(const net::Request& request);
  void send(Reply reply, net::Responder respond);
  /// Lets happen what is due; comes again after a while.
  void tick();

  // api.cpp
  Reply answer_api(const net::Request& request);
  struct Execution;
  Reply execute(Execution& execution);
  std::optional<Reply> answer_from_key(Execution& execution);
  Answer run_handler(Execution& execution);
  void remember(Execution& execution, const Reply& reply);

  Reply answer_page(const net::Request& request, const std::string& rest);
  // card_pages.cpp
  Reply answer_card_page(const net::Request& request, const std::string& kind,
                         const std::string& rest);
  // pages.cpp
  Reply answer_checkout_page(const net::Request& request, const std::string& rest);
  Reply submit_payment(Checkout& checkout, const net::Request& request);
  Reply submit_challenge(Checkout& checkout, const net::Request& request);

  // control.cpp
  Reply answer_control(const net::Request& request, const std::string& path);
  Reply redeliver(const std::string& event_id);
  Reply replay(Params& params);
  Reply settle(const std::string& session_id, Params& params);
  Reply dispute(Params& params);
  Reply settings(const std::string& method, Params& params);
  Reply clock(const std::string& method, Params& params);

  /// Commits, and hands new events to the courier; a reply that cannot be committed becomes a 500.
  Reply finish(Reply reply);

  std::unique_ptr<World> world_;
  const bool clock_can_be_set_;
  std::string base_url_;
  Faults faults_;
  std::vector<Route> routes_;
  std::set<std::pair<std::string, std::string>> keys_in_use_;
  Courier courier_;
  Scheduler delays_;  // last: its thread uses the others
};

/// The books of every account, for audits (books.cpp).
json::Value books_of(const World& world);

/// A JSON answer.
net::Response json_response(int status, const json::Value& document);
/// The parameters of a request: of its query, and of a form body.
std::variant<Params, Failure> read_params(const net::Request& request);

}  // namespace purser::sandbox
