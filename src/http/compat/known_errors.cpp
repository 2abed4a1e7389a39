#include "http/compat/known_errors.hpp"

#include <algorithm>
#include <utility>

#include "types/timestamp.hpp"

namespace purser::http::compat {
namespace {

const json::Value& detail(const json::Object& given, std::string_view name) {
  static const json::Value kNull;
  const auto found = std::ranges::find(given, name, &json::Member::first);
  return found == given.end() ? kNull : found->second;
}

std::string joined_with_or(const json::Value& value) {
  std::string text;
  const json::Array* texts = value.as_array();
  if (texts == nullptr) return text;
  for (const json::Value& each : *texts) {
    text.append(text.empty() ? "'" : " or '").append(*each.as_string()).append("'");
  }
  return text;
}

std::string as_text(const json::Value& value, std::string_view form) {
  if (form == "or") return joined_with_or(value);
  if (const std::int64_t* number = value.as_int()) {
    if (form != "iso") return std::to_string(*number);
    return Timestamp::from_millis(*number).value_or(Timestamp()).to_iso8601();
  }
  return value.as_string() == nullptr ? json::dump(value) : *value.as_string();
}

std::string sentence(std::string_view text, const json::Object& given) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return out;
    const std::size_t close = text.find('}', open);
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    const std::size_t bar = inside.find('|');
    const std::string_view form =
        bar == std::string_view::npos ? std::string_view() : inside.substr(bar + 1);
    out += as_text(detail(given, inside.substr(0, bar)), form);
    text.remove_prefix(close + 1);
  }
}

void write_details(json::Writer& out, std::string_view names, const json::Object& given) {
  if (names.empty()) {
    out.null();
    return;
  }
  out.begin_object();
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    const std::string_view name = names.substr(0, end);
    out.key(name).value(detail(given, name));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  out.end_object();
}

}  // namespace

Reply known(Known error, const json::Object& given) {
  const KnownRow& row = known_row(error);
  json::Writer out;
  out.begin_object().field("code", row.code).key("details");
  write_details(out, row.details, given);
  out.field("error", sentence(row.text, given)).end_object();
  return {.status = row.status, .body = out.take()};
}

Reply plain(int status, std::string text) {
  return {.status = status, .body = std::move(text), .content_type = "text/plain; charset=utf-8"};
}

}  // namespace purser::http::compat
