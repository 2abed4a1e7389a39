#include "server/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>

#include "json/json.hpp"

namespace purser::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "purser-settings-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SettingsTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& text) {
    const std::string path = (folder_ / "purser.toml").string();
    std::ofstream(path) << text;
    return path;
  }

  static std::string problem(const Settings::Sources& sources) {
    const auto loaded = Settings::load(sources);
    return loaded ? "no problem" : loaded.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(SettingsTest, EveryDefaultIsAllowedAndNothingIsRequired) {
  const auto settings = Settings::load({});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->address(setting("http.listen")), (ListenAddress{"127.0.0.1", 8130}));
  EXPECT_EQ(settings->integer(setting("http.max_body_bytes")), 1024 * 1024);
  EXPECT_EQ(settings->database_path(), "./data/purser.db");
  EXPECT_TRUE(settings->secret(setting("stripe.secret_key")).empty());
  EXPECT_EQ(settings->effective(setting("workers")).origin, "default");
}

TEST_F(SettingsTest, FlagsBeatTheEnvironmentWhichBeatsTheFile) {
  Settings::Sources sources;
  sources.file = file("workers = 3\n[http]\nthreads = 2\nlisten = \"0.0.0.0:80\"\n");
  EXPECT_EQ(Settings::load(sources)->integer(setting("workers")), 3);
  EXPECT_THAT(Settings::load(sources)->effective(setting("http.threads")).origin,
              HasSubstr("line 3"));
  sources.environment = {{"PURSER_WORKERS", "4"}, {"PURSER_HTTP_LISTEN", "[::1]:81"}};
  EXPECT_EQ(Settings::load(sources)->integer(setting("workers")), 4);
  EXPECT_EQ(Settings::load(sources)->address(setting("http.listen")), (ListenAddress{"::1", 81}));
  sources.flags = {{"workers", "5"}};
  const auto settings = Settings::load(sources);
  EXPECT_EQ(settings->integer(setting("workers")), 5);
  EXPECT_EQ(settings->effective(setting("workers")).origin, "flag --workers");
  EXPECT_EQ(settings->integer(setting("http.threads")), 2);
}

TEST_F(SettingsTest, AnEmptyVariableCountsAsAbsent) {
  EXPECT_EQ(Settings::load({"", {{"PURSER_WORKERS", ""}}, {}})->integer(setting("workers")), 8);
}

TEST_F(SettingsTest, UnknownKeysAreNamed) {
  EXPECT_THAT(problem({file("[http]\nlisen = \"x\"\n"), {}, {}}), HasSubstr("http.lisen"));
  EXPECT_THAT(problem({"", {{"PURSER_HTTP_LISEN", "x"}}, {}}), HasSubstr("PURSER_HTTP_LISEN"));
}

TEST_F(SettingsTest, VariablesThatOrchestratorsSetAreNotOurs) {
  const auto loaded = Settings::load(
      {"", {{"PURSER_PORT", "tcp://10.0.0.1:80"}, {"PURSER_SERVICE_HOST", "10.0.0.1"}}, {}});
  EXPECT_TRUE(loaded);
}

TEST_F(SettingsTest, WrongTypesNameTheKeyTheOriginAndWhatIsAllowed) {
  const std::string text = problem({file("workers = \"many\"\n"), {}, {}});
  EXPECT_THAT(text, HasSubstr("workers"));
  EXPECT_THAT(text, HasSubstr("purser.toml line 1"));
  EXPECT_THAT(text, HasSubstr("an integer from 1 to 256"));
  EXPECT_THAT(problem({file("workers = 1.5\n"), {}, {}}), HasSubstr("an integer"));
  EXPECT_THAT(problem({file("workers = [1]\n"), {}, {}}), HasSubstr("an integer"));
  EXPECT_THAT(problem({"", {{"PURSER_WORKERS", "8x"}}, {}}), HasSubstr("PURSER_WORKERS"));
  EXPECT_THAT(problem({"", {{"PURSER_SANDBOX_ENABLED", "yes"}}, {}}), HasSubstr("true or false"));
  EXPECT_THAT(problem({"", {{"PURSER_LOG_FORMAT", "xml"}}, {}}), HasSubstr("json, text"));
  EXPECT_THAT(problem({"", {}, {{"listen", "localhost"}}}), HasSubstr("flag --listen"));
  EXPECT_THAT(problem({"", {{"PURSER_HTTP_PUBLIC_URL", "ftp://x"}}, {}}), HasSubstr("URL"));
}

TEST_F(SettingsTest, EveryProblemIsReportedAtOnce) {
  const std::string text = problem({file("workers = 0\nclock = \"sundial\"\nfoo = 1\n"), {}, {}});
  EXPECT_THAT(text, HasSubstr("workers"));
  EXPECT_THAT(text, HasSubstr("clock"));
  EXPECT_THAT(text, HasSubstr("foo"));
}

TEST_F(SettingsTest, BoundsOfEveryIntegerHold) {
  for (const SettingRow& row : kSettings) {
    if (row.type != SettingType::kInteger) continue;
    const std::string name(row.env);
    EXPECT_TRUE(Settings::load({"", {{name, std::to_string(row.min)}}, {}})) << row.key;
    EXPECT_TRUE(Settings::load({"", {{name, std::to_string(row.max)}}, {}})) << row.key;
    EXPECT_FALSE(Settings::load({"", {{name, std::to_string(row.min - 1)}}, {}})) << row.key;
    EXPECT_FALSE(Settings::load({"", {{name, std::to_string(row.max + 1)}}, {}})) << row.key;
    EXPECT_FALSE(Settings::load({"", {{name, "99999999999999999999"}}, {}})) << row.key;
  }
}

