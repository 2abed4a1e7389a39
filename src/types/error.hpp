#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace purser {

/// Whether sending a failed request again can help.
enum class RetryClass : std::uint8_t {
  kNever,        ///< The same request will always fail.
  kSameRequest,  ///< Passing fault: send the same request again, with the same idempotency key.
  kAfterChange,  ///< Works once something else has changed (a token refreshed, a card replaced, …).
};

// The one table of known errors: X(enumerator, CODE, http status, retry class, meaning).
// clang-format off
// Codes are never reused or renamed. docs/reference/errors.md is generated from it.
#define PURSER_ERROR_TABLE(X)                                                                      \
  X(SchemaError, "SCHEMA_ERROR", 400, kNever, "The request does not have the documented shape; details.fields names each place.") \
  X(BodyParsingError, "BODY_PARSING_ERROR", 400, kNever, "The body is not valid JSON.") \
  X(InvalidCursor, "INVALID_CURSOR", 400, kNever, "The cursor was not made by this server for this list.") \
  X(RouteNotFound, "ROUTE_NOT_FOUND", 404, kNever, "No route has this path.") \
  X(MethodNotAllowed, "METHOD_NOT_ALLOWED", 405, kNever, "The path exists, with the methods named in the Allow header.") \
  X(RequestTimeout, "REQUEST_TIMEOUT", 408, kSameRequest, "The request did not arrive completely in time.") \
  X(BodyTooLarge, "BODY_TOO_LARGE", 413, kNever, "The body is larger than the route allows.") \
  X(UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", 415, kNever, "The body must be application/json, not compressed.") \
  X(HeadersTooLarge, "HEADERS_TOO_LARGE", 431, kNever, "The header section is larger than 16 KiB.") \
  X(RateLimited, "RATE_LIMITED", 429, kSameRequest, "Too many requests; wait for Retry-After seconds.") \
  X(InternalError, "INTERNAL_ERROR", 500, kSameRequest, "A defect of the server; the request id finds it in the log.") \
  X(NotImplemented, "NOT_IMPLEMENTED", 501, kNever, "This version of the server cannot do that yet.") \
  X(StoreUnavailable, "STORE_UNAVAILABLE", 503, kSameRequest, "The database cannot be written or read at the moment.") \
  X(Overloaded, "OVERLOADED", 503, kSameRequest, "More requests are waiting than the server accepts; wait for Retry-After seconds.") \
  X(ShuttingDown, "SHUTTING_DOWN", 503, kSameRequest, "The server is draining before it stops.") \
  X(PaymentProviderUnavailable, "PAYMENT_PROVIDER_UNAVAILABLE", 503, kSameRequest, "Stripe did not answer; nothing was sold, the same request resumes.") \
  X(IdempotencyKeyMismatch, "IDEMPOTENCY_KEY_MISMATCH", 422, kNever, "The idempotency key was used for a different request.") \
  X(IdempotencyKeyInUse, "IDEMPOTENCY_KEY_IN_USE", 409, kSameRequest, "A request with this idempotency key is still running.") \
  X(AccessTypeRequired, "ACCESS_TYPE_REQUIRED", 400, kNever, "No key, token or access type was sent.") \
  X(ProjectKeyWithoutAccessType, "PROJECT_KEY_WITHOUT_ACCESS_TYPE", 400, kNever, "A key was sent without saying which access type it is for.") \
  X(InvalidAccessType, "INVALID_ACCESS_TYPE", 400, kNever, "The access type must be client, server or admin.") \
  X(AccessTypeWithoutProjectId, "ACCESS_TYPE_WITHOUT_PROJECT_ID", 400, kNever, "An access type was sent without a project id.") \
  X(CurrentProjectNotFound, "CURRENT_PROJECT_NOT_FOUND", 400, kNever, "The project id in the header names no project.") \
  X(InsufficientAccessType, "INSUFFICIENT_ACCESS_TYPE", 401, kNever, "The route needs a higher access type.") \
  X(InvalidPublishableClientKey, "INVALID_PUBLISHABLE_CLIENT_KEY", 401, kNever, "The publishable client key is not valid for the project.") \
  X(PublishableClientKeyRequired, "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT", 401, kNever, "The project wants a publishable client key with every client request, and none was sent.") \
  X(InvalidSecretServerKey, "INVALID_SECRET_SERVER_KEY", 401, kNever, "The secret server key is not valid for the project.") \
  X(InvalidSuperSecretAdminKey, "INVALID_SUPER_SECRET_ADMIN_KEY", 401, kNever, "The super secret admin key is not valid for the project.") \
  X(InvalidRootKey, "INVALID_ROOT_KEY", 401, kNever, "The route needs the root key that lies in the data folder.") \
  X(UnparsableAccessToken, "UNPARSABLE_ACCESS_TOKEN", 401, kAfterChange, "The access token is not one that this project accepts; refresh it.") \
  X(AccessTokenExpired, "ACCESS_TOKEN_EXPIRED", 401, kAfterChange, "The access token has expired; refresh it.") \
  X(InvalidProjectForAccessToken, "INVALID_PROJECT_FOR_ACCESS_TOKEN", 401, kNever, "The access token is for another project.") \
  X(RefreshTokenNotFound, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED", 401, kNever, "The refresh token is unknown, expired or revoked; sign in again.") \
  X(UserAuthenticationRequired, "USER_AUTHENTICATION_REQUIRED", 401, kAfterChange, "The route needs a user's access token.") \
  X(TeamPermissionRequired, "TEAM_PERMISSION_REQUIRED", 401, kAfterChange, "The user is a member of the team but not an administrator.") \
  X(UserNotFound, "USER_NOT_FOUND", 404, kAfterChange, "No such user in this project.") \
  X(TeamNotFound, "TEAM_NOT_FOUND", 404, kAfterChange, "No such team in this project.") \
  X(CustomerNotFound, "CUSTOMER_NOT_FOUND", 404, kNever, "No such customer for this caller.") \
  X(TeamMembershipNotFound, "TEAM_MEMBERSHIP_NOT_FOUND", 404, kAfterChange, "The user is not a member of the team.") \
  X(ProjectNotFound, "PROJECT_NOT_FOUND", 404, kAfterChange, "No such project.") \
  X(KeyNotFound, "KEY_NOT_FOUND", 404, kNever, "No such key in this project.") \
  X(SessionNotFound, "SESSION_NOT_FOUND", 404, kNever, "No such session in this project.") \
  X(AlreadyExists, "ALREADY_EXISTS", 409, kNever, "Something with this id exists already.") \
  X(ItemNotFound, "ITEM_NOT_FOUND", 404, kAfterChange, "The catalog has no item with this id.") \
  X(ItemCustomerTypeDoesNotMatch, "ITEM_CUSTOMER_TYPE_DOES_NOT_MATCH", 400, kNever, "The item is for another type of customer.") \
  X(ItemQuantityInsufficientAmount, "ITEM_QUANTITY_INSUFFICIENT_AMOUNT", 400, kAfterChange, "The customer has less of the item than was asked for; nothing was taken.") \
  X(QuantityOutOfRange, "QUANTITY_OUT_OF_RANGE", 400, kNever, "A quantity would leave the range of ±(2^53-1); nothing was changed.") \
  X(ProductDoesNotExist, "PRODUCT_DOES_NOT_EXIST", 400, kAfterChange, "The catalog has no product with this id for this caller.") \
  X(ProductCustomerTypeDoesNotMatch, "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH", 400, kNever, "The product is for another type of customer.") \
  X(ProductAlreadyGranted, "PRODUCT_ALREADY_GRANTED", 400, kAfterChange, "The customer owns this product, which is not stackable.") \
  X(ProductNotStackable, "PRODUCT_NOT_STACKABLE", 400, kNever, "The product is not stackable; its quantity must be 1.") \
  X(ProductHasNoPrice, "PRODUCT_HAS_NO_PRICE", 400, kAfterChange, "The product has no price and can only be granted.") \
  X(PriceNotFound, "PRICE_NOT_FOUND", 400, kNever, "The product has no price with this id.") \
  X(AddOnRequiresBase, "ADD_ON_REQUIRES_BASE", 400, kAfterChange, "The product is an add-on to a product that the customer does not own.") \
  X(ProductLineConflict, "PRODUCT_LINE_CONFLICT", 400, kAfterChange, "The customer owns another product of the same product line.") \
  X(ProductNotOwned, "PRODUCT_NOT_OWNED", 400, kAfterChange, "The customer does not own this product.") \
  X(SubscriptionNotFound, "SUBSCRIPTION_NOT_FOUND", 404, kAfterChange, "The customer has no such subscription.") \
  X(SubscriptionNotCancelable, "SUBSCRIPTION_NOT_CANCELABLE", 400, kAfterChange, "What the customer owns is no running subscription; it cannot be canceled.") \
  X(SubscriptionNotResumable, "SUBSCRIPTION_NOT_RESUMABLE", 400, kAfterChange, "The subscription is not about to end, or has ended already.") \
  X(SwitchNotPossible, "SWITCH_NOT_POSSIBLE", 400, kAfterChange, "The subscription cannot become this plan; details.reason says why. Nothing was changed or charged.") \
  X(SwitchConflict, "SWITCH_CONFLICT", 409, kSameRequest, "The subscription changed while it was being switched; ask again.") \
  X(PaymentFailed, "PAYMENT_FAILED", 402, kAfterChange, "The customer's payment method was declined; nothing was changed. details.decline_code says why.") \
  X(DefaultPaymentMethodRequired, "DEFAULT_PAYMENT_METHOD_REQUIRED", 400, kAfterChange, "The customer has no default payment method; set one first.") \
  X(SetupIntentNotSucceeded, "SETUP_INTENT_NOT_SUCCEEDED", 400, kAfterChange, "The setup intent has not succeeded yet; confirm it first.") \
  X(SetupIntentNotFound, "SETUP_INTENT_NOT_FOUND", 404, kNever, "This customer has no such setup intent.") \
  X(PurchaseNotFound, "PURCHASE_NOT_FOUND", 404, kNever, "No such purchase in this project.") \
  X(RefundNotPossible, "REFUND_NOT_POSSIBLE", 400, kAfterChange, "That much cannot be given back; details.reason says why. Nothing was refunded.") \
  X(TestModePurchaseNonRefundable, "TEST_MODE_PURCHASE_NON_REFUNDABLE", 400, kNever, "Nothing was paid for this purchase, so nothing can be refunded.") \
  X(PurchaseCodeNotFound, "VERIFICATION_CODE_NOT_FOUND", 404, kNever, "The purchase code is unknown, used or expired; ask for a new checkout.") \
  X(InboxEventNotFound, "INBOX_EVENT_NOT_FOUND", 404, kNever, "No such event in this project's inbox.") \
  X(CatalogInvalid, "CATALOG_INVALID", 400, kNever, "The catalog has errors; details.fields names each one. Nothing was applied.") \
  X(RedirectUrlNotWhitelisted, "REDIRECT_URL_NOT_WHITELISTED", 400, kAfterChange, "The return URL is not on one of the project's trusted domains.") \
  X(NewPurchasesBlocked, "NEW_PURCHASES_BLOCKED", 403, kAfterChange, "The project's setting block_new_purchases is on.") \
  X(PaymentsNotConfigured, "PAYMENTS_NOT_CONFIGURED", 400, kAfterChange, "The project has no Stripe account; set one before selling.") \
  X(PaymentProviderRefused, "PAYMENT_PROVIDER_REFUSED", 502, kAfterChange, "Stripe refused the request; details.provider_message says why.") \
  X(WebhookSignatureInvalid, "WEBHOOK_SIGNATURE_INVALID", 400, kNever, "The webhook's signature is missing, wrong or too old.") \
  X(CardDataRefused, "CARD_DATA_REFUSED", 400, kNever, "The request seems to carry a card number; card numbers must never be sent here.") \
  X(WebhookEndpointNotFound, "WEBHOOK_ENDPOINT_NOT_FOUND", 404, kNever, "No such webhook endpoint in this project.") \
  X(WebhookDeliveryNotFound, "WEBHOOK_DELIVERY_NOT_FOUND", 404, kNever, "The endpoint has no delivery of this id, or it was older than the retention allows.") \
  X(WebhookUrlNotAllowed, "WEBHOOK_URL_NOT_ALLOWED", 400, kAfterChange, "Events are not delivered to such a URL; details.reason says why.") \
  X(TooManyWebhookEndpoints, "TOO_MANY_WEBHOOK_ENDPOINTS", 400, kAfterChange, "The project has as many webhook endpoints as it may have; delete one first.")
