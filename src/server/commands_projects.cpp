#include <fmt/format.h>

#include <iostream>

#include "net/server.hpp"
#include "server/commands.hpp"

namespace purser::server {
namespace {

std::string text_at(const json::Value& value, std::string_view key) {
  return value.string_at(key).value_or("");
}

}  // namespace

Result<json::Array> all_pages(const AdminClient& api, const std::string& path) {
  json::Array rows;
  std::string cursor;
  do {
    const std::string query = cursor.empty() ? "" : "&cursor=" + net::percent_encode(cursor);
    PURSER_TRY(const json::Value page, api.call("GET", path + "?limit=100" + query));
    const json::Value* items = page.find("items");
    if (items == nullptr || items->as_array() == nullptr) {
      return Error{ErrorCode::kInternalError, "The server answered a list without items"};
    }
    rows.insert(rows.end(), items->as_array()->begin(), items->as_array()->end());
    const json::Value* pagination = page.find("pagination");
    cursor = pagination == nullptr ? "" : text_at(*pagination, "next_cursor");
  } while (!cursor.empty());
  return rows;
}

namespace {

std::string keys_path(const Invocation& invocation) {
  return "/api/v1/projects/" + net::percent_encode(invocation.project) + "/keys";
}

}  // namespace

int run_project_create(const Invocation& invocation, const Settings& settings) {
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  json::Writer body;
  body.begin_object().field("display_name", std::string_view(invocation.name));
  if (!invocation.id.empty()) body.field("id", std::string_view(invocation.id));
  body.end_object();
  const auto made = place->api().call("POST", "/api/v1/projects", body.str());
  if (!made) return fail(made.error());
  constexpr std::string_view kNames[] = {"project_id", "publishable_client_key",
                                         "secret_server_key", "super_secret_admin_key"};
  json::Writer out;
  out.begin_object();
  for (const auto name : kNames) out.field(name, std::string_view(text_at(*made, name)));
  out.end_object();
  if (invocation.json) {
    std::cout << out.str() << "\n";
    return 0;
  }
  std::cout << "Created project " << text_at(*made, "project_id")
            << ". Its keys are shown this once:\n";
  for (const auto name : kNames) {
    std::cout << fmt::format("  {:<23} {}\n", name, text_at(*made, name));
  }
  return 0;
}

int run_project_list(const Invocation& invocation, const Settings& settings) {
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  const auto rows = all_pages(place->api(), "/api/v1/projects");
  if (!rows) return fail(rows.error());
  if (invocation.json) {
    std::cout << json::dump(json::Value(json::Array(*rows))) << "\n";
    return 0;
  }
  for (const json::Value& row : *rows) {
    std::cout << fmt::format("{}  {}  {}\n", text_at(row, "id"), text_at(row, "created_at"),
                             text_at(row, "display_name"));
  }
  return 0;
}

int run_keys_create(const Invocation& invocation, const Settings& settings) {
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  json::Writer body;
  body.begin_object().field("access_type", std::string_view(invocation.access));
  if (!invocation.description.empty()) {
    body.field("description", std::string_view(invocation.description));
  }
  body.end_object();
  const auto made = place->api().call("POST", keys_path(invocation), body.str());
  if (!made) return fail(made.error());
  if (invocation.json) {
    std::cout << json::dump(*made) << "\n";
  } else {
    std::cout << fmt::format("Created {} key {}. It is shown this once:\n  {}\n", invocation.access,
                             text_at(*made, "id"), text_at(*made, "key"));
  }
  return 0;
}

int run_keys_list(const Invocation& invocation, const Settings& settings) {
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  const auto rows = all_pages(place->api(), keys_path(invocation));
  if (!rows) return fail(rows.error());
  if (invocation.json) {
    std::cout << json::dump(json::Value(json::Array(*rows))) << "\n";
    return 0;
  }
  for (const json::Value& row : *rows) {
    const std::string used = text_at(row, "last_used_at");
    const std::string revoked = text_at(row, "revoked_at");
    std::cout << fmt::format("{}  {:<6}  {}  {}  {}\n", text_at(row, "id"),
                             text_at(row, "access_type"), text_at(row, "hint"),
                             !revoked.empty() ? "revoked " + revoked
                             : used.empty()   ? std::string("never used")
                                              : "last used " + used,
                             text_at(row, "description"));
  }
  return 0;
}

int run_keys_revoke(const Invocation& invocation, const Settings& settings) {
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  const auto done = place->api().call(
      "DELETE", keys_path(invocation) + "/" + net::percent_encode(invocation.key_id));
  if (!done) return fail(done.error());
  std::cout << "Revoked key " << invocation.key_id << ".\n";
  return 0;
}

}  // namespace purser::server
