#include <gmock/gmock.h>

#include <map>
#include <random>

#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

// Random lives of customers, then an audit of the books: what a double of Stripe must never do,
// because every audit of Purser relies on it.
class SandboxMoneyTest : public SandboxTest, public testing::WithParamInterface<unsigned> {
 protected:
  std::size_t draw(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  const std::string& any(const std::vector<std::string>& from) { return from[draw(from.size())]; }
  std::string any_card() {
    return any({"pm_card_visa", "pm_card_visa", "pm_card_chargeCustomerFail",
                "pm_card_authenticationRequired", "pm_card_mastercard", "pm_card_createDispute"});
  }
  std::string path_of_subscription() { return "/v1/subscriptions/" + any(subscriptions_); }

  void change_items() {
    const std::string path = path_of_subscription();
    Form form{{"items[0][id]", get(path).text("items.data.0.id")},
              {"items[0][price]", any(prices_)},
              {"items[0][quantity]", std::to_string(draw(4))},
              {"proration_behavior", any({"create_prorations", "always_invoice", "none"})},
              {"payment_behavior",
               any({"allow_incomplete", "error_if_incomplete", "default_incomplete"})}};
    post(path, form);
  }

  void refund() {
    const Seen charges = get("/v1/charges?limit=5");
    const std::size_t count = charges.count("data");
    if (count == 0) return;
    const std::string id = charges.text("data." + std::to_string(draw(count)) + ".id");
    post("/v1/refunds", {{"charge", id}, {"amount", std::to_string(1 + draw(700))}});
  }

  void pay_something() {
    const Seen open = get("/v1/invoices?status=open&limit=5");
    const std::size_t count = open.count("data");
    if (count == 0) return;
    const std::string id = open.text("data." + std::to_string(draw(count)) + ".id");
    if (draw(2) == 0) {
      post("/v1/invoices/" + id + "/pay", {{"payment_method", any_card()}});
    } else {
      submit(url_ + "/c/invoice/" + id, any({"4242424242424242", "4000000000000002"}));
    }
  }

  void subscribe_somebody() {
    const std::string customer = new_customer(any_card());
    Form more{{"payment_behavior", any({"allow_incomplete", "default_incomplete"})}};
    if (draw(3) == 0) more.emplace_back("trial_period_days", "5");
    const Seen made = subscribe(customer, any(prices_), more);
    if (made.status == 200) subscriptions_.push_back(made.text("id"));
  }

  void step() {
    switch (draw(9)) {
      case 0:
        return subscribe_somebody();
      case 1:
      case 2:
        return change_items();
      case 3:
        return refund();
      case 4:
        return pay_something();
      case 5:
        post(path_of_subscription(), {{"cancel_at_period_end", draw(2) == 0 ? "true" : "false"}});
        return;
      case 6:
        if (draw(4) == 0) {
          fetch("DELETE", url_ + path_of_subscription() + "?prorate=true&invoice_now=true", {},
                headers_);
        }
        return;
      case 7:
        post("/v1/customers/" + get(path_of_subscription()).text("customer"),
             {{"invoice_settings[default_payment_method]", any_card()}});
        return;
      default:
        now_millis_ += static_cast<std::int64_t>(draw(20 * 24 * 3600)) * 1000;
    }
  }

  void audit(const json::Value& account) {
    const auto rows = [&](const char* name) { return *account.find(name)->as_array(); };
    std::map<std::string, std::int64_t> paid_by_invoice;
    for (const json::Value& charge : rows("charges")) {
      const std::int64_t amount = charge.int_at("amount").value_or(0);
      EXPECT_LE(charge.int_at("amount_refunded").value_or(0), amount);
      if (charge.string_at("status") != "succeeded") continue;
      paid_by_invoice[charge.string_at("invoice").value_or("")] += amount;
    }
    std::map<std::string, std::string> status_of_invoice;
    for (const json::Value& invoice : rows("invoices")) {
      const std::string id = invoice.string_at("id").value_or("");
      const std::string status = invoice.string_at("status").value_or("");
      status_of_invoice[id] = status;
      const std::int64_t due = invoice.int_at("amount_due").value_or(0);
      EXPECT_EQ(paid_by_invoice[id], status == "paid" ? due : 0)
          << id << ": charged once, and only what it says";
      EXPECT_EQ(invoice.int_at("amount_paid"), status == "paid" ? due : 0) << id;
      EXPECT_TRUE(due == 0 || due >= 50) << id;
    }
    std::map<std::string, std::int64_t> balance;
    for (const json::Value& invoice : rows("invoices")) {
      const std::string status = invoice.string_at("status").value_or("");
      if (status == "draft") continue;
      balance[invoice.string_at("customer").value_or("")] +=
          invoice.int_at("total").value_or(0) - invoice.int_at("amount_due").value_or(0);
    }
    for (const json::Value& customer : rows("customers")) {
      EXPECT_EQ(customer.int_at("balance"), balance[customer.string_at("id").value_or("")])
          << "what invoices did not ask for is owed or credited";
    }
    for (const json::Value& subscription : rows("subscriptions")) {
      const std::string id = subscription.string_at("id").value_or("");
      const std::string status = subscription.string_at("status").value_or("");
      const std::string latest =
          status_of_invoice[subscription.string_at("latest_invoice").value_or("")];
      if (status == "active" || status == "trialing") {
        EXPECT_TRUE(latest == "paid" || latest == "draft") << id << " " << latest;
      }
      if (status == "incomplete" || status == "incomplete_expired") {
        EXPECT_NE(latest, "paid") << id;
      }
      const std::int64_t now = now_millis_ / 1000;
      if (status == "active" || status == "past_due" || status == "trialing") {
        EXPECT_GT(subscription.int_at("current_period_end").value_or(0), now) << id;
      }
    }
  }

  std::mt19937 random_{GetParam()};
  std::vector<std::string> prices_;
  std::vector<std::string> subscriptions_;
};

TEST_P(SandboxMoneyTest, TheBooksAgreeWhateverHappens) {
  prices_ = {new_price(1000, "month"), new_price(3000, "month"), new_price(20'000, "year"),
             new_price(0, "month"),    new_price(700, "week"),   new_price(49, "month")};
  while (subscriptions_.empty()) subscribe_somebody();
  for (int i = 0; i < 150; ++i) step();
  // Audited at an instant at which nothing is due any more.
  const Seen books = fetch("GET", url_ + "/_sandbox/books");
  const json::Value document = books.json();
  ASSERT_EQ(document.find("accounts")->as_array()->size(), 1U);
  audit(document.find("accounts")->as_array()->front());
}

INSTANTIATE_TEST_SUITE_P(Seeds, SandboxMoneyTest, testing::Range(1U, 13U));

}  // namespace
}  // namespace purser::sandbox
