#include "sandbox/world.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sandbox/document.hpp"
#include "sandbox/faults.hpp"

namespace purser::sandbox {
namespace {

class WorldTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "purser-sandbox-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return (folder_ / "state").string(); }
  static std::unique_ptr<World> open(const std::string& path, std::uint64_t seed = 1) {
    auto world = World::open(path, seed, [] { return std::int64_t{1'700'000'000'000}; });
    EXPECT_TRUE(world.has_value()) << world.error().message;
    return *std::move(world);
  }

  std::filesystem::path folder_;
};

TEST_F(WorldTest, IdsDependOnTheSeedAndNeverRepeat) {
  auto a = open("");
  auto b = open("");
  auto other = open("", 2);
  const std::string first = a->new_id("cus_", 14);
  EXPECT_EQ(first, b->new_id("cus_", 14));
  EXPECT_NE(first, other->new_id("cus_", 14));
  EXPECT_NE(first, a->new_id("cus_", 14));
  EXPECT_EQ(first.size(), 18U);
}

TEST_F(WorldTest, KeepsWhatWasCommittedInItsOrder) {
  std::string account_id;
  std::string last_id;
  {
    auto world = open(file());
    Account& account = world->account_of_key("sk_test_a");
    account_id = account.id;
    for (const char* id : {"cus_z", "cus_a", "cus_m"}) {
      world->put(account, kCustomer, object({{"id", id}, {"name", "n"}}));
    }
    ASSERT_TRUE(world->commit().has_value());
    Record& record = *world->find(account, kCustomer, "cus_a");
    set(record.doc, "name", "changed");
    world->changed(account, kCustomer, record);
    last_id = world->new_id("x");
    ASSERT_TRUE(world->commit().has_value());
    world->put(account, kCustomer, object({{"id", "cus_lost"}}));  // never committed
  }
  auto world = open(file());
  Account* account = world->find_account(account_id);
  ASSERT_NE(account, nullptr);
  std::string order;
  for (const auto& record : account->of(kCustomer).in_order()) order += record->id() + " ";
  EXPECT_EQ(order, "cus_z cus_a cus_m ");
  EXPECT_EQ(text_at(world->find(*account, kCustomer, "cus_a")->doc, "name"), "changed");
  EXPECT_NE(world->new_id("x"), last_id);
}

TEST_F(WorldTest, CutsOffALineThatWasNotFinished) {
  {
    auto world = open(file());
    world->put(world->account_of_key("sk_test_a"), kCustomer, object({{"id", "cus_1"}}));
    ASSERT_TRUE(world->commit().has_value());
  }
  std::ofstream(file(), std::ios::app) << R"([{"drawn":99},{"in":"acct)";
  {
    auto world = open(file());
    Account& account = world->account_of_key("sk_test_a");
    EXPECT_NE(world->find(account, kCustomer, "cus_1"), nullptr);
    world->put(account, kCustomer, object({{"id", "cus_2"}}));
    ASSERT_TRUE(world->commit().has_value());
  }
  auto world = open(file());
  EXPECT_NE(world->find(world->account_of_key("sk_test_a"), kCustomer, "cus_2"), nullptr);
}

TEST_F(WorldTest, AFileThatEndsAnywhereOpensAndGoesOn) {
  {
    auto world = open(file());
    for (const char* id : {"cus_1", "cus_2"}) {
      world->put(world->account_of_key("sk_test_a"), kCustomer, object({{"id", id}}));
      ASSERT_TRUE(world->commit().has_value());
    }
  }
  std::ifstream kept(file());
  const std::string whole{std::istreambuf_iterator<char>(kept), {}};
  const std::size_t first = whole.find('\n', whole.find('\n') + 1) + 1;  // where cus_1 is written
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::ofstream(file(), std::ios::trunc) << whole.substr(0, size);
    {
      auto world = open(file());
      Account& account = world->account_of_key("sk_test_a");
      EXPECT_EQ(world->find(account, kCustomer, "cus_1") != nullptr, size >= first) << size;
      EXPECT_EQ(world->find(account, kCustomer, "cus_2") != nullptr, size == whole.size()) << size;
      world->put(account, kCustomer, object({{"id", "cus_3"}}));
      ASSERT_TRUE(world->commit().has_value()) << size;
    }
    auto world = open(file());
    EXPECT_NE(world->find(world->account_of_key("sk_test_a"), kCustomer, "cus_3"), nullptr) << size;
  }
}

