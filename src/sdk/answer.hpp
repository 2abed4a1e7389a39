#pragma once

#include <string>

#include "purser/transport.hpp"
#include "sdk/connection.hpp"

namespace purser::sdk {

/// What an HTTP response says: the answer of a call, or its error. `idempotency_key` is noted in
/// the error.
Result<Answer> read_response(const HttpResponse& response, const std::string& idempotency_key);

/// The same error with the key under which the call may be made again.
Error with_key(const Error& error, const std::string& idempotency_key);

}  // namespace purser::sdk
