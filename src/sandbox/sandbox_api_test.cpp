#include <gmock/gmock.h>

#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

using testing::HasSubstr;

class SandboxApiTest : public SandboxTest {};

TEST_F(SandboxApiTest, SearchesWhatItKnows) {
  const std::string ada =
      post("/v1/customers", {{"name", "Ada"}, {"metadata[plan]", "pro"}}).text("id");
  const std::string eve = post("/v1/customers", {{"name", "Eve"}}).text("id");
  const auto search = [&](const std::string& query, const std::string& more = {}) {
    return get("/v1/customers/search?query=" + net::percent_encode(query) + more);
  };
  EXPECT_EQ(search("name:\"ada\"").text("data.0.id"), ada);
  EXPECT_EQ(search("-metadata['plan']:'pro'").text("data.0.id"), eve);
  EXPECT_EQ(search("name:'Ada' AND name:'Eve'").count("data"), 0U);
  const Seen first = search("name:'Ada' OR name:'Eve'", "&limit=1");
  EXPECT_EQ(first.text("data.0.id"), eve);
  EXPECT_TRUE(first.flag("has_more"));
  const Seen second = search("created>0", "&limit=1&page=" + first.text("next_page"));
  EXPECT_EQ(second.text("data.0.id"), ada);
  EXPECT_TRUE(second.is_null("next_page"));
  remove("/v1/customers/" + ada);
  EXPECT_EQ(search("name:'Ada'").count("data"), 0U);
  for (const char* wrong :
       {"", "x", "name:", "name:'open", "name~'ab'", "shoe:'x'", "created>'x'",
        "name:'a' AND name:'b' OR name:'c'", "name:'a' name:'b'", "metadata['']:'x'"}) {
    EXPECT_EQ(search(wrong).text("error.param"), "query") << wrong;
  }
  EXPECT_EQ(search("name:'Ada'", "&page=cus_no").status, 400);
}

TEST_F(SandboxApiTest, AsksForAKeyOfTheTestMode) {
  EXPECT_EQ(fetch("GET", url_ + "/v1/account").status, 401);
  for (const char* header : {"Authorization: Bearer sk_live_x", "Authorization: Bearer pk_test_x",
                             "Authorization: Bearer", "Authorization: Basic !"}) {
    const Seen seen = fetch("GET", url_ + "/v1/account", {}, {header});
    EXPECT_EQ(seen.status, 401) << header;
    EXPECT_EQ(seen.text("error.type"), "invalid_request_error");
  }
  const Seen bearer = get("/v1/account");
  EXPECT_EQ(bearer.status, 200);
  // "sk_test_driver:" as HTTP Basic, which Stripe's own examples use.
  const Seen basic =
      fetch("GET", url_ + "/v1/account", {}, {"Authorization: Basic c2tfdGVzdF9kcml2ZXI6"});
  EXPECT_EQ(basic.text("id"), bearer.text("id"));
}

TEST_F(SandboxApiTest, AnswersWithStripesHeaders) {
  const Seen plain = get("/v1/account");
  EXPECT_THAT(plain.headers.at("request-id"), testing::StartsWith("req_"));
  EXPECT_EQ(plain.headers.at("stripe-version"), "2024-06-20");
  EXPECT_EQ(plain.headers.count("server"), 0U);
  headers_.push_back("Stripe-Version: 2023-10-16");
  EXPECT_EQ(get("/v1/account").headers.at("stripe-version"), "2023-10-16");
  EXPECT_EQ(get("/v1/nothing").status, 404);
}

TEST_F(SandboxApiTest, EveryKeyHasItsAccount) {
  const std::string customer = post("/v1/customers").text("id");
  const std::string mine = get("/v1/account").text("id");
  headers_ = {"Authorization: Bearer sk_test_other"};
  EXPECT_NE(get("/v1/account").text("id"), mine);
  EXPECT_EQ(get("/v1/customers/" + customer).status, 404);
}

TEST_F(SandboxApiTest, ConnectedAccountsAreTheirPlatformsOwn) {
  const std::string own = post("/v1/customers").text("id");
  headers_.push_back("Stripe-Account: acct_shop1");
  EXPECT_EQ(get("/v1/account").text("id"), "acct_shop1");
  EXPECT_EQ(get("/v1/customers/" + own).status, 404);
  const std::string theirs = post("/v1/customers").text("id");
  EXPECT_EQ(get("/v1/customers/" + theirs).headers.at("stripe-account"), "acct_shop1");
  headers_ = {"Authorization: Bearer sk_test_other", "Stripe-Account: acct_shop1"};
  const Seen foreign = get("/v1/customers/" + theirs);
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(foreign.text("error.code"), "account_invalid");
}

