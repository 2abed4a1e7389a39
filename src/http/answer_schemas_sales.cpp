#include "http/answer_fields.hpp"
#include "http/schemas.hpp"

// What selling, subscriptions and billing answer.
namespace purser::http::schemas {
namespace {

constexpr std::string_view kPurchaseTypes[] = {"one_time", "subscription"};
constexpr std::string_view kIntervals[] = {"day", "week", "month", "year"};
constexpr std::string_view kStatuses[] = {
    "incomplete", "incomplete_expired", "trialing", "active", "past_due", "unpaid", "paused",
    "canceled"};
constexpr std::string_view kSwitchTimes[] = {"now", "period_end"};
constexpr std::string_view kInvoiceStatuses[] = {"draft", "open", "paid", "uncollectible", "void"};
constexpr std::string_view kRefundStatuses[] = {"pending", "succeeded", "failed"};
constexpr std::string_view kRefundReasons[] = {"duplicate", "fraudulent", "requested_by_customer"};
constexpr std::string_view kTransactionKinds[] = {"purchase", "grant",      "refund", "renewal",
                                                  "switch",   "cancel",     "resume", "end",
                                                  "dispute",  "dispute_won"};
constexpr std::string_view kInboxStates[] = {"pending", "done", "ignored", "quarantined"};

constexpr Field kCheckoutReplyFields[] = {text("url", "Send the buyer there.")};

constexpr Field kPriceFields[] = {
    id("id", "The price's id in its product."),
    number("amount", "In the currency's minor units.", 0),
    text("currency", "ISO 4217, upper case."),
    choice("interval", kIntervals, "null: paid once.", true),
    number("interval_count", "Every so many intervals.", 1),
};
constexpr Field kPendingSwitchFields[] = {
    id("product_id", "The plan that follows; null for an inline product.", true),
    id("price_id", "Its price."),
    number("quantity", "How many.", 1),
    instant("at", "When it takes effect."),
};
constexpr Schema kPendingSwitch{"PendingSwitch", "A plan change at the period's end.",
                                kPendingSwitchFields};
constexpr Field kSubscriptionInfoFields[] = {
    id("subscription_id", "The subscription's id."),
    choice("status", kStatuses, "As Stripe names it."),
    instant("current_period_end", "When the running period ends.", true),
    flag("cancel_at_period_end", "Whether it ends then."),
    flag("is_cancelable", "Whether it can be canceled."),
    part("pending_switch", kPendingSwitch, "null: none.", true),
};
constexpr Schema kSubscriptionInfo{"SubscriptionInfo", "A subscription's state.",
                                   kSubscriptionInfoFields};
constexpr Field kSubscriptionFields[] = {
    id("id", "The subscription's id, which is its purchase's."),
    id("product_id", "Its plan; null for an inline product.", true),
    id("price_id", "The plan's price.", true),
    number("quantity", "How many.", 1),
    choice("status", kStatuses, "As Stripe names it."),
    instant("current_period_start", "When the running period began."),
    instant("current_period_end", "When it ends."),
    instant("trial_end", "null: no trial.", true),
    flag("cancel_at_period_end", "Whether the subscription ends with the period."),
    flag("is_cancelable", "Whether it can be canceled."),
    instant("ended_at", "null: it has not ended.", true),
    part("pending_switch", kPendingSwitch, "null: none.", true),
};
constexpr Schema kSubscription{"Subscription", "A subscription.", kSubscriptionFields};
constexpr Field kSubscriptionReplyFields[] = {part("subscription", kSubscription, "As it is now.")};

constexpr Field kSwitchOptionFields[] = {
    id("product_id", "The plan's id in the catalog."),
    text("display_name", "For people."),
    objects("prices", kPrice, "At what it can be had."),
};
constexpr Schema kSwitchOption{"SwitchOption", "A plan that the subscription can become.",
                               kSwitchOptionFields};
constexpr Field kCustomerProductFields[] = {
    id("id", "The product's id in the catalog; null for an inline product.", true),
    number("quantity", "How many of it are owned.", 1),
    text("display_name", "For people."),
    choice("customer_type", kCustomerTypes, "Whom the product is for."),
    flag("is_server_only", "Whether only the server may give it."),
    flag("stackable", "Whether more than one can be owned."),
    choice("type", kPurchaseTypes, "How it was sold."),
    part("subscription", kSubscriptionInfo, "null for one_time.", true),
    {.name = "switch_options",
     .kind = kObjects,
     .max = 1 << 20,
     .of = &kSwitchOption,
     .doc = "Only for a subscription in a product line: what it can become."},
};
constexpr Field kGrantReplyFields[] = {
    id("purchase_id", "The purchase that was made."),
    id("subscription_id", "The same, if it is a subscription; else null.", true),
};

constexpr Field kPreviewLineFields[] = {
    text("description", "For people."),
    number("amount", "Minor units; negative for a credit.", -Quantity::kMax),
    flag("is_proration", "Whether it is for a part of a period."),
    instant("period_start", "What it is for."),
    instant("period_end", "What it is for."),
};
constexpr Schema kPreviewLine{"SwitchPreviewLine", "A line of what is due now.",
                              kPreviewLineFields};
constexpr Field kSwitchPreviewFields[] = {
    choice("effective", kSwitchTimes, "When the switch would take effect."),
    number("due_now", "Minor units.", 0),
    number("next_renewal",
           "Minor units, at the next renewal; null for a plan that was granted or bought in test "
           "mode, for which nobody ever pays.",
           0, true),
    instant("next_renewal_at", "When that is."),
    text("currency", "ISO 4217, upper case."),
    objects("lines", kPreviewLine, "What is due now consists of."),
};

constexpr Field kPaymentMethodFields[] = {
    id("id", "The payment method's id at Stripe."),
    text("brand", "\"visa\", \"mastercard\", …", true),
    text("last4", "The card number's last four digits.", true),
    number("exp_month", "1–12.", 1, true),
    number("exp_year", "Four digits.", 1, true),
};
constexpr Schema kPaymentMethod{"PaymentMethod", "How a customer pays.", kPaymentMethodFields};
constexpr Field kBillingFields[] = {
    flag("has_customer", "Whether Stripe knows the customer."),
    part("default_payment_method", kPaymentMethod, "null: none.", true),
};
constexpr Field kDefaultPaymentMethodFields[] = {
    part("default_payment_method", kPaymentMethod, "The new default."),
};
constexpr Field kSetupIntentFields[] = {
    secret("client_secret", "For Stripe.js, to confirm the setup."),
    text("stripe_account_id", "The account it belongs to."),
};
constexpr Field kInvoiceFields[] = {
    id("id", "The invoice's id."),
    text("number", "For people; null: none.", true),
    id("purchase_id", "What it is for."),
    text("currency", "ISO 4217, upper case."),
    number("total", "Minor units.", -Quantity::kMax),
    number("amount_paid", "Minor units.", 0),
    number("amount_refunded", "Minor units.", 0),
    choice("status", kInvoiceStatuses, "As Stripe names it."),
    text("hosted_url", "Stripe's page of it; null: none.", true),
    instant("period_start", "null: paid once.", true),
    instant("period_end", "null: paid once.", true),
    instant("created_at", "When."),
};
constexpr Field kTransactionFields[] = {
    id("id", "The transaction's id."),
    choice("kind", kTransactionKinds, "What happened."),
    id("purchase_id", "To which purchase."),
    id("product_id", "The plan after it; null for an inline product.", true),
    number("amount", "Minor units paid or given back; null: no money moved.", 0, true),
    text("currency", "ISO 4217, upper case; null without an amount.", true),
    instant("created_at", "When it took effect."),
};
constexpr Field kRefundFields[] = {
    id("id", "The refund's id."),
    id("purchase_id", "The purchase."),
    number("amount", "Minor units.", 1),
    text("currency", "ISO 4217, upper case."),
    number("quantity", "How many were given back; null: by amount.", 1, true),
    choice("status", kRefundStatuses, "Whether the money is on its way back."),
    choice("reason", kRefundReasons, "null: none given.", true),
    instant("created_at", "When."),
};
constexpr Schema kRefund{"Refund", "Money given back.", kRefundFields};
constexpr Field kRefundReplyFields[] = {part("refund", kRefund, "The refund.")};

constexpr Field kInboxEventFields[] = {
    id("event_id", "Stripe's id of the event."),
    text("type", "Stripe's name of what happened."),
    text("object_id", "What it is about."),
    choice("state", kInboxStates, "What became of it."),
    number("attempts", "How often it was tried.", 0),
    text("error", "Why it failed; null: it did not.", true),
    instant("received_at", "When."),
    instant("next_at", "When it is tried again; null: not.", true),
};
constexpr Field kInboxReplyFields[] = {part("event", kInboxEvent, "As it is now.")};
constexpr Field kUrlFields[] = {text("url", "Send the owner there.")};
constexpr Field kPaymentAccountFields[] = {
    text("account_id", "The Stripe account."),
    flag("livemode", "Whether it moves real money."),
    flag("charges_enabled", "Whether it can be paid."),
    flag("details_submitted", "Whether its owner has told all that Stripe asked."),
    flag("payouts_enabled", "Whether it can pay out."),
};

}  // namespace

constexpr Schema kCheckoutReply{"CheckoutReply", "Where the buyer pays.", kCheckoutReplyFields};
constexpr Schema kPrice{"Price", "A price of a product.", kPriceFields};
constexpr Schema kCustomerProduct{"CustomerProduct", "A product that a customer owns.",
                                  kCustomerProductFields};
constexpr Schema kGrantReply{"GrantReply", "What was given.", kGrantReplyFields};
constexpr Schema kSubscriptionReply{"SubscriptionReply", "A subscription as it is now.",
                                    kSubscriptionReplyFields};
constexpr Schema kSwitchPreview{"SwitchPreview", "What a switch would cost.", kSwitchPreviewFields};
constexpr Schema kBilling{"Billing", "How a customer pays.", kBillingFields};
constexpr Schema kDefaultPaymentMethod{"DefaultPaymentMethodReply", "The new default.",
                                       kDefaultPaymentMethodFields};
constexpr Schema kSetupIntent{"SetupIntent", "A payment method being set up.", kSetupIntentFields};
constexpr Schema kInvoice{"Invoice", "What a customer owes or has paid.", kInvoiceFields};
constexpr Schema kTransaction{"Transaction", "One immutable business event.", kTransactionFields};
constexpr Schema kRefundReply{"RefundReply", "What was given back.", kRefundReplyFields};
constexpr Schema kInboxEvent{"InboxEvent", "An event that Stripe sent.", kInboxEventFields};
constexpr Schema kInboxReply{"InboxReply", "An event as it is now.", kInboxReplyFields};
constexpr Schema kOnboardingReply{"OnboardingReply", "Where the account is connected.", kUrlFields};
constexpr Schema kPaymentAccount{"PaymentAccount", "The Stripe account of a project.",
                                 kPaymentAccountFields};

}  // namespace purser::http::schemas
