#include "http/decode.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

#include "http/card_guard.hpp"
#include "types/customer.hpp"

namespace purser::http {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxIdempotencyKeyBytes = 255;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view header) {
  std::string type;
  for (const char c : header.substr(0, header.find(';'))) {
    if (c != ' ') type += lower(c);
  }
  return type;
}

bool is_acceptable_type(const Route& route, const std::string& type) {
  if (type == "application/json") return true;
  return route.input == Input::kJsonOrYaml &&
         (type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml");
}

bool is_blank(std::string_view body) {
  return body.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// The JSON reader names places inside the document; callers know them as "body.…".
Error inside_body(Error error) {
  for (auto& [name, value] : error.details) {
    auto* fields = std::get_if<std::vector<FieldError>>(&value);
    if (fields == nullptr) continue;
    for (FieldError& field : *fields) {
      field.path = field.path.empty() ? "body" : "body." + field.path;
    }
  }
  return error;
}

bool is_nothing(const json::Value& document) {
  const json::Object* object = document.as_object();
  return object != nullptr && object->empty();
}

Error needs_object() {
  return {ErrorCode::kBodyParsingError, "The body is empty; send a JSON object."};
}

std::string without_blanks_around(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

void check_query_integer(const Field& field, const std::string& text, const std::string& path,
                         FieldErrors& errors) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  const bool too_large = fault == std::errc::result_out_of_range && text.front() != '-';
  if (stop != end || fault == std::errc::invalid_argument) {
    errors.push_back({path, "must be an integer"});
  } else if (!too_large && number < field.min) {
    errors.push_back({path, "must be at least " + std::to_string(field.min)});
  }
}

void check_query_value(const Field& field, const std::string& text, FieldErrors& errors) {
  const std::string path = "query." + std::string(field.name);
  switch (field.kind) {
    case FieldKind::kId:
      return check_id(text, path, errors);
    case FieldKind::kInteger:
      return check_query_integer(field, text, path, errors);
    case FieldKind::kBoolean:
      if (text != "true" && text != "false") errors.push_back({path, "must be true or false"});
      return;
    case FieldKind::kChoice:
      if (std::ranges::find(field.choices, text) == field.choices.end()) {
        errors.push_back({path, must_be_one_of(field.choices)});
      }
      return;
    default:
      if (static_cast<std::int64_t>(text.size()) > field.max || !is_clean_utf8(text)) {
        errors.push_back({path, "must have at most " + std::to_string(field.max) +
                                    " bytes of UTF-8 without NUL"});
      }
  }
}

const Field* find_parameter(const Route& route, std::string_view name) {
  if (route.query == nullptr) return nullptr;
  const auto found = std::ranges::find(route.query->fields, name, &Field::name);
  return found == route.query->fields.end() ? nullptr : &*found;
}

bool has(const Query& query, std::string_view name) {
  return std::ranges::any_of(query, [&](const auto& pair) { return pair.first == name; });
}

void check_missing(const Route& route, const Query& query, FieldErrors& errors) {
  if (route.query == nullptr) return;
  for (const Field& field : route.query->fields) {
    if (field.required && !has(query, field.name)) {
      errors.push_back({"query." + std::string(field.name), "is required"});
    }
  }
}

}  // namespace

Status check_body_frame(const Route& route, const net::Request& request) {
  const std::size_t limit = route.body_limit;
  if (request.body.size() > limit) {
    return Error(ErrorCode::kBodyTooLarge,
                 "The body may have at most " + std::to_string(limit) + " bytes.",
                 {{"limit_bytes", static_cast<std::int64_t>(limit)}});
  }
  const std::string_view encoding = request.header("content-encoding");
  if (!encoding.empty() && media_type(encoding) != "identity") {
    return Error(ErrorCode::kUnsupportedMediaType, "Send the body without a content encoding.");
  }
  if (route.input == Input::kRaw || request.body.empty()) return {};
  const bool may_be_untyped = route.input == Input::kNone && is_blank(request.body);
  if (may_be_untyped || is_acceptable_type(route, media_type(request.header("content-type")))) {
    return {};
  }
  return Error(ErrorCode::kUnsupportedMediaType,
               route.input == Input::kJsonOrYaml
                   ? "Send the body as content type application/json or application/yaml."
                   : "Send the body as content type application/json.");
}

Result<json::Value> decode_body(const Route& route, std::string_view body) {
  const bool takes_object = route.input == Input::kJson;
  if (route.input == Input::kRaw || route.input == Input::kJsonOrYaml) return json::Value();
  if (is_blank(body)) {
    if (takes_object) return needs_object();
    return json::Value();
  }
  auto document = json::parse(body, kMaxDepth);
  if (!document) return inside_body(std::move(document).error());
  if (carries_card_number(*document)) {
    return Error(ErrorCode::kCardDataRefused,
                 "The request seems to carry a card number. Card numbers must never be sent here: "
                 "send the buyer to the checkout URL instead.");
  }
  FieldErrors errors;
  if (takes_object) {
    check_shape(*route.request, *document, "body", errors);
    if (errors.empty() && route.check != nullptr) route.check(*document, errors);
  } else if (!is_nothing(*document)) {
    errors.push_back({"body", "must be empty: this route takes no body"});
  }
  if (!errors.empty()) return schema_error(std::move(errors));
  return document;
}

Result<Query> decode_query(const Route& route, std::string_view query) {
  Query known;
  if (query.empty() && route.query == nullptr) return known;
  FieldErrors errors;
  auto pairs = net::parse_form(query);
  if (!pairs) return schema_error({{"query", "is not properly percent-encoded"}});
  for (auto& [name, text] : *pairs) {
    const Field* field = find_parameter(route, name);
    if (field == nullptr) {
      if (route.is_page()) continue;
      // As it stood in the URL: the decoded name may hold bytes that no answer can carry.
      errors.push_back({"query." + net::percent_encode(name), "is not a parameter of this route"});
    } else if (has(known, name)) {
      errors.push_back({"query." + name, "is given twice"});
    } else if (!text.empty()) {
      check_query_value(*field, text, errors);
      known.emplace_back(std::move(name), std::move(text));
    }
  }
  check_missing(route, known, errors);
  if (!errors.empty()) return schema_error(std::move(errors));
  return known;
}

Result<std::vector<std::string>> decode_path(const Match& match) {
  std::vector<std::string> values;
  FieldErrors errors;
  values.reserve(match.parameter_count);
  for (std::size_t i = 0; i < match.parameter_count; ++i) {
    const std::string_view name = (*match.names)[i];
    const std::string path = "path." + std::string(name);
    auto value = net::percent_decode(match.parameters[i]);
    if (!value) {
      errors.push_back({path, "is not properly percent-encoded"});
      continue;
    }
    if (name == "customer_type" && !parse_customer_type(*value)) {
      errors.push_back({path, "must be user, team or custom"});
    } else {
      check_id(*value, path, errors);
    }
    values.push_back(*std::move(value));
  }
  if (!errors.empty()) return schema_error(std::move(errors));
  return values;
}

Result<std::optional<std::string>> decode_idempotency_key(const Route& route,
                                                          const net::Request& request) {
  if (route.idempotency == Idempotency::kNone) return std::optional<std::string>();
  std::string key = without_blanks_around(request.header("idempotency-key"));
  if (key.empty()) return std::optional<std::string>();
  const bool visible = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7F; });
  if (key.size() > kMaxIdempotencyKeyBytes || !visible) {
    return schema_error({{"headers.idempotency-key", "must be 1 to 255 visible ASCII characters"}});
  }
  return std::optional<std::string>(std::move(key));
}

}  // namespace purser::http