TEST_F(SandboxApiTest, CustomersAreCreatedChangedAndDeleted) {
  const Seen created = post("/v1/customers", {{"name", "Ada"}, {"metadata[a]", "1"}});
  const std::string path = "/v1/customers/" + created.text("id");
  EXPECT_THAT(created.text("id"), testing::StartsWith("cus_"));
  EXPECT_EQ(created.number("created"), 1'700'000'000);
  const Seen updated =
      post(path, {{"email", "ada@example.com"}, {"name", ""}, {"metadata[b]", "2"}});
  EXPECT_TRUE(updated.json().find("name")->is_null());
  EXPECT_EQ(updated.text("email"), "ada@example.com");
  EXPECT_EQ(updated.text("metadata.a") + updated.text("metadata.b"), "12");
  EXPECT_EQ(get(path).json(), updated.json());
  EXPECT_EQ(remove(path).json().bool_at("deleted"), true);
  EXPECT_EQ(get(path).json().bool_at("deleted"), true);
  EXPECT_EQ(remove(path).status, 404);
  EXPECT_EQ(post(path, {{"name", "x"}}).status, 404);
  EXPECT_TRUE(get("/v1/customers").json().find("data")->as_array()->empty());
}

TEST_F(SandboxApiTest, RefusesUnknownParametersAndChangesNothing) {
  const Seen refused = post("/v1/customers", {{"name", "Ada"}, {"colour", "red"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.text("error.code"), "parameter_unknown");
  EXPECT_EQ(refused.text("error.param"), "colour");
  EXPECT_TRUE(get("/v1/customers").json().find("data")->as_array()->empty());
}

TEST_F(SandboxApiTest, ListsComeInPagesBothWays) {
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    ++now_millis_;
    ids.push_back(post("/v1/customers", {{"name", std::to_string(i)}}).text("id"));
  }
  const Seen first = get("/v1/customers?limit=3");
  EXPECT_EQ(first.text("data.0.id") + first.text("data.2.id"), ids[6] + ids[4]);
  EXPECT_EQ(first.json().bool_at("has_more"), true);
  const Seen second = get("/v1/customers?limit=4&starting_after=" + ids[4]);
  EXPECT_EQ(second.text("data.0.id") + second.text("data.3.id"), ids[3] + ids[0]);
  EXPECT_EQ(second.json().bool_at("has_more"), false);
  const Seen back = get("/v1/customers?limit=2&ending_before=" + ids[3]);
  EXPECT_EQ(back.text("data.0.id") + back.text("data.1.id"), ids[5] + ids[4]);
  EXPECT_EQ(back.json().bool_at("has_more"), true);
  for (const char* query : {"limit=0", "limit=101", "limit=x", "starting_after=cus_no",
                            "starting_after=a&ending_before=b"}) {
    EXPECT_EQ(get(std::string("/v1/customers?") + query).status, 400) << query;
  }
}

TEST_F(SandboxApiTest, FiltersByTheTimeOfCreation) {
  const std::string old = post("/v1/customers").text("id");
  now_millis_ += 10'000;
  const std::string young = post("/v1/customers").text("id");
  EXPECT_EQ(get("/v1/customers?created[gte]=1700000010").text("data.0.id"), young);
  EXPECT_EQ(get("/v1/customers?created[lt]=1700000010").text("data.0.id"), old);
  EXPECT_EQ(get("/v1/customers?created[gt]=1700000000&created[lte]=1700000010").text("data.0.id"),
            young);
}

TEST_F(SandboxApiTest, ProductsAndPricesBelongTogether) {
  const std::string product = post("/v1/products", {{"name", "Credits"}}).text("id");
  const Form form{{"product", product}, {"unit_amount", "1000"}, {"currency", "usd"}};
  const Seen price = post("/v1/prices", form);
  EXPECT_EQ(price.status, 200) << price.body;
  EXPECT_EQ(price.number("unit_amount"), 1000);
  EXPECT_EQ(price.text("type"), "one_time");
  EXPECT_EQ(get("/v1/prices/" + price.text("id") + "?expand[]=product").text("product.name"),
            "Credits");
  EXPECT_EQ(
      get("/v1/prices?product=" + product + "&expand[]=data.product").text("data.0.product.id"),
      product);
  EXPECT_EQ(post("/v1/products/" + product, {{"default_price", price.text("id")}}).status, 200);
  EXPECT_EQ(remove("/v1/products/" + product).status, 400);
  EXPECT_EQ(post("/v1/prices/" + price.text("id"), {{"active", "false"}}).json().bool_at("active"),
            false);
}

TEST_F(SandboxApiTest, PricesRefuseOddAmountsAndCurrencies) {
  const std::string product = post("/v1/products", {{"name", "Credits"}}).text("id");
  for (const auto& [amount, currency] :
       std::vector<std::pair<std::string, std::string>>{{"10.5", "usd"},
                                                        {"-1", "usd"},
                                                        {"100000000", "usd"},
                                                        {"1e3", "usd"},
                                                        {"", "usd"},
                                                        {"9223372036854775808", "usd"},
                                                        {"100", "xyz"},
                                                        {"100", ""}}) {
    const Form form{{"product", product}, {"unit_amount", amount}, {"currency", currency}};
    EXPECT_EQ(post("/v1/prices", form).status, 400) << amount << currency;
  }
  EXPECT_EQ(post("/v1/prices", {{"product", "prod_no"}, {"unit_amount", "1"}, {"currency", "usd"}})
                .text("error.code"),
            "resource_missing");
  EXPECT_TRUE(get("/v1/prices").json().find("data")->as_array()->empty());
}

TEST_F(SandboxApiTest, ExpandsOnlyWhatCanBeExpanded) {
  const std::string product = post("/v1/products", {{"name", "Credits"}}).text("id");
  const Seen refused = get("/v1/products/" + product + "?expand[]=name");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.text("error.message"), HasSubstr("cannot be expanded"));
  EXPECT_EQ(get("/v1/products/" + product + "?expand[]=default_price").status, 200)
      << "null stays null";
  EXPECT_EQ(get("/v1/products/" + product + "?expand[]=a.b.c.d.e").text("error.code"),
            "property_expansion_max_depth");
}

TEST_F(SandboxApiTest, AnIdempotencyKeyHasOneEffect) {
  const Seen first = post("/v1/customers", {{"name", "Ada"}}, "key-1");
  const Seen again = post("/v1/customers", {{"name", "Ada"}}, "key-1");
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(first.headers.count("idempotent-replayed"), 0U);
  EXPECT_EQ(again.headers.at("idempotent-replayed"), "true");
  EXPECT_EQ(again.headers.at("original-request"), first.headers.at("request-id"));
  EXPECT_EQ(get("/v1/customers").json().find("data")->as_array()->size(), 1U);
  const Seen other = post("/v1/customers", {{"name", "Eve"}}, "key-1");
  EXPECT_EQ(other.status, 400);
  EXPECT_EQ(other.text("error.type"), "idempotency_error");
  EXPECT_EQ(post("/v1/products", {{"name", "Ada"}}, "key-1").text("error.type"),
            "idempotency_error");
}

TEST_F(SandboxApiTest, IdempotencyKeysBelongToTheirAccountAndAge) {
  const std::string first = post("/v1/customers", {}, "key-1").text("id");
  const auto headers = headers_;
  headers_ = {"Authorization: Bearer sk_test_other"};
  EXPECT_NE(post("/v1/customers", {}, "key-1").text("id"), first);
  headers_ = headers;
  now_millis_ += 24 * 3600 * 1000;
  EXPECT_EQ(post("/v1/customers", {}, "key-1").text("id"), first);
  now_millis_ += 1000;
  EXPECT_NE(post("/v1/customers", {}, "key-1").text("id"), first);
}

TEST_F(SandboxApiTest, ARequestThatWasRefusedDoesNotUseItsKey) {
  EXPECT_EQ(post("/v1/customers", {{"colour", "red"}}, "key-1").status, 400);
  const Seen put_right = post("/v1/customers", {{"name", "Ada"}}, "key-1");
  EXPECT_EQ(put_right.status, 200);
  EXPECT_EQ(put_right.headers.count("idempotent-replayed"), 0U);
}

TEST_F(SandboxApiTest, RefusesBodiesThatAreNoForms) {
  headers_.push_back("Content-Type: application/json");
  const Seen refused = post("/v1/customers", {{"name", "Ada"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.text("error.message"), HasSubstr("content type"));
}

TEST_F(SandboxApiTest, EndpointsShowTheirSecretOnce) {
  const Seen created = post("/v1/webhook_endpoints", {{"url", "http://127.0.0.1:9/x"},
                                                      {"enabled_events[0]", "charge.succeeded"}});
  EXPECT_THAT(created.text("secret"), testing::StartsWith("whsec_"));
  const std::string path = "/v1/webhook_endpoints/" + created.text("id");
  EXPECT_EQ(get(path).text("secret"), "");
  EXPECT_EQ(get("/v1/webhook_endpoints").text("data.0.id"), created.text("id"));
  EXPECT_EQ(post(path, {{"disabled", "true"}}).text("status"), "disabled");
  EXPECT_EQ(remove(path).json().bool_at("deleted"), true);
  EXPECT_EQ(get(path).status, 404);
  EXPECT_EQ(post("/v1/webhook_endpoints", {{"url", "nonsense"}, {"enabled_events[]", "*"}}).status,
            400);
  EXPECT_EQ(post("/v1/webhook_endpoints", {{"url", "http://127.0.0.1:9/x"}}).status, 400);
}

}  // namespace
}  // namespace purser::sandbox
