#include "http/answer_fields.hpp"
#include "http/compat/payments_schemas.hpp"

// What the routes about payments answer.
namespace purser::http::compat::schemas {
namespace {

using http::schemas::choice;
using http::schemas::flag;
using http::schemas::id;
using http::schemas::instant;
using http::schemas::kCustomerTypes;
using http::schemas::number;
using http::schemas::objects;
using http::schemas::part;
using http::schemas::secret;
using http::schemas::text;

constexpr std::string_view kPurchaseTypes[] = {"one_time", "subscription"};
constexpr std::string_view kInvoiceStatuses[] = {"draft", "open", "paid", "uncollectible", "void"};

constexpr Field document(std::string_view name, std::string_view doc, bool nullable = false) {
  return {.name = name,
          .kind = FieldKind::kAnyObject,
          .required = true,
          .nullable = nullable,
          .doc = doc};
}

constexpr Field kItemFields[] = {
    id("id", "The item's id."),
    text("display_name", "Its name for people."),
    number("quantity", "How much the customer has; may be negative.", -Quantity::kMax),
};
constexpr Field kSuccessFields[] = {flag("success", "true.")};
constexpr Field kGrantedFields[] = {
    flag("success", "true."),
    {.name = "subscription_id", .kind = FieldKind::kId, .doc = "Of a subscription."},
};

constexpr Field kProductFields[] = {
    text("display_name", "Its name for people."),
    choice("customer_type", kCustomerTypes, "Who may have it."),
    flag("server_only", "Whether clients cannot buy it."),
    flag("stackable", "Whether it can be had more than once."),
    document("prices",
             "By id: decimal amounts in major units by currency, `interval`, "
             "`free_trial`, `server_only`."),
    document("included_items", "By item id: `quantity`, `repeat`, `expires`."),
    document("client_metadata", "null.", true),
    document("client_read_only_metadata", "null.", true),
    document("server_metadata", "null.", true),
};
constexpr Schema kProduct{"StackProduct", "A product.", kProductFields};

constexpr Field kSubscriptionFields[] = {
    id("subscription_id", "Its id."),
    instant("current_period_end", "When the period that is paid ends."),
    flag("cancel_at_period_end", "Whether it then ends."),
    flag("is_cancelable", "Whether it can be canceled."),
};
constexpr Schema kSubscription{"StackSubscription", "A running subscription.", kSubscriptionFields};
constexpr Field kOptionFields[] = {
    id("product_id", "Another plan of the product line."),
    part("product", kProduct, "The plan, with its prices that renew."),
};
constexpr Schema kOption{"StackSwitchOption", "What a subscription can become.", kOptionFields};
constexpr Field kOwnedProductFields[] = {
    id("id", "The product's id; null for those described in requests, which are one row.", true),
    number("quantity", "How many.", 1),
    part("product", kProduct, "As it was sold."),
    choice("type", kPurchaseTypes, "A canceled subscription that is still owned is one_time."),
    part("subscription", kSubscription, "Of a running subscription.", true),
    {.name = "switch_options",
     .kind = FieldKind::kObjects,
     .max = 1 << 20,
     .of = &kOption,
     .doc = "Of a product in a product line."},
};

constexpr Field kInvoiceFields[] = {
    number("created_at_millis", "When it was made.", 0),
    choice("status", kInvoiceStatuses, "Its status."),
    number("amount_total", "In minor units.", 0),
    text("hosted_invoice_url", "Where people can see it.", true),
};
constexpr Field kMethodFields[] = {
    text("id", "The provider's id of it."),
    text("brand", "Of a card.", true),
    text("last4", "Of a card: its last four digits.", true),
    number("exp_month", "Of a card.", 1, true),
    number("exp_year", "Of a card.", 1, true),
};
constexpr Schema kMethod{"StackPaymentMethod", "A payment method.", kMethodFields};
constexpr Field kBillingFields[] = {
    flag("has_customer", "Whether the provider knows the customer."),
    part("default_payment_method", kMethod, "What is charged.", true),
};
constexpr Field kSetupIntentFields[] = {
    secret("client_secret", "For the provider's script."),
    text("stripe_account_id", "The account it was made in."),
};
constexpr Field kDefaultMethodFields[] = {
    flag("success", "true."),
    part("default_payment_method", kMethod, "What is charged from now on."),
};
constexpr Field kUrlFields[] = {text("url", "Where the buyer goes; its last part is the code.")};
constexpr Field kConflictFields[] = {
    id("product_id", "A product that the customer has."),
    text("display_name", "Its name for people."),
};
constexpr Schema kConflict{"StackConflict", "What would be replaced, or is in the way.",
                           kConflictFields};
constexpr Field kPurchasePageFields[] = {
    part("product", kProduct, "What is sold, with the prices to choose from."),
    text("stripe_account_id", "The seller's account; empty when it has none."),
    id("project_id", "The seller."),
    text("project_logo_url", "null.", true),
    flag("already_bought_non_stackable", "Whether the buyer has it and cannot have it twice."),
    objects("conflicting_products", kConflict, "What the buyer has of its product line."),
    flag("test_mode", "Whether nothing is paid."),
    flag("charges_enabled", "Whether the account can be paid."),
};
constexpr Field kValidFields[] = {flag("valid", "true.")};
constexpr Field kClientSecretFields[] = {
    secret("client_secret", "For the provider's script: of an embedded checkout session."),
};
constexpr Field kReceivedFields[] = {flag("received", "true.")};

}  // namespace

const Schema kItem{"StackItem", "What a customer has of an item.", kItemFields};
const Schema kNothing{"StackNothing", "Nothing to say.", {}};
const Schema kSuccess{"StackSuccess", "It is done.", kSuccessFields};
const Schema kGranted{"StackGranted", "It is given.", kGrantedFields};
const Schema kOwnedProduct{"StackOwnedProduct", "What a customer has of a product.",
                           kOwnedProductFields};
const Schema kInvoice{"StackInvoice", "An invoice.", kInvoiceFields};
const Schema kBilling{"StackBilling", "How a customer pays.", kBillingFields};
const Schema kSetupIntent{"StackSetupIntent", "For a form that takes a payment method.",
                          kSetupIntentFields};
const Schema kDefaultMethod{"StackDefaultMethod", "It is set.", kDefaultMethodFields};
const Schema kUrl{"StackPurchaseUrl", "A purchase URL, good for 24 hours.", kUrlFields};
const Schema kPurchasePage{"StackPurchasePage", "What a buyer sees.", kPurchasePageFields};
const Schema kValid{"StackValidCode", "The code is good.", kValidFields};
const Schema kClientSecret{"StackClientSecret", "How to pay.", kClientSecretFields};
const Schema kReceived{"StackReceived", "The event is kept.", kReceivedFields};

}  // namespace purser::http::compat::schemas
