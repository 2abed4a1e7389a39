// The pages that buyers see: the choice of a price, and where they come back to.

#include "http/guess_limit.hpp"
#include "tests/http/route_test.hpp"

namespace purser::http_test {
namespace {

class PagesTest : public RouteTest {
 protected:
  // The path of a purchase page.
  std::string purchase_page(const std::string& product) {
    const Answer url = api_.client("alice", "POST", "/customers/user/alice/checkout",
                                   R"({"product_id":")" + product + "\"}");
    EXPECT_EQ(url.status, 200) << url.body;
    const std::string text = url.text("url");
    const std::size_t at = text.find("/purchase/");
    EXPECT_NE(at, std::string::npos) << text;
    return at == std::string::npos ? "/purchase/none" : text.substr(at);
  }
  Answer submit(const std::string& path, const std::string& form, Headers headers = {}) {
    headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    return api_.send("POST", path, headers, form);
  }
};

TEST_F(PagesTest, TheBuyerChoosesAPriceAndPays) {
  const std::string path = purchase_page("basic");
  Answer page = good("GET", path);
  EXPECT_EQ(page.headers["content-type"], "text/html; charset=utf-8");
  EXPECT_NE(page.headers["content-security-policy"].find("frame-ancestors 'none'"),
            std::string::npos);
  EXPECT_NE(page.headers["content-security-policy"].find("form-action 'self'"), std::string::npos);
  EXPECT_EQ(page.headers["cache-control"], "no-store");
  EXPECT_NE(page.body.find("10.00 USD every month"), std::string::npos) << page.body;
  EXPECT_NE(page.body.find("100.00 USD every year"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  EXPECT_EQ(page.body.find("name=\"quantity\""), std::string::npos) << "not stackable";

  Answer chosen = submit(path, "price_id=yearly&quantity=1");
  seen_operations().insert("choosePrice");
  ASSERT_EQ(chosen.status, 303) << chosen.body;
  EXPECT_TRUE(chosen.headers["location"].starts_with("https://pay.test/"));
  const auto session = api_.world.provider.sessions().back();
  EXPECT_EQ(api_.world.provider.price_of(session).amount.minor_units(), 10'000);
  EXPECT_EQ(submit(path, "price_id=yearly&quantity=1").headers["location"],
            chosen.headers["location"]);
  api_.world.provider.pay(session.remote.id);
  ASSERT_TRUE(api_.world.sales->settle(api_.world.project, session.remote.id));
  EXPECT_TRUE(api_.world.has_access(api_.world.user(), "basic"));
  EXPECT_EQ(api_.send("GET", path).status, 404) << "a used code is gone";
}

TEST_F(PagesTest, AWrongChoiceShowsTheFormAgain) {
  const std::string path = purchase_page("basic");
  for (const char* form :
       {"", "price_id=", "price_id=none&quantity=1", "price_id=monthly&quantity=0",
        "price_id=monthly&quantity=1.5", "price_id=monthly&quantity=2",
        "price_id=monthly&quantity=99999999999999999999", "%zz"}) {
    const Answer answer = submit(path, form);
    EXPECT_EQ(answer.status, 400) << form << answer.body;
    EXPECT_NE(answer.body.find("role=\"alert\""), std::string::npos) << form;
  }
  EXPECT_TRUE(api_.world.provider.sessions().empty());
}

TEST_F(PagesTest, UnknownCodesAre404AndThen429) {
  const std::string path = purchase_page("basic");
  for (int i = 0; i < http::GuessLimit::kBurst; ++i) {
    ASSERT_EQ(api_.send("GET", "/purchase/" + std::to_string(i)).status, 404) << i;
  }
  Answer limited = api_.send("GET", "/purchase/again");
  EXPECT_EQ(limited.status, 429);
  EXPECT_FALSE(limited.headers["retry-after"].empty());
}

TEST_F(PagesTest, FormsOfOtherSitesAreRefused) {
  const std::string path = purchase_page("basic");
  const std::string form = "price_id=monthly&quantity=1";
  EXPECT_EQ(submit(path, form, {{"sec-fetch-site", "cross-site"}}).status, 403);
  EXPECT_EQ(submit(path, form, {{"sec-fetch-site", "same-site"}}).status, 403);
  EXPECT_EQ(submit(path, form, {{"origin", "https://evil.example"}}).status, 403);
  EXPECT_TRUE(api_.world.provider.sessions().empty());
  EXPECT_EQ(submit(path, form, {{"sec-fetch-site", "same-origin"}, {"origin", "null"}}).status,
            303);
}

TEST_F(PagesTest, TheEndPageKnowsItsCheckout) {
  ASSERT_EQ(
      api_.client("alice", "POST", "/customers/user/alice/checkout", R"({"product_id":"pack"})")
          .status,
      200);
  const auto session = api_.world.provider.sessions().back();
  const std::string url = session.asked.success_url;
  const std::string path = url.substr(std::string(app::testing::kPublicUrl).size());
  EXPECT_NE(path.find("checkout="), std::string::npos) << path;
  EXPECT_NE(good("GET", path).body.find("not paid yet"), std::string::npos);
  api_.world.provider.pay(session.remote.id);
  ASSERT_TRUE(api_.world.sales->settle(api_.world.project, session.remote.id));
  EXPECT_NE(good("GET", path).body.find("is complete"), std::string::npos);
}

TEST_F(PagesTest, TheEndPageSaysWhenNothingWasBought) {
  ASSERT_EQ(
      api_.client("alice", "POST", "/customers/user/alice/checkout", R"({"product_id":"pack"})")
          .status,
      200);
  const auto session = api_.world.provider.sessions().back();
  api_.world.provider.expire(session.remote.id);
  ASSERT_TRUE(api_.world.sales->settle(api_.world.project, session.remote.id));
  const std::string path =
      session.asked.cancel_url.substr(std::string(app::testing::kPublicUrl).size());
  EXPECT_NE(good("GET", path).body.find("Nothing was charged"), std::string::npos);
}

}  // namespace
}  // namespace purser::http_test
