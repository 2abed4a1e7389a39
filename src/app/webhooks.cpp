#include "app/webhooks.hpp"

#include <string_view>
#include <utility>

#include "app/backoff.hpp"

namespace purser::app {
namespace {

constexpr int kMaxAttempts = 10;
constexpr Millis kFirstRetry{1'000};
constexpr Millis kLongestRetry{3'600'000};

// Events whose object is a checkout session. Everything else that a one-time sale causes (payment
// intents, charges) tells nothing that the session does not.
bool is_about_session(std::string_view type) { return type.starts_with("checkout.session."); }

/// Why an event must not be processed; empty when it may be.
std::string mismatch(const Project& project, const ProviderEvent& event) {
  const ProjectPayments& payments = project.payments;
  if (!event.account.empty() && event.account != payments.account_id) {
    return "the event is about account " + event.account + ", not the project's";
  }
  if (!payments.account_id.empty() && event.livemode != payments.livemode) {
    return event.livemode ? "a live event for a project in test mode"
                          : "a test event for a live project";
  }
  return {};
}

}  // namespace

Webhooks::Webhooks(Engine& engine, Store& store, Registry& registry, Projects& projects,
                   PaymentProvider& provider, Sales& sales, const Clock& clock,
                   std::function<void()> poke)
    : engine_(engine),
      store_(store),
      registry_(registry),
      projects_(projects),
      provider_(provider),
      sales_(sales),
      clock_(clock),
      poke_(std::move(poke)) {}

Status Webhooks::receive(const ProjectId& project, const std::string& payload,
                         const std::string& signature_header) {
  const auto context = registry_.project(project);
  if (!context) {
    return Error{ErrorCode::kProjectNotFound, "No such project.", {{"project_id", project.str()}}};
  }
  PURSER_TRY(const std::vector<Secret> secrets, projects_.webhook_secrets(context->project));
  if (secrets.empty()) {
    return Error{ErrorCode::kWebhookSignatureInvalid,
                 "The project has no webhook secret; set stripe_webhook_secrets in its settings."};
  }
  PURSER_TRY(const ProviderEvent event,
             provider_.verify_event(payload, signature_header, secrets, clock_.now()));
  InboxEvent kept;
  kept.project = project;
  kept.event_id = event.id;
  kept.type = event.type;
  kept.object_id = event.object_id;
  kept.payload = payload;
  kept.error = mismatch(context->project, event);
  if (!kept.error.empty()) {
    kept.state = InboxState::kQuarantined;
  } else if (!is_about_session(event.type)) {
    kept.state = InboxState::kIgnored;
  }
  const auto keep = [&](StoreBatch& batch) -> Status {
    InboxEvent stored = kept;
    stored.received_at = batch.now();
    stored.next_at = batch.now();
    PURSER_CHECK_OK(batch.insert_inbox(stored));  // known already: nothing more to do
    return {};
  };
  PURSER_CHECK_OK(engine_.apply(keep));
  if (poke_) poke_();
  return {};
}

Result<int> Webhooks::process(int limit) {
  PURSER_TRY(const std::vector<InboxEvent> due, store_.view()->due_inbox(clock_.now(), limit));
  for (const InboxEvent& event : due) {
    PURSER_CHECK_OK(record(event, process_event(event)));
  }
  return static_cast<int>(due.size());
}

Status Webhooks::process_event(const InboxEvent& event) {
  // Never the payload's state of things: events come late, twice and out of order.
  return sales_.settle(event.project, event.object_id);
}

Status Webhooks::record(const InboxEvent& event, const Status& outcome) {
  return engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(std::optional<InboxEvent> current, batch.inbox_event(event.project, event.event_id));
    if (!current || current->state != InboxState::kPending) return {};
    ++current->attempts;
    if (outcome) {
      current->state = InboxState::kDone;
      current->error.clear();
    } else {
      current->error = outcome.error().message + " " + outcome.error().log.for_log();
      if (current->attempts >= kMaxAttempts) current->state = InboxState::kQuarantined;
      current->next_at = batch.now() + backoff(current->attempts, kFirstRetry, kLongestRetry);
    }
    return batch.update_inbox(*current);
  });
}

}  // namespace purser::app
