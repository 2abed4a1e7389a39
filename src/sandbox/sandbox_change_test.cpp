#include <gmock/gmock.h>

#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

// Changes of a subscription, in January 2024: 31 days, of which 15.5 are left at noon on the 16th.
class SandboxChangeTest : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    go_to("2024-01-01T00:00:00Z");
    customer_ = new_customer("pm_card_visa");
    basic_ = new_price(1000, "month");
    pro_ = new_price(3000, "month");
    yearly_ = new_price(20'000, "year");
    made_ = subscribe(customer_, basic_);
    item_ = made_.text("items.data.0.id");
    path_ = "/v1/subscriptions/" + made_.text("id");
    go_to("2024-01-16T12:00:00Z");
  }
  Form to(const std::string& price, const Form& more = {}) {
    Form form{{"items[0][id]", item_}, {"items[0][price]", price}};
    form.insert(form.end(), more.begin(), more.end());
    return form;
  }
  // The same change asked of the preview.
  Seen preview(const Form& change, const Form& more = {}) {
    Form form{{"subscription", made_.text("id")}};
    for (const auto& [name, value] : change) {
      const std::size_t end = name.find('[');
      form.emplace_back("subscription_details[" + name.substr(0, end) + "]" +
                            (end == std::string::npos ? "" : name.substr(end)),
                        value);
    }
    form.insert(form.end(), more.begin(), more.end());
    return post("/v1/invoices/create_preview", form);
  }
  Seen invoice() { return get("/v1/invoices/" + get(path_).text("latest_invoice")); }
  std::int64_t balance() { return get("/v1/customers/" + customer_).number("balance"); }

  std::string customer_;
  std::string basic_;
  std::string pro_;
  std::string yearly_;
  Seen made_;
  std::string item_;
  std::string path_;
};

TEST_F(SandboxChangeTest, AnUpgradeIsInvoicedAtOnceWhenAskedFor) {
  const Form form = to(pro_, {{"proration_behavior", "always_invoice"}});
  const Seen shown = preview(form);
  EXPECT_EQ(shown.number("amount_due"), 1000) << shown.body;
  const Seen changed = post(path_, form);
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.text("items.data.0.id"), item_);
  EXPECT_EQ(changed.text("items.data.0.price.id"), pro_);
  EXPECT_EQ(changed.number("current_period_end"), at("2024-02-01T00:00:00Z"));
  const Seen made = invoice();
  EXPECT_EQ(made.text("status") + " " + made.text("billing_reason"), "paid subscription_update");
  EXPECT_EQ(made.number("amount_paid"), 1000);
  ASSERT_EQ(made.count("lines.data"), 2U);
  EXPECT_EQ(made.number("lines.data.0.amount"), -500);
  EXPECT_EQ(made.number("lines.data.1.amount"), 1500);
  EXPECT_TRUE(made.flag("lines.data.0.proration"));
  EXPECT_EQ(made.text("lines.data.0.description"), "Unused time on Pro after 16 Jan 2024");
  EXPECT_EQ(made.text("lines.data.1.description"), "Remaining time on Pro after 16 Jan 2024");
  EXPECT_EQ(made.number("lines.data.1.period.start"), at("2024-01-16T12:00:00Z"));
  EXPECT_EQ(made.number("lines.data.1.period.end"), at("2024-02-01T00:00:00Z"));
  go_to("2024-02-01T02:00:00Z");
  EXPECT_EQ(invoice().number("amount_paid"), 3000);
}

TEST_F(SandboxChangeTest, ProrationsWaitForTheRenewalByDefault) {
  const Seen shown = preview(to(pro_));
  EXPECT_EQ(shown.number("amount_due"), 4000) << shown.body;
  EXPECT_EQ(shown.count("lines.data"), 3U);
  EXPECT_EQ(shown.number("subscription_proration_date"), at("2024-01-16T12:00:00Z"));
  EXPECT_EQ(get("/v1/invoiceitems").count("data"), 0U) << "a preview changes nothing";
  EXPECT_EQ(get(path_).text("items.data.0.price.id"), basic_);
  EXPECT_EQ(post(path_, to(pro_)).status, 200);
  EXPECT_EQ(get("/v1/invoiceitems?pending=true").count("data"), 2U);
  EXPECT_EQ(get("/v1/charges").count("data"), 1U);
  EXPECT_EQ(get("/v1/invoices/upcoming?subscription=" + made_.text("id")).number("amount_due"),
            4000);
  go_to("2024-02-01T01:00:00Z");
  EXPECT_EQ(invoice().number("amount_paid"), 4000);
  EXPECT_EQ(invoice().text("lines.data.0.type"), "invoiceitem");
  EXPECT_EQ(invoice().text("lines.data.2.type"), "subscription");
  EXPECT_EQ(get("/v1/invoiceitems?pending=true").count("data"), 0U);
}

