#pragma once

// What the inbox can tell of an event that it has kept. Pure functions; thread-safe.

#include <optional>
#include <string>
#include <string_view>

#include "app/ports/payment_provider.hpp"
#include "app/records.hpp"

namespace purser::app {

/// What an event of this type is about, when `subject` is the id that it is kept with
/// (ProviderEvent::subject). Agrees with what the provider's adapter says of it.
/// Source: https://docs.stripe.com/api/events/types
ProviderObject about(std::string_view type, std::string_view subject);

/// Where an event comes from.
struct EventOrigin {
  std::string account;  ///< as in ProviderEvent
  bool livemode = false;
  friend bool operator==(const EventOrigin&, const EventOrigin&) = default;
};
/// Whether the project's account and mode are those of the event. A project whose account was never
/// asked for accepts either mode.
bool is_of(const Project& project, const EventOrigin& origin);

/// What is noted in an event that is not the project's, and how to read it again.
std::string foreign_note(const EventOrigin& origin);
std::optional<EventOrigin> parse_foreign_note(std::string_view note);

}  // namespace purser::app
