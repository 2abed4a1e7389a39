#include "app/courier.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <iterator>
#include <memory>
#include <optional>

#include "app/endpoints.hpp"
#include "app/events.hpp"
#include "app/webhook_signature.hpp"
#include "crypto/crypto.hpp"

namespace purser::app {
namespace {

// There are fewer attempts at once: among so many endpoints are some of which none runs.
constexpr int kEndpointsInARound = 1'000;
constexpr int kReplaysInARound = 50;
constexpr int kReplayStep = 200;
constexpr std::size_t kRememberedRetries = 1'000;
constexpr Millis kOldPause{60'000};
constexpr Millis kLongestRetryAfter{86'400'000};
constexpr int kGone = 410;

constexpr std::array<Millis, 9> kRetries = {{{5'000},
                                             {300'000},
                                             {1'800'000},
                                             {7'200'000},
                                             {18'000'000},
                                             {36'000'000},
                                             {50'400'000},
                                             {72'000'000},
                                             {86'400'000}}};

/// Up to a tenth more or less, so that what failed together does not come back together.
Millis with_jitter(Millis wait) {
  std::int64_t share = 0;  // of 2^32
  for (const char byte : crypto::random_bytes(4)) {
    share = share * 256 + static_cast<unsigned char>(byte);
  }
  const std::int64_t fifth = wait.count / 5;
  return {wait.count - fifth / 2 + fifth * share / (std::int64_t{1} << 32)};
}

bool is_success(const WebhookAnswer& answer) { return answer.status >= 200 && answer.status < 300; }

std::string describe(const WebhookAnswer& answer) {
  if (is_success(answer)) return "";
  if (answer.status == 0) return answer.failure;
  return "status " + std::to_string(answer.status);
}

/// When the attempt that failed as number `attempts` is followed by another.
std::optional<Timestamp> next_attempt(int attempts, const WebhookAnswer& answer, Timestamp now) {
  const auto wait = webhook_retry(attempts);
  if (!wait) return std::nullopt;
  const Millis asked = std::min(answer.retry_after.value_or(Millis{0}), kLongestRetryAfter);
  return now + std::max(with_jitter(*wait), asked);
}

Status disable(StoreBatch& batch, const WebhookEndpoint& endpoint) {
  PURSER_CHECK_OK(batch.update_webhook_endpoint(endpoint));
  return append_event(
      batch, endpoint.project, "webhook_endpoint.disabled",
      {{"endpoint_id", endpoint.id}, {"reason", std::string(to_string(endpoint.disabled))}});
}

/// The sum of what was done of each. One that fails stops none of the others; the last failure is
/// answered.
template <class All, class Work>
Result<int> each_by_itself(const All& all, const Work& work) {
  int done = 0;
  std::optional<Error> failed;
  for (const auto& one : all) {
    const Result<int> some = work(one);
    if (some) {
      done += *some;
    } else {
      failed = some.error();
    }
  }
  if (failed) return *failed;
  return done;
}

/// Queues a command that says whose event it is about. So its batch locks customers first and in
/// the order of all batches: it never waits in a circle for one that queues events of the same
/// customers. `work` must live until the answer is there.
template <class Work>
std::future<Status> submit(Engine& engine, const Work& work,
                           const std::optional<CustomerKey>& customer) {
  auto answer = std::make_shared<std::promise<Status>>();
  std::future<Status> recorded = answer->get_future();
  engine.submit(
      std::nullopt,
      [work](StoreBatch& batch) -> Result<Decision> {
        PURSER_CHECK_OK(work(batch));
        return Decision{};
      },
      [answer](Result<EngineReply> reply) {
        answer->set_value(reply ? Status() : Status(std::move(reply).error()));
      },
      customer ? std::optional(Touches{*customer}) : std::nullopt);
  return recorded;
}

/// What an attempt's outcome means for its endpoint.
Status record_at_endpoint(StoreBatch& batch, WebhookEndpoint endpoint,
                          const WebhookDelivery& delivery, bool gone) {
  const bool enabled = endpoint.disabled == EndpointDisabled::kNot;
  if (gone && enabled) {
    endpoint.disabled = EndpointDisabled::kGone;
    return disable(batch, endpoint);
  }
  if (delivery.state == DeliveryState::kDelivered) {
    if (!endpoint.failing_since) return {};
    endpoint.failing_since.reset();
    return batch.update_webhook_endpoint(endpoint);
  }
  if (!endpoint.failing_since) {
    endpoint.failing_since = batch.now();
    return batch.update_webhook_endpoint(endpoint);
  }
  const bool for_long = batch.now() - *endpoint.failing_since >= Courier::kGivesUpAfter;
  if (!enabled || !for_long || delivery.state != DeliveryState::kFailed) return {};
  endpoint.disabled = EndpointDisabled::kFailing;
  return disable(batch, endpoint);
}

}  // namespace

std::optional<Millis> webhook_retry(int attempts) {
  if (attempts < 1 || attempts > static_cast<int>(kRetries.size())) return std::nullopt;
  return kRetries[static_cast<std::size_t>(attempts - 1)];
}

Courier::Courier(Engine& engine, Store& store, Registry& registry, WebhookSender& sender,
                 const Clock& clock, CourierOptions options, std::function<void()> poke)
    : engine_(engine),
      store_(store),
      registry_(registry),
      sender_(sender),
      clock_(clock),
      options_(std::move(options)),
      poke_(std::move(poke)) {}

Courier::LineKey Courier::line_of(const WebhookDelivery& delivery) {
  std::string customer;
  if (delivery.event.customer) {
    customer =
        std::string(to_string(delivery.event.customer->type)) + "/" + delivery.event.customer->id;
  }
  return {{delivery.event.project, delivery.endpoint}, customer};
}

Result<int> Courier::deliver() {
  using Step = Result<int> (Courier::*)();
  const std::array<Step, 3> steps = {&Courier::record_answers, &Courier::go_on_with_replays,
                                     &Courier::start_due};
  return each_by_itself(steps, [this](Step step) { return (this->*step)(); });
}

Result<int> Courier::record_answers() {
  std::vector<Answered> answers;
  {
    const std::lock_guard lock(mailbox_->mutex);
    answers.swap(mailbox_->answers);
  }
  // All nodes lock lines and endpoints in one order.
  std::sort(answers.begin(), answers.end(),
            [](const Answered& a, const Answered& b) { return a.line < b.line; });
  std::vector<std::optional<Timestamp>> retries(answers.size());
  std::vector<std::future<Status>> recorded;
  recorded.reserve(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto work = [this, &answered = answers[i], &retry = retries[i]](StoreBatch& batch) {
      return record(batch, answered, retry);
    };
    recorded.push_back(submit(engine_, work, answers[i].delivery.event.customer));
  }
  int done = 0;
  std::optional<Error> failed;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Status status = recorded[i].get();
    if (status) {
      ++done;
      if (retries[i]) remember(*retries[i]);
    } else {
      failed = status.error();
      if (failed->code != ErrorCode::kInternalError) {
        // The store is away. Receivers must not get everything again and again until it is back.
        const std::lock_guard lock(mailbox_->mutex);
        mailbox_->answers.push_back(std::move(answers[i]));
        continue;
      }
    }
    // Also when that failed: it is pending still, and will be sent again.
    forget_running(answers[i].line);
  }
  if (failed) return *failed;
  return done;
}

void Courier::forget_running(const LineKey& line) {
  const auto running = running_.find(line.first);
  running->second.erase(line);
  if (running->second.empty()) running_.erase(running);
  --running_count_;
}

void Courier::remember(Timestamp retry) {
  retries_.insert(retry);
  if (retries_.size() > kRememberedRetries) retries_.erase(std::prev(retries_.end()));
}

Millis Courier::idle(Millis longest) const {
  if (retries_.empty()) return longest;
  return std::clamp(*retries_.begin() - clock_.now(), Millis{0}, longest);
}

Status Courier::record(StoreBatch& batch, const Answered& answered,
                       std::optional<Timestamp>& retry) const {
  retry.reset();
  const WebhookDelivery& sent = answered.delivery;
  // Before its lines, as those who change it do.
  PURSER_TRY(std::optional<WebhookEndpoint> endpoint,
             batch.webhook_endpoint(sent.event.project, sent.endpoint));
  if (!endpoint) return {};
  PURSER_TRY(std::optional<WebhookDelivery> delivery,
             batch.webhook_delivery(sent.event.project, sent.endpoint, sent.event.id));
  if (!delivery || delivery->state != DeliveryState::kPending) return {};
  const WebhookAnswer& answer = answered.answer;
  ++delivery->attempts;
  delivery->last_attempt_at = batch.now();
  delivery->response_status = answer.status;
  delivery->error = describe(answer);
  const bool gone = answer.status == kGone;
  if (is_success(answer)) {
    delivery->state = DeliveryState::kDelivered;
  } else {
    delivery->next_attempt_at = next_attempt(delivery->attempts, answer, batch.now());
    if (gone || !delivery->next_attempt_at) delivery->state = DeliveryState::kFailed;
    if (!gone) retry = delivery->next_attempt_at;
  }
  PURSER_CHECK_OK(batch.record_webhook(sent.event.project, *delivery));
  return record_at_endpoint(batch, *std::move(endpoint), *delivery, gone);
}

Result<int> Courier::go_on_with_replays() {
  PURSER_TRY(const auto endpoints, store_.view()->replaying_webhook_endpoints(kReplaysInARound));
  return each_by_itself(endpoints, [this](const WebhookEndpoint& endpoint) -> Result<int> {
    const auto step = [&](StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.replay_webhooks(endpoint.project, endpoint.id, kReplayStep));
      return {};
    };
    PURSER_CHECK_OK(engine_.apply(step));
    return 1;
  });
}

std::size_t Courier::running_at(const EndpointKey& endpoint) const {
  const auto found = running_.find(endpoint);
  return found == running_.end() ? 0 : found->second.size();
}

Result<int> Courier::start_due() {
  const Timestamp now = clock_.now();
  retries_.erase(retries_.begin(), retries_.upper_bound(now));
  if (running_count_ >= options_.at_once) return 0;
  PURSER_TRY(const auto endpoints, store_.view()->due_webhook_endpoints(now, kEndpointsInARound));
  return each_by_itself(endpoints,
                        [this](const WebhookEndpoint& endpoint) { return start_due(endpoint); });
}

Result<int> Courier::start_due(const WebhookEndpoint& endpoint) {
  const EndpointKey key(endpoint.project, endpoint.id);
  const std::size_t running = running_at(key);
  const std::size_t allowed = endpoint.failing_since ? 1 : options_.per_endpoint;
  if (running >= allowed || running_count_ >= options_.at_once) return 0;
  const std::size_t free = std::min(allowed - running, options_.at_once - running_count_);
  PURSER_TRY(const auto due,
             store_.claim_webhooks(endpoint.project, endpoint.id, clock_.now(),
                                   static_cast<int>(free), static_cast<int>(running)));
  int started = 0;
  for (const WebhookDelivery& delivery : due) {
    if (static_cast<std::size_t>(started) == free) break;
    const auto known = running_.find(key);
    if (known != running_.end() && known->second.contains(line_of(delivery))) continue;
    PURSER_CHECK_OK(start(endpoint, delivery));
    ++started;
  }
  return started;
}

Status Courier::start(const WebhookEndpoint& endpoint, const WebhookDelivery& delivery) {
  const Timestamp now = clock_.now();
  const std::string id = event_name(delivery.event.id);
  PURSER_TRY(const std::vector<Secret> secrets,
             signing_secrets(options_.encryption_key, endpoint, now));
  WebhookRequest request;
  request.url = endpoint.url;
  request.body = event_body(delivery.event);
  PURSER_TRY(const std::string signature, webhook_signature(secrets, id, now, request.body));
  request.headers = {{"content-type", "application/json"},
                     {"webhook-id", id},
                     {"webhook-timestamp", std::to_string(now.millis() / 1000)},
                     {"webhook-signature", signature}};
  const auto project = registry_.project(endpoint.project);
  request.allow_private = project && project->project.settings.allow_private_webhook_addresses;

  const LineKey line = line_of(delivery);
  running_[line.first].insert(line);
  ++running_count_;
  sender_.send(std::move(request),
               [mailbox = mailbox_, poke = poke_, line, delivery](WebhookAnswer answer) {
                 {
                   const std::lock_guard lock(mailbox->mutex);
                   mailbox->answers.push_back({line, delivery, std::move(answer)});
                 }
                 mailbox->arrived.notify_all();
                 if (poke) poke();
               });
  return {};
}

Result<int> Courier::forget_old(int limit) {
  const Timestamp now = clock_.now();
  if (now < look_for_old_at_) return 0;
  const Timestamp before = now + Millis{-options_.retention.count};
  int forgotten = 0;
  const auto forget = [&](StoreBatch& batch) -> Status {
    PURSER_TRY(forgotten, batch.purge_events(before, limit));
    return {};
  };
  PURSER_CHECK_OK(engine_.apply(forget));
  if (forgotten == 0) look_for_old_at_ = now + kOldPause;
  return forgotten;
}

void Courier::drain(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  {
    std::unique_lock lock(mailbox_->mutex);
    mailbox_->arrived.wait_until(lock, until,
                                 [this] { return mailbox_->answers.size() >= running_count_; });
  }
  static_cast<void>(record_answers());
}

}  // namespace purser::app
