#include "http/compat/translate.hpp"

#include <optional>
#include <utility>
#include <variant>

#include "http/compat/known_errors.hpp"
#include "http/compat/route.hpp"
#include "http/error_reply.hpp"

namespace purser::http::compat {
namespace {

using enum ErrorCode;

struct Pair {
  ErrorCode error;
  Known known;
};

// The codes that both sides have. What is missing here has none in the protocol.
constexpr Pair kPairs[] = {
    {kBodyParsingError, Known::kBodyParsingError},
    {kSchemaError, Known::kSchemaError},
    {kInvalidPublishableClientKey, Known::kInvalidPublishableClientKey},
    {kInvalidSecretServerKey, Known::kInvalidSecretServerKey},
    {kInvalidSuperSecretAdminKey, Known::kInvalidSuperSecretAdminKey},
    {kPublishableClientKeyRequired, Known::kPublishableClientKeyRequired},
    {kCurrentProjectNotFound, Known::kCurrentProjectNotFound},
    {kInsufficientAccessType, Known::kInsufficientAccessType},
    {kUnparsableAccessToken, Known::kUnparsableAccessToken},
    {kAccessTokenExpired, Known::kAccessTokenExpired},
    {kInvalidProjectForAccessToken, Known::kInvalidProjectForAccessToken},
    {kRefreshTokenNotFound, Known::kRefreshTokenNotFoundOrExpired},
    {kUserAuthenticationRequired, Known::kUserAuthenticationRequired},
    {kTeamPermissionRequired, Known::kTeamPermissionRequired},
    {kUserNotFound, Known::kUserNotFound},
    {kTeamNotFound, Known::kTeamNotFound},
    {kTeamMembershipNotFound, Known::kTeamMembershipNotFound},
    {kItemNotFound, Known::kItemNotFound},
    {kItemCustomerTypeDoesNotMatch, Known::kItemCustomerTypeDoesNotMatch},
    {kItemQuantityInsufficientAmount, Known::kItemQuantityInsufficientAmount},
    {kProductDoesNotExist, Known::kProductDoesNotExist},
    {kProductCustomerTypeDoesNotMatch, Known::kProductCustomerTypeDoesNotMatch},
    {kProductAlreadyGranted, Known::kProductAlreadyGranted},
    {kNewPurchasesBlocked, Known::kNewPurchasesBlocked},
    {kDefaultPaymentMethodRequired, Known::kDefaultPaymentMethodRequired},
    {kRedirectUrlNotWhitelisted, Known::kRedirectUrlNotWhitelisted},
    {kPurchaseCodeNotFound, Known::kVerificationCodeNotFound},
};

std::optional<Known> known_of(ErrorCode error) {
  for (const Pair& pair : kPairs) {
    if (pair.error == error) return pair.known;
  }
  return std::nullopt;
}

const std::string* text_detail(const Error& error, std::string_view name) {
  for (const auto& [key, value] : error.details) {
    if (key == name) return std::get_if<std::string>(&value);
  }
  return nullptr;
}

struct DetailAsJson {
  json::Value operator()(std::nullptr_t) const { return {}; }
  json::Value operator()(bool flag) const { return {flag}; }
  json::Value operator()(std::int64_t number) const { return {number}; }
  json::Value operator()(const std::string& text) const { return {text}; }
  json::Value operator()(const std::vector<FieldError>&) const { return {}; }
};

json::Object details_of(const Error& error) {
  json::Object details;
  for (const auto& [name, value] : error.details) {
    details.emplace_back(name, std::visit(DetailAsJson{}, value));
  }
  return details;
}

/// "params" is what the protocol calls the parts of a path.
std::string place_of(const FieldError& field) {
  return field.path.starts_with("path.") ? "params." + field.path.substr(5) : field.path;
}

std::string schema_message(const Call& call, const Error& error) {
  std::string text = "Request validation failed on " + call.request.method + " " +
                     std::string(call.request.path()) + ":";
  for (const auto& [name, value] : error.details) {
    const auto* fields = std::get_if<std::vector<FieldError>>(&value);
    if (fields == nullptr) continue;
    for (const FieldError& field : *fields) {
      const bool missing = field.message == "is required";
      text.append("\n  - ").append(place_of(field)).append(" ");
      text.append(missing ? "must be defined" : field.message);
    }
  }
  return text;
}

json::Value access_types(const std::string& comma_separated) {
  json::Array types;
  std::size_t from = 0;
  while (from <= comma_separated.size()) {
    const std::size_t end = std::min(comma_separated.find(',', from), comma_separated.size());
    types.emplace_back(comma_separated.substr(from, end - from));
    from = end + 1;
  }
  return {std::move(types)};
}

void set(json::Object& details, std::string_view name, json::Value value) {
  std::erase_if(details, [&](const json::Member& member) { return member.first == name; });
  details.emplace_back(name, std::move(value));
}

// Clients see here that a product exists which they cannot have: the protocol says so.
bool is_server_only(const Call& call, const std::string& product) {
  if (call.principal.context == nullptr || !call.is_client()) return false;
  const domain::Product* found = call.context().catalog->find_product(ProductId(product));
  return found != nullptr && found->server_only;
}

Reply product_missing(const Call& call, const Error& error) {
  json::Object details = details_of(error);
  const std::string* product = text_detail(error, "product_id");
  const std::string* context = text_detail(error, "context");
  if (context != nullptr) return known(Known::kProductIsAnItem, details);
  if (product == nullptr || !is_server_only(call, *product)) {
    return known(Known::kProductDoesNotExist, details);
  }
  set(details, "context", {std::string("server_only")});
  return known(Known::kProductIsServerOnly, details);
}

Reply known_reply(const Call& call, Known code, const Error& error) {
  json::Object details = details_of(error);
  switch (code) {
    case Known::kProductDoesNotExist:
      return product_missing(call, error);
    case Known::kSchemaError:
      set(details, "message", {schema_message(call, error)});
      break;
    case Known::kInsufficientAccessType:
      if (const std::string* types = text_detail(error, "allowed_access_types")) {
        set(details, "allowed_access_types", access_types(*types));
      }
      break;
    case Known::kDefaultPaymentMethodRequired:
      set(details, "customer_type", {std::string(to_string(call.customer().type))});
      set(details, "customer_id", {call.customer().id});
      break;
    default:
      break;
  }
  return known(code, details);
}

/// As the row words it, if it does.
std::optional<Reply> as_worded(const Call& call, const Row& row, const Error& error) {
  if (row.word != nullptr) {
    if (auto reply = row.word(call, error)) return reply;
  }
  const std::string* reason = text_detail(error, "reason");
  for (const Wording& wording : row.wordings) {
    const bool fits = wording.reason.empty() || (reason && *reason == wording.reason);
    if (wording.error == error.code && fits) {
      return plain(wording.status, std::string(wording.text));
    }
  }
  return std::nullopt;
}

}  // namespace

Reply reply_for(const Call& call, const Error& error) {
  if (call.route != nullptr) {
    if (auto reply = as_worded(call, row_of(*call.route), error)) return *std::move(reply);
  }
  if (error.code == kAlreadyExists && text_detail(error, "email") != nullptr) {
    return known(Known::kUserEmailAlreadyExists, {{"email", {*text_detail(error, "email")}},
                                                  {"would_work_if_email_was_verified", {false}}});
  }
  if (const auto code = known_of(error.code)) return known_reply(call, *code, error);
  if (error.code == kInternalError) {
    return plain(500,
                 "Something went wrong inside the server. Its log has more under the request "
                 "id " +
                     call.request_id + ".");
  }
  return plain(status_of(error), error.message);
}

}  // namespace purser::http::compat
