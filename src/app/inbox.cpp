#include "app/inbox.hpp"

#include <utility>

#include "app/webhooks.hpp"

namespace purser::app {
namespace {

constexpr std::string_view kForeign = "The event is not the project's: it is about ";
constexpr std::string_view kOwnAccount = "its own account";
constexpr std::string_view kAccount = "account ";
constexpr std::string_view kLive = " in live mode.";
constexpr std::string_view kTest = " in test mode.";

bool take_front(std::string_view& text, std::string_view part) {
  if (!text.starts_with(part)) return false;
  text.remove_prefix(part.size());
  return true;
}
bool take_back(std::string_view& text, std::string_view part) {
  if (!text.ends_with(part)) return false;
  text.remove_suffix(part.size());
  return true;
}

Error event_not_found(const std::string& event_id) {
  return {ErrorCode::kInboxEventNotFound,
          "No such event in this project's inbox.",
          {{"event_id", event_id}}};
}

}  // namespace

ProviderObject about(std::string_view type, std::string_view subject) {
  if (type.starts_with("checkout.session.")) return ProviderObject::kCheckoutSession;
  if (type.starts_with("customer.subscription.")) return ProviderObject::kSubscription;
  if (type.starts_with("invoice.")) {
    // Kept with its subscription, where the event names one.
    return subject.starts_with("sub_") ? ProviderObject::kSubscription : ProviderObject::kInvoice;
  }
  if (type.starts_with("charge.dispute.")) return ProviderObject::kDispute;
  const bool refund =
      type == "charge.refunded" || type == "charge.refund.updated" || type.starts_with("refund.");
  if (refund) return ProviderObject::kPayment;
  return type == "account.updated" ? ProviderObject::kAccount : ProviderObject::kOther;
}

bool is_of(const Project& project, const EventOrigin& origin) {
  const ProjectPayments& payments = project.payments;
  if (!origin.account.empty() && origin.account != payments.account_id) return false;
  return payments.account_id.empty() || origin.livemode == payments.livemode;
}

std::string foreign_note(const EventOrigin& origin) {
  std::string note(kForeign);
  if (origin.account.empty()) {
    note += kOwnAccount;
  } else {
    note.append(kAccount).append(origin.account);
  }
  return note.append(origin.livemode ? kLive : kTest);
}

std::optional<EventOrigin> parse_foreign_note(std::string_view note) {
  if (!take_front(note, kForeign)) return std::nullopt;
  EventOrigin origin;
  origin.livemode = take_back(note, kLive);
  if (!origin.livemode && !take_back(note, kTest)) return std::nullopt;
  if (note == kOwnAccount) return origin;
  if (!take_front(note, kAccount)) return std::nullopt;
  origin.account = std::string(note);
  return origin;
}

Result<InboxPage> Webhooks::inbox(const ProjectId& project, std::optional<InboxState> state,
                                  const std::string& after, int limit) {
  InboxPage page;
  PURSER_TRY(page.items, store_.view()->inbox(project, state, {after, limit + 1}));
  const auto wanted = static_cast<std::size_t>(limit);
  if (page.items.size() <= wanted) return page;
  page.items.resize(wanted);
  page.next_after = page.items.back().event_id;
  return page;
}

Result<InboxEvent> Webhooks::retry(StoreBatch& batch, const ProjectId& project,
                                   const std::string& event_id, AfterCommit& after) {
  PURSER_TRY(std::optional<InboxEvent> event, batch.inbox_event(project, event_id));
  if (!event) return event_not_found(event_id);
  if (event->state != InboxState::kQuarantined) return *std::move(event);
  const std::optional<EventOrigin> foreign = parse_foreign_note(event->error);
  if (foreign) {
    PURSER_TRY(const std::optional<Project> owner, batch.project(project));
    if (!owner || !is_of(*owner, *foreign)) return *std::move(event);  // still not the project's
  }
  event->state = InboxState::kPending;
  event->attempts = 0;
  event->next_at = batch.now();
  event->error.clear();
  PURSER_CHECK_OK(batch.update_inbox(*event));
  if (poke_) after.emplace_back(poke_);
  return *std::move(event);
}

}  // namespace purser::app
