#include "server/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/settings_table.hpp"

namespace purser::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Invocation call(const std::vector<std::string>& words) {
  auto parsed = parse_command_line(words, "1.2.3");
  if (const auto* leave = std::get_if<Leave>(&parsed)) {
    ADD_FAILURE() << leave->text;
    return {};
  }
  return std::get<Invocation>(parsed);
}

Leave leave(const std::vector<std::string>& words) {
  auto parsed = parse_command_line(words, "1.2.3");
  if (std::holds_alternative<Invocation>(parsed)) {
    ADD_FAILURE() << "it was accepted";
    return {};
  }
  return std::get<Leave>(parsed);
}

TEST(CommandLine, Serve) {
  const auto invocation = call({"serve", "--config", "c.toml", "--data", "d", "--database",
                                "sqlite:x", "--listen", "127.0.0.1:0", "--ready-file", "r.json"});
  EXPECT_EQ(invocation.command, Command::kServe);
  EXPECT_EQ(invocation.config_file, "c.toml");
  EXPECT_EQ(invocation.ready_file, "r.json");
  EXPECT_EQ(invocation.flags.at("data"), "d");
  EXPECT_EQ(invocation.flags.at("listen"), "127.0.0.1:0");
  EXPECT_EQ(invocation.flags.at("database"), "sqlite:x");
}

TEST(CommandLine, EverySettingWithAFlagIsTaken) {
  for (const SettingRow& row : kSettings) {
    if (row.flag.empty()) continue;
    const auto invocation = call({"config", "--" + std::string(row.flag), "x"});
    EXPECT_EQ(invocation.flags.at(std::string(row.flag)), "x");
  }
}

TEST(CommandLine, MigrateStore) {
  const auto move =
      call({"migrate-store", "--from", "sqlite:a.db", "--to", "postgres://x/y", "--json"});
  EXPECT_EQ(move.command, Command::kMigrateStore);
  EXPECT_EQ(move.from, "sqlite:a.db");
  EXPECT_EQ(move.to, "postgres://x/y");
  EXPECT_TRUE(move.json);
  EXPECT_EQ(leave({"migrate-store", "--to", "postgres://x/y"}).status, 2);
}

TEST(CommandLine, LedgerArchive) {
  const auto archive =
      call({"ledger", "archive", "--before", "2026-01", "--to", "f", "--database", "d"});
  EXPECT_EQ(archive.command, Command::kLedgerArchive);
  EXPECT_EQ(archive.before, "2026-01");
  EXPECT_EQ(archive.folder, "f");
  EXPECT_EQ(archive.flags.at("database"), "d");
  EXPECT_EQ(leave({"ledger", "archive", "--to", "f"}).status, 2);
  EXPECT_EQ(call({"verify", "--archives", "f"}).archives, "f");
}

TEST(CommandLine, ProjectsAndKeys) {
  const auto create = call({"project", "create", "My shop", "--id", "shop", "--json"});
  EXPECT_EQ(create.command, Command::kProjectCreate);
  EXPECT_EQ(create.name, "My shop");
  EXPECT_EQ(create.id, "shop");
  EXPECT_TRUE(create.json);
  EXPECT_EQ(call({"project", "list"}).command, Command::kProjectList);
  const auto key = call({"keys", "create", "--project", "shop", "--access", "server"});
  EXPECT_EQ(key.command, Command::kKeysCreate);
  EXPECT_EQ(key.access, "server");
  EXPECT_EQ(call({"keys", "list", "--project", "shop"}).project, "shop");
  EXPECT_EQ(call({"keys", "revoke", "k1", "--project", "shop"}).key_id, "k1");
}

TEST(CommandLine, CatalogAndOperations) {
  EXPECT_EQ(call({"catalog", "check", "c.yaml"}).command, Command::kCatalogCheck);
  EXPECT_EQ(call({"catalog", "diff", "c.yaml", "--project", "p"}).command, Command::kCatalogDiff);
  EXPECT_EQ(call({"catalog", "apply", "c.yaml", "--project", "p"}).file, "c.yaml");
  EXPECT_EQ(call({"catalog", "export", "--project", "p"}).file, "");
  EXPECT_EQ(call({"verify"}).command, Command::kVerify);
  EXPECT_EQ(call({"backup", "b.db"}).file, "b.db");
  const auto reconcile = call({"reconcile", "--repair", "--project", "p"});
  EXPECT_TRUE(reconcile.repair);
  EXPECT_FALSE(reconcile.dry_run);
  EXPECT_EQ(reconcile.project, "p");
  const auto sandbox = call({"sandbox", "--listen", "127.0.0.1:0", "--state", "s", "--seed", "7"});
  EXPECT_EQ(sandbox.seed, 7U);
  EXPECT_EQ(sandbox.state_file, "s");
  EXPECT_EQ(sandbox.command, Command::kSandbox);
}

TEST(CommandLine, ReplayOfTheSandboxsEvents) {
  const auto replay = call({"sandbox", "replay", "evt_1", "evt_2", "--type", "charge.failed",
                            "--since", "17", "--undelivered", "--url", "http://127.0.0.1:9"});
  EXPECT_EQ(replay.command, Command::kSandboxReplay);
  EXPECT_EQ(replay.events, (std::vector<std::string>{"evt_1", "evt_2"}));
  EXPECT_EQ(replay.event_type, "charge.failed");
  EXPECT_EQ(replay.since, "17");
  EXPECT_TRUE(replay.undelivered);
  EXPECT_EQ(replay.url, "http://127.0.0.1:9");
  EXPECT_EQ(call({"sandbox", "replay"}).url, "http://127.0.0.1:8131");
  EXPECT_EQ(leave({"sandbox", "replay", "--since", "x"}).status, 2);
}

TEST(CommandLine, WrongCallsLeaveWithStatusTwoAndSayWhy) {
  EXPECT_EQ(leave({"serve", "--lisen", "x"}).status, 2);
  EXPECT_THAT(leave({"serve", "--lisen", "x"}).text, HasSubstr("--lisen"));
  EXPECT_EQ(leave({"frobnicate"}).status, 2);
  EXPECT_EQ(leave({"project", "create"}).status, 2);
  EXPECT_EQ(leave({"project"}).status, 2);
  EXPECT_EQ(leave({"keys", "create", "--project", "p", "--access", "root"}).status, 2);
  EXPECT_EQ(leave({"backup"}).status, 2);
}

TEST(CommandLine, HelpAndVersion) {
  EXPECT_EQ(leave({"--help"}).status, 0);
  EXPECT_EQ(leave({}).status, 0);
  EXPECT_THAT(leave({"help"}).text, HasSubstr("serve"));
  EXPECT_THAT(leave({"help"}).text, Not(HasSubstr("reference")));
  EXPECT_THAT(leave({"help", "serve"}).text, HasSubstr("--ready-file"));
  EXPECT_THAT(leave({"serve", "--help"}).text, HasSubstr("--http-threads"));
  EXPECT_THAT(leave({"--version"}).text, HasSubstr("purser 1.2.3"));
  EXPECT_EQ(call({"version"}).command, Command::kVersion);
}

}  // namespace
}  // namespace purser::server
