#include "http/paging.hpp"

#include <charconv>

namespace purser::http {
namespace {

constexpr int kMaxLimit = 100;

// Names the list so exactly that a cursor of one never fits another.
std::string list_of(const Call& call) {
  std::string list(call.route->operation);
  const auto add = [&list](std::string_view part) { list.append("\n").append(part); };
  add(call.principal.context != nullptr ? call.project().str() : "");
  for (const std::string& part : call.path) add(part);
  for (const char* filter : {"team_id", "user_id"}) {
    const auto value = call.query_value(filter);
    add(value ? filter + std::string("=") + *value : "");
  }
  return list;
}

}  // namespace

Result<Page> page_of(const Call& call, int default_limit) {
  Page page;
  page.limit = default_limit;
  if (const auto limit = call.query_value("limit")) {
    // The decoder made sure that these are digits; a number too large for an int is above the cap.
    int asked = kMaxLimit;
    std::from_chars(limit->data(), limit->data() + limit->size(), asked);
    page.limit = std::min(asked, kMaxLimit);
  }
  if (const auto cursor = call.query_value("cursor")) {
    PURSER_TRY(page.after, call.core.cursors().read(list_of(call), *cursor));
  }
  return page;
}

std::string cursor_after(const Call& call, const std::string& key) {
  return call.core.cursors().make(list_of(call), key);
}

std::string encode_page(const std::string& rows, const std::optional<std::string>& next_cursor) {
  json::Writer out;
  out.begin_object().key("items").raw(rows).field("is_paginated", true);
  out.key("pagination").begin_object().field_or_null("next_cursor", next_cursor);
  return out.end_object().end_object().take();
}

Result<std::shared_ptr<const app::ProjectContext>> target_of(const Call& call) {
  if (call.principal.context != nullptr) return call.principal.context;
  const std::string& id = call.parameter("project_id");
  auto context = call.core.use().registry.project(ProjectId(id));
  if (context == nullptr) {
    return Error(ErrorCode::kProjectNotFound, "There is no such project.", {{"project_id", id}});
  }
  return context;
}

}  // namespace purser::http
