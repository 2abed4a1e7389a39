#include <limits>
#include <utility>

#include "sdk/codec.hpp"
#include "sdk/read.hpp"

// Products, subscriptions and billing.

namespace purser::sdk::codec {

namespace {

CustomerType read_customer_type(Reader& in, std::string_view name) {
  const std::string text = in.text(name);
  if (text == "user") return CustomerType::kUser;
  if (text == "team") return CustomerType::kTeam;
  if (text != "custom") in.fail(name);
  return CustomerType::kCustom;
}

std::optional<IntervalUnit> read_interval(Reader& in, std::string_view name) {
  const auto text = in.optional_text(name);
  if (!text) return std::nullopt;
  if (*text == "day") return IntervalUnit::kDay;
  if (*text == "week") return IntervalUnit::kWeek;
  if (*text == "month") return IntervalUnit::kMonth;
  if (*text == "year") return IntervalUnit::kYear;
  in.fail(name);
  return std::nullopt;
}

std::optional<int> optional_int(Reader& in, std::string_view name) {
  const auto number = in.optional_integer(name);
  if (!number) return std::nullopt;
  if (*number < 1 || *number > std::numeric_limits<int>::max()) {
    in.fail(name);
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

Result<Price> read_price(const json::Value& value) {
  Reader in(value, "the price");
  Price price{in.text("id"), in.integer("amount"), in.text("currency"),
              read_interval(in, "interval"), 1};
  price.interval_count = optional_int(in, "interval_count").value_or(1);
  return finish(in, std::move(price));
}

Result<PendingSwitch> read_pending(const json::Value& value) {
  Reader in(value, "the pending switch");
  return finish(in, PendingSwitch{in.optional_text("product_id"), in.text("price_id"),
                                  in.integer("quantity"), in.time("at")});
}

// Puts the object's pending switch, if it has one, into `pending`.
std::optional<Error> read_pending_of(Reader& in, std::optional<PendingSwitch>& pending) {
  const auto* object = in.optional_object("pending_switch");
  if (object == nullptr) return std::nullopt;
  auto value = read_pending(*object);
  if (!value) return value.error();
  pending = *std::move(value);
  return std::nullopt;
}

Result<SubscriptionInfo> read_subscription_info(const json::Value& value) {
  Reader in(value, "the subscription");
  SubscriptionInfo info;
  info.subscription_id = in.optional_text("subscription_id").value_or("");
  info.status = in.optional_text("status").value_or("");
  info.current_period_end = in.optional_time("current_period_end");
  info.cancel_at_period_end = in.boolean_or("cancel_at_period_end", false);
  info.is_cancelable = in.boolean_or("is_cancelable", false);
  if (auto error = read_pending_of(in, info.pending_switch)) return *std::move(error);
  return finish(in, std::move(info));
}

Result<SwitchOption> read_switch_option(const json::Value& value) {
  Reader in(value, "the switch option");
  SwitchOption option{in.text("product_id"), in.text("display_name"), {}};
  for (const auto& element : in.array("prices")) {
    auto price = read_price(element);
    if (!price) return price.error();
    option.prices.push_back(*std::move(price));
  }
  return finish(in, std::move(option));
}

Result<SwitchPreview::Line> read_preview_line(const json::Value& value) {
  Reader in(value, "the preview's line");
  return finish(in, SwitchPreview::Line{in.text("description"), in.integer("amount"),
                                        in.boolean_or("is_proration", false),
                                        in.time("period_start"), in.time("period_end")});
}

Result<CustomerDefaultPaymentMethod> read_method(const json::Value& value) {
  Reader in(value, "the payment method");
  return finish(in, CustomerDefaultPaymentMethod{
                        in.text("id"), in.optional_text("brand"), in.optional_text("last4"),
                        optional_int(in, "exp_month"), optional_int(in, "exp_year")});
}

// The object of one member, or the error that it is missing.
Result<const json::Value*> part_of(const json::Value& value, std::string_view what,
                                   std::string_view name) {
  Reader in(value, what);
  const auto* object = in.optional_object(name);
  if (object == nullptr && !in.error()) in.fail(name);
  return finish(in, object);
}

}  // namespace

Result<CustomerProduct> read_product(const json::Value& value) {
  Reader in(value, "the product");
  CustomerProduct product;
  product.id = in.optional_text("id");
  product.quantity = in.integer("quantity");
  product.display_name = in.text("display_name");
  product.customer_type = read_customer_type(in, "customer_type");
  product.is_server_only = in.boolean_or("is_server_only", false);
  product.stackable = in.boolean_or("stackable", false);
  const std::string type = in.text("type");
  if (type != "one_time" && type != "subscription") in.fail("type");
  product.type = type == "subscription" ? ProductType::kSubscription : ProductType::kOneTime;
  if (const auto* subscription = in.optional_object("subscription")) {
    auto info = read_subscription_info(*subscription);
    if (!info) return info.error();
    product.subscription = *std::move(info);
  }
  if (value.find("switch_options") != nullptr) {
    product.switch_options.emplace();
    for (const auto& element : in.optional_array("switch_options")) {
      auto option = read_switch_option(element);
      if (!option) return option.error();
      product.switch_options->push_back(*std::move(option));
    }
  }
  return finish(in, std::move(product));
}

Result<Grant> read_grant(const json::Value& value) {
  Reader in(value, "the grant");
  return finish(in, Grant{in.text("purchase_id"), in.optional_text("subscription_id")});
}

Result<Subscription> read_subscription_reply(const json::Value& value) {
  auto part = part_of(value, "the answer", "subscription");
  if (!part) return part.error();
  Reader in(**part, "the subscription");
  Subscription subscription;
  subscription.id = in.text("id");
  subscription.product_id = in.optional_text("product_id");
  subscription.price_id = in.optional_text("price_id");
  subscription.quantity = in.integer("quantity");
  subscription.status = in.text("status");
  subscription.current_period_start = in.time("current_period_start");
  subscription.current_period_end = in.time("current_period_end");
  subscription.trial_end = in.optional_time("trial_end");
  subscription.cancel_at_period_end = in.boolean("cancel_at_period_end");
  subscription.is_cancelable = in.boolean("is_cancelable");
  subscription.ended_at = in.optional_time("ended_at");
  if (auto error = read_pending_of(in, subscription.pending_switch)) return *std::move(error);
  return finish(in, std::move(subscription));
}

Result<SwitchPreview> read_switch_preview(const json::Value& value) {
  Reader in(value, "the preview");
  SwitchPreview preview;
  const std::string effective = in.text("effective");
  if (effective != "now" && effective != "period_end") in.fail("effective");
  preview.effective = effective == "now" ? SwitchTime::kNow : SwitchTime::kPeriodEnd;
  preview.due_now = in.integer("due_now");
  preview.next_renewal = in.optional_integer("next_renewal");
  preview.next_renewal_at = in.time("next_renewal_at");
  preview.currency = in.text("currency");
  for (const auto& element : in.array("lines")) {
    auto line = read_preview_line(element);
    if (!line) return line.error();
    preview.lines.push_back(*std::move(line));
  }
  return finish(in, std::move(preview));
}

Result<CustomerBilling> read_billing(const json::Value& value) {
  Reader in(value, "the billing");
  CustomerBilling billing{in.boolean("has_customer"), std::nullopt};
  if (const auto* object = in.optional_object("default_payment_method")) {
    auto method = read_method(*object);
    if (!method) return method.error();
    billing.default_payment_method = *std::move(method);
  }
  return finish(in, std::move(billing));
}

Result<CustomerDefaultPaymentMethod> read_default_payment_method(const json::Value& value) {
  auto part = part_of(value, "the answer", "default_payment_method");
  if (!part) return part.error();
  return read_method(**part);
}

Result<CustomerPaymentMethodSetupIntent> read_setup_intent(const json::Value& value) {
  Reader in(value, "the setup intent");
  return finish(
      in, CustomerPaymentMethodSetupIntent{in.text("client_secret"), in.text("stripe_account_id")});
}

Result<Invoice> read_invoice(const json::Value& value) {
  Reader in(value, "the invoice");
  Invoice invoice;
  invoice.id = in.text("id");
  invoice.number = in.optional_text("number");
  invoice.purchase_id = in.text("purchase_id");
  invoice.currency = in.text("currency");
  invoice.total = in.integer("total");
  invoice.amount_paid = in.integer("amount_paid");
  invoice.amount_refunded = in.integer("amount_refunded");
  invoice.status = in.text("status");
  invoice.hosted_url = in.optional_text("hosted_url");
  invoice.period_start = in.optional_time("period_start");
  invoice.period_end = in.optional_time("period_end");
  invoice.created_at = in.time("created_at");
  return finish(in, std::move(invoice));
}

Result<Transaction> read_transaction(const json::Value& value) {
  Reader in(value, "the transaction");
  return finish(in, Transaction{in.text("id"), in.text("kind"), in.text("purchase_id"),
                                in.optional_text("product_id"), in.optional_integer("amount"),
                                in.optional_text("currency"), in.time("created_at")});
}

Result<Refund> read_refund(const json::Value& value) {
  auto part = part_of(value, "the answer", "refund");
  if (!part) return part.error();
  Reader in(**part, "the refund");
  return finish(in, Refund{in.text("id"), in.text("purchase_id"), in.integer("amount"),
                           in.text("currency"), in.optional_integer("quantity"), in.text("status"),
                           in.optional_text("reason"), in.time("created_at")});
}

}  // namespace purser::sdk::codec
