#pragma once

// Every type of event, declared once: what may be appended to the outbox, what an endpoint may ask
// for, and docs/reference/events.md come from this table.

#include <cstdint>
#include <span>
#include <string_view>

namespace purser::app {

enum class EventFieldKind : std::uint8_t { kText, kInteger, kBoolean, kInstant };
std::string_view to_string(EventFieldKind kind);  ///< "text", "integer", …

/// One member of an event's `data`.
struct EventFieldRow {
  std::string_view name;
  EventFieldKind kind = EventFieldKind::kText;
  std::string_view doc;
  bool nullable = false;
};

struct EventTypeRow {
  std::string_view type;
  /// About one customer: then `data` begins with customer_type and customer_id, and the events of
  /// that customer are delivered in order. Otherwise about the project.
  bool of_customer = true;
  std::string_view doc;  ///< when it happens
  std::span<const EventFieldRow> fields;
};

/// All of them, in the order of the reference.
std::span<const EventTypeRow> event_types();

/// Null for a type that is not declared.
const EventTypeRow* find_event_type(std::string_view type);

}  // namespace purser::app