TEST_F(SandboxChangeTest, NoneMeansNone) {
  EXPECT_EQ(preview(to(pro_, {{"proration_behavior", "none"}})).number("amount_due"), 3000);
  post(path_, to(pro_, {{"proration_behavior", "none"}}));
  EXPECT_EQ(get("/v1/invoiceitems").count("data"), 0U);
  go_to("2024-02-01T01:00:00Z");
  EXPECT_EQ(invoice().number("amount_paid"), 3000);
}

TEST_F(SandboxChangeTest, QuantitiesAndNewItemsAreProratedToo) {
  EXPECT_EQ(post(path_, {{"items[0][id]", item_},
                         {"items[0][quantity]", "4"},
                         {"items[1][price]", pro_},
                         {"proration_behavior", "always_invoice"}})
                .count("items.data"),
            2U);
  EXPECT_EQ(invoice().number("amount_paid"), -500 + 2000 + 1500);
  EXPECT_EQ(invoice().text("lines.data.1.description"),
            "Remaining time on 4 × Pro after 16 Jan 2024");
  EXPECT_EQ(post(path_, {{"items[0][id]", item_},
                         {"items[0][deleted]", "true"},
                         {"proration_behavior", "always_invoice"}})
                .count("items.data"),
            1U);
  EXPECT_EQ(balance(), -2000);
}

TEST_F(SandboxChangeTest, ItemsChangeByTheirOwnRoutes) {
  const std::string own = "/v1/subscription_items/";
  const Seen added = post("/v1/subscription_items", {{"subscription", made_.text("id")},
                                                     {"price", pro_},
                                                     {"quantity", "2"},
                                                     {"metadata[a]", "b"},
                                                     {"proration_behavior", "always_invoice"}});
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(added.text("price.id") + " " + added.text("metadata.a"), pro_ + " b");
  EXPECT_EQ(added.text("subscription"), made_.text("id"));
  EXPECT_EQ(invoice().number("amount_paid"), 3000) << "two of them for half a month";
  EXPECT_EQ(get(own + added.text("id")).body, added.body);
  EXPECT_EQ(get("/v1/subscription_items?subscription=" + made_.text("id")).count("data"), 2U);

  const Seen changed =
      post(own + added.text("id"), {{"quantity", "1"}, {"proration_behavior", "always_invoice"}});
  EXPECT_EQ(changed.number("quantity"), 1) << changed.body;
  EXPECT_EQ(balance(), -1500);
  const Seen removed = remove(own + item_ + "?proration_behavior=none");
  EXPECT_TRUE(removed.flag("deleted")) << removed.body;
  EXPECT_EQ(get(own + item_).status, 404);
  EXPECT_EQ(get(path_).count("items.data"), 1U);
  EXPECT_EQ(balance(), -1500);
}

TEST_F(SandboxChangeTest, ItemsThatCannotBeAreRefused) {
  const std::string own = "/v1/subscription_items/";
  const auto refusal = [](const Seen& seen) {
    return std::to_string(seen.status) + " " + seen.text("error.param");
  };
  const std::string id = made_.text("id");
  EXPECT_EQ(refusal(post("/v1/subscription_items", {{"price", pro_}})), "400 subscription");
  EXPECT_EQ(refusal(post("/v1/subscription_items", {{"subscription", id}})), "400 price");
  EXPECT_EQ(refusal(post("/v1/subscription_items", {{"subscription", "sub_0"}, {"price", pro_}})),
            "400 subscription");
  EXPECT_EQ(post("/v1/subscription_items", {{"subscription", id}, {"price", yearly_}}).status, 400);
  EXPECT_EQ(post("/v1/subscription_items", {{"subscription", id}, {"price", basic_}}).status, 400);
  EXPECT_EQ(refusal(post(own + item_, {{"colour", "red"}})), "400 colour");
  EXPECT_EQ(remove(own + item_).status, 400) << "a subscription has at least one item";
  EXPECT_EQ(post(own + "si_0", {{"quantity", "2"}}).status, 404);
  EXPECT_EQ(remove(own + "si_0").status, 404);
  EXPECT_EQ(get(path_).count("items.data"), 1U);
  remove(path_);
  EXPECT_EQ(post("/v1/subscription_items", {{"subscription", id}, {"price", pro_}}).status, 400);
}

TEST_F(SandboxChangeTest, AnotherPriceHasQuantityOneUnlessItIsSaid) {
  post(path_, {{"items[0][id]", item_}, {"items[0][quantity]", "4"}});
  EXPECT_EQ(post(path_, to(pro_)).number("items.data.0.quantity"), 1);
  EXPECT_EQ(post(path_, to(basic_, {{"items[0][quantity]", "2"}})).number("items.data.0.quantity"),
            2);
}

