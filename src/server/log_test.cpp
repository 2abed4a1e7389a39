#include "server/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/json.hpp"

namespace purser::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kTime = "2026-01-31T12:00:00.000Z";

TEST(Log, TextLinesStayOneLine) {
  EXPECT_EQ(format_event(LogFormat::kText, LogLevel::kInfo, kTime, "Listening.",
                         {{"port", 8130}, {"host", "a\nb \"c\""}}),
            R"(2026-01-31T12:00:00.000Z info  Listening. port=8130 host="a\nb \"c\"")");
}

TEST(Log, JsonLinesParse) {
  const std::string line = format_event(LogFormat::kJson, LogLevel::kError, kTime, "It \"failed\".",
                                        {{"code", "X"}, {"count", 3}});
  const auto document = json::parse(line);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->string_at("level"), "error");
  EXPECT_EQ(document->string_at("message"), "It \"failed\".");
  EXPECT_EQ(document->string_at("code"), "X");
  EXPECT_EQ(document->int_at("count"), 3);
}

TEST(Log, WhatLooksLikeASecretIsRedacted) {
  const std::string key = std::string(43, 'k');
  for (const std::string prefix :
       {"pck_", "ssk_", "sak_", "srk_", "whsec_", "sk_live_", "sk_test_"}) {
    const std::string line =
        format_event(LogFormat::kJson, LogLevel::kInfo, kTime, "m " + prefix + key,
                     {{"f", "key=" + prefix + key + "&x=1"}});
    EXPECT_THAT(line, Not(HasSubstr("kkkk"))) << prefix;
    EXPECT_THAT(line, HasSubstr("&x=1")) << prefix;
  }
  EXPECT_EQ(redact("Bearer eyJhbGciOiJub25lIn0.eyJhIjoxfQ."), "Bearer [redacted]");
}

TEST(Log, WordsAboutKeysStay) {
  EXPECT_EQ(redact("a key begins with ssk_ or sk_test_"), "a key begins with ssk_ or sk_test_");
  EXPECT_EQ(redact("task_live_something_long"), "task_live_something_long");
}

TEST(Log, LevelsParse) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::kDebug);
  EXPECT_EQ(parse_log_level("info"), LogLevel::kInfo);
  EXPECT_EQ(parse_log_level("warn"), LogLevel::kWarn);
  EXPECT_EQ(parse_log_level("error"), LogLevel::kError);
}

}  // namespace
}  // namespace purser::server
