#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Test clocks and the tick; disputes; connected accounts.
class SandboxClockTest : public SandboxTest {
 protected:
  std::size_t count(const std::string& path) { return get(path).count("data"); }
  std::string new_clock(const std::string& iso) {
    return post("/v1/test_helpers/test_clocks",
                {{"frozen_time", std::to_string(at(iso))}, {"name", "years"}})
        .text("id");
  }
  Seen advance(const std::string& clock, const std::string& iso) {
    return post("/v1/test_helpers/test_clocks/" + clock + "/advance",
                {{"frozen_time", std::to_string(at(iso))}});
  }
  // A charge by a card that is disputed.
  Seen disputed_sale() {
    const Seen sale = new_session();
    pay(sale, "4000000000000259");
    const std::string intent =
        get("/v1/checkout/sessions/" + sale.text("id")).text("payment_intent");
    return get("/v1/payment_intents/" + intent + "?expand[]=latest_charge");
  }
};

// The sandbox's own clock, stopped and moved on by its control.
TEST_F(SandboxClockTest, ItsOwnClockStandsWhereItIsPut) {
  std::string folder = (std::filesystem::temp_directory_path() / "purser-sandbox-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string clock = url_ + "/_sandbox/clock";
  const Form later{{"now", std::to_string(at("2030-01-01T00:00:00Z"))}};
  EXPECT_EQ(fetch("POST", clock, later).status, 400) << "it is the tests' clock";
  clock_can_be_set_ = true;
  start(folder + "/state");
  const auto move = [this](const std::string& to) {
    return fetch("POST", url_ + "/_sandbox/clock", {{"now", to}}).status;
  };
  EXPECT_EQ(fetch("GET", url_ + "/_sandbox/clock").number("now"), now_millis_ / 1000);
  const Seen made = subscribe(new_customer("pm_card_visa"), new_price(1000, "month"));
  EXPECT_EQ(move(later.front().second), 200);
  now_millis_ = at("2031-01-01T00:00:00Z") * 1000;
  EXPECT_EQ(fetch("GET", url_ + "/_sandbox/clock").number("now"), at("2030-01-01T00:00:00Z"));
  EXPECT_EQ(get("/v1/subscriptions/" + made.text("id")).number("current_period_end"),
            at("2030-01-14T22:13:20Z"));
  for (const char* wrong : {"1", "", "soon"}) EXPECT_EQ(move(wrong), 400) << wrong;
  start(folder + "/state");
  EXPECT_EQ(new_customer().empty(), false);
  EXPECT_EQ(get("/v1/customers").number("data.0.created"), at("2030-01-01T00:00:00Z"));
  sandbox_.reset();
  std::filesystem::remove_all(folder);
}

TEST_F(SandboxClockTest, AClocksCustomersLiveInItsTime) {
  const std::string clock = new_clock("2020-01-31T00:00:00Z");
  const std::string price = new_price(1000, "month");
  const std::string customer = new_customer("pm_card_visa", {{"test_clock", clock}});
  const std::string other = new_customer("pm_card_visa");
  EXPECT_EQ(get("/v1/customers/" + customer).number("created"), at("2020-01-31T00:00:00Z"));
  const Seen made = subscribe(customer, price);
  const Seen real = subscribe(other, price);
  EXPECT_EQ(made.text("test_clock"), clock);
  EXPECT_EQ(made.number("current_period_end"), at("2020-02-29T00:00:00Z"));
  now_millis_ += 400LL * 24 * 3600 * 1000;
  EXPECT_EQ(get("/v1/subscriptions/" + made.text("id")).number("current_period_end"),
            at("2020-02-29T00:00:00Z"))
      << "its clock stands";
  const std::size_t of_real = count("/v1/invoices?limit=100&customer=" + other);
  EXPECT_EQ(of_real, 14U);

  const Seen advancing = advance(clock, "2021-01-31T02:00:00Z");
  EXPECT_EQ(advancing.text("status"), "advancing") << advancing.body;
  const Seen ready = get("/v1/test_helpers/test_clocks/" + clock);
  EXPECT_EQ(ready.text("status"), "ready");
  EXPECT_EQ(ready.number("frozen_time"), at("2021-01-31T02:00:00Z"));
  EXPECT_EQ(count("/v1/invoices?limit=100&customer=" + customer), 13U);
  EXPECT_EQ(count("/v1/invoices?limit=100&status=paid&customer=" + customer), 13U);
  EXPECT_EQ(get("/v1/subscriptions/" + made.text("id")).number("current_period_end"),
            at("2021-02-28T00:00:00Z"));
  EXPECT_EQ(count("/v1/invoices?limit=100&customer=" + other), of_real);
  EXPECT_EQ(event_types().back(), "test_helpers.test_clock.ready");
  EXPECT_EQ(advance(clock, "2020-01-01T00:00:00Z").status, 400) << "never back";
  EXPECT_EQ(new_customer("pm_card_visa", {{"test_clock", clock}}).rfind("cus_", 0), 0U);
  EXPECT_EQ(count("/v1/customers?test_clock=" + clock), 2U);

  EXPECT_TRUE(remove("/v1/test_helpers/test_clocks/" + clock).flag("deleted"));
  EXPECT_TRUE(get("/v1/customers/" + customer).flag("deleted"));
  EXPECT_EQ(get("/v1/subscriptions/" + made.text("id")).text("status"), "canceled");
  EXPECT_EQ(get("/v1/subscriptions/" + real.text("id")).text("status"), "active");
  EXPECT_EQ(advance(clock, "2022-01-01T00:00:00Z").status, 404);
}

TEST_F(SandboxClockTest, TheTickDoesWhatIsDueAndWaitsForItsWebhooks) {
  Hook hook;
  const Seen made = subscribe(new_customer("pm_card_visa"), new_price(1000, "month"));
  add_endpoint(hook, "invoice.paid");
  now_millis_ += 40LL * 24 * 3600 * 1000;
  EXPECT_EQ(fetch("POST", url_ + "/_sandbox/tick").status, 200);
  // The answer came after the delivery.
  const Seen event = get("/v1/events?type=invoice.paid");
  EXPECT_EQ(event.number("data.0.pending_webhooks"), 0);
  EXPECT_EQ(hook.next().object_id,
            get("/v1/subscriptions/" + made.text("id")).text("latest_invoice"));
  EXPECT_EQ(event.number("data.0.created"), 1'700'000'000 + 30LL * 86'400 + 3600)
      << "dated when it was due";
}

TEST_F(SandboxClockTest, TheClockRunsWhenNobodyAsks) {
  Hook hook;
  const Seen made = subscribe(new_customer("pm_card_visa"), new_price(1000, "month"));
  add_endpoint(hook, "invoice.paid");
  now_millis_ += 40LL * 24 * 3600 * 1000;
  EXPECT_EQ(hook.next().type, "invoice.paid");
}

TEST_F(SandboxClockTest, ADisputeTakesTheMoneyAndEvidenceDecides) {
  for (const bool wins : {true, false}) {
    const Seen paid = disputed_sale();
    EXPECT_EQ(paid.text("status"), "succeeded");
    const std::string charge = paid.text("latest_charge.id");
    EXPECT_EQ(fetch("POST", url_ + "/_sandbox/tick").status, 200);
    const Seen dispute = get("/v1/disputes?charge=" + charge);
    ASSERT_EQ(dispute.count("data"), 1U);
    EXPECT_EQ(dispute.text("data.0.status") + dispute.text("data.0.reason"),
              "needs_responsefraudulent");
    EXPECT_EQ(dispute.number("data.0.amount"), 1000);
    EXPECT_TRUE(get("/v1/charges/" + charge).flag("disputed"));
    EXPECT_EQ(get("/v1/disputes/" + dispute.text("data.0.id")).text("charge"), charge);
    EXPECT_EQ(post("/v1/refunds", {{"charge", charge}}).text("error.code"), "charge_disputed");
    const std::string path = "/v1/disputes/" + dispute.text("data.0.id");
    EXPECT_EQ(post(path, {{"evidence[customer_name]", "Ada"}, {"submit", "false"}}).text("status"),
              "needs_response");
    const Seen closed = post(
        path, {{"evidence[uncategorized_text]", wins ? "winning_evidence" : "losing_evidence"}});
    EXPECT_EQ(closed.text("status"), wins ? "won" : "lost") << closed.body;
    EXPECT_EQ(post(path + "/close").status, 400) << "closed already";
  }
  const auto types = event_types();
  EXPECT_THAT(types, Contains("charge.dispute.funds_withdrawn").Times(2));
  EXPECT_THAT(types, Contains("charge.dispute.funds_reinstated").Times(1));
  EXPECT_THAT(types, Contains("charge.dispute.closed").Times(2));
  const Seen books = fetch("GET", url_ + "/_sandbox/books");
  EXPECT_EQ(books.number("accounts.0.totals.usd.charged"), 2000);
  EXPECT_EQ(books.number("accounts.0.totals.usd.disputed"), 1000);
}

TEST_F(SandboxClockTest, DisputesComeOnAClockThatIsAheadToo) {
  const std::string clock = new_clock("2040-01-01T00:00:00Z");
  const std::string customer = new_customer("pm_card_createDispute", {{"test_clock", clock}});
  subscribe(customer, new_price(1000, "month"));
  EXPECT_EQ(get("/v1/disputes").number("data.0.created"), at("2040-01-01T00:00:00Z"));
}

TEST_F(SandboxClockTest, NothingIsSoldToACustomerWhoWasDeleted) {
  const std::string customer = new_customer("pm_card_visa");
  const Seen sale = new_session({{"customer", customer}});
  const Seen draft = post("/v1/invoices", {{"customer", customer}, {"auto_advance", "true"}});
  const Seen made = subscribe(customer, new_price(1000, "month"));
  EXPECT_EQ(remove("/v1/customers/" + customer).status, 200);
  EXPECT_EQ(get("/v1/subscriptions/" + made.text("id")).text("status"), "canceled");
  EXPECT_EQ(pay(sale).status, 402);
  EXPECT_EQ(post("/v1/invoices/" + draft.text("id") + "/pay").status, 400);
  EXPECT_EQ(subscribe(customer, new_price(1000, "month")).status, 400);
  now_millis_ += 400LL * 24 * 3600 * 1000;
  EXPECT_EQ(count("/v1/charges"), 1U);
  EXPECT_EQ(get("/v1/invoices/" + draft.text("id")).text("status"), "draft");
}

TEST_F(SandboxClockTest, AnyChargeCanBeDisputedOnRequest) {
  const Seen sale = new_session();
  pay(sale);
  const std::string intent = get("/v1/checkout/sessions/" + sale.text("id")).text("payment_intent");
  const std::string url = url_ + "/_sandbox/disputes";
  const Seen opened =
      fetch("POST", url, {{"payment_intent", intent}, {"reason", "product_not_received"}});
  EXPECT_EQ(opened.text("reason"), "product_not_received") << opened.body;
  EXPECT_EQ(fetch("POST", url, {{"payment_intent", intent}}).status, 400) << "once";
  EXPECT_EQ(fetch("POST", url, {{"charge", "ch_no"}}).status, 404);
  EXPECT_EQ(post("/v1/disputes/" + opened.text("id") + "/close").text("status"), "lost");
}

TEST_F(SandboxClockTest, ASellerIsOnboarded) {
  Hook hook;
  post("/v1/webhook_endpoints",
       {{"url", hook.url()}, {"enabled_events[]", "account.updated"}, {"connect", "true"}});
  const Seen account = post("/v1/accounts", {{"controller[fees][payer]", "account"},
                                             {"email", "shop@example.com"},
                                             {"metadata[project]", "p1"}});
  ASSERT_EQ(account.status, 200) << account.body;
  EXPECT_FALSE(account.flag("charges_enabled"));
  const std::string path = "/v1/accounts/" + account.text("id");
  const Form form{{"account", account.text("id")},
                  {"type", "account_onboarding"},
                  {"refresh_url", "https://app.example/again"},
                  {"return_url", "https://app.example/done"}};
  const Seen link = post("/v1/account_links", form);
  EXPECT_THAT(link.text("url"), HasSubstr("/c/onboarding/link_"));
  EXPECT_THAT(fetch("GET", link.text("url")).body, HasSubstr("Complete onboarding"));
  EXPECT_EQ(fetch("POST", link.text("url")).headers.at("location"), "https://app.example/done");
  EXPECT_EQ(fetch("POST", link.text("url")).headers.at("location"), "https://app.example/again")
      << "a link works once";
  const Seen done = get(path);
  EXPECT_TRUE(done.flag("charges_enabled") && done.flag("details_submitted") &&
              done.flag("payouts_enabled"));
  EXPECT_EQ(done.text("metadata.project"), "p1");
  const Hook::Delivery told = hook.next();
  EXPECT_EQ((Seen{200, told.body, {}}).text("account"), account.text("id"));
  const Seen old = post("/v1/account_links", form);
  now_millis_ += 301'000;
  EXPECT_EQ(fetch("GET", old.text("url")).headers.at("location"), "https://app.example/again");
  EXPECT_EQ(count("/v1/accounts"), 1U);
  headers_.push_back("Stripe-Account: " + account.text("id"));
  EXPECT_EQ(get("/v1/account").text("email"), "shop@example.com");
  headers_ = {"Authorization: Bearer sk_test_other"};
  EXPECT_EQ(get(path).status, 404);
  EXPECT_EQ(post("/v1/account_links", form).status, 400);
}

TEST_F(SandboxClockTest, InvoicesOfTheirOwnAreWrittenAndPaid) {
  const std::string customer = new_customer("pm_card_visa");
  const Seen draft = post("/v1/invoices", {{"customer", customer}, {"metadata[a]", "1"}});
  EXPECT_EQ(draft.text("status") + draft.text("billing_reason"), "draftmanual");
  const std::string path = "/v1/invoices/" + draft.text("id");
  EXPECT_EQ(post("/v1/invoiceitems", {{"customer", customer},
                                      {"invoice", draft.text("id")},
                                      {"amount", "700"},
                                      {"currency", "usd"},
                                      {"description", "Help"}})
                .text("invoice"),
            draft.text("id"));
  EXPECT_EQ(post("/v1/invoiceitems", {{"customer", customer},
                                      {"invoice", draft.text("id")},
                                      {"price", new_price(200)},
                                      {"quantity", "2"}})
                .number("amount"),
            400);
  EXPECT_EQ(get(path).number("total"), 1100);
  EXPECT_TRUE(get(path).is_null("hosted_invoice_url"));
  EXPECT_EQ(post(path + "/finalize").text("status"), "open");
  EXPECT_EQ(post(path + "/finalize").status, 400);
  EXPECT_EQ(post(path + "/mark_uncollectible").text("status"), "uncollectible");
  EXPECT_EQ(post(path + "/pay").text("status"), "paid");
  EXPECT_EQ(get(path + "/lines").count("data"), 2U);
  EXPECT_EQ(post(path + "/void").status, 400);
  const std::string second =
      "/v1/invoices/" + post("/v1/invoices", {{"customer", customer}}).text("id");
  EXPECT_TRUE(remove(second).flag("deleted"));
  EXPECT_EQ(get(second).status, 404);
}

TEST_F(SandboxClockTest, CreatedFiltersHoldForEverythingThatIsBilled) {
  const Seen made = subscribe(new_customer("pm_card_visa"), new_price(1000, "month"));
  for (const std::string path :
       {"/v1/subscriptions", "/v1/invoices", "/v1/charges", "/v1/payment_intents", "/v1/events"}) {
    EXPECT_EQ(count(path + "?created[gt]=1700000000"), 0U) << path;
    EXPECT_GE(count(path + "?created[gte]=1700000000"), 1U) << path;
    EXPECT_GE(count(path + "?created=1700000000"), 1U) << path;
  }
  EXPECT_EQ(count("/v1/events?types[]=invoice.paid&types[]=invoice.created"), 2U);
  EXPECT_EQ(count("/v1/invoices?subscription=" + made.text("id") + "&status=paid"), 1U);
}

}  // namespace
}  // namespace purser::sandbox