TEST_F(SettingsTest, PostgresIsRefusedWithASentence) {
  EXPECT_TRUE(
      Settings::load({"", {}, {{"database", "postgres://localhost/purser"}}})->is_on_postgres());
  EXPECT_FALSE(Settings::load({"", {}, {{"database", "sqlite:/tmp/x.db"}}})->is_on_postgres());
  EXPECT_THAT(problem({"", {}, {{"database", "mysql://localhost"}}}), HasSubstr("sqlite:PATH"));
  EXPECT_EQ(Settings::load({"", {}, {{"database", "sqlite:/tmp/x.db"}}})->database_path(),
            "/tmp/x.db");
}

TEST_F(SettingsTest, AStripeKeyWithoutAWebhookSecretIsRefused) {
  const std::string name = "PURSER_STRIPE_SECRET_KEY";
  const std::string text = problem({"", {{name, "sk_test_verysecret"}}, {}});
  EXPECT_THAT(text, HasSubstr("stripe.webhook_secret"));
  EXPECT_THAT(text, Not(HasSubstr("verysecret")));
  EXPECT_THAT(problem({"", {{name, "sk_test_x"}, {"PURSER_STRIPE_WEBHOOK_SECRET", ","}}, {}}),
              HasSubstr("stripe.webhook_secret"));
  const auto both = Settings::load(
      {"", {{name, "sk_test_x"}, {"PURSER_STRIPE_WEBHOOK_SECRET", "whsec_a,whsec_b"}}, {}});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->secrets(setting("stripe.webhook_secret")).size(), 2U);
}

TEST_F(SettingsTest, ALiveKeyIsNeverSentInTheClear) {
  EXPECT_THAT(problem({"",
                       {{"PURSER_STRIPE_SECRET_KEY", "sk_live_x"},
                        {"PURSER_STRIPE_WEBHOOK_SECRET", "whsec_x"},
                        {"PURSER_STRIPE_BASE_URL", "http://127.0.0.1:1"}},
                       {}}),
              HasSubstr("https only"));
}

TEST_F(SettingsTest, EncryptionKeysHaveTheRightLengthAndOneSource) {
  EXPECT_THAT(problem({"", {{"PURSER_ENCRYPTION_KEY", "abc"}}, {}}), HasSubstr("64 hexadecimal"));
  const std::string key(64, 'a');
  EXPECT_TRUE(Settings::load({"", {{"PURSER_ENCRYPTION_KEY", key}}, {}}));
  const std::string text =
      problem({"", {{"PURSER_ENCRYPTION_KEY", key}, {"PURSER_ENCRYPTION_KEY_FILE", "k"}}, {}});
  EXPECT_THAT(text, HasSubstr("set one of them"));
}

TEST_F(SettingsTest, FilesThatAreNotThereOrNotTomlAreRefused) {
  EXPECT_THAT(problem({"/nowhere/purser.toml", {}, {}}), HasSubstr("/nowhere/purser.toml"));
  EXPECT_THAT(problem({file("a = = b"), {}, {}}), HasSubstr("line 1"));
  EXPECT_TRUE(Settings::load({file(""), {}, {}}));
}

TEST_F(SettingsTest, PrintingNeverShowsASecret) {
  const auto settings = Settings::load({"",
                                        {{"PURSER_STRIPE_SECRET_KEY", "sk_test_hidden"},
                                         {"PURSER_STRIPE_WEBHOOK_SECRET", "whsec_hidden"},
                                         {"PURSER_ENCRYPTION_KEY", std::string(64, 'b')}},
                                        {}});
  ASSERT_TRUE(settings);
  for (const bool as_json : {false, true}) {
    const std::string text = print_settings(*settings, as_json);
    EXPECT_THAT(text, Not(HasSubstr("hidden")));
    EXPECT_THAT(text, Not(HasSubstr("bbbb")));
    EXPECT_THAT(text, HasSubstr("[redacted]"));
  }
  const auto document = json::parse(print_settings(*settings, true));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->find("workers")->int_at("value"), 8);
  EXPECT_EQ(document->find("stripe.secret_key")->string_at("origin"),
            "environment PURSER_STRIPE_SECRET_KEY");
}

TEST(SettingsTable, NamesFollowFromTheKeyAndAreUnique) {
  std::set<std::string_view> keys;
  std::set<std::string_view> flags;
  for (const SettingRow& row : kSettings) {
    std::string env = "PURSER_";
    for (const char c : row.key) {
      env += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    EXPECT_EQ(row.env, env);
    EXPECT_TRUE(keys.insert(row.key).second) << row.key;
    EXPECT_TRUE(row.flag.empty() || flags.insert(row.flag).second) << row.flag;
    EXPECT_FALSE(row.description.empty()) << row.key;
    EXPECT_EQ(row.type == SettingType::kChoice, !row.choices.empty()) << row.key;
    EXPECT_EQ(row.type == SettingType::kInteger, !row.unit.empty()) << row.key;
    const bool secret = row.type == SettingType::kSecret || row.type == SettingType::kSecretList;
    EXPECT_EQ(secret, row.flag.empty()) << row.key;
  }
}

}  // namespace
}  // namespace purser::server
