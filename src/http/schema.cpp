#include "http/schema.hpp"

#include <algorithm>
#include <utility>

#include "types/timestamp.hpp"

namespace purser::http {
namespace {

constexpr std::int64_t kMaxListedTextBytes = 2048;

std::string bounds(std::int64_t min, std::int64_t max, std::string_view unit) {
  return std::to_string(min) + " to " + std::to_string(max) + std::string(unit);
}

bool within(std::size_t size, std::int64_t min, std::int64_t max) {
  const auto count = static_cast<std::int64_t>(size);
  return count >= min && count <= max;
}

void check_text(const Field& field, const json::Value& value, const std::string& path,
                FieldErrors& errors) {
  const std::string* text = value.as_string();
  if (text == nullptr) {
    errors.push_back({path, "must be a string"});
  } else if (!within(text->size(), field.min, field.max)) {
    errors.push_back({path, "must have " + bounds(field.min, field.max, " bytes")});
  }
}

void check_choice(const Field& field, const json::Value& value, const std::string& path,
                  FieldErrors& errors) {
  const std::string* text = value.as_string();
  if (text != nullptr && std::ranges::find(field.choices, *text) != field.choices.end()) return;
  errors.push_back({path, must_be_one_of(field.choices)});
}

void check_integer(const Field& field, const json::Value& value, const std::string& path,
                   FieldErrors& errors) {
  const std::int64_t* number = value.as_int();
  if (number == nullptr) {
    errors.push_back({path, "must be an integer"});
  } else if (*number < field.min || *number > field.max) {
    errors.push_back({path, "must be " + bounds(field.min, field.max, "")});
  }
}

void check_timestamp(const json::Value& value, const std::string& path, FieldErrors& errors) {
  const std::string* text = value.as_string();
  if (text == nullptr || !Timestamp::parse_iso8601(*text)) {
    errors.push_back({path, "must be an ISO 8601 instant such as \"2030-01-31T12:00:00.000Z\""});
  }
}

void check_texts(const Field& field, const json::Value& value, const std::string& path,
                 FieldErrors& errors) {
  const json::Array* texts = value.as_array();
  if (texts == nullptr || !within(texts->size(), field.min, field.max)) {
    errors.push_back({path, "must be an array of " + bounds(field.min, field.max, " strings")});
    return;
  }
  const Field element{.name = {}, .min = 1, .max = kMaxListedTextBytes};
  for (std::size_t i = 0; i < texts->size(); ++i) {
    check_text(element, (*texts)[i], path + "." + std::to_string(i), errors);
  }
}

void check_objects(const Field& field, const json::Value& value, const std::string& path,
                   FieldErrors& errors) {
  const json::Array* objects = value.as_array();
  if (objects == nullptr || !within(objects->size(), field.min, field.max)) {
    errors.push_back({path, "must be an array of " + bounds(field.min, field.max, " objects")});
    return;
  }
  for (std::size_t i = 0; i < objects->size(); ++i) {
    check_shape(*field.of, (*objects)[i], path + "." + std::to_string(i), errors);
  }
}

void check_field(const Field& field, const json::Value& value, const std::string& path,
                 FieldErrors& errors) {
  switch (field.kind) {
    case FieldKind::kText:
      return check_text(field, value, path, errors);
    case FieldKind::kId:
      if (const std::string* id = value.as_string()) return check_id(*id, path, errors);
      errors.push_back({path, "must be a string"});
      return;
    case FieldKind::kChoice:
      return check_choice(field, value, path, errors);
    case FieldKind::kInteger:
      return check_integer(field, value, path, errors);
    case FieldKind::kBoolean:
      if (value.as_bool() == nullptr) errors.push_back({path, "must be true or false"});
      return;
    case FieldKind::kTimestamp:
      return check_timestamp(value, path, errors);
    case FieldKind::kObject:
      return check_shape(*field.of, value, path, errors);
    case FieldKind::kObjects:
      return check_objects(field, value, path, errors);
    case FieldKind::kTexts:
      return check_texts(field, value, path, errors);
    case FieldKind::kAnyObject:
      if (value.as_object() == nullptr) errors.push_back({path, "must be an object"});
      return;
  }
}

const Field* find_field(const Schema& schema, std::string_view name) {
  const auto found = std::ranges::find(schema.fields, name, &Field::name);
  return found == schema.fields.end() ? nullptr : &*found;
}

// How many bytes a UTF-8 sequence that starts with `lead` has; 0 for a byte that starts none.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Overlong forms, surrogates and code points above U+10FFFF differ from valid ones in the second
// byte.
bool second_byte_fits(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xE0:
      return second >= 0xA0;
    case 0xED:
      return second <= 0x9F;
    case 0xF0:
      return second >= 0x90;
    case 0xF4:
      return second <= 0x8F;
    default:
      return true;
  }
}

}  // namespace

void check_shape(const Schema& schema, const json::Value& value, const std::string& path,
                 FieldErrors& errors) {
  const json::Object* object = value.as_object();
  if (object == nullptr) {
    errors.push_back({path, "must be an object"});
    return;
  }
  for (const Field& field : schema.fields) {
    const json::Value* member = value.find(field.name);
    const bool absent = member == nullptr || (member->is_null() && !field.nullable);
    if (absent) {
      if (field.required) errors.push_back({path + "." + std::string(field.name), "is required"});
    } else if (!member->is_null()) {
      check_field(field, *member, path + "." + std::string(field.name), errors);
    }
  }
  for (const json::Member& member : *object) {
    if (find_field(schema, member.first) == nullptr) {
      errors.push_back({path + "." + member.first, "is not a field of this document"});
    }
  }
}

void check_id(std::string_view text, const std::string& path, FieldErrors& errors) {
  if (!within(text.size(), 1, kMaxIdBytes)) {
    errors.push_back({path, "must have " + bounds(1, kMaxIdBytes, " bytes")});
  } else if (!is_clean_utf8(text)) {
    errors.push_back({path, "must be valid UTF-8 without NUL"});
  }
}

std::string must_be_one_of(std::span<const std::string_view> choices) {
  std::string message = "must be one of";
  for (const std::string_view choice : choices) {
    message.append(choice == choices.front() ? " \"" : ", \"").append(choice).append("\"");
  }
  return message;
}

bool is_clean_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = sequence_length(lead);
    if (lead == 0 || length == 0 || length > text.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next < 0x80 || next > 0xBF) return false;
      if (k == 1 && !second_byte_fits(lead, next)) return false;
    }
    i += length;
  }
  return true;
}

Error schema_error(FieldErrors fields) {
  std::string sentence = "The request does not have the documented shape";
  if (!fields.empty()) sentence += ": " + fields.front().path + " " + fields.front().message;
  sentence += ".";
  if (fields.size() > 1) {
    sentence += " details.fields lists all " + std::to_string(fields.size()) + " places.";
  }
  return {ErrorCode::kSchemaError, std::move(sentence), {{"fields", std::move(fields)}}};
}

}  // namespace purser::http
