#include "http/page_fields.hpp"
#include "http/schemas.hpp"
#include "types/quantity.hpp"

// Every field is stated by its name and kind; limits are part of the shape.
namespace purser::http::schemas {
namespace {

using enum FieldKind;

constexpr std::string_view kAccessTypes[] = {"client", "server", "admin"};
constexpr std::string_view kSwitchTimes[] = {"now", "period_end"};
constexpr std::string_view kRefundReasons[] = {"duplicate", "fraudulent", "requested_by_customer"};
constexpr std::string_view kInboxStates[] = {"pending", "done", "ignored", "quarantined"};

constexpr Field kDescription{.name = "description",
                             .kind = kText,
                             .max = 500,
                             .doc = "Your own words, kept in the ledger entry."};
constexpr Field kExpiresAt{.name = "expires_at",
                           .kind = kTimestamp,
                           .doc =
                               "When what is left of the granted quantity expires; only with a "
                               "positive change. Absent: never."};
constexpr Field kPriceId{
    .name = "price_id", .kind = kId, .doc = "Which of the product's prices. Absent: its only one."};
constexpr Field kPurchaseQuantity{.name = "quantity",
                                  .kind = kInteger,
                                  .min = 1,
                                  .max = Quantity::kMax,
                                  .doc =
                                      "How many; more than 1 only of stackable products. "
                                      "Absent: 1."};
constexpr Field kProductId{.name = "product_id",
                           .kind = kId,
                           .doc = "A product of the catalog; either this or `product`."};
constexpr Field kInlineProduct{.name = "product",
                               .kind = kAnyObject,
                               .doc =
                                   "An inline product, described as in the catalog; only with "
                                   "server access. `prices` may also be an array."};
constexpr Field kDisplayName{
    .name = "display_name", .kind = kText, .max = 500, .doc = "For people."};
constexpr Field kRequiredDisplayName{
    .name = "display_name", .kind = kText, .required = true, .max = 500, .doc = "For people."};

constexpr Field kChangeQuantityFields[] = {
    {.name = "change",
     .kind = kInteger,
     .required = true,
     .min = -Quantity::kMax,
     .max = Quantity::kMax,
     .doc = "What is added (or taken, when negative). Not 0. The quantity may become negative."},
    kExpiresAt,
    kDescription,
};
constexpr Field kTryDecreaseFields[] = {
    {.name = "amount",
     .kind = kInteger,
     .required = true,
     .min = 1,
     .max = Quantity::kMax,
     .doc = "What is taken, if there is that much; otherwise nothing is."},
    kDescription,
};
constexpr Field kBatchOperationFields[] = {
    {.name = "item_id", .kind = kId, .required = true, .doc = "The item."},
    {.name = "change",
     .kind = kInteger,
     .min = -Quantity::kMax,
     .max = Quantity::kMax,
     .doc = "As in changeItemQuantity; either this or `try_decrease`."},
    {.name = "try_decrease",
     .kind = kInteger,
     .min = 1,
     .max = Quantity::kMax,
     .doc = "As `amount` in tryDecreaseItem."},
    kExpiresAt,
    kDescription,
};
constexpr Schema kBatchOperation{"ItemBatchOperation", "One operation of a batch.",
                                 kBatchOperationFields};
constexpr Field kItemBatchFields[] = {
    {.name = "operations",
     .kind = kObjects,
     .required = true,
     .min = 1,
     .max = 1000,
     .of = &kBatchOperation,
     .doc = "In the order in which they are carried out."},
    {.name = "atomic",
     .kind = kBoolean,
     .doc = "true: all of them or none. Absent or false: each on its own."},
};
constexpr Field kCheckoutFields[] = {
    kProductId,
    kInlineProduct,
    kPriceId,
    kPurchaseQuantity,
    {.name = "return_url",
     .kind = kText,
     .max = 2048,
     .doc = "Where the buyer goes afterwards; on one of the project's trusted domains. Absent: a "
            "page of this server."},
};
constexpr Field kGrantFields[] = {kProductId, kInlineProduct, kPriceId, kPurchaseQuantity};
constexpr Field kSetupIntentChoiceFields[] = {
    {.name = "setup_intent_id",
     .kind = kId,
     .required = true,
     .doc = "A setup intent of this customer that has succeeded."},
};
constexpr Field kSwitchFields[] = {
    {.name = "from_product_id", .kind = kId, .required = true, .doc = "The plan that is owned."},
    {.name = "to_product_id",
     .kind = kId,
     .required = true,
     .doc = "A plan of the same product line."},
    {.name = "price_id",
     .kind = kId,
     .doc = "Which of the new plan's prices. Absent: its only one with an interval."},
    {.name = "quantity",
     .kind = kInteger,
     .min = 1,
     .max = Quantity::kMax,
     .doc = "Absent: as many as now if the new plan is stackable, else 1."},
    {.name = "effective",
     .kind = kChoice,
     .choices = kSwitchTimes,
     .doc = "Absent: now, or what the project's downgrade_effective says of a cheaper plan."},
};
constexpr Field kNewRefundFields[] = {
    {.name = "amount",
     .kind = kInteger,
     .min = 1,
     .max = Quantity::kMax,
     .doc = "Minor units; either this or `quantity`. Neither: all that is left."},
    {.name = "quantity",
     .kind = kInteger,
     .min = 1,
     .max = Quantity::kMax,
     .doc = "How many of a stackable one-time product."},
    {.name = "reason", .kind = kChoice, .choices = kRefundReasons, .doc = "What Stripe is told."},
};
constexpr Field kOnboardingFields[] = {
    {.name = "return_url",
     .kind = kText,
     .max = 2048,
     .doc = "Where the owner goes afterwards; on one of the project's trusted domains. Absent: a "
            "page of this server."},
};
constexpr Field kNewUserFields[] = {
    {.name = "id", .kind = kId, .doc = "Your own id of the user. Absent: a new UUID."},
    kDisplayName,
    {.name = "primary_email", .kind = kText, .min = 1, .max = 320, .doc = "Absent: none."},
};
constexpr Field kUserChangeFields[] = {
    kDisplayName,
    {.name = "primary_email",
     .kind = kText,
     .min = 1,
     .max = 320,
     .nullable = true,
     .doc = "null removes it."},
};
constexpr Field kNewTeamFields[] = {
    {.name = "id", .kind = kId, .doc = "Your own id of the team. Absent: a new UUID."},
    kDisplayName,
    {.name = "creator_user_id",
     .kind = kId,
     .doc = "A user who becomes the team's first administrator."},
};
constexpr Field kTeamChangeFields[] = {kRequiredDisplayName};
constexpr Field kNewMembershipFields[] = {
    {.name = "administrator", .kind = kBoolean, .doc = "Absent: false."},
};
constexpr Field kMembershipChangeFields[] = {
    {.name = "administrator", .kind = kBoolean, .required = true, .doc = "The new flag."},
};
constexpr Field kNewSessionFields[] = {
    {.name = "user_id", .kind = kId, .required = true, .doc = "Who is signed in."},
};
constexpr Field kRefreshFields[] = {
    {.name = "refresh_token",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 512,
     .secret = true,
     .doc = "The session's refresh token."},
};
constexpr Field kNewKeyFields[] = {
    {.name = "access_type",
     .kind = kChoice,
     .required = true,
     .choices = kAccessTypes,
     .doc = "What the key is for."},
    kDescription,
};
constexpr Field kNewProjectFields[] = {
    {.name = "display_name",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 500,
     .doc = "For people."},
    {.name = "id",
     .kind = kId,
     .doc = "1–64 lower-case letters, digits and hyphens. Absent: a new UUID."},
};
constexpr Field kIssuerFields[] = {
    {.name = "issuer",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 2048,
     .doc = "Compared exactly with the token's `iss`."},
    {.name = "audience",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 2048,
     .doc = "Must be one of the token's `aud`."},
    {.name = "jwks_url",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 2048,
     .doc = "Where the issuer's public keys are."},
};
constexpr Schema kIssuer{"OidcIssuer", "A foreign OpenID Connect issuer.", kIssuerFields};
constexpr Field kProjectChangeFields[] = {
    {.name = "display_name", .kind = kText, .min = 1, .max = 500, .doc = "For people."},
    {.name = "trusted_domains",
     .kind = kTexts,
     .max = 100,
     .doc = "Origins that buyers may return to: \"https://app.example.com\", "
            "\"https://*.example.com\"."},
    {.name = "allow_localhost",
     .kind = kBoolean,
     .doc = "Trust localhost and 127.0.0.1 on any port."},
    {.name = "block_new_purchases", .kind = kBoolean, .doc = "Refuse new purchases."},
    {.name = "test_mode",
     .kind = kBoolean,
     .doc = "Purchases complete without Stripe and are marked so."},
    {.name = "require_publishable_client_key",
     .kind = kBoolean,
     .doc = "Whether client calls need a publishable key."},
    {.name = "past_due_grace_days",
     .kind = kInteger,
     .min = 0,
     .max = 60,
     .doc = "How long a subscription whose renewal is not paid still gives access."},
    {.name = "downgrade_effective",
     .kind = kChoice,
     .choices = kSwitchTimes,
     .doc = "When a switch to a cheaper plan takes effect, unless the call says."},
    {.name = "oidc_issuers",
     .kind = kObjects,
     .max = 20,
     .of = &kIssuer,
     .doc = "Whose access tokens are accepted beside our own."},
    {.name = "allow_private_webhook_addresses",
     .kind = kBoolean,
     .doc = "Events may go to addresses of this machine and its networks, also by plain http."},
    {.name = "stripe_secret_key",
     .kind = kText,
     .min = 1,
     .max = 500,
     .secret = true,
     .doc = "The Stripe account's secret key. Never shown again."},
    {.name = "stripe_webhook_secrets",
     .kind = kTexts,
     .min = 1,
     .max = 10,
     .secret = true,
     .doc = "Signing secrets of the webhook endpoint; any of them verifies. Never shown again."},
};
constexpr Field kClockChangeFields[] = {
    {.name = "now", .kind = kTimestamp, .required = true, .doc = "Not before the present instant."},
};
constexpr Field kReconcileFields[] = {
    {.name = "repair", .kind = kBoolean, .doc = "Apply what differs; absent: only say what it is."},
};
constexpr Field kBackupFields[] = {
    {.name = "path",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 4096,
     .doc = "A new file on the server's machine."},
};

constexpr Field kPageFields[] = {kCursor, kLimit};
constexpr Field kMembershipQueryFields[] = {
    {.name = "team_id", .kind = kId, .doc = "The team's members; either this or `user_id`."},
    {.name = "user_id", .kind = kId, .doc = "The user's memberships."},
    kCursor,
    kLimit,
};
constexpr Field kSessionQueryFields[] = {
    {.name = "user_id", .kind = kId, .required = true, .doc = "Whose sessions."},
    kCursor,
    kLimit,
};
constexpr Field kCatalogQueryFields[] = {
    {.name = "dry_run",
     .kind = kBoolean,
     .doc = "true: validate and answer the difference, apply nothing."},
};
constexpr Field kCancelQueryFields[] = {
    {.name = "subscription_id",
     .kind = kId,
     .doc = "Which subscription of the product; needed where there are several."},
    {.name = "immediately",
     .kind = kBoolean,
     .doc = "true: it ends now. Absent or false: at the period's end."},
};
constexpr Field kInboxQueryFields[] = {
    {.name = "state", .kind = kChoice, .choices = kInboxStates, .doc = "Absent: all."},
    kCursor,
    kLimit,
};
constexpr Field kDonePageFields[] = {
    {.name = "project", .kind = kId, .doc = "Where the checkout was made."},
    {.name = "checkout", .kind = kId, .doc = "The checkout that the buyer comes from."},
};

}  // namespace

constexpr Schema kChangeQuantity{"ChangeQuantity", "A change of an item's quantity.",
                                 kChangeQuantityFields};
constexpr Schema kTryDecrease{"TryDecrease", "A decrease that never makes debt.",
                              kTryDecreaseFields};
constexpr Schema kItemBatch{"ItemBatch", "Several changes of one customer's items.",
                            kItemBatchFields};
constexpr Schema kCheckout{"Checkout", "What is to be sold.", kCheckoutFields};
constexpr Schema kGrant{"Grant", "What is given without payment.", kGrantFields};
constexpr Schema kSetupIntentChoice{"SetupIntentChoice", "A payment method that was set up.",
                                    kSetupIntentChoiceFields};
constexpr Schema kSwitch{"SwitchSubscription", "A change of plan.", kSwitchFields};
constexpr Schema kNewRefund{"NewRefund", "How much is given back.", kNewRefundFields};
constexpr Schema kOnboarding{"Onboarding", "An account is connected.", kOnboardingFields};
constexpr Schema kNewUser{"NewUser", "A new user.", kNewUserFields};
constexpr Schema kUserChange{"UserChange", "Only the fields that are present change.",
                             kUserChangeFields};
constexpr Schema kNewTeam{"NewTeam", "A new team.", kNewTeamFields};
constexpr Schema kTeamChange{"TeamChange", "A team's new name.", kTeamChangeFields};
constexpr Schema kNewMembership{"NewMembership", "A user joins a team.", kNewMembershipFields};
constexpr Schema kMembershipChange{"MembershipChange", "A member's new role.",
                                   kMembershipChangeFields};
constexpr Schema kNewSession{"NewSession", "A user signs in.", kNewSessionFields};
constexpr Schema kRefresh{"Refresh", "A refresh token.", kRefreshFields};
constexpr Schema kNewKey{"NewKey", "A new key.", kNewKeyFields};
constexpr Schema kNewProject{"NewProject", "A new project.", kNewProjectFields};
constexpr Schema kProjectChange{"ProjectChange", "Only the fields that are present change.",
                                kProjectChangeFields};
constexpr Schema kClockChange{"ClockChange", "The new instant of a manual clock.",
                              kClockChangeFields};
constexpr Schema kReconcile{"Reconcile", "How to compare.", kReconcileFields};
constexpr Schema kBackup{"Backup", "Where the copy goes.", kBackupFields};

constexpr Schema kPageQuery{"PageQuery", "Query parameters.", kPageFields};
constexpr Schema kMembershipQuery{"MembershipQuery", "Query parameters.", kMembershipQueryFields};
constexpr Schema kSessionQuery{"SessionQuery", "Query parameters.", kSessionQueryFields};
constexpr Schema kCatalogQuery{"CatalogQuery", "Query parameters.", kCatalogQueryFields};
constexpr Schema kCancelQuery{"CancelQuery", "Query parameters.", kCancelQueryFields};
constexpr Schema kInboxQuery{"InboxQuery", "Query parameters.", kInboxQueryFields};
constexpr Schema kDonePageQuery{"DonePageQuery", "Query parameters.", kDonePageFields};

}  // namespace purser::http::schemas
