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

TEST_F(SandboxPaymentsTest, EachProjectHasAnAccountAndOneEndpoint) {
  const auto payments = open("http://127.0.0.1:1");
  EXPECT_TRUE(payments->webhook_secrets(kShop).empty()) << "nothing is made for who only asks";
  const auto key = payments->key(kShop);
  ASSERT_TRUE(key);
  EXPECT_THAT(key->reveal(), StartsWith("sk_test_"));
  EXPECT_EQ(payments->key(kShop)->reveal(), key->reveal());
  EXPECT_NE(payments->key(ProjectId("other"))->reveal(), key->reveal());
  EXPECT_EQ(endpoints(*key), std::vector<std::string>{"http://127.0.0.1:1/webhooks/stripe/shop"});
  ASSERT_EQ(payments->webhook_secrets(kShop).size(), 1U);
  EXPECT_THAT(payments->webhook_secrets(kShop).front().reveal(), StartsWith("whsec_"));
  EXPECT_TRUE(read_private_file((folder_ / "hooks.json").string())) << "the file is private";
}

TEST_F(SandboxPaymentsTest, ManyFirstSalesMakeOneEndpoint) {
  const auto payments = open("http://127.0.0.1:1");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(payments->key(kShop)); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(endpoints(*payments->key(kShop)).size(), 1U);
}

TEST_F(SandboxPaymentsTest, ARestartKeepsTheSecretAndLeadsToTheNewAddress) {
  const std::string secret = [&] {
    const auto payments = open("http://127.0.0.1:1");
    EXPECT_TRUE(payments->key(kShop));
    return payments->webhook_secrets(kShop).front().reveal();
  }();
  const auto again = open("http://127.0.0.1:2");
  ASSERT_EQ(again->webhook_secrets(kShop).size(), 1U);
  EXPECT_EQ(again->webhook_secrets(kShop).front().reveal(), secret);
  EXPECT_EQ(endpoints(*again->key(kShop)),
            std::vector<std::string>{"http://127.0.0.1:2/webhooks/stripe/shop"});
}

TEST_F(SandboxPaymentsTest, WhatTheSandboxForgotIsMadeAnew) {
  ASSERT_TRUE(open("http://127.0.0.1:1")->key(kShop));
  sandbox_.reset();
  start_sandbox();
  const auto payments = open("http://127.0.0.1:1");
  EXPECT_TRUE(payments->webhook_secrets(kShop).empty());
  const auto key = payments->key(kShop);
  ASSERT_TRUE(key);
  EXPECT_EQ(endpoints(*key).size(), 1U);
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
