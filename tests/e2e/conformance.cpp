// Walks the whole Customer interface, method by method, against a running server and its sandbox: a
// real client, a real server, the Stripe protocol in between. Started by tests/e2e/conformance.

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <purser/purser.hpp>
#include <string>
#include <thread>

namespace sdk = purser::sdk;

namespace {

int failures = 0;

void check(bool good, const std::string& what) {
  std::cout << (good ? "ok: " : "FAILED: ") << what << "\n";
  if (!good) ++failures;
}

template <class T>
T must(const sdk::Result<T>& result, const std::string& what) {
  if (result) return *result;
  std::cout << "FAILED: " << what << ": " << to_string(result.error()) << "\n";
  std::exit(1);
}

// Waits until a webhook has had its effect.
bool soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 200; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// The person in front of the browser.
class Buyer {
 public:
  sdk::HttpResponse open(const std::string& url) { return must(send("GET", url, ""), url); }
  sdk::HttpResponse submit(const std::string& url, const std::string& form) {
    return must(send("POST", url, form), url);
  }
  sdk::HttpResponse pay(const std::string& url, const std::string& card) {
    return submit(
        url, "number=" + card + "&expiry=12%20%2F%2040&cvc=123&name=Ada&email=ada%40example.com");
  }

 private:
  sdk::Result<sdk::HttpResponse> send(const std::string& method, const std::string& url,
                                      const std::string& form) {
    sdk::HttpRequest request;
    request.method = method;
    request.url = url;
    request.body = form;
    if (!form.empty()) {
      request.headers.push_back({"content-type", "application/x-www-form-urlencoded"});
    }
    return transport_->send(request);
  }
  std::shared_ptr<sdk::Transport> transport_ = sdk::make_curl_transport();
};

class Walk {
 public:
  Walk(sdk::ServerApp app, sdk::ClientApp client)
      : app_(std::move(app)), client_(std::move(client)) {}

  void items(const sdk::ServerUser& user) {
    const auto item = must(user.get_item("credits"), "getItem");
    check(item.quantity == 0 && item.display_name == "Credits", "getItem: Item");
    check(must(item.increase_quantity(10), "increaseQuantity") == 10, "increaseQuantity");
    check(must(item.decrease_quantity(12), "decreaseQuantity") == -2, "decreaseQuantity: debt");
    const auto debt = must(user.get_item("credits"), "getItem");
    check(debt.quantity == -2 && debt.non_negative_quantity() == 0, "nonNegativeQuantity");
    check(!must(item.try_decrease_quantity(1), "tryDecreaseQuantity"), "tryDecreaseQuantity: no");
    must(item.increase_quantity(3), "increaseQuantity");
    check(must(item.try_decrease_quantity(1), "tryDecreaseQuantity"), "tryDecreaseQuantity: yes");
    check(!must(user.has_item("credits"), "hasItem"), "hasItem");
    check(must(user.get_item_quantity("credits"), "getItemQuantity") == 0, "getItemQuantity");
    check(must(user.list_items(), "listItems").size() == 2, "listItems");
  }