TEST_F(SandboxChangeTest, ADowngradeIsCreditThatPaysTheNextInvoices) {
  post(path_, to(pro_, {{"proration_behavior", "always_invoice"}}));
  post(path_, to(basic_, {{"proration_behavior", "always_invoice"}}));
  EXPECT_EQ(invoice().number("total"), -1000);
  EXPECT_EQ(invoice().text("status"), "paid");
  EXPECT_EQ(invoice().number("amount_due"), 0);
  EXPECT_EQ(invoice().number("ending_balance"), -1000);
  EXPECT_TRUE(invoice().is_null("payment_intent"));
  EXPECT_EQ(balance(), -1000);
  go_to("2024-02-01T01:00:00Z");
  EXPECT_EQ(invoice().number("total"), 1000);
  EXPECT_EQ(invoice().number("starting_balance"), -1000);
  EXPECT_EQ(invoice().number("amount_paid"), 0);
  EXPECT_EQ(balance(), 0);
  const Seen moves = get("/v1/customers/" + customer_ + "/balance_transactions");
  EXPECT_EQ(moves.number("data.0.amount"), 1000);
  EXPECT_EQ(moves.number("data.1.amount"), -1000);
  EXPECT_EQ(moves.number("data.1.ending_balance"), -1000);
}

TEST_F(SandboxChangeTest, AnotherIntervalBeginsANewPeriodNow) {
  const Seen shown = preview(to(yearly_));
  EXPECT_EQ(shown.number("amount_due"), 19'500);
  EXPECT_EQ(post(path_, to(yearly_)).status, 200);
  const Seen now = get(path_);
  EXPECT_EQ(now.number("billing_cycle_anchor"), at("2024-01-16T12:00:00Z"));
  EXPECT_EQ(now.number("current_period_start"), at("2024-01-16T12:00:00Z"));
  EXPECT_EQ(now.number("current_period_end"), at("2025-01-16T12:00:00Z"));
  EXPECT_EQ(invoice().number("amount_paid"), 19'500);
  // And back: the credit for the year's rest is more than a month costs.
  go_to("2024-07-17T12:00:00Z");  // 183 of 366 days
  EXPECT_EQ(post(path_, to(basic_)).status, 200);
  EXPECT_EQ(invoice().number("total"), -9000);
  EXPECT_EQ(balance(), -9000);
  EXPECT_EQ(get(path_).number("current_period_end"), at("2024-08-17T12:00:00Z"));
}

TEST_F(SandboxChangeTest, FromFreeToPaidBeginsNow) {
  const Seen free = subscribe(customer_, new_price(0, "month"));
  EXPECT_EQ(free.text("status"), "active");
  now_millis_ += 86'400'000;
  const Seen paid =
      post("/v1/subscriptions/" + free.text("id"),
           {{"items[0][id]", free.text("items.data.0.id")}, {"items[0][price]", pro_}});
  EXPECT_EQ(paid.number("current_period_start"), at("2024-01-17T12:00:00Z"));
  EXPECT_EQ(get("/v1/invoices/" + paid.text("latest_invoice")).number("amount_paid"), 3000);
}

TEST_F(SandboxChangeTest, TheAnchorCanBeMovedToNow) {
  EXPECT_EQ(preview({{"billing_cycle_anchor", "now"}}).number("amount_due"), 500);
  const Seen moved = post(path_, {{"billing_cycle_anchor", "now"}});
  EXPECT_EQ(moved.number("current_period_end"), at("2024-02-16T12:00:00Z"));
  EXPECT_EQ(invoice().number("amount_paid"), 500);
  EXPECT_EQ(post(path_, {{"billing_cycle_anchor", "unchanged"}}).number("current_period_end"),
            at("2024-02-16T12:00:00Z"));
}

TEST_F(SandboxChangeTest, TheProrationDateIsThatOfThePreview) {
  const std::string date = std::to_string(at("2024-01-16T12:00:00Z"));
  const Form form = to(pro_, {{"proration_behavior", "always_invoice"}, {"proration_date", date}});
  const Seen shown = preview(form);
  now_millis_ += 3600 * 1000;
  EXPECT_EQ(post(path_, form).status, 200);
  EXPECT_EQ(invoice().number("amount_paid"), shown.number("amount_due"));
  EXPECT_EQ(invoice().number("amount_paid"), 1000);
  const Form outside = to(basic_, {{"proration_date", std::to_string(at("2023-12-31T23:59:59Z"))}});
  EXPECT_EQ(post(path_, outside).text("error.param"), "proration_date");
}

TEST_F(SandboxChangeTest, ADeclineChangesNothingWhenItIsAnError) {
  post("/v1/customers/" + customer_,
       {{"invoice_settings[default_payment_method]", "pm_card_chargeCustomerFail"}});
  const Seen before = get(path_);
  for (const std::string& price : {pro_, yearly_}) {
    const Seen refused = post(path_, to(price, {{"proration_behavior", "always_invoice"},
                                                {"payment_behavior", "error_if_incomplete"}}));
    EXPECT_EQ(refused.status, 402);
    EXPECT_EQ(refused.text("error.code"), "card_declined");
  }
  EXPECT_EQ(get(path_).body, before.body);
  EXPECT_EQ(get("/v1/invoices").count("data"), 1U);
  EXPECT_EQ(get("/v1/invoiceitems").count("data"), 0U);
  EXPECT_EQ(balance(), 0);

  // By default the change happens, and its payment is owed.
  const Seen owed = post(path_, to(pro_, {{"proration_behavior", "always_invoice"}}));
  EXPECT_EQ(owed.text("status"), "past_due");
  EXPECT_EQ(invoice().text("status"), "open");
  EXPECT_EQ(invoice().number("next_payment_attempt"), at("2024-01-19T12:00:00Z"));
}

TEST_F(SandboxChangeTest, DuringATrialNothingIsProrated) {
  const Seen trial = subscribe(customer_, basic_, {{"trial_period_days", "10"}});
  const Seen changed =
      post("/v1/subscriptions/" + trial.text("id"),
           {{"items[0][id]", trial.text("items.data.0.id")}, {"items[0][price]", yearly_}});
  EXPECT_EQ(changed.text("status"), "trialing") << changed.body;
  EXPECT_EQ(changed.number("current_period_end"), trial.number("trial_end"));
  EXPECT_EQ(get("/v1/invoices/upcoming?subscription=" + trial.text("id")).number("amount_due"),
            20'000);
  go_to("2024-01-26T13:00:00Z");
  EXPECT_EQ(get("/v1/subscriptions/" + trial.text("id")).number("current_period_end"),
            at("2025-01-26T12:00:00Z"));
}

TEST_F(SandboxChangeTest, PreviewsSayWhatTheyCannot) {
  EXPECT_EQ(post("/v1/invoices/create_preview").status, 400);
  EXPECT_EQ(post("/v1/invoices/create_preview", {{"subscription", "sub_no"}}).status, 400);
  EXPECT_EQ(post("/v1/invoices/create_preview", {{"customer", customer_}}).text("error.code"),
            "invoice_upcoming_none");
  const Seen first =
      post("/v1/invoices/create_preview",
           {{"customer", customer_}, {"subscription_details[items][0][price]", pro_}});
  EXPECT_EQ(first.number("amount_due"), 3000) << first.body;
  EXPECT_EQ(first.text("id").rfind("upcoming_in_", 0), 0U);
  EXPECT_EQ(get("/v1/invoices/" + first.text("id")).status, 404);
  const Seen upcoming = get("/v1/invoices/upcoming?subscription=" + made_.text("id"));
  EXPECT_EQ(upcoming.number("amount_due"), 1000) << upcoming.body;
  EXPECT_EQ(upcoming.json().find("id"), nullptr) << "the older call shows none";
  EXPECT_EQ(preview({{"cancel_now", "true"}}).number("total"), -500);
  EXPECT_EQ(preview({}).number("amount_due"), 1000);
  EXPECT_EQ(get("/v1/invoices").count("data"), 1U);
}

TEST_F(SandboxChangeTest, AnAnchorAheadProratesTheFirstPeriod) {
  const std::string anchor = std::to_string(at("2024-02-01T00:00:00Z"));
  const Seen paid = subscribe(customer_, basic_, {{"billing_cycle_anchor", anchor}});
  EXPECT_EQ(paid.number("current_period_end"), at("2024-02-01T00:00:00Z"));
  EXPECT_EQ(get("/v1/invoices/" + paid.text("latest_invoice")).number("amount_paid"), 500);
  const Seen free = subscribe(customer_, basic_,
                              {{"billing_cycle_anchor", anchor}, {"proration_behavior", "none"}});
  EXPECT_EQ(free.text("status"), "active");
  EXPECT_TRUE(free.is_null("latest_invoice"));
  go_to("2024-02-01T01:00:00Z");
  const Seen later = get("/v1/subscriptions/" + free.text("id"));
  EXPECT_EQ(later.number("current_period_end"), at("2024-03-01T00:00:00Z"));
  EXPECT_EQ(get("/v1/invoices/" + later.text("latest_invoice")).number("amount_paid"), 1000);
}

}  // namespace
}  // namespace purser::sandbox
