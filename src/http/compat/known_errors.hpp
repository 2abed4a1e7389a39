#pragma once

// The errors of Stack Auth's protocol that its SDKs know by a code: declared once, in one table.

#include <string>
#include <string_view>

#include "http/core.hpp"
#include "json/json.hpp"

namespace purser::http::compat {

// X(enumerator, CODE, http status, names of the details, sentence). A name in braces is replaced by
// that detail; "{name|iso}" by the instant that it stands for, "{name|or}" by the texts of an array
// ("'a' or 'b'"). The SDKs build their own sentence from the details, so none may be missing.
// clang-format off
#define PURSER_KNOWN_ERRORS(X) \
  X(BodyParsingError, "BODY_PARSING_ERROR", 400, "", "Invalid JSON in request body") \
  X(SchemaError, "SCHEMA_ERROR", 400, "message", "{message}") \
  X(ProjectKeyWithoutAccessType, "PROJECT_KEY_WITHOUT_ACCESS_TYPE", 400, "", "Either an API key or an admin access token was provided, but the x-stack-access-type header is missing. Set it to 'client', 'server', or 'admin' as appropriate.") \
  X(InvalidAccessType, "INVALID_ACCESS_TYPE", 400, "", "The x-stack-access-type header must be 'client', 'server', or 'admin', but was '{access_type}'.") \
  X(AccessTypeWithoutProjectId, "ACCESS_TYPE_WITHOUT_PROJECT_ID", 400, "request_type", "The x-stack-access-type header was '{request_type}', but the x-stack-project-id header was not provided.\n\nFor more information, see the docs on REST API authentication: https://docs.stack-auth.com/rest-api/overview#authentication") \
  X(AccessTypeRequired, "ACCESS_TYPE_REQUIRED", 400, "", "You must specify an access level for this Stack project. Make sure project API keys are provided (eg. x-stack-publishable-client-key) and you set the x-stack-access-type header to 'client', 'server', or 'admin'.\n\nFor more information, see the docs on REST API authentication: https://docs.stack-auth.com/rest-api/overview#authentication") \
  X(InsufficientAccessType, "INSUFFICIENT_ACCESS_TYPE", 401, "actual_access_type allowed_access_types", "The x-stack-access-type header must be {allowed_access_types|or}, but was '{actual_access_type}'.") \
  X(InvalidPublishableClientKey, "INVALID_PUBLISHABLE_CLIENT_KEY", 401, "project_id", "The publishable key is not valid for the project \"{project_id}\". Does the project and/or the key exist?") \
  X(InvalidSecretServerKey, "INVALID_SECRET_SERVER_KEY", 401, "project_id", "The secret server key is not valid for the project \"{project_id}\". Does the project and/or the key exist?") \
  X(InvalidSuperSecretAdminKey, "INVALID_SUPER_SECRET_ADMIN_KEY", 401, "project_id", "The super secret admin key is not valid for the project \"{project_id}\". Does the project and/or the key exist?") \
  X(UnparsableAdminAccessToken, "UNPARSABLE_ADMIN_ACCESS_TOKEN", 401, "", "Admin access token is not parsable.") \
  X(AdminAccessTokenExpired, "ADMIN_ACCESS_TOKEN_EXPIRED", 401, "expired_at_millis", "Admin access token has expired. Please refresh it and try again. (The access token expired at {expired_at_millis|iso}.)") \
  X(AdminAccessTokenIsNotAdmin, "ADMIN_ACCESS_TOKEN_IS_NOT_ADMIN", 401, "", "Admin access token does not have the required permissions to access this project.") \
  X(PublishableClientKeyRequired, "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT", 401, "project_id", "Publishable client keys are required for this project. Create one in Project Keys, or disable this requirement there to allow keyless client access.") \
  X(ServerAuthenticationRequired, "SERVER_AUTHENTICATION_REQUIRED", 401, "", "The secret server key must be provided.") \
  X(AdminAuthenticationRequired, "ADMIN_AUTHENTICATION_REQUIRED", 401, "", "The super secret admin key must be provided.") \
  X(UnparsableAccessToken, "UNPARSABLE_ACCESS_TOKEN", 401, "", "Access token is not parsable.") \
  X(AccessTokenExpired, "ACCESS_TOKEN_EXPIRED", 401, "expired_at_millis project_id user_id refresh_token_id", "Access token has expired. Please refresh it and try again. (The access token expired at {expired_at_millis|iso}.) Project ID: {project_id}. User ID: {user_id}. Refresh token ID: {refresh_token_id}.\n\nDebug info: Most likely, you fetched the access token before it expired (for example, in a server component, pre-rendered page, or on page load), but then didn't refresh it before it expired. If this is the case, and you're using the SDK, make sure you call getAccessToken() every time you need to use the access token. If you're not using the SDK, make sure you refresh the access token with the refresh endpoint.") \
  X(InvalidProjectForAccessToken, "INVALID_PROJECT_FOR_ACCESS_TOKEN", 401, "expected_project_id actual_project_id", "Access token not valid for this project. Expected project ID \"{expected_project_id}\", but the token is for project ID \"{actual_project_id}\".") \
  X(RefreshTokenNotFoundOrExpired, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED", 401, "", "Refresh token not found for this project, or the session has expired/been revoked.") \
  X(CannotGetOwnUserWithoutUser, "CANNOT_GET_OWN_USER_WITHOUT_USER", 400, "", "You have specified 'me' as a userId, but did not provide authentication for a user.") \
  X(CurrentProjectNotFound, "CURRENT_PROJECT_NOT_FOUND", 400, "project_id", "The current project with ID {project_id} was not found. Please check the value of the x-stack-project-id header.") \
  X(BranchDoesNotExist, "BRANCH_DOES_NOT_EXIST", 400, "branch_id", "The branch with ID {branch_id} does not exist.") \
  X(UserAuthenticationRequired, "USER_AUTHENTICATION_REQUIRED", 401, "", "User authentication required for this endpoint.") \
  X(UserNotFound, "USER_NOT_FOUND", 404, "", "User not found.") \
  X(TeamNotFound, "TEAM_NOT_FOUND", 404, "team_id", "Team {team_id} not found.") \
  X(TeamMembershipNotFound, "TEAM_MEMBERSHIP_NOT_FOUND", 404, "team_id user_id", "User {user_id} is not found in team {team_id}.") \
  X(TeamPermissionRequired, "TEAM_PERMISSION_REQUIRED", 401, "team_id user_id permission_id", "User {user_id} does not have permission {permission_id} in team {team_id}.") \
  X(RedirectUrlNotWhitelisted, "REDIRECT_URL_NOT_WHITELISTED", 400, "", "Redirect URL not whitelisted. Did you forget to add this domain to the trusted domains list on the Stack Auth dashboard?") \
  X(VerificationCodeNotFound, "VERIFICATION_CODE_NOT_FOUND", 404, "", "The verification code does not exist for this project.") \
  X(ItemNotFound, "ITEM_NOT_FOUND", 404, "item_id", "Item with ID \"{item_id}\" not found.") \
  X(ItemCustomerTypeDoesNotMatch, "ITEM_CUSTOMER_TYPE_DOES_NOT_MATCH", 400, "item_id customer_id item_customer_type actual_customer_type", "The {actual_customer_type} with ID \"{customer_id}\" is not a valid customer for the item with ID \"{item_id}\". The item is configured to only be available for {item_customer_type} customers, but the customer is a {actual_customer_type}.") \
  X(ItemQuantityInsufficientAmount, "ITEM_QUANTITY_INSUFFICIENT_AMOUNT", 400, "item_id customer_id quantity", "The item with ID \"{item_id}\" has an insufficient quantity for the customer with ID \"{customer_id}\". An attempt was made to charge {quantity} credits.") \
  X(ProductDoesNotExist, "PRODUCT_DOES_NOT_EXIST", 400, "product_id context", "Product with ID \"{product_id}\" does not exist.") \
  X(ProductIsServerOnly, "PRODUCT_DOES_NOT_EXIST", 400, "product_id context", "Product with ID \"{product_id}\" is marked as server-only and cannot be accessed client side.") \
  X(ProductIsAnItem, "PRODUCT_DOES_NOT_EXIST", 400, "product_id context", "Product with ID \"{product_id}\" does not exist, but an item with this ID exists.") \
  X(ProductCustomerTypeDoesNotMatch, "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH", 400, "product_id customer_id product_customer_type actual_customer_type", "The {actual_customer_type} with ID \"{customer_id}\" is not a valid customer for the inline product that has been passed in. The product is configured to only be available for {product_customer_type} customers, but the customer is a {actual_customer_type}.") \
  X(ProductAlreadyGranted, "PRODUCT_ALREADY_GRANTED", 400, "product_id customer_id", "Customer with ID \"{customer_id}\" already owns product \"{product_id}\".") \
  X(NewPurchasesBlocked, "NEW_PURCHASES_BLOCKED", 403, "", "New purchases are currently blocked for this project. Please contact support for more information.") \
  X(DefaultPaymentMethodRequired, "DEFAULT_PAYMENT_METHOD_REQUIRED", 400, "customer_type customer_id", "No default payment method is set for this customer.") \
  X(StripeAccountInfoNotFound, "STRIPE_ACCOUNT_INFO_NOT_FOUND", 404, "", "Stripe account information not found. Please make sure the user has onboarded with Stripe.") \
  X(TeamMembershipAlreadyExists, "TEAM_MEMBERSHIP_ALREADY_EXISTS", 409, "", "Team membership already exists.") \
  X(PermissionNotFound, "PERMISSION_NOT_FOUND", 404, "permission_id", "Permission \"{permission_id}\" not found. Make sure you created it on the dashboard.") \
  X(SignUpNotEnabled, "SIGN_UP_NOT_ENABLED", 400, "", "Creation of new accounts is not enabled for this project. Please ask the project owner to enable it.") \
  X(PasswordAuthenticationNotEnabled, "PASSWORD_AUTHENTICATION_NOT_ENABLED", 400, "", "Password authentication is not enabled for this project.") \
  X(PasswordTooShort, "PASSWORD_TOO_SHORT", 400, "min_length", "Password too short. Minimum length is {min_length}.") \
  X(PasswordTooLong, "PASSWORD_TOO_LONG", 400, "maxLength", "Password too long. Maximum length is {maxLength}.") \
  X(EmailPasswordMismatch, "EMAIL_PASSWORD_MISMATCH", 400, "", "Wrong e-mail or password.") \
  X(UserEmailAlreadyExists, "USER_EMAIL_ALREADY_EXISTS", 409, "email would_work_if_email_was_verified", "A user with email \"{email}\" already exists.")
// clang-format on

enum class Known : std::uint8_t {
#define PURSER_X(enumerator, code, status, details, text) k##enumerator,
  PURSER_KNOWN_ERRORS(PURSER_X)
#undef PURSER_X
};

struct KnownRow {
  std::string_view code;
  int status;
  std::string_view details;  ///< names, with blanks between them; empty: the details are null
  std::string_view text;
};

inline constexpr KnownRow kKnownRows[] = {
#define PURSER_X(enumerator, code, status, details, text) {code, status, details, text},
    PURSER_KNOWN_ERRORS(PURSER_X)
#undef PURSER_X
};

constexpr const KnownRow& known_row(Known error) {
  return kKnownRows[static_cast<std::size_t>(error)];
}

/// {"code", "details", "error"}. Of `given` those details are shown that the table names, null
/// where they are missing; all may stand in the sentence.
Reply known(Known error, const json::Object& given = {});

/// An error without a code: its sentence is all there is.
Reply plain(int status, std::string text);

}  // namespace purser::http::compat
