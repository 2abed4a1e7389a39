#include <fmt/format.h>

#include <iostream>

#include "net/server.hpp"
#include "server/commands.hpp"

namespace purser::server {
namespace {

std::string text_at(const json::Value& value, std::string_view key) {
  return value.string_at(key).value_or("");
}

const json::Array& rows_at(const json::Value& report, std::string_view key) {
  static const json::Array kNone;
  const json::Value* rows = report.find(key);
  return rows == nullptr || rows->as_array() == nullptr ? kNone : *rows->as_array();
}

/// The projects to compare.
Result<std::vector<std::string>> projects_of(const AdminClient& api, const Invocation& invocation) {
  if (!invocation.project.empty()) return std::vector<std::string>{invocation.project};
  PURSER_TRY(const json::Array rows, all_pages(api, "/api/v1/projects"));
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const json::Value& row : rows) ids.push_back(text_at(row, "id"));
  return ids;
}

/// One project's report, or {project_id, error} when it could not be compared.
json::Value reconcile(const AdminClient& api, const std::string& project, bool repair) {
  const std::string path = "/api/v1/projects/" + net::percent_encode(project) + "/reconcile";
  auto report = api.call("POST", path, repair ? R"({"repair":true})" : "{}");
  if (report) return *std::move(report);
  json::Writer out;
  out.begin_object().field("project_id", std::string_view(project));
  out.field("error", std::string_view(report.error().message)).end_object();
  return *json::parse(out.take());
}

void print(const json::Value& report) {
  const std::string project = text_at(report, "project_id");
  if (const auto error = report.string_at("error")) {
    std::cout << fmt::format("{}: not compared: {}\n", project, *error);
    return;
  }
  const json::Array& drift = rows_at(report, "drift");
  const json::Array& left = rows_at(report, "left");
  std::cout << fmt::format(
      "{}: {} events since {} ({} never arrived), {} objects compared, {} differed, {} left\n",
      project, report.int_at("events").value_or(0), text_at(report, "since"),
      report.int_at("missed").value_or(0), report.int_at("objects").value_or(0), drift.size(),
      left.size());
  for (const json::Value& row : drift) {
    std::cout << fmt::format("  {} {}: {}\n", text_at(row, "kind"), text_at(row, "object"),
                             text_at(row, "what"));
  }
}

}  // namespace

int run_reconcile(const Invocation& invocation, const Settings& settings) {
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  const auto projects = projects_of(place->api(), invocation);
  if (!projects) return fail(projects.error());
  const bool repair = invocation.repair && !invocation.dry_run;
  json::Array reports;
  bool all_agree = true;
  for (const std::string& project : *projects) {
    json::Value report = reconcile(place->api(), project, repair);
    all_agree = all_agree && !report.find("error") && rows_at(report, "left").empty();
    if (!invocation.json) print(report);
    reports.push_back(std::move(report));
  }
  if (invocation.json) std::cout << json::dump(json::Value(std::move(reports))) << "\n";
  return all_agree ? 0 : 1;
}

}  // namespace purser::server
