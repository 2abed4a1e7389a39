#pragma once

// Business events for the outbox. The application needs JSON only here, and only objects of
// strings, integers and booleans, so it writes them itself.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "app/ports/store.hpp"
#include "types/customer.hpp"

namespace purser::app {

/// One member of an event's payload; monostate writes null.
using EventField =
    std::pair<std::string_view, std::variant<std::monostate, std::string, std::int64_t, bool>>;

/// A JSON object with these members, in their order. Texts are valid UTF-8 (decoders made sure).
std::string event_payload(std::initializer_list<EventField> fields);

/// Appends an event of a project to the batch's outbox, at the batch's time. `type` is one of
/// event_types(), with its fields in their order; kInternalError for any other.
Status append_event(StoreBatch& batch, const ProjectId& project, std::string_view type,
                    std::initializer_list<EventField> fields);
/// The same for a customer; its payload begins with customer_type and customer_id.
Status append_event(StoreBatch& batch, const CustomerKey& customer, std::string_view type,
                    std::initializer_list<EventField> fields);

/// What an event is called outside: its webhook-id, "evt_42".
std::string event_name(std::int64_t id);
/// The inverse; nothing for any other text.
std::optional<std::int64_t> parse_event_name(std::string_view name);
/// What endpoints are sent. The same text for every endpoint and attempt.
std::string event_body(const OutboxEvent& event);

}  // namespace purser::app
