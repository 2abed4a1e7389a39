#include <fmt/format.h>

#include <iostream>

#include "adapters/postgres/move.hpp"
#include "adapters/sqlite/moving.hpp"
#include "adapters/system/clocks.hpp"
#include "http/encode.hpp"
#include "server/commands.hpp"
#include "server/progress.hpp"

namespace purser::server {
namespace {

constexpr std::string_view kFrom = "sqlite:";

Status check_urls(const Invocation& invocation) {
  const bool to =
      invocation.to.starts_with("postgres://") || invocation.to.starts_with("postgresql://");
  if (invocation.from.starts_with(kFrom) && to) return {};
  return Error{ErrorCode::kSchemaError,
               "A store is moved --from sqlite:FILE --to postgres://…; there is no other way"};
}

std::string encode(const postgres::MoveReport& report, const std::string& source) {
  json::Writer out;
  out.begin_object().field("source", std::string_view(source));
  out.field("moved", report.verified.findings.empty()).field("began_anew", report.began_anew);
  out.key("tables").begin_array();
  for (const postgres::MovedRows& table : report.tables) {
    out.begin_object().field("table", std::string_view(table.table)).field("rows", table.rows);
    out.field("checksum", std::string_view(table.checksum)).end_object();
  }
  out.end_array().key("verified").raw(http::encode_verify_report(report.verified)).end_object();
  return out.take();
}

void print(const postgres::MoveReport& report, const std::string& source) {
  if (report.began_anew) {
    std::cout << "An earlier move had been cut off; nothing of it was there, and this one began "
                 "anew.\n";
  }
  for (const postgres::MovedRows& table : report.tables) {
    std::cout << fmt::format("{:<24} {:>12} rows  {}\n", table.table, table.rows, table.checksum);
  }
  if (const auto verified = json::parse(http::encode_verify_report(report.verified))) {
    print_verify_report(*verified);
  }
  if (!report.verified.findings.empty()) {
    std::cout << fmt::format(
        "Nothing was kept. Run purser verify on {} and mend what it finds first.\n", source);
    return;
  }
  std::cout << fmt::format(
      "Moved. Rows and checksums are the same on both sides. Serve it with --database and the same "
      "data folder, or with its encryption.key; what is sold from now on is not in {}.\n",
      source);
}

}  // namespace

int run_migrate_store(const Invocation& invocation) {
  if (const Status known = check_urls(invocation); !known) {
    fail(known.error());
    return 2;
  }
  const system::SystemClock clock;
  const auto source = sqlite::open_for_move(invocation.from.substr(kFrom.size()), clock);
  if (!source) return fail(source.error());
  ProgressLines lines;
  postgres::MoveOptions options;
  options.uri = invocation.to;
  options.clock = &clock;
  options.progress = [&](const std::string& what, std::int64_t done, std::int64_t total) {
    lines.update(what, done, total);
  };
  const auto report = postgres::move_store(**source, options);
  lines.end();
  if (!report) return fail(report.error());
  if (invocation.json) {
    std::cout << encode(*report, invocation.from) << "\n";
  } else {
    print(*report, invocation.from);
  }
  return report->verified.findings.empty() ? 0 : 1;
}

}  // namespace purser::server
