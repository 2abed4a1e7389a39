#include "http/compat/payments_schemas.hpp"

#include "types/quantity.hpp"

// What requests about payments look like. payments_answers.cpp has their answers.
namespace purser::http::compat::schemas {
namespace {

using enum FieldKind;

constexpr std::string_view kCustomerTypes[] = {"user", "team", "custom"};
constexpr std::int64_t kMaxUrl = 2048;
constexpr std::int64_t kMaxCode = 200;

constexpr Field kProductId{.name = "product_id",
                           .kind = kId,
                           .doc =
                               "A product of the catalog; either this or one that "
                               "is described."};
constexpr Field kProductInline{
    .name = "product_inline",
    .kind = kAnyObject,
    .doc = "A product described in the request; only with server access."};
constexpr Field kPurchaseQuantity{.name = "quantity",
                                  .kind = kInteger,
                                  .min = 1,
                                  .max = Quantity::kMax,
                                  .doc = "How many; more than 1 only of stackable products."};
constexpr Field kReturnUrl{.name = "return_url",
                           .kind = kText,
                           .max = kMaxUrl,
                           .doc = "Where the buyer comes back to; on a trusted domain."};
constexpr Field kFullCode{.name = "full_code",
                          .kind = kText,
                          .required = true,
                          .min = 1,
                          .max = kMaxCode,
                          .doc = "The code of a purchase URL."};

constexpr Field kQuantityQueryFields[] = {
    {.name = "allow_negative",
     .kind = kBoolean,
     .required = true,
     .doc = "Whether the customer may have less than nothing afterwards."},
};
constexpr Field kQuantityChangeFields[] = {
    {.name = "delta",
     .kind = kInteger,
     .required = true,
     .min = -Quantity::kMax,
     .max = Quantity::kMax,
     .doc = "What is added, or taken when negative."},
    {.name = "expires_at", .kind = kTimestamp, .doc = "When what is added expires."},
    {.name = "description", .kind = kText, .max = 500, .doc = "Kept in the ledger entry."},
};
constexpr Field kListQueryFields[] = {
    {.name = "cursor", .kind = kText, .max = 200, .doc = "The next_cursor of the page before."},
    {.name = "limit",
     .kind = kInteger,
     .min = 1,
     .max = 100,
     .doc = "How many rows; 10 by default, 100 at most."},
};
constexpr Field kGrantFields[] = {kProductId, kProductInline, kPurchaseQuantity};
constexpr Field kCancelQueryFields[] = {
    {.name = "subscription_id",
     .kind = kId,
     .doc = "Which subscription; the product in the path then counts for nothing."},
};
constexpr Field kSwitchFields[] = {
    {.name = "from_product_id", .kind = kId, .required = true, .doc = "The plan of now."},
    {.name = "to_product_id", .kind = kId, .required = true, .doc = "The wanted plan."},
    {.name = "price_id", .kind = kId, .doc = "Which of its prices; its only one by default."},
    kPurchaseQuantity,
};
constexpr Field kSetDefaultFields[] = {
    {.name = "setup_intent_id",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 255,
     .doc = "A setup intent of this customer that succeeded."},
};
constexpr Field kNewPurchaseUrlFields[] = {
    {.name = "customer_type",
     .kind = kChoice,
     .required = true,
     .choices = kCustomerTypes,
     .doc = "Who buys."},
    {.name = "customer_id", .kind = kId, .required = true, .doc = "Its id."},
    kProductId,
    kProductInline,
    {.name = "offer_id", .kind = kId, .doc = "As product_id was called; below /api/v1 only."},
    {.name = "offer_inline",
     .kind = kAnyObject,
     .doc = "As product_inline was called; below /api/v1 only."},
    kReturnUrl,
};
constexpr Field kCodeFields[] = {kFullCode, kReturnUrl};
constexpr Field kPurchaseFields[] = {
    kFullCode,
    {.name = "price_id", .kind = kId, .required = true, .doc = "The chosen price."},
    kPurchaseQuantity,
};

}  // namespace

const Schema kQuantityQuery{"StackQuantityQuery", "Query parameters.", kQuantityQueryFields};
const Schema kQuantityChange{"StackQuantityChange", "A change of an item's quantity.",
                             kQuantityChangeFields};
const Schema kListQuery{"StackListQuery", "Query parameters.", kListQueryFields};
const Schema kGrant{"StackGrant", "What is given.", kGrantFields};
const Schema kCancelQuery{"StackCancelQuery", "Query parameters.", kCancelQueryFields};
const Schema kSwitch{"StackSwitch", "A change of plan.", kSwitchFields};
const Schema kSetDefault{"StackSetDefault", "How to pay from now on.", kSetDefaultFields};
const Schema kNewPurchaseUrl{"StackNewPurchaseUrl", "What is sold to whom.", kNewPurchaseUrlFields};
const Schema kCode{"StackCode", "A purchase code.", kCodeFields};
const Schema kCodeQuery{"StackCodeQuery", "Query parameters.", kCodeFields};
const Schema kPurchase{"StackPurchase", "What the buyer chose.", kPurchaseFields};

}  // namespace purser::http::compat::schemas
