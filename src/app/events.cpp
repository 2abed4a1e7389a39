#include "app/events.hpp"

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
    } else {
      out += "null";
    }
  }
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
  OutboxEvent event = event_at(batch.now(), project, type);
  event.payload = event_payload(fields);
  return batch.append_outbox(event);
}

Status append_event(StoreBatch& batch, const CustomerKey& customer, std::string_view type,
                    std::initializer_list<EventField> fields) {
  OutboxEvent event = event_at(batch.now(), customer.project, type);
  event.customer = customer;
  event.payload = "{";
  append_fields(event.payload, {{"customer_type", std::string(to_string(customer.type))},
                                {"customer_id", customer.id}});
  append_fields(event.payload, fields);
  event.payload += '}';
  return batch.append_outbox(event);
}

}  // namespace purser::app
