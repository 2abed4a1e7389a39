#include "server/sandbox_payments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "json/json.hpp"
#include "sandbox/sandbox.hpp"
#include "server/files.hpp"
#include "server/http_client.hpp"

namespace purser::server {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

const ProjectId kShop("shop");

class SandboxPaymentsTest : public ::testing::Test {
 protected:
  SandboxPaymentsTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "purser-payments-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    start_sandbox();
  }
  ~SandboxPaymentsTest() override { std::filesystem::remove_all(folder_); }

  void start_sandbox() {
    sandbox::SandboxOptions options;
    options.now_millis = [] { return std::int64_t{1'800'000'000'000}; };
    auto started = sandbox::Sandbox::start(std::move(options));
    ASSERT_TRUE(started) << started.error().message;
    sandbox_ = *std::move(started);
  }

  std::unique_ptr<SandboxPayments> open(const std::string& public_url) {
    auto opened = SandboxPayments::open({sandbox_->url(), public_url, Secret(std::string(32, 'k')),
                                         (folder_ / "hooks.json").string()});
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }

  /// The URLs of the endpoints that an account has at the sandbox.
  std::vector<std::string> endpoints(const Secret& key) const {
    HttpCall call;
    call.url = sandbox_->url() + "/v1/webhook_endpoints";
    call.headers = {{"authorization", "Bearer " + key.reveal()}};
    const auto document = json::parse(http_call(call)->body);
    std::vector<std::string> urls;
    for (const json::Value& row : *document->find("data")->as_array()) {
      urls.push_back(*row.string_at("url"));
    }
    return urls;
  }

  std::filesystem::path folder_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
};

TEST_F(SandboxPaymentsTest, EachProjectHasAnAccountAndTwoEndpoints) {
  const auto payments = open("http://127.0.0.1:1");
  EXPECT_TRUE(payments->webhook_secrets(kShop).empty()) << "nothing is made for who only asks";
  const auto key = payments->key(kShop);
  ASSERT_TRUE(key);
  EXPECT_THAT(key->reveal(), StartsWith("sk_test_"));
  EXPECT_EQ(payments->key(kShop)->reveal(), key->reveal());
  EXPECT_NE(payments->key(ProjectId("other"))->reveal(), key->reveal());
  EXPECT_THAT(endpoints(*key), ElementsAre("http://127.0.0.1:1/webhooks/stripe/shop",
                                           "http://127.0.0.1:1/webhooks/stripe/shop"))
      << "for the account, and for those connected to it";
  const std::vector<Secret> secrets = payments->webhook_secrets(kShop);
  ASSERT_EQ(secrets.size(), 2U);
  for (const Secret& secret : secrets) EXPECT_THAT(secret.reveal(), StartsWith("whsec_"));
  EXPECT_NE(secrets[0].reveal(), secrets[1].reveal());
  EXPECT_TRUE(read_private_file((folder_ / "hooks.json").string())) << "the file is private";
}

TEST_F(SandboxPaymentsTest, ManyFirstSalesMakeTheEndpointsOnce) {
  const auto payments = open("http://127.0.0.1:1");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(payments->key(kShop)); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(endpoints(*payments->key(kShop)).size(), 2U);
}

TEST_F(SandboxPaymentsTest, ARestartKeepsTheSecretAndLeadsToTheNewAddress) {
  const std::string secret = [&] {
    const auto payments = open("http://127.0.0.1:1");
    EXPECT_TRUE(payments->key(kShop));
    return payments->webhook_secrets(kShop).front().reveal();
  }();
  const auto again = open("http://127.0.0.1:2");
  ASSERT_EQ(again->webhook_secrets(kShop).size(), 2U);
  EXPECT_EQ(again->webhook_secrets(kShop).front().reveal(), secret);
  const auto key = again->key(kShop);
  EXPECT_THAT(endpoints(*key), SizeIs(2));
  EXPECT_THAT(endpoints(*key), Each("http://127.0.0.1:2/webhooks/stripe/shop"));
}

TEST_F(SandboxPaymentsTest, WhatTheSandboxForgotIsMadeAnew) {
  ASSERT_TRUE(open("http://127.0.0.1:1")->key(kShop));
  sandbox_.reset();
  start_sandbox();
  const auto payments = open("http://127.0.0.1:1");
  EXPECT_TRUE(payments->webhook_secrets(kShop).empty());
  const auto key = payments->key(kShop);
  ASSERT_TRUE(key);
  EXPECT_EQ(endpoints(*key).size(), 2U);
}

TEST_F(SandboxPaymentsTest, FaultsAtTheStartAreMadeUpForLater) {
  const std::string secret = [&] {
    const auto payments = open("http://127.0.0.1:1");
    EXPECT_TRUE(payments->key(kShop));
    return payments->webhook_secrets(kShop).front().reveal();
  }();
  for (const char* fault : {"409", "500", "drop", "garbage"}) {
    HttpCall arm;
    arm.method = "POST";
    arm.url = sandbox_->url() + "/_sandbox/faults";
    arm.headers = {{"content-type", "application/x-www-form-urlencoded"}};
    arm.body = std::string("count=3&kind=") + fault;  // two at the start, one at the first use
    ASSERT_EQ(http_call(arm)->status, 200);
    const std::string here = std::string("http://127.0.0.1:2/") + fault;
    const auto payments = open(here);
    ASSERT_EQ(payments->webhook_secrets(kShop).size(), 2U) << fault;
    EXPECT_EQ(payments->webhook_secrets(kShop).front().reveal(), secret) << fault;
    const auto refused = payments->key(kShop);
    ASSERT_FALSE(refused) << fault;
    EXPECT_EQ(refused.error().code, ErrorCode::kPaymentProviderUnavailable) << fault;
    const auto key = payments->key(kShop);
    ASSERT_TRUE(key) << fault << key.error().log.for_log();
    EXPECT_THAT(endpoints(*key), SizeIs(2)) << fault;
    EXPECT_THAT(endpoints(*key), Each(here + "/webhooks/stripe/shop")) << fault;
  }
}

TEST_F(SandboxPaymentsTest, AFileOfOneEndpointGetsTheOther) {
  ASSERT_TRUE(open("http://127.0.0.1:1")->key(kShop));
  const std::string file = (folder_ / "hooks.json").string();
  auto document = *json::parse(read_private_file(file)->reveal());
  ASSERT_TRUE(document.find("shop")->erase("connected"));
  ASSERT_TRUE(write_file_atomically(file, json::dump(document), 0600));
  const auto payments = open("http://127.0.0.1:1");
  EXPECT_EQ(payments->webhook_secrets(kShop).size(), 1U);
  ASSERT_TRUE(payments->key(kShop));
  EXPECT_EQ(payments->webhook_secrets(kShop).size(), 2U);
}

TEST_F(SandboxPaymentsTest, ASilentSandboxIsAPassingFault) {
  const auto payments = open("http://127.0.0.1:1");
  sandbox_.reset();
  const auto key = payments->key(kShop);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ErrorCode::kPaymentProviderUnavailable);
}

}  // namespace
}  // namespace purser::server