  // createCheckoutUrl for a subscription with a trial and several prices: the buyer chooses.
  void buy_pro(const sdk::CurrentUser& user) {
    const auto url = must(user.create_checkout_url({.product = "pro"}), "createCheckoutUrl");
    check(url.find("/purchase/") != std::string::npos, "several prices: our purchase page");
    const auto page = buyer_.open(url);
    check(page.status == 200 && page.body.find("19.00 USD") != std::string::npos &&
              page.body.find("190.00 USD") != std::string::npos,
          "the purchase page shows the prices");
    const auto chosen = buyer_.submit(url, "price_id=monthly&quantity=1");
    check(chosen.status == 303, "the buyer chooses");
    const auto paid = buyer_.pay(std::string(chosen.header("location")), "4242424242424242");
    check(paid.status == 303, "the buyer pays");
    check(soon([&] { return must(user.list_products(), "listProducts").items.size() == 1; }),
          "listProducts: it is there");
    const auto page_back = buyer_.open(std::string(paid.header("location")));
    check(page_back.body.find("is complete") != std::string::npos, "the end page says so");
    const auto product = must(user.list_products(), "listProducts").items.at(0);
    check(product.id == "pro" && product.type == sdk::ProductType::kSubscription &&
              product.quantity == 1 && !product.stackable && !product.is_server_only &&
              product.display_name == "Pro" && product.customer_type == sdk::CustomerType::kUser,
          "CustomerProduct");
    check(product.subscription && product.subscription->status == "trialing" &&
              product.subscription->is_cancelable && !product.subscription->cancel_at_period_end &&
              product.subscription->current_period_end,
          "SubscriptionInfo");
    check(product.switch_options && product.switch_options->size() == 2 &&
              product.switch_options->at(0).product_id == "business" &&
              product.switch_options->at(0).prices.size() == 1 &&
              product.switch_options->at(0).prices.at(0).amount == 9900 &&
              product.switch_options->at(0).prices.at(0).interval == sdk::IntervalUnit::kMonth,
          "SwitchOption without what only servers may choose");
    check(must(user.get_item_quantity("api_calls"), "getItemQuantity") == 10000, "included items");
  }

  void pay_methods(const sdk::CurrentUser& user, const std::string& sandbox) {
    const auto before = must(user.get_billing(), "getBilling");
    check(before.has_customer, "getBilling: hasCustomer");
    const auto intent =
        must(user.create_payment_method_setup_intent(), "createPaymentMethodSetupIntent");
    check(intent.client_secret.find("_secret_") != std::string::npos &&
              intent.stripe_account_id.starts_with("acct_"),
          "createPaymentMethodSetupIntent");
    const auto id = intent.client_secret.substr(0, intent.client_secret.find("_secret_"));
    const auto early = user.set_default_payment_method_from_setup_intent(id);
    check(!early && early.error().code() == sdk::ErrorCode::kSetupIntentNotSucceeded,
          "setDefaultPaymentMethodFromSetupIntent: not before it succeeded");
    buyer_.pay(sandbox + "/c/setup/" + intent.client_secret, "5555555555554444");
    const auto method = must(user.set_default_payment_method_from_setup_intent(id),
                             "setDefaultPaymentMethodFromSetupIntent");
    check(method.brand == "mastercard" && method.last4 == "4444" && method.exp_year == 2040,
          "setDefaultPaymentMethodFromSetupIntent");
    const auto after = must(user.get_billing(), "getBilling");
    check(after.default_payment_method && after.default_payment_method->id == method.id,
          "getBilling: defaultPaymentMethod");
  }

  void change_plans(const sdk::CurrentUser& user) {
    const sdk::SwitchSubscriptionOptions change{.from_product_id = "pro",
                                                .to_product_id = "business"};
    const auto preview = must(user.preview_switch(change), "preview");
    check(preview.currency == "USD" && preview.next_renewal == 9900, "preview");
    const auto switched = must(user.switch_subscription(change), "switchSubscription");
    check(switched.product_id == "business", "switchSubscription");
    check(must(user.get_item_quantity("api_calls"), "getItemQuantity") == 100000,
          "switchSubscription: the new plan's items");
    const auto back = user.switch_subscription(change);
    check(!back && back.error().code() == sdk::ErrorCode::kProductNotOwned,
          "switchSubscription: the old plan is gone");
    const auto canceled = must(user.cancel_subscription({.product_id = "business"}), "cancel");
    check(canceled.cancel_at_period_end, "cancel at the period's end");
    check(!must(user.resume_subscription(canceled.id), "resume").cancel_at_period_end, "resume");
    const auto ended =
        must(user.cancel_subscription({.subscription_id = canceled.id, .immediately = true}),
             "cancel now");
    check(ended.status == "canceled" && ended.ended_at, "cancel now");
    check(must(user.list_products(), "listProducts").items.empty(), "what ended is not owned");
    check(must(user.get_item_quantity("api_calls"), "getItemQuantity") == 0, "its items ended");
  }

