#include "purser/error.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "json/json.hpp"
#include "purser/result.hpp"
#include "sdk/error_table.hpp"

namespace purser::sdk {

namespace {

constexpr ErrorTableRow kRows[] = {
#define PURSER_X(enumerator, code, status, retry, meaning) \
  {ErrorCode::k##enumerator, code, status, RetryClass::retry},
    PURSER_ERROR_TABLE(PURSER_X)
#undef PURSER_X
        {ErrorCode::kNoAnswer, "NO_ANSWER", 0, RetryClass::kSameRequest},
    {ErrorCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", 0, RetryClass::kSameRequest},
    {ErrorCode::kMalformedAnswer, "MALFORMED_ANSWER", 0, RetryClass::kNever},
    {ErrorCode::kUnknownError, "UNKNOWN_ERROR", 0, RetryClass::kNever},
    {ErrorCode::kInvalidArgument, "INVALID_ARGUMENT", 0, RetryClass::kNever},
    {ErrorCode::kNotSignedIn, "NOT_SIGNED_IN", 0, RetryClass::kAfterChange},
};

ErrorCategory category_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorCategory::kAuthentication;
    case 404:
      return ErrorCategory::kNotFound;
    case 409:
      return ErrorCategory::kConflict;
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
      return ErrorCategory::kUnavailable;
    default:
      return status >= 500 ? ErrorCategory::kServerDefect : ErrorCategory::kInvalidRequest;
  }
}

}  // namespace

std::span<const ErrorTableRow> error_table() { return kRows; }

const ErrorTableRow* find_error(std::string_view name) {
  for (const auto& row : kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

const ErrorTableRow& error_row(ErrorCode code) {
  for (const auto& row : kRows) {
    if (row.code == code) return row;
  }
  return error_row(ErrorCode::kUnknownError);
}

std::string_view to_string(ErrorCode code) { return error_row(code).name; }

std::string_view to_string(ErrorCategory category) {
  switch (category) {
    case ErrorCategory::kConnection:
      return "CONNECTION";
    case ErrorCategory::kUnavailable:
      return "UNAVAILABLE";
    case ErrorCategory::kAuthentication:
      return "AUTHENTICATION";
    case ErrorCategory::kNotFound:
      return "NOT_FOUND";
    case ErrorCategory::kConflict:
      return "CONFLICT";
    case ErrorCategory::kInvalidRequest:
      return "INVALID_REQUEST";
    case ErrorCategory::kServerDefect:
      return "SERVER_DEFECT";
  }
  return "SERVER_DEFECT";
}

Error::Error(Parts parts) : parts_(std::make_shared<const Parts>(std::move(parts))) {}
Error::Error(ErrorCode code, std::string message)
    : Error(Parts{code, std::string(to_string(code)), 0, std::move(message), "{}", {}, {}}) {}

ErrorCode Error::code() const { return parts_->code; }
const std::string& Error::code_text() const { return parts_->code_text; }
int Error::http_status() const { return parts_->http_status; }
const std::string& Error::message() const { return parts_->message; }
const std::string& Error::request_id() const { return parts_->request_id; }
const std::string& Error::idempotency_key() const { return parts_->idempotency_key; }
const std::string& Error::details_json() const { return parts_->details_json; }

ErrorCategory Error::category() const {
  switch (code()) {
    case ErrorCode::kNoAnswer:
    case ErrorCode::kDeadlineExceeded:
      return ErrorCategory::kConnection;
    case ErrorCode::kMalformedAnswer:
      return ErrorCategory::kServerDefect;
    case ErrorCode::kInvalidArgument:
      return ErrorCategory::kInvalidRequest;
    case ErrorCode::kNotSignedIn:
      return ErrorCategory::kAuthentication;
    // Of HTTP's point of view these are 400s; for the caller they are about the state of things.
    case ErrorCode::kProductAlreadyGranted:
    case ErrorCode::kProductLineConflict:
    case ErrorCode::kAddOnRequiresBase:
    case ErrorCode::kItemQuantityInsufficientAmount:
      return ErrorCategory::kConflict;
    case ErrorCode::kProductDoesNotExist:
    case ErrorCode::kPriceNotFound:
      return ErrorCategory::kNotFound;
    default:
      return category_of_status(http_status());
  }
}

bool Error::retryable() const {
  if (code() != ErrorCode::kUnknownError) {
    return error_row(code()).retry == RetryClass::kSameRequest;
  }
  return category_of_status(http_status()) == ErrorCategory::kUnavailable;
}

std::optional<std::string> Error::detail(std::string_view name) const {
  auto details = json::parse(details_json());
  if (!details) return std::nullopt;
  const json::Value* value = details->find(name);
  if (value == nullptr || value->is_null() || value->as_array() || value->as_object()) {
    return std::nullopt;
  }
  if (const auto* text = value->as_string()) return *text;
  return json::dump(*value);
}

std::vector<FieldError> Error::fields() const {
  std::vector<FieldError> fields;
  auto details = json::parse(details_json());
  if (!details) return fields;
  const json::Value* list = details->find("fields");
  if (list == nullptr || list->as_array() == nullptr) return fields;
  for (const auto& entry : *list->as_array()) {
    fields.push_back(
        {entry.string_at("path").value_or(""), entry.string_at("message").value_or("")});
  }
  return fields;
}

std::string to_string(const Error& error) {
  std::string text = error.code_text();
  if (error.http_status() != 0) text += " (HTTP " + std::to_string(error.http_status()) + ")";
  text += ": " + error.message();
  for (const auto& field : error.fields()) text += " [" + field.path + " " + field.message + "]";
  if (!error.request_id().empty()) text += " [request " + error.request_id() + "]";
  return text;
}

namespace detail {

void wrong_alternative(const Error* error) {
  std::string text = error != nullptr ? "purser: value() of a failed call: " + to_string(*error)
                                      : "purser: error() of a call that succeeded";
  text += "\n";
  std::fputs(text.c_str(), stderr);
  std::abort();
}

}  // namespace detail

}  // namespace purser::sdk
