#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "http/encode.hpp"
#include "server/commands.hpp"
#include "server/progress.hpp"

namespace purser::server {
namespace {

Result<json::Value> verify(Workplace& place) {
  app::Store* store = place.own_store();
  if (store == nullptr) return place.api().call("POST", "/api/v1/internal/verify", "{}");
  ProgressBar bar("verifying");
  PURSER_TRY(const auto report, store->verify([&](std::int64_t done, std::int64_t total) {
    bar.update(done, total);
  }));
  return json::parse(http::encode_verify_report(report));
}

Result<json::Value> verify(const Invocation& invocation, const Settings& settings) {
  if (!invocation.archives.empty()) return verify_archives(invocation, settings);
  PURSER_TRY(Workplace place, Workplace::open(settings));
  return verify(place);
}

Status backup(Workplace& place, const std::string& path) {
  app::Store* store = place.own_store();
  if (store == nullptr) {
    json::Writer body;
    body.begin_object().field("path", std::string_view(path)).end_object();
    PURSER_TRY([[maybe_unused]] const auto done,
               place.api().call("POST", "/api/v1/internal/backup", body.str()));
    return {};
  }
  ProgressBar bar("copying");
  return store->backup(path,
                       [&](std::int64_t done, std::int64_t total) { bar.update(done, total); });
}

}  // namespace

void print_verify_report(const json::Value& report) {
  if (const json::Value* findings = report.find("findings"); findings && findings->as_array()) {
    for (const json::Value& finding : *findings->as_array()) {
      std::cout << fmt::format("{}: {}\n", finding.string_at("where").value_or("?"),
                               finding.string_at("what").value_or("?"));
    }
  }
  const bool ok = report.bool_at("ok").value_or(false);
  std::cout << fmt::format(
      "{}: {} balances, {} ledger entries, {} purchases\n", ok ? "All agree" : "They do not agree",
      report.int_at("accounts").value_or(0), report.int_at("entries").value_or(0),
      report.int_at("purchases").value_or(0));
}

int run_verify(const Invocation& invocation, const Settings& settings) {
  const auto report = verify(invocation, settings);
  if (!report) return fail(report.error());
  const bool ok = report->bool_at("ok").value_or(false);
  if (invocation.json) {
    std::cout << json::dump(*report) << "\n";
  } else {
    print_verify_report(*report);
  }
  return ok ? 0 : 1;
}

int run_backup(const Invocation& invocation, const Settings& settings) {
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  // The running server has a working folder of its own.
  const std::string path = std::filesystem::absolute(invocation.file).string();
  const Status done = backup(*place, path);
  if (!done) return fail(done.error());
  std::error_code problem;
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path, problem));
  if (invocation.json) {
    json::Writer out;
    out.begin_object().field("path", std::string_view(path)).field("bytes", bytes).end_object();
    std::cout << out.str() << "\n";
  } else {
    std::cout << fmt::format(
        "Copied to {} ({} bytes). To restore it, stop the server and put it in the place of the "
        "database.\n",
        path, bytes);
  }
  return 0;
}

}  // namespace purser::server