  void invoices_and_refunds(const sdk::ServerUser& user) {
    const std::int64_t before = must(user.get_item_quantity("credits"), "quantity");
    const auto bought = [&] {
      return must(user.get_item_quantity("credits"), "quantity") - before;
    };
    const auto url = must(user.create_checkout_url({.product = "credits-1000", .quantity = 2}),
                          "createCheckoutUrl");
    buyer_.pay(url, "4242424242424242");
    check(soon([&] { return bought() == 2000; }), "a one-time purchase in quantity");
    const auto invoices = must(user.list_invoices(), "listInvoices");
    check(!invoices.items.empty() && invoices.items.at(0).total == 2000 &&
              invoices.items.at(0).status == "paid",
          "listInvoices: the newest is the one-time purchase");
    const auto half = must(app_.refund_purchase(invoices.items.at(0).purchase_id,
                                                {.quantity = 1, .reason = "duplicate"}),
                           "refund");
    check(half.amount == 1000 && half.status == "succeeded", "refund of one of two");
    check(bought() == 1000, "what it bought is gone");
    const auto rest = must(app_.refund_purchase(invoices.items.at(0).purchase_id), "refund");
    check(rest.amount == 1000, "refund of the rest");
    const auto again = app_.refund_purchase(invoices.items.at(0).purchase_id);
    check(!again && again.error().code() == sdk::ErrorCode::kRefundNotPossible,
          "no refund beyond what was paid");
    check(must(user.list_invoices(), "listInvoices").items.at(0).amount_refunded == 2000,
          "listInvoices: what was refunded");
    check(must(user.list_transactions(), "transactions").items.size() >= 3, "transactions");
  }

  // Users, teams and custom customers alike.
  void others() {
    const auto custom = app_.custom_customer("acme/é 1");
    check(must(custom.list_products(), "listProducts").items.empty(), "a custom customer");
    sdk::InlineProduct setup;
    setup.display_name = "Setup";
    setup.type = sdk::ProductType::kOneTime;
    setup.prices = {{4900, "EUR"}};
    const auto url = must(custom.create_checkout_url({.product = setup}), "inline product");
    buyer_.pay(url, "4242424242424242");
    check(soon([&] { return must(custom.list_products(), "listProducts").items.size() == 1; }),
          "an inline product for a custom customer");
    check(!must(custom.list_products(), "listProducts").items.at(0).id, "it has no id");
    const auto team = must(app_.create_team({.display_name = "Crew"}), "team");
    const auto granted = must(team.grant_product({.product = "team-pro"}), "grantProduct");
    check(granted.subscription_id == granted.purchase_id, "grantProduct: a subscription");
    check(must(team.get_item_quantity("seats"), "quantity") == 5, "a team's seats");
    check(!must(team.get_billing(), "getBilling").has_customer, "getBilling: Stripe knows it not");
  }

 private:
  sdk::ServerApp app_;
  sdk::ClientApp client_;
  Buyer buyer_;
};

}  // namespace

int main() {
  sdk::ServerOptions server;
  server.base_url = environment("PURSER_URL");
  server.project_id = environment("PURSER_PROJECT_ID");
  server.secret_server_key = environment("PURSER_SECRET_SERVER_KEY");
  server.super_secret_admin_key = environment("PURSER_SUPER_SECRET_ADMIN_KEY");
  sdk::ClientOptions client;
  client.base_url = server.base_url;
  client.project_id = server.project_id;
  client.publishable_client_key = environment("PURSER_PUBLISHABLE_CLIENT_KEY");
  const sdk::ServerApp app(server);
  sdk::ClientApp mine(client);

  const auto user = must(app.create_user({.display_name = "Ada"}), "a user");
  mine.set_tokens(must(app.create_session(user.id()), "a session").tokens());
  const auto current = must(mine.current_user(), "CurrentUser");
  Walk walk(app, mine);
  walk.items(user);
  walk.buy_pro(current);
  walk.pay_methods(current, environment("TEST_SANDBOX_URL"));
  walk.change_plans(current);
  walk.invoices_and_refunds(user);
  walk.others();
  std::cout << (failures == 0 ? "all of the interface works\n" : "the interface is not whole\n");
  return failures == 0 ? 0 : 1;
}
