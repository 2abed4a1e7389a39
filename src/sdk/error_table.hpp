#pragma once

#include <span>
#include <string_view>

#include "purser/error_code.hpp"
#include "types/error.hpp"

namespace purser::sdk {

/// What the SDK knows of one code. The rows of the server's table come first, in its order; a code
/// that the public header lacks does not compile.
struct ErrorTableRow {
  ErrorCode code;
  std::string_view name;
  int http_status;  ///< 0 for the SDK's own codes.
  RetryClass retry;
};

std::span<const ErrorTableRow> error_table();
/// The row with this name on the wire; nullptr for a name that this SDK does not know.
const ErrorTableRow* find_error(std::string_view name);
const ErrorTableRow& error_row(ErrorCode code);

}  // namespace purser::sdk
