#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/app/refund_world.hpp"

namespace purser::app::testing {
namespace {

/// The world of a server that has a platform key, with a project that has no key of its own.
class Platform {
 public:
  explicit Platform(bool configured = true) : configured_(configured) {
    SettingsChange change;
    change.stripe_secret_key = Secret("");
    world.settings(change);
    build();
  }

  void reopen() {
    world.reopen();
    build();
  }
  /// The link, or what the refusal is called.
  std::string link(const std::string& return_url = "") {
    const auto made = onboarding->link(world.context(), return_url);
    return made ? *made : called(made.error());
  }
  std::string update(const SettingsChange& change) {
    const auto updated = world.write<Project>([&](StoreBatch& batch, AfterCommit& after) {
      return projects->update(batch, world.project, change, after);
    });
    return updated ? "ok" : called(updated.error());
  }
  const ProjectPayments& payments() {
    context_ = world.context();
    return context_->project.payments;
  }

  RefundWorld world;
  std::unique_ptr<Projects> projects;
  std::unique_ptr<ProviderAccess> access;
  std::unique_ptr<Onboarding> onboarding;

 private:
  void build() {
    DefaultPayments platform;
    if (configured_) {
      platform.credentials = [](const ProjectId&) -> Result<ProviderCredentials> {
        return ProviderCredentials{Secret("sk_test_platform"), ""};
      };
      platform.webhook_secrets = [](const ProjectId&) -> Result<std::vector<Secret>> {
        return std::vector<Secret>{Secret("whsec_platform")};
      };
    }
    projects =
        std::make_unique<Projects>(*world.engine, *world.store, *world.registry, world.tokens,
                                   world.ids, Secret(std::string(32, 'k')), platform);
    access = std::make_unique<ProviderAccess>(*world.engine, *projects, world.provider);
    onboarding =
        std::make_unique<Onboarding>(*world.engine, *projects, *access, std::string(kPublicUrl));
  }

