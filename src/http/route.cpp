#include "http/route.hpp"

#include <set>

namespace purser::http {
namespace {

constexpr ErrorCode kKeyErrors[] = {
    ErrorCode::kAccessTypeRequired,          ErrorCode::kProjectKeyWithoutAccessType,
    ErrorCode::kInvalidAccessType,           ErrorCode::kAccessTypeWithoutProjectId,
    ErrorCode::kCurrentProjectNotFound,      ErrorCode::kInvalidSecretServerKey,
    ErrorCode::kInvalidSuperSecretAdminKey,  ErrorCode::kUnparsableAccessToken,
    ErrorCode::kAccessTokenExpired,          ErrorCode::kInvalidProjectForAccessToken,
    ErrorCode::kInvalidPublishableClientKey, ErrorCode::kPublishableClientKeyRequired};
constexpr ErrorCode kAnyErrors[] = {ErrorCode::kInternalError,  ErrorCode::kOverloaded,
                                    ErrorCode::kShuttingDown,   ErrorCode::kStoreUnavailable,
                                    ErrorCode::kRequestTimeout, ErrorCode::kHeadersTooLarge};
constexpr ErrorCode kBodyErrors[] = {ErrorCode::kBodyParsingError, ErrorCode::kBodyTooLarge,
                                     ErrorCode::kUnsupportedMediaType, ErrorCode::kCardDataRefused,
                                     ErrorCode::kSchemaError};
constexpr ErrorCode kIdempotencyErrors[] = {
    ErrorCode::kIdempotencyKeyMismatch, ErrorCode::kIdempotencyKeyInUse, ErrorCode::kSchemaError};
constexpr ErrorCode kCustomerErrors[] = {
    ErrorCode::kUserAuthenticationRequired, ErrorCode::kTeamPermissionRequired,
    ErrorCode::kUserNotFound, ErrorCode::kTeamNotFound, ErrorCode::kCustomerNotFound};

void add(std::set<ErrorCode>& to, std::span<const ErrorCode> codes) {
  to.insert(codes.begin(), codes.end());
}

void add_access_errors(const Route& route, std::set<ErrorCode>& codes) {
  const Need need = route.access;
  if (need == Need::kRoot) codes.insert(ErrorCode::kInvalidRootKey);
  if (need == Need::kPublic || need == Need::kRoot) return;
  add(codes, kKeyErrors);
  if (need != Need::kClient) codes.insert(ErrorCode::kInsufficientAccessType);
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      break;
  }
  return "DELETE";
}

std::string_view to_string(Need need) {
  switch (need) {
    case Need::kPublic:
      return "public";
    case Need::kClient:
      return "client";
    case Need::kServer:
      return "server";
    case Need::kAdmin:
      return "admin";
    case Need::kRoot:
      break;
  }
  return "root";
}

std::vector<ErrorCode> all_errors(const Route& route) {
  std::set<ErrorCode> codes(route.errors.begin(), route.errors.end());
  add(codes, kAnyErrors);
  add_access_errors(route, codes);
  if (route.input != Input::kNone) add(codes, kBodyErrors);
  if (route.idempotency == Idempotency::kOptional) add(codes, kIdempotencyErrors);
  if (route.query != nullptr || !parameter_names(route.path).empty()) {
    codes.insert(ErrorCode::kSchemaError);
  }
  if (route.is_for_customer()) add(codes, kCustomerErrors);
  if (route.answer.kind == AnswerKind::kList) codes.insert(ErrorCode::kInvalidCursor);
  return {codes.begin(), codes.end()};
}

std::vector<std::string_view> parameter_names(std::string_view path) {
  std::vector<std::string_view> names;
  for (std::size_t open = path.find('{'); open != std::string_view::npos;
       open = path.find('{', open)) {
    const std::size_t close = path.find('}', open);
    names.push_back(path.substr(open + 1, close - open - 1));
    open = close;
  }
  return names;
}

}  // namespace purser::http
