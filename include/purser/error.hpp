#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "purser/error_code.hpp"

namespace purser::sdk {

/// What kind of trouble an error is, for programs that treat codes alike.
enum class ErrorCategory : std::uint8_t {
  kConnection,      ///< No answer: network, deadline. Whether the call took effect is unknown.
  kUnavailable,     ///< The server cannot do it at the moment (429, 503 and the like).
  kAuthentication,  ///< Keys, tokens and permissions (401, 403).
  kNotFound,        ///< Something named in the call does not exist.
  kConflict,        ///< The state of things forbids it (already owned, key in use, …).
  kInvalidRequest,  ///< The call itself can never work.
  kServerDefect,    ///< A defect of the server (500), or an answer that is not understood.
};

/// "NOT_FOUND"-like names of the categories, for logs.
std::string_view to_string(ErrorCategory category);
/// The code's name on the wire, e.g. "ITEM_NOT_FOUND".
std::string_view to_string(ErrorCode code);

/// One place in a request or catalog that is wrong.
struct FieldError {
  std::string path;     ///< e.g. "body.change", "products.pro.prices.monthly.amount"
  std::string message;  ///< e.g. "must be an integer"
  friend bool operator==(const FieldError&, const FieldError&) = default;
};

/// Why a call did not succeed. An immutable value, cheap to copy, safe to read from many threads.
///
/// Unless category() is kConnection (or the code is kMalformedAnswer or kInternalError), the call
/// changed nothing. After a kConnection error it is unknown whether the call took effect: make the
/// same call again with `idempotency_key()` in its options and it takes effect exactly once.
class Error {
 public:
  /// What an Error is made of. For the SDK and for tests of programs that use it.
  struct Parts {
    ErrorCode code = ErrorCode::kUnknownError;
    std::string code_text;  ///< The code as the server sent it; empty: the code's own name.
    int http_status = 0;
    std::string message;
    std::string details_json = "{}";
    std::string request_id;
    std::string idempotency_key;
  };

  explicit Error(Parts parts);
  Error(ErrorCode code, std::string message);

  ErrorCode code() const;
  /// The code as the server sent it, also when this SDK does not know it.
  const std::string& code_text() const;
  ErrorCategory category() const;
  /// 400–599, or 0 when the error is the SDK's own or no answer came.
  int http_status() const;
  /// A sentence for people. Says what to do next when there is something to do.
  const std::string& message() const;
  /// The id under which the server's log has the request; empty when no answer came.
  const std::string& request_id() const;
  /// The key that the failed call used; empty for reads. Pass it in the options of a later call
  /// with the same arguments to make sure that both together take effect at most once.
  const std::string& idempotency_key() const;
  /// True when the same call may succeed later without anything else being changed. The SDK has
  /// then retried already, as often as its options allow.
  bool retryable() const;

  /// The error's details as a JSON object, "{}" when there are none.
  const std::string& details_json() const;
  /// One member of the details as text: strings as they are, integers and booleans as in JSON.
  /// Nothing when it is absent, null or not a scalar.
  std::optional<std::string> detail(std::string_view name) const;
  /// The places that the server found wrong (SCHEMA_ERROR, CATALOG_INVALID); else empty.
  std::vector<FieldError> fields() const;

 private:
  std::shared_ptr<const Parts> parts_;
};

/// "ITEM_NOT_FOUND (HTTP 404): The catalog has no item \"x\". [request r1]", for logs.
std::string to_string(const Error& error);

}  // namespace purser::sdk
