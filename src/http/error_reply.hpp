#pragma once

#include <string>
#include <string_view>

#include "types/error.hpp"

namespace purser::http {

/// The status of an error's answer.
int status_of(const Error& error);

/// The body of an error's answer: code, sentence and details, never the log detail. A defect of
/// ours shows the request id and nothing else.
std::string encode_error(const Error& error, std::string_view request_id);

/// Is the error the final word on its request, so that a retry with the same idempotency key must
/// get it again? Passing faults and defects are not.
bool is_final(const Error& error);

/// The code inside an error's body made by `encode_error`; empty when it is none.
std::string_view known_code(std::string_view body);

}  // namespace purser::http
