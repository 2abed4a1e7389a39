#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "adapters/postgres/archive.hpp"
#include "adapters/system/clocks.hpp"
#include "http/encode.hpp"
#include "server/commands.hpp"
#include "server/progress.hpp"

namespace purser::server {
namespace {

Status check_postgres(const Settings& settings) {
  if (settings.is_on_postgres()) return {};
  return Error{
      ErrorCode::kNotImplemented,
      "On SQLite the ledger stays whole: its months are not apart, so that taking one out "
      "would rewrite the file. Move the store to PostgreSQL (purser migrate-store) when it "
      "has grown too large"};
}

std::string encode(const std::vector<postgres::ArchivedPart>& parts) {
  json::Writer out;
  out.begin_object().key("archives").begin_array();
  for (const postgres::ArchivedPart& part : parts) {
    out.begin_object().field("name", std::string_view(part.name));
    out.field("file", std::string_view(part.file)).field("lines", part.lines);
    out.field("sha256", std::string_view(part.sha256)).end_object();
  }
  return out.end_array().end_object().take();
}

void print(const std::vector<postgres::ArchivedPart>& parts) {
  for (const postgres::ArchivedPart& part : parts) {
    std::cout << fmt::format("{}: {} lines in {}\n", part.name, part.lines, part.file);
  }
  std::cout << (parts.empty() ? "There is nothing to archive.\n"
                              : "Keep the files: nothing else has these lines.\n");
}

}  // namespace

Result<json::Value> verify_archives(const Invocation& invocation, const Settings& settings) {
  PURSER_CHECK_OK(check_postgres(settings));
  ProgressBar bar("verifying");
  PURSER_TRY(
      const auto report,
      postgres::verify_with_archives(
          settings.text(setting("database")), invocation.archives, system::SystemClock().now(),
          [&](std::int64_t done, std::int64_t total) { bar.update(done, total); }));
  return json::parse(http::encode_verify_report(report));
}

int run_ledger_archive(const Invocation& invocation, const Settings& settings) {
  if (const Status there = check_postgres(settings); !there) return fail(there.error());
  const auto before = Timestamp::parse_iso8601(invocation.before + "-01T00:00:00Z");
  if (!before) {
    std::cerr << fmt::format("purser: --before {}: a month looks like 2026-01\n",
                             invocation.before);
    return 2;
  }
  const system::SystemClock clock;
  ProgressLines lines;
  postgres::ArchiveOptions options;
  options.uri = settings.text(setting("database"));
  options.before = *before;
  options.folder = std::filesystem::absolute(invocation.folder).string();
  options.clock = &clock;
  options.progress = [&](const std::string& what, std::int64_t done, std::int64_t total) {
    lines.update(what, done, total);
  };
  const auto parts = postgres::archive_ledger(options);
  lines.end();
  if (!parts) return fail(parts.error());
  if (invocation.json) {
    std::cout << encode(*parts) << "\n";
  } else {
    print(*parts);
  }
  return 0;
}

}  // namespace purser::server