// clang-format on

enum class ErrorCode : std::uint16_t {
#define PURSER_X(enumerator, code, status, retry, meaning) k##enumerator,
  PURSER_ERROR_TABLE(PURSER_X)
#undef PURSER_X
};

/// One row of the error table.
struct ErrorRow {
  ErrorCode code;
  std::string_view name;  ///< The code on the wire, e.g. "ITEM_NOT_FOUND".
  int http_status;        ///< 400–599.
  RetryClass retry;
  std::string_view meaning;  ///< One sentence for the reference.
};

inline constexpr ErrorRow kErrorTable[] = {
#define PURSER_X(enumerator, code, status, retry, meaning) \
  {ErrorCode::k##enumerator, code, status, RetryClass::retry, meaning},
    PURSER_ERROR_TABLE(PURSER_X)
#undef PURSER_X
};

constexpr const ErrorRow& error_row(ErrorCode code) {
  return kErrorTable[static_cast<std::size_t>(code)];
}

/// The code with this name on the wire, e.g. "ITEM_NOT_FOUND"; nothing for a name that is not in
/// the table.
std::optional<ErrorCode> parse_error_code(std::string_view name);

/// One place in a request or document that is wrong.
struct FieldError {
  std::string path;     ///< e.g. "body.quantity", "products.pro.prices.monthly.amount".
  std::string message;  ///< e.g. "must be an integer".
  friend bool operator==(const FieldError&, const FieldError&) = default;
};

/// A machine-readable detail of an error. Kept small on purpose: what an answer may reveal is
/// chosen.
using DetailValue =
    std::variant<std::nullptr_t, bool, std::int64_t, std::string, std::vector<FieldError>>;
using Details = std::vector<std::pair<std::string, DetailValue>>;

/// Text for the log only. There is no function that turns it into a part of a response.
class LogDetail {
 public:
  LogDetail() = default;
  explicit LogDetail(std::string text) : text_(std::move(text)) {}
  const std::string& for_log() const { return text_; }

 private:
  std::string text_;
};

/// Why an operation did not happen. A value; nothing was changed by the operation that returns one.
struct Error {
  ErrorCode code = ErrorCode::kInternalError;
  std::string
      message;      ///< The sentence for the caller; says what to do when there is something to do.
  Details details;  ///< For the caller's program.
  LogDetail log;    ///< For the operator; never leaves the server.

  Error() = default;
  Error(ErrorCode c, std::string text, Details d = {}, LogDetail l = {})
      : code(c), message(std::move(text)), details(std::move(d)), log(std::move(l)) {}

  /// A defect of our own or of the environment: the caller sees only a request id.
  static Error internal(std::string log_text) {
    return {ErrorCode::kInternalError,
            "Something went wrong inside the server.",
            {},
            LogDetail(std::move(log_text))};
  }
};

}  // namespace purser
