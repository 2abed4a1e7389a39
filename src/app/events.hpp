#pragma once

// Business events for the outbox. The application needs JSON only here, and only objects of strings
// and integers, so it writes them itself.

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
    std::pair<std::string_view, std::variant<std::monostate, std::string, std::int64_t>>;

/// A JSON object with these members, in their order. Texts are valid UTF-8 (decoders made sure).
std::string event_payload(std::initializer_list<EventField> fields);

/// Appends an event of a project to the batch's outbox, at the batch's time.
Status append_event(StoreBatch& batch, const ProjectId& project, std::string_view type,
                    std::initializer_list<EventField> fields);
/// The same for a customer; its payload begins with customer_type and customer_id.
Status append_event(StoreBatch& batch, const CustomerKey& customer, std::string_view type,
                    std::initializer_list<EventField> fields);

}  // namespace purser::app