/// Lets this process write no file beyond so many bytes, as long as it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : former_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &former_);
    const rlimit lower{bytes, former_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &lower);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &former_);
    std::signal(SIGXFSZ, former_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*former_handler_)(int);
  rlimit former_{};
};

TEST_F(WorldTest, AShortWriteSpoilsNothing) {
  {
    auto world = open(file());
    ASSERT_TRUE(world->commit().has_value());
    {
      // The account's first line does not fit, so nothing may stand in the file that needs it.
      const FileSizeLimit limit(std::filesystem::file_size(file()) + 20);
      world->put(world->account_of_key("sk_test_a"), kCustomer, object({{"id", "cus_1"}}));
      EXPECT_FALSE(world->commit().has_value());
      EXPECT_FALSE(world->commit().has_value()) << "it is still to be written";
    }
    world->put(world->account_of_key("sk_test_a"), kCustomer, object({{"id", "cus_2"}}));
    ASSERT_TRUE(world->commit().has_value());
  }
  auto world = open(file());
  Account& account = world->account_of_key("sk_test_a");
  EXPECT_NE(world->find(account, kCustomer, "cus_1"), nullptr);
  EXPECT_NE(world->find(account, kCustomer, "cus_2"), nullptr);
}

TEST_F(WorldTest, RefusesForeignDamagedAndLockedFiles) {
  for (const char* foreign : {"something else\n", "no line at all"}) {
    std::ofstream(file(), std::ios::trunc) << foreign;
    EXPECT_FALSE(World::open(file(), 1, [] { return std::int64_t{0}; }).has_value());
    std::ifstream kept(file());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), foreign) << "it is not ours";
  }
  std::ofstream(file(), std::ios::trunc) << "[{\"purser_sandbox\":1}]\n[{\"in\":]\n";
  EXPECT_FALSE(World::open(file(), 1, [] { return std::int64_t{0}; }).has_value());
  std::filesystem::remove(file());
  const auto world = open(file());
  EXPECT_FALSE(World::open(file(), 1, [] { return std::int64_t{0}; }).has_value());
  EXPECT_FALSE(World::open("/nonexistent/state", 1, [] { return std::int64_t{0}; }).has_value());
}

TEST_F(WorldTest, KeepsAccountsApart) {
  auto world = open("");
  Account& a = world->account_of_key("sk_test_a");
  Account& b = world->account_of_key("sk_test_b");
  EXPECT_NE(a.id, b.id);
  EXPECT_EQ(&a, &world->account_of_key("sk_test_a"));
  world->put(a, kCustomer, object({{"id", "cus_1"}}));
  EXPECT_EQ(world->find(b, kCustomer, "cus_1"), nullptr);
  Account* connected = world->connected_account(a, "acct_x1");
  ASSERT_NE(connected, nullptr);
  EXPECT_EQ(world->connected_account(a, "acct_x1"), connected);
  EXPECT_EQ(world->connected_account(b, "acct_x1"), nullptr);
  EXPECT_EQ(world->connected_account(b, a.id), nullptr);
  EXPECT_EQ(world->connected_account(a, a.id), &a);
  for (const char* id : {"", "acct_", "x", "acct_a b", "acct_\"", "cus_1"}) {
    EXPECT_EQ(world->connected_account(a, id), nullptr) << id;
  }
}

