#pragma once

// Delivers events to endpoints: at least once, a customer's in order, each endpoint on its own.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"
#include "app/ports/webhook_sender.hpp"
#include "app/registry.hpp"
#include "types/secret.hpp"

namespace purser::app {

struct CourierOptions {
  Secret encryption_key;                ///< of the endpoints' secrets
  Millis retention{30 * 86'400'000LL};  ///< of events and deliveries that are not pending
  std::size_t at_once = 512;            ///< attempts that run, of all endpoints
  std::size_t per_endpoint = 8;         ///< attempts that run at an endpoint; 1 while it is failing
};

/// How long after failed attempt number `attempts` (from 1) the next one is made, before jitter;
/// nothing: it was the last. Ten attempts over about three days.
std::optional<Millis> webhook_retry(int attempts);

/// One thread calls `deliver` again and again. Nothing is lost with the process: a delivery stays
/// pending until its answer is recorded, and one whose answer was not recorded is sent again, with
/// the same id and body.
class Courier {
 public:
  /// What events cost besides: an endpoint that has only failed for so long is disabled when one of
  /// its deliveries has failed for good.
  static constexpr Millis kGivesUpAfter{5 * 86'400'000LL};

  /// `poke` is called from any thread when an answer came, to have `deliver` called soon.
  Courier(Engine& engine, Store& store, Registry& registry, WebhookSender& sender,
          const Clock& clock, CourierOptions options, std::function<void()> poke = {});

  /// One round: records the answers that came, goes on with replays, starts what is due. Answers
  /// how much it did.
  Result<int> deliver();

  /// After a round that did nothing, on its thread: how long the next one can wait, as far as this
  /// process knows, unless something is queued or answered: until the next retry of which it has
  /// recorded that it is one; at most `longest`.
  Millis idle(Millis longest) const;

  /// Forgets some of what is older than the retention; answers how much. When there was nothing, it
  /// does not look again for a minute, because the look passes over all that is still pending.
  Result<int> forget_old(int limit);

  /// Starts nothing more; waits for running attempts until `deadline` and records what came. For
  /// the thread that called `deliver`, when it has ended.
  void drain(std::chrono::milliseconds deadline);

 private:
  /// A line: an endpoint and a customer, or no customer.
  using EndpointKey = std::pair<ProjectId, std::string>;
  using LineKey = std::pair<EndpointKey, std::string>;
  struct Answered {
    LineKey line;
    WebhookDelivery delivery;
    WebhookAnswer answer;
  };
  /// What threads of the sender share with the courier; outlives it where they do.
  struct Mailbox {
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<Answered> answers;
  };

  static LineKey line_of(const WebhookDelivery& delivery);
  Result<int> record_answers();
  /// Answers in `retry` when the next attempt is made, if there is one.
  Status record(StoreBatch& batch, const Answered& answered, std::optional<Timestamp>& retry) const;
  void remember(Timestamp retry);
  void forget_running(const LineKey& line);
  Result<int> go_on_with_replays();
  Result<int> start_due();
  Result<int> start_due(const WebhookEndpoint& endpoint);
  Status start(const WebhookEndpoint& endpoint, const WebhookDelivery& delivery);
  std::size_t running_at(const EndpointKey& endpoint) const;

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  WebhookSender& sender_;
  const Clock& clock_;
  const CourierOptions options_;
  std::function<void()> poke_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::map<EndpointKey, std::set<LineKey>> running_;
  std::size_t running_count_ = 0;
  std::multiset<Timestamp> retries_;  // the next ones that are known
  Timestamp look_for_old_at_;         // of the thread that calls forget_old
};

}  // namespace purser::app
