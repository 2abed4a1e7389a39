#include "server/data_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "server/files.hpp"

namespace purser::server {
namespace {

using ::testing::HasSubstr;

class DataFolderTest : public ::testing::Test {
 protected:
  DataFolderTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "purser-data-XXXXXX").string();
    base_ = ::mkdtemp(pattern.data());
  }
  ~DataFolderTest() override { std::filesystem::remove_all(base_); }

  Settings settings(std::vector<std::pair<std::string, std::string>> environment = {}) const {
    environment.emplace_back("PURSER_DATA", (base_ / "deep" / "data").string());
    return *Settings::load({"", std::move(environment), {}});
  }

  static unsigned mode_of(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777U;
  }

  std::filesystem::path base_;
};

TEST_F(DataFolderTest, FolderAndKeysArePrivateAndStay) {
  const auto first = DataFolder::open(settings());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(mode_of(first->path()), 0700U);
  EXPECT_EQ(mode_of(first->file("root.key")), 0600U);
  EXPECT_TRUE(first->root_key().reveal().starts_with("srk_"));
  const auto key = first->encryption_key(settings());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->reveal().size(), 32U);
  EXPECT_EQ(mode_of(first->file("encryption.key")), 0600U);

  const auto second = DataFolder::open(settings());
  EXPECT_EQ(second->root_key().reveal(), first->root_key().reveal());
  EXPECT_EQ(second->encryption_key(settings())->reveal(), key->reveal());
}

TEST_F(DataFolderTest, TheManualClockGoesOnWhereItWasLeft) {
  const auto folder = DataFolder::open(settings());
  ASSERT_TRUE(folder);
  const Timestamp present = Timestamp::parse_iso8601("2026-03-01T12:00:00Z").value();
  EXPECT_EQ(folder->manual_time(present).value(), present);
  const Timestamp later = present + Millis{86'400'123};
  ASSERT_TRUE(folder->keep_manual_time(later));
  EXPECT_EQ(folder->manual_time(present).value(), later);
  const Timestamp latest = later + Millis{1};
  EXPECT_EQ(folder->manual_time(latest).value(), latest) << "the present has overtaken it";
}

TEST_F(DataFolderTest, AManualClockThatCannotBeReadIsNotThePresent) {
  const auto folder = DataFolder::open(settings());
  ASSERT_TRUE(folder);
  std::ofstream(folder->file("clock")) << "tomorrow\n";
  const auto time = folder->manual_time(Timestamp());
  ASSERT_FALSE(time);
  EXPECT_THAT(time.error().message, HasSubstr("clock"));
}

TEST_F(DataFolderTest, ManyThatOpenAFreshFolderAtOnceGetOneRootKey) {
  ASSERT_TRUE(make_private_folder(settings().text(setting("data"))));
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  for (auto& key : keys) {
    threads.emplace_back([&] { key = DataFolder::open(settings())->root_key().reveal(); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1U);
}

TEST_F(DataFolderTest, AKeyThatOthersCanReadIsRefused) {
  const auto folder = DataFolder::open(settings());
  std::filesystem::permissions(folder->file("root.key"), std::filesystem::perms(0644));
  const auto again = DataFolder::open(settings());
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("chmod 600"));
}

TEST_F(DataFolderTest, ALostEncryptionKeyIsNotReplaced) {
  const auto folder = DataFolder::open(settings());
  std::ofstream(settings().database_path()) << "x";
  const auto key = folder->encryption_key(settings());
  ASSERT_FALSE(key);
  EXPECT_THAT(key.error().message, HasSubstr("Copy that key back"));
  EXPECT_FALSE(file_exists(folder->file("encryption.key")));
}

TEST_F(DataFolderTest, AConfiguredKeyWins) {
  const auto folder = DataFolder::open(settings());
  const auto direct = settings({{"PURSER_ENCRYPTION_KEY", std::string(64, 'a')}});
  EXPECT_EQ(folder->encryption_key(direct)->reveal(), std::string(32, '\xaa'));
  const std::string path = (base_ / "key").string();
  ASSERT_TRUE(write_file_atomically(path, std::string(64, 'b') + "\n", 0600));
  const auto by_file = settings({{"PURSER_ENCRYPTION_KEY_FILE", path}});
  EXPECT_EQ(folder->encryption_key(by_file)->reveal(), std::string(32, '\xbb'));
  ASSERT_TRUE(write_file_atomically(path, "short\n", 0600));
  EXPECT_THAT(folder->encryption_key(by_file).error().message, HasSubstr("64 hexadecimal"));
}

TEST_F(DataFolderTest, OneProcessAtATimeWorksOnIt) {
  auto first = DataFolder::open(settings());
  auto second = DataFolder::open(settings());
  EXPECT_TRUE(*first->lock());
  EXPECT_FALSE(*second->lock());
  const ServerInfo info{"http://127.0.0.1:1", "", 42};
  ASSERT_TRUE(first->announce(info));
  EXPECT_EQ(second->running_server(), info);
  first = DataFolder::open(settings());  // lets go of the lock, as the end of a process does
  EXPECT_TRUE(*second->lock());
  EXPECT_EQ(second->running_server(), std::nullopt) << "the announcement of a dead server";
}

TEST_F(DataFolderTest, AServerFindsTheNameOfTheOneBefore) {
  auto folder = DataFolder::open(settings());
  ASSERT_TRUE(folder && *folder->lock());
  EXPECT_EQ(folder->predecessor(), "");
  ASSERT_TRUE(folder->keep_instance("node-1"));
  const auto again = DataFolder::open(settings());
  EXPECT_EQ(again->predecessor(), "node-1");
}

TEST_F(DataFolderTest, FilesAreReplacedWholly) {
  const std::string path = (base_ / "file").string();
  ASSERT_TRUE(write_file_atomically(path, "one", 0600));
  ASSERT_TRUE(write_file_atomically(path, "two", 0644));
  EXPECT_EQ(*read_file(path), "two");
  EXPECT_EQ(mode_of(path), 0644U);
  EXPECT_FALSE(write_file_atomically((base_ / "no" / "file").string(), "x", 0600));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(base_), {}), 1);
}

TEST(ServerInfo, RoundTrip) {
  const ServerInfo info{"http://127.0.0.1:8130", "http://127.0.0.1:9", 7};
  EXPECT_EQ(decode_server_info(encode_server_info(info)), info);
  EXPECT_EQ(decode_server_info("{}"), std::nullopt);
  EXPECT_EQ(decode_server_info("nonsense"), std::nullopt);
}

}  // namespace
}  // namespace purser::server
