#include "app/events.hpp"

#include <charconv>

#include "app/event_types.hpp"

namespace purser::app {
namespace {

void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_fields(std::string& out, std::initializer_list<EventField> fields) {
  for (const auto& [name, value] : fields) {
    if (out.size() > 1) out += ',';
    append_text(out, name);
    out += ':';
    if (const auto* text = std::get_if<std::string>(&value)) {
      append_text(out, *text);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      out += std::to_string(*number);
    } else if (const auto* flag = std::get_if<bool>(&value)) {
      out += *flag ? "true" : "false";
    } else {
      out += "null";
    }
  }
}

constexpr std::string_view kNamePrefix = "evt_";

/// What is written must be what the reference says.
Status check_declared(std::string_view type, bool of_customer,
                      std::initializer_list<EventField> fields) {
  const EventTypeRow* row = find_event_type(type);
  bool same =
      row != nullptr && row->of_customer == of_customer && row->fields.size() == fields.size();
  if (same) {
    const EventFieldRow* declared = row->fields.data();
    for (const EventField& field : fields) {
      const bool null = std::holds_alternative<std::monostate>(field.second);
      same = same && field.first == declared->name && (!null || declared->nullable);
      ++declared;
    }
  }
  if (same) return {};
  return Error::internal("the event " + std::string(type) + " is not as it is declared");
}

OutboxEvent event_at(Timestamp now, const ProjectId& project, std::string_view type) {
  OutboxEvent event;
  event.project = project;
  event.type = std::string(type);
  event.at = now;
  return event;
}

}  // namespace

std::string event_payload(std::initializer_list<EventField> fields) {
  std::string out = "{";
  append_fields(out, fields);
  out += '}';
  return out;
}

Status append_event(StoreBatch& batch, const ProjectId& project, std::string_view type,
                    std::initializer_list<EventField> fields) {
  PURSER_CHECK_OK(check_declared(type, false, fields));
  OutboxEvent event = event_at(batch.now(), project, type);
  event.payload = event_payload(fields);
  return batch.append_outbox(event);
}

Status append_event(StoreBatch& batch, const CustomerKey& customer, std::string_view type,
                    std::initializer_list<EventField> fields) {
  PURSER_CHECK_OK(check_declared(type, true, fields));
  OutboxEvent event = event_at(batch.now(), customer.project, type);
  event.customer = customer;
  event.payload = "{";
  append_fields(event.payload, {{"customer_type", std::string(to_string(customer.type))},
                                {"customer_id", customer.id}});
  append_fields(event.payload, fields);
  event.payload += '}';
  return batch.append_outbox(event);
}

std::string event_name(std::int64_t id) { return std::string(kNamePrefix) + std::to_string(id); }

std::optional<std::int64_t> parse_event_name(std::string_view name) {
  if (!name.starts_with(kNamePrefix)) return std::nullopt;
  name.remove_prefix(kNamePrefix.size());
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc() || end != name.data() + name.size() || id < 1) return std::nullopt;
  return id;
}

std::string event_body(const OutboxEvent& event) {
  std::string out = "{";
  append_fields(out, {{"id", event_name(event.id)},
                      {"type", event.type},
                      {"timestamp", event.at.to_iso8601()},
                      {"project_id", event.project.str()}});
  return out + ",\"data\":" + event.payload + '}';
}

}  // namespace purser::app