  bool configured_;
  std::shared_ptr<const ProjectContext> context_;
};

/// The account that a link is for.
std::string account_in(const std::string& link) {
  const std::string_view before = "https://connect.test/";
  return link.substr(before.size(), link.find('/', before.size()) - before.size());
}

TEST(OnboardingTest, AProjectsAccountIsMadeOnce) {
  Platform platform;
  const std::string first = platform.link();
  ASSERT_TRUE(first.starts_with("https://connect.test/acct_connected_")) << first;
  EXPECT_TRUE(first.ends_with("return=" + std::string(kPublicUrl)));
  const std::string account = account_in(first);
  EXPECT_EQ(platform.payments().connected_account, account);
  EXPECT_EQ(platform.payments().account_id, account);
  platform.reopen();
  EXPECT_EQ(platform.payments().connected_account, account) << "kept";
  const std::string second = platform.link("https://app.example.com/settings");
  EXPECT_EQ(account_in(second), account);
  EXPECT_NE(second, first) << "each link works once";
  EXPECT_TRUE(second.ends_with("return=https://app.example.com/settings")) << second;
  EXPECT_EQ(platform.world.provider.calls("create_connected_account"), 1);
  EXPECT_EQ(platform.world.announced("project.connected"), 1);
}

TEST(OnboardingTest, WhateverAnswerIsLostThereIsOneAccount) {
  for (int n = 1;; ++n) {
    Platform platform;
    platform.world.provider.fault_at(n, FakeProvider::Fault::kLoseAnswer);
    const std::string first = platform.link();
    const std::string faulted = platform.world.provider.faulted();
    platform.world.provider.fault_at(1, FakeProvider::Fault::kNone);
    if (!faulted.empty()) {
      EXPECT_EQ(first, "PAYMENT_PROVIDER_UNAVAILABLE") << faulted;
      platform.reopen();
    }
    const std::string again = platform.link();
    const std::string account = account_in(again);
    EXPECT_EQ(platform.payments().connected_account, account);
    EXPECT_EQ(std::stoi(account.substr(std::string_view("acct_connected_").size())), 1)
        << "ids are counted: it is the only one";
    if (faulted.empty()) {
      EXPECT_EQ(n, 4) << "account, what it is, link";
      break;
    }
  }
}

TEST(OnboardingTest, ManyAtOnceMakeOneAccount) {
  Platform platform;
  std::vector<std::string> links(8);
  std::vector<std::thread> threads;
  threads.reserve(links.size());
  for (std::string& link : links) {
    threads.emplace_back([&platform, &link] { link = platform.link(); });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> accounts;
  for (const std::string& link : links) accounts.insert(account_in(link));
  EXPECT_EQ(accounts.size(), 1U);
  EXPECT_EQ(platform.world.announced("project.connected"), 1);
}

TEST(OnboardingTest, AKeyOfItsOwnAndAConnectedAccountExcludeOneAnother) {
  Platform platform;
  SettingsChange own;
  own.stripe_secret_key = Secret("sk_test_own");
  EXPECT_EQ(platform.update(own), "ok");
  EXPECT_EQ(platform.link(), "ALREADY_EXISTS");
  EXPECT_EQ(platform.world.provider.calls(), 0);

  own.stripe_secret_key = Secret("");
  EXPECT_EQ(platform.update(own), "ok");
  const std::string account = account_in(platform.link());
  own.stripe_secret_key = Secret("sk_test_own");
  own.display_name = "Not this either";
  EXPECT_EQ(platform.update(own), "ALREADY_EXISTS");
  EXPECT_EQ(platform.world.context()->project.display_name, "Shop") << "nothing was changed";
  own.stripe_secret_key = Secret("");
  EXPECT_EQ(platform.update(own), "ok");
  EXPECT_EQ(platform.payments().connected_account, account);
  EXPECT_EQ(platform.payments().account_id, account);
}

TEST(OnboardingTest, AKeyThatIsSetMeanwhileWins) {
  Platform platform;
  platform.world.provider.plan = [&](const std::string& call) {
    if (call == "create_connected_account") {
      SettingsChange own;
      own.stripe_secret_key = Secret("sk_test_own");
      EXPECT_EQ(platform.update(own), "ok");
    }
    return FakeProvider::Fault::kNone;
  };
  EXPECT_EQ(platform.link(), "ALREADY_EXISTS");
  EXPECT_TRUE(platform.payments().connected_account.empty());
}

TEST(OnboardingTest, WithoutAPlatformKeyNothingCanBeConnected) {
  Platform platform(false);
  EXPECT_EQ(platform.link(), "PAYMENTS_NOT_CONFIGURED");
  const auto account = platform.onboarding->account(*platform.world.context());
  EXPECT_EQ(account.error().code, ErrorCode::kPaymentsNotConfigured);
  EXPECT_EQ(platform.world.provider.calls(), 0);
}

TEST(OnboardingTest, ItLeadsBackOnlyToTrustedPlaces) {
  Platform platform;
  for (const char* bad : {"https://evil.example", "//app.example.com", "javascript:alert(1)",
                          "https://app.example.com@evil.example/"}) {
    EXPECT_EQ(platform.link(bad), "REDIRECT_URL_NOT_WHITELISTED") << bad;
  }
  EXPECT_EQ(platform.world.provider.calls(), 0);
}

TEST(OnboardingTest, AConnectedProjectSellsOnBehalfOfItsAccount) {
  Platform platform;
  const std::string account = account_in(platform.link());
  const auto as = platform.projects->credentials(platform.world.context()->project);
  ASSERT_TRUE(as.has_value());
  EXPECT_EQ(as->secret_key.reveal(), "sk_test_platform");
  EXPECT_EQ(as->connected_account, account);
  const auto platforms_own = platform.projects->platform_credentials(platform.world.project);
  ASSERT_TRUE(platforms_own.has_value());
  EXPECT_TRUE(platforms_own->connected_account.empty());
  const auto secrets = platform.projects->webhook_secrets(platform.world.context()->project);
  ASSERT_EQ(secrets->size(), 1U);
  EXPECT_EQ(secrets->at(0).reveal(), "whsec_platform");

  const auto connection = platform.access->connect(*platform.world.context());
  ASSERT_TRUE(connection.has_value());
  EXPECT_EQ(connection->account.id, account);
  const auto state = platform.onboarding->account(*platform.world.context());
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->id, account);
  EXPECT_EQ(platform.world.provider.called_as().back(), account);
}

TEST(OnboardingTest, AnAnswerAboutThePlatformsOwnAccountComesTooLate) {
  Platform platform;
  const std::string account = account_in(platform.link());
  ASSERT_TRUE((platform.world
                   .write<bool>([&](StoreBatch& batch, AfterCommit& after) -> Result<bool> {
                     PURSER_CHECK_OK(platform.projects->set_account(
                         batch, platform.world.project, {"acct_platform", false}, after));
                     return true;
                   })
                   .has_value()));
  EXPECT_EQ(platform.payments().account_id, account);
}

}  // namespace
}  // namespace purser::app::testing
