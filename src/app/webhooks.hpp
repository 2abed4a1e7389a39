#pragma once

// The inbox of Stripe events: verify, keep once, answer, then process.

#include <functional>
#include <string>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/payment_provider.hpp"
#include "app/projects.hpp"
#include "app/refunds.hpp"
#include "app/sales.hpp"
#include "app/subscriptions.hpp"

namespace purser::app {

struct InboxPage {
  std::vector<InboxEvent> items;  ///< newest first
  std::optional<std::string> next_after;
};

/// Thread-safe; blocks.
class Webhooks {
 public:
  /// Who processes an event, by what it is about.
  struct Handlers {
    Sales& sales;
    Subscriptions& subscriptions;
    Refunds& refunds;
  };
  /// `poke` wakes whoever calls `process`; called after each kept event, from any thread. `width`:
  /// objects that are processed at a time; most of it is waiting for the provider's answers.
  Webhooks(Engine& engine, Store& store, Registry& registry, Projects& projects,
           PaymentProvider& provider, Handlers handlers, const Clock& clock,
           std::function<void()> poke = {}, int width = 1);

  /// Verifies the signature over the raw body and keeps the event once by its id; then the caller
  /// answers 200 and the worker processes. Errors: kProjectNotFound, kWebhookSignatureInvalid,
  /// kBodyParsingError.
  Status receive(const ProjectId& project, const std::string& payload,
                 const std::string& signature_header);

  /// The same for an endpoint that several projects share: kept for those of them that sell through
  /// `account` (empty: an account of their own) and whose secret has signed. `account` is what the
  /// event says, before anything was verified. Errors: kWebhookSignatureInvalid, kBodyParsingError.
  Status receive_of_account(const std::string& account, const std::string& payload,
                            const std::string& signature_header);

  /// One round: processes pending events by fetching the current state of their objects; once for
  /// all events of one object, and several objects at a time. A passing fault is retried with
  /// back-off; after 10 failures the event is quarantined and the others go on. So is a refund or
  /// dispute of a payment whose sale was not heard of yet; after 10 times it is taken for somebody
  /// else's and ignored.
  Result<int> process(int limit);

  /// Fetches the current state of one object and applies it, as an event about it would. Answers
  /// false when it is about nothing that is known here (yet). Idempotent; safe in parallel.
  Result<bool> apply(const ProjectId& project, ProviderObject kind, const std::string& subject);

  /// The inbox for operators. All states when `state` is absent.
  Result<InboxPage> inbox(const ProjectId& project, std::optional<InboxState> state,
                          const std::string& after, int limit);
  /// Makes a quarantined event pending again, with its attempts counted anew; any other stays as it
  /// is. Also one that was not the project's: its account or mode is then checked again. Errors:
  /// kInboxEventNotFound.
  Result<InboxEvent> retry(StoreBatch& batch, const ProjectId& project, const std::string& event_id,
                           AfterCommit& after);

 private:
  /// Pending events about one object.
  using Group = std::vector<InboxEvent>;
  static std::vector<Group> by_object(std::vector<InboxEvent> events);
  Status process(const Group& group);
  Status record(const Group& group, const Result<bool>& outcome);
  static Status record(StoreBatch& batch, const InboxEvent& event, const Result<bool>& outcome);

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  Projects& projects_;
  PaymentProvider& provider_;
  Handlers handlers_;
  const Clock& clock_;
  std::function<void()> poke_;
  const int width_;
};

}  // namespace purser::app
