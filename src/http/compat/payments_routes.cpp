#include "http/compat/payments_handlers.hpp"
#include "http/compat/payments_schemas.hpp"
#include "http/compat/route.hpp"

// The protocol's routes about payments, and how they word the errors that have no code.
namespace purser::http::compat {
namespace {

using enum ErrorCode;

constexpr std::size_t kUsual = 256 * 1024;
constexpr std::size_t kLarge = 1024 * 1024;

constexpr std::string_view kNotSetUp =
    "Payments are not set up in this Stack Auth project. Please go to the Stack Auth dashboard and "
    "complete the Payments onboarding.";
constexpr std::string_view kNoSuchPrice =
    "Price not found on product associated with this purchase code";
constexpr std::string_view kNotStackable = "This product is not stackable; quantity must be 1";
constexpr std::string_view kBaseMissing =
    "This product is an add-on to a product that the customer does not have";
constexpr std::string_view kLineTaken =
    "Customer already has a one-time purchase in this product line";
constexpr std::string_view kNoSuchSubscription =
    "No active subscription found with this ID for the given customer.";
constexpr std::string_view kNoSwitch = "This subscription cannot be switched.";
constexpr std::string_view kNoTargetPrice = "Price not found for target product.";

constexpr Wording kSaleWordings[] = {
    {.error = kPriceNotFound, .text = kNoSuchPrice},
    {.error = kProductNotStackable, .text = kNotStackable},
    {.error = kAddOnRequiresBase, .text = kBaseMissing},
    {.error = kProductLineConflict, .text = kLineTaken},
    {.error = kPaymentsNotConfigured, .text = kNotSetUp},
};
constexpr Wording kCancelWordings[] = {
    {.error = kProductNotOwned, .text = "Customer does not have this product."},
    {.error = kSubscriptionNotCancelable,
     .reason = "one_time",
     .text = "This product is a one time purchase and cannot be canceled."},
    {.error = kSubscriptionNotCancelable, .text = kNoSuchSubscription},
    {.error = kSubscriptionNotFound,
     .reason = "several",
     .text = "The customer has this product more than once; say with subscription_id which one."},
    {.error = kSubscriptionNotFound, .text = kNoSuchSubscription},
};
constexpr Wording kSwitchWordings[] = {
    {.error = kProductDoesNotExist, .text = "Product not found."},
    {.error = kProductCustomerTypeDoesNotMatch, .text = "Product customer type does not match."},
    {.error = kSwitchNotPossible,
     .reason = "not_in_one_product_line",
     .text = "Products must be in the same product line to switch."},
    {.error = kSwitchNotPossible,
     .reason = "add_on",
     .text = "Add-on products cannot be selected for plan switching."},
    {.error = kSwitchNotPossible, .reason = "already_active", .text = "Product is already active."},
    {.error = kSwitchNotPossible, .reason = "one_time", .text = kLineTaken},
    {.error = kSwitchNotPossible, .reason = "price_not_recurring", .text = kNoTargetPrice},
    {.error = kSwitchNotPossible, .reason = "price_not_chosen", .text = kNoTargetPrice},
    {.error = kSwitchNotPossible, .text = kNoSwitch},
    {.error = kProductNotOwned, .text = kNoSwitch},
    {.error = kPriceNotFound, .text = kNoTargetPrice},
    {.error = kProductNotStackable, .text = kNotStackable},
};
constexpr Wording kBillingWordings[] = {
    {.error = kInvalidCursor, .text = "Invalid cursor"},
    {.error = kPaymentsNotConfigured, .text = kNotSetUp},
    {.error = kSetupIntentNotSucceeded, .text = "Setup intent has not succeeded."},
    {.error = kSetupIntentNotFound,
     .status = 403,
     .text = "Setup intent does not belong to this customer."},
};
constexpr Wording kEventWordings[] = {
    {.error = kWebhookSignatureInvalid, .text = "Invalid stripe-signature header"},
};

// clang-format off
constexpr Row kRows[] = {
    // A customer's items.
    {.route = {.method = Method::kGet,
      .path = "/payments/items/{customer_type}/{customer_id}/{item_id}",
      .operation = "stackGetItem", .summary = "How much a customer has of an item.",
      .access = Need::kClient, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kIo, .reply = ReplyIs::kPlain, .input = Input::kNone,
      .answer = {200, AnswerKind::kObject, &schemas::kItem}, .handler = handlers::get_item}},
    {.route = {.method = Method::kPost,
      .path = "/payments/items/{customer_type}/{customer_id}/{item_id}/update-quantity",
      .operation = "stackUpdateQuantity", .summary = "Adds to an item, or takes from it.",
      .access = Need::kServer, .idempotency = Idempotency::kOptional, .body_limit = kUsual,
      .runs_on = RunsOn::kIo, .reply = ReplyIs::kPlain, .input = Input::kJson,
      .request = &schemas::kQuantityChange, .query = &schemas::kQuantityQuery,
      .answer = {200, AnswerKind::kObject, &schemas::kNothing},
      .handler = handlers::update_quantity}},

    // What a customer owns.
    {.route = {.method = Method::kGet, .path = "/payments/products/{customer_type}/{customer_id}",
      .operation = "stackListProducts", .summary = "What a customer owns, by product id.",
      .access = Need::kClient, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kNone,
      .query = &schemas::kListQuery, .answer = {200, AnswerKind::kList, &schemas::kOwnedProduct},
      .handler = handlers::list_products}},
    {.route = {.method = Method::kPost, .path = "/payments/products/{customer_type}/{customer_id}",
      .operation = "stackGrantProduct", .summary = "Gives a product without payment.",
      .access = Need::kServer, .idempotency = Idempotency::kOptional, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kJson,
      .request = &schemas::kGrant, .answer = {200, AnswerKind::kObject, &schemas::kGranted},
      .handler = handlers::grant_product},
     .wordings = kSaleWordings},
    {.route = {.method = Method::kDelete,
      .path = "/payments/products/{customer_type}/{customer_id}/{product_id}",
      .operation = "stackCancelSubscription",
      .summary = "Cancels a subscription at its period's end.",
      .access = Need::kClient, .idempotency = Idempotency::kOptional, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kNone,
      .query = &schemas::kCancelQuery, .answer = {200, AnswerKind::kObject, &schemas::kSuccess},
      .handler = handlers::cancel_subscription},
     .wordings = kCancelWordings, .word = handlers::word_cancel_error},
    {.route = {.method = Method::kPost,
      .path = "/payments/products/{customer_type}/{customer_id}/switch",
      .operation = "stackSwitchSubscription",
      .summary = "Makes a subscription another plan of its product line.",
      .access = Need::kClient, .idempotency = Idempotency::kOptional, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kJson,
      .request = &schemas::kSwitch, .answer = {200, AnswerKind::kObject, &schemas::kSuccess},
      .handler = handlers::switch_subscription},
     .wordings = kSwitchWordings, .word = handlers::word_switch_error},

    // How a customer pays.
    {.route = {.method = Method::kGet, .path = "/payments/invoices/{customer_type}/{customer_id}",
      .operation = "stackListInvoices", .summary = "A customer's invoices, newest first.",
      .access = Need::kClient, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kNone,
      .query = &schemas::kListQuery, .answer = {200, AnswerKind::kList, &schemas::kInvoice},
      .handler = handlers::list_invoices},
     .wordings = kBillingWordings},
    {.route = {.method = Method::kGet, .path = "/payments/billing/{customer_type}/{customer_id}",
      .operation = "stackGetBilling", .summary = "How a customer pays.",
      .access = Need::kClient, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kNone,
      .answer = {200, AnswerKind::kObject, &schemas::kBilling}, .handler = handlers::get_billing}},
    {.route = {.method = Method::kPost,
      .path = "/payments/payment-method/{customer_type}/{customer_id}/setup-intent",
      .operation = "stackCreateSetupIntent", .summary = "For a form that takes a payment method.",
      .access = Need::kClient, .idempotency = Idempotency::kOptional, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kSecret, .input = Input::kNone,
      .answer = {200, AnswerKind::kObject, &schemas::kSetupIntent},
      .handler = handlers::create_setup_intent},
     .wordings = kBillingWordings},
    {.route = {.method = Method::kPost,
      .path = "/payments/payment-method/{customer_type}/{customer_id}/set-default",
      .operation = "stackSetDefaultPaymentMethod",
      .summary = "Makes the method of a setup intent the one that is charged.",
      .access = Need::kClient, .idempotency = Idempotency::kOptional, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kJson,
      .request = &schemas::kSetDefault,
      .answer = {200, AnswerKind::kObject, &schemas::kDefaultMethod},
      .handler = handlers::set_default_payment_method},
     .wordings = kBillingWordings},

    // Buying.
    {.route = {.method = Method::kPost, .path = "/payments/purchases/create-purchase-url",
      .operation = "stackCreatePurchaseUrl",
      .summary = "A page on which a customer buys a product.",
      .access = Need::kClient, .idempotency = Idempotency::kOptional, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kSecret, .input = Input::kJson,
      .request = &schemas::kNewPurchaseUrl,
      .answer = {200, AnswerKind::kObject, &schemas::kUrl},
      .handler = handlers::create_purchase_url},
     .wordings = kSaleWordings},
    {.route = {.method = Method::kPost, .path = "/payments/purchases/validate-code",
      .operation = "stackValidateCode", .summary = "What the page of a purchase code shows.",
      .access = Need::kPublic, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kJson,
      .request = &schemas::kCode, .answer = {200, AnswerKind::kObject, &schemas::kPurchasePage},
      .handler = handlers::validate_code}},
    {.route = {.method = Method::kGet, .path = "/payments/purchases/validate-code",
      .operation = "stackCheckCode", .summary = "Whether a purchase code is good.",
      .access = Need::kPublic, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kNone,
      .query = &schemas::kCodeQuery, .answer = {200, AnswerKind::kObject, &schemas::kValid},
      .handler = handlers::check_code}},
    {.route = {.method = Method::kPost, .path = "/payments/purchases/purchase-session",
      .operation = "stackBeginPurchase",
      .summary = "Begins the payment of what the buyer chose, and uses the code up.",
      .access = Need::kPublic, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kSecret, .input = Input::kJson,
      .request = &schemas::kPurchase,
      .answer = {200, AnswerKind::kObject, &schemas::kClientSecret},
      .handler = handlers::begin_purchase},
     .wordings = kSaleWordings},
    {.route = {.method = Method::kPost, .path = "/internal/payments/test-mode-purchase-session",
      .operation = "stackCompleteTestPurchase",
      .summary = "Completes a purchase of a project in test mode, without a payment.",
      .access = Need::kPublic, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kJson,
      .request = &schemas::kPurchase, .answer = {200, AnswerKind::kObject, &schemas::kSuccess},
      .handler = handlers::complete_test_purchase},
     .wordings = kSaleWordings},

    // The provider's events.
    {.route = {.method = Method::kPost, .path = "/integrations/stripe/webhooks",
      .operation = "stackReceiveStripeEvent", .summary = "Takes a signed event, of any project.",
      .access = Need::kPublic, .idempotency = Idempotency::kNone, .body_limit = kLarge,
      .runs_on = RunsOn::kWorker, .reply = ReplyIs::kPlain, .input = Input::kRaw,
      .answer = {200, AnswerKind::kObject, &schemas::kReceived},
      .handler = handlers::receive_stripe_event},
     .wordings = kEventWordings},
};
// clang-format on

}  // namespace

std::span<const Row> payment_rows() { return kRows; }

}  // namespace purser::http::compat
