// The provider's calls about accounts.

#include "adapters/stripe/stripe_fixture.hpp"

namespace purser::stripe {
namespace {

const std::string kLink =
    R"({"object":"account_link","created":1700000000,"expires_at":1700000300,)"
    R"("url":"https://connect.example/setup/1"})";

TEST_F(StripeTest, TheAccountTellsItsIdAndTheKeyItsMode) {
  answers().then(200, kAccountSample).then(200, kAccountSample);
  const auto account = stripe_->account(as_);
  ASSERT_TRUE(account);
  EXPECT_EQ(account->id, "acct_1");
  EXPECT_FALSE(account->livemode);
  as_.secret_key = Secret("rk_live_1");
  EXPECT_TRUE(stripe_->account(as_)->livemode);
  EXPECT_EQ(line(), "GET /v1/account");
}

TEST_F(StripeTest, TheAccountTellsWhatItCanDo) {
  answers().then(200, kAccountSample).then(200, R"({"id":"acct_1","object":"account"})");
  as_ = {Secret("sk_live_1"), "acct_1"};
  const auto state = stripe_->account_state(as_);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->id, "acct_1");
  EXPECT_TRUE(state->livemode);
  EXPECT_TRUE(state->charges_enabled);
  EXPECT_FALSE(state->details_submitted);
  EXPECT_TRUE(state->payouts_enabled);
  EXPECT_EQ(line(), "GET /v1/account");
  EXPECT_EQ(header_of(sent(), "Stripe-Account"), "acct_1");
  expect_unavailable(stripe_->account_state(as_));
}

TEST_F(StripeTest, AConnectedAccountIsThePlatforms) {
  answers().then(NoReply{"reset"}).then(200, kAccountSample).then(400, refusal("account_invalid"));
  as_.connected_account = "acct_9";
  EXPECT_EQ(*stripe_->create_connected_account(as_, {{"purser_project", "p1"}}, "k"), "acct_1");
  EXPECT_EQ(line(0), "POST /v1/accounts k");
  EXPECT_EQ(line(1), "POST /v1/accounts k");
  EXPECT_EQ(sent(1).body, "type=standard&metadata[purser_project]=p1");
  EXPECT_EQ(header_of(sent(1), "Stripe-Account"), "");
  expect_refused(stripe_->create_connected_account(as_, {}, "k"), "account_invalid");
}

TEST_F(StripeTest, AnOnboardingLinkIsMadeAnewEachTime) {
  answers().then(NoReply{"reset"}).then(200, kLink).then(200, kLink);
  as_.connected_account = "acct_9";
  const auto make = [&] {
    return stripe_->create_onboarding_link(as_, "acct_1", "https://p.example/again",
                                           "https://p.example/done");
  };
  EXPECT_EQ(*make(), "https://connect.example/setup/1");
  EXPECT_EQ(*make(), "https://connect.example/setup/1");
  EXPECT_EQ(sent().path, "/v1/account_links");
  EXPECT_EQ(sent().body,
            "account=acct_1&refresh_url=https%3A%2F%2Fp.example%2Fagain&"
            "return_url=https%3A%2F%2Fp.example%2Fdone&type=account_onboarding");
  EXPECT_EQ(header_of(sent(), "Stripe-Account"), "");
  EXPECT_EQ(line(0), line(1));  // a lost answer: the same key
  EXPECT_NE(line(1), line(2));
}

TEST_F(StripeTest, AnOnboardingLinkThatLeadsNowhereIsNone) {
  answers()
      .then(200, edited(kLink, "url", R"("javascript:x")"))
      .then(200, edited(kLink, "url", ""))
      .then(200, edited(kLink, "object", R"("account")"));
  for (int i = 0; i < 3; ++i) {
    expect_unavailable(stripe_->create_onboarding_link(as_, "acct_1", "https://a/", "https://b/"));
  }
}

}  // namespace
}  // namespace purser::stripe
