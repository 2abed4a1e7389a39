#include "app/webhooks.hpp"

#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "app/at_once.hpp"
#include "app/backoff.hpp"
#include "app/inbox.hpp"

namespace purser::app {
namespace {

constexpr int kMaxAttempts = 10;
constexpr Millis kFirstRetry{1'000};
constexpr Millis kLongestRetry{3'600'000};
constexpr std::string_view kUnknownPayment = "No purchase that was paid for so is known here.";

/// An event as the inbox keeps it.
InboxEvent inbox_event(const Project& project, const ProviderEvent& event,
                       const std::string& payload) {
  InboxEvent kept;
  kept.project = project.id;
  kept.event_id = event.id;
  kept.type = event.type;
  kept.object_id = event.subject.empty() ? event.object_id : event.subject;
  kept.payload = payload;
  const EventOrigin origin{event.account, event.livemode};
  if (!is_of(project, origin)) {
    kept.state = InboxState::kQuarantined;
    kept.error = foreign_note(origin);
  } else if (event.about == ProviderObject::kOther) {
    kept.state = InboxState::kIgnored;
  } else if (about(kept.type, kept.object_id) != event.about) {
    // It would be processed as something else than it is.
    kept.state = InboxState::kQuarantined;
    kept.error = "The event's type does not say what it is about.";
  }
  return kept;
}

}  // namespace

Webhooks::Webhooks(Engine& engine, Store& store, Registry& registry, Projects& projects,
                   PaymentProvider& provider, Handlers handlers, const Clock& clock,
                   std::function<void()> poke, int width)
    : engine_(engine),
      store_(store),
      registry_(registry),
      projects_(projects),
      provider_(provider),
      handlers_(handlers),
      clock_(clock),
      poke_(std::move(poke)),
      width_(width) {}

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
  const InboxEvent kept = inbox_event(context->project, event, payload);
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

Status Webhooks::receive_of_account(const std::string& account, const std::string& payload,
                                    const std::string& signature_header) {
  Status last = Error{ErrorCode::kWebhookSignatureInvalid,
                      "No project has this account and a webhook secret that signed."};
  bool is_kept = false;
  for (const ProjectId& id : registry_.projects()) {
    const auto context = registry_.project(id);
    if (!context) continue;
    const ProjectPayments& payments = context->project.payments;
    const bool is_theirs =
        account.empty() ? payments.connected_account.empty() : payments.account_id == account;
    if (!is_theirs) continue;
    Status received = receive(id, payload, signature_header);
    is_kept = is_kept || received;
    if (!received && received.error().code != ErrorCode::kWebhookSignatureInvalid) return received;
    if (!received) last = std::move(received);
  }
  return is_kept ? Status() : last;
}

std::vector<Webhooks::Group> Webhooks::by_object(std::vector<InboxEvent> events) {
  std::map<std::tuple<ProjectId, ProviderObject, std::string>, std::size_t> places;
  std::vector<Group> groups;
  for (InboxEvent& event : events) {
    const auto [place, is_new] = places.try_emplace(
        {event.project, about(event.type, event.object_id), event.object_id}, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(std::move(event));
  }
  return groups;
}

Result<int> Webhooks::process(int limit) {
  PURSER_TRY(std::vector<InboxEvent> due, store_.claim_inbox(clock_.now(), limit));
  const auto count = static_cast<int>(due.size());
  const std::vector<Group> groups = by_object(std::move(due));
  std::vector<Status> outcomes(groups.size());
  at_once(groups.size(), width_, [&](std::size_t i) { outcomes[i] = process(groups[i]); });
  for (const Status& outcome : outcomes) PURSER_CHECK_OK(outcome);
  return count;
}

Status Webhooks::process(const Group& group) {
  const InboxEvent& first = group.front();
  const ProviderObject subject = about(first.type, first.object_id);
  return record(group, apply(first.project, subject, first.object_id));
}

/// Never the payload's state of things: events come late, twice and out of order.
Result<bool> Webhooks::apply(const ProjectId& project, ProviderObject kind,
                             const std::string& subject) {
  switch (kind) {
    case ProviderObject::kCheckoutSession:
      PURSER_CHECK_OK(handlers_.sales.settle(project, subject));
      break;
    case ProviderObject::kSubscription:
      PURSER_CHECK_OK(handlers_.subscriptions.sync(project, subject));
      break;
    case ProviderObject::kInvoice:
      PURSER_CHECK_OK(handlers_.subscriptions.sync_invoice(project, subject));
      break;
    case ProviderObject::kPayment:
      return handlers_.refunds.sync_payment(project, subject);
    case ProviderObject::kDispute:
      return handlers_.refunds.sync_dispute(project, subject);
    case ProviderObject::kAccount:  // asked for when somebody looks
    case ProviderObject::kOther:
      break;
  }
  return true;
}

Status Webhooks::record(const Group& group, const Result<bool>& outcome) {
  return engine_.apply([&](StoreBatch& batch) -> Status {
    for (const InboxEvent& event : group) PURSER_CHECK_OK(record(batch, event, outcome));
    return {};
  });
}

Status Webhooks::record(StoreBatch& batch, const InboxEvent& event, const Result<bool>& outcome) {
  PURSER_TRY(std::optional<InboxEvent> current, batch.inbox_event(event.project, event.event_id));
  if (!current || current->state != InboxState::kPending) return {};
  ++current->attempts;
  if (outcome && *outcome) {
    const bool handled = about(event.type, event.object_id) != ProviderObject::kOther;
    current->state = handled ? InboxState::kDone : InboxState::kIgnored;
    current->error.clear();
    return batch.update_inbox(*current);
  }
  const bool last = current->attempts >= kMaxAttempts;
  if (outcome) {
    current->error = kUnknownPayment;
    if (last) current->state = InboxState::kIgnored;
  } else {
    current->error = outcome.error().message + " " + outcome.error().log.for_log();
    if (last) current->state = InboxState::kQuarantined;
  }
  current->next_at = batch.now() + backoff(current->attempts, kFirstRetry, kLongestRetry);
  return batch.update_inbox(*current);
}

}  // namespace purser::app