TEST_F(WorldTest, FaultsStrikeWhatTheyMatchAsOftenAsAsked) {
  auto world = open("");
  Faults faults(*world);
  auto params = std::get<Params>(Params::parse(
      {{"kind", "429"}, {"count", "2"}, {"path", "/v1/checkout"}, {"method", "POST"}}));
  ASSERT_FALSE(faults.add(params).has_value());
  EXPECT_FALSE(faults.strike_request("GET", "/v1/checkout/sessions").has_value());
  EXPECT_FALSE(faults.strike_request("POST", "/v1/customers").has_value());
  EXPECT_FALSE(faults.strike_event("charge.succeeded").has_value());
  for (int i = 0; i < 2; ++i) {
    const auto fault = faults.strike_request("POST", "/v1/checkout/sessions");
    ASSERT_TRUE(fault.has_value());
    EXPECT_EQ(fault->kind, FaultKind::kRateLimit);
  }
  EXPECT_FALSE(faults.strike_request("POST", "/v1/checkout/sessions").has_value());
}

TEST_F(WorldTest, FaultDrawsFollowTheSeed) {
  const auto strikes = [](std::uint64_t seed) {
    auto world = open("", seed);
    Faults faults(*world);
    auto params = std::get<Params>(
        Params::parse({{"kind", "webhook_lose"}, {"count", "1000"}, {"probability", "30"}}));
    EXPECT_FALSE(faults.add(params).has_value());
    std::string drawn;
    for (int i = 0; i < 200; ++i) drawn += faults.strike_event("x") ? '1' : '0';
    return drawn;
  };
  EXPECT_EQ(strikes(7), strikes(7));
  EXPECT_NE(strikes(7), strikes(8));
  const std::string drawn = strikes(7);
  const auto count = std::count(drawn.begin(), drawn.end(), '1');
  EXPECT_GT(count, 30);
  EXPECT_LT(count, 90);
}

TEST_F(WorldTest, FaultsAreKeptWithTheState) {
  std::string left;
  {
    auto world = open(file());
    Faults faults(*world);
    for (const std::vector<std::pair<std::string, std::string>>& fields :
         {std::vector<std::pair<std::string, std::string>>{{"kind", "409"}, {"count", "2"}},
          {{"kind", "huge"}, {"bytes", "9"}, {"path", "/v1/events"}, {"method", "GET"}},
          {{"kind", "webhook_replay"},
           {"age_seconds", "77"},
           {"event_type", "charge.succeeded"},
           {"probability", "5"},
           {"count", "1000"}},
          {{"kind", "429"}, {"retry_after", "3"}, {"path", "/nowhere"}, {"delay_ms", "1"}}}) {
      auto params = std::get<Params>(Params::parse(fields));
      ASSERT_FALSE(faults.add(params).has_value());
    }
    ASSERT_TRUE(faults.strike_request("POST", "/v1/customers").has_value());
    ASSERT_TRUE(world->commit().has_value());
    left = json::dump(faults.describe());
  }
  {
    auto world = open(file());
    Faults faults(*world);
    EXPECT_EQ(json::dump(faults.describe()), left);
    ASSERT_TRUE(faults.strike_request("POST", "/v1/customers").has_value());
    EXPECT_FALSE(faults.strike_request("POST", "/v1/customers").has_value());
    faults.clear();
    ASSERT_TRUE(world->commit().has_value());
  }
  auto world = open(file());
  EXPECT_EQ(json::dump(Faults(*world).describe()), R"({"faults":[]})");
}

TEST_F(WorldTest, ReadsADunningSettingAsItWasWrittenOnce) {
  std::ofstream(file())
      << "[{\"purser_sandbox\":1}]\n[{\"drawn\":1},{\"after_dunning\":\"unpaid\"}]\n";
  EXPECT_EQ(open(file())->after_dunning(), "unpaid");
}

TEST_F(WorldTest, FaultsRefuseWhatTheyDoNotKnow) {
  auto world = open("");
  Faults faults(*world);
  for (const std::vector<std::pair<std::string, std::string>>& fields :
       {std::vector<std::pair<std::string, std::string>>{{"kind", "meteor"}},
        {{"count", "1"}},
        {{"kind", "drop"}, {"probability", "101"}},
        {{"kind", "drop"}, {"count", "0"}},
        {{"kind", "drop"}, {"colour", "red"}}}) {
    auto params = std::get<Params>(Params::parse(fields));
    EXPECT_TRUE(faults.add(params).has_value());
  }
  EXPECT_EQ(json::dump(faults.describe()), R"({"faults":[]})");
}

}  // namespace
}  // namespace purser::sandbox
