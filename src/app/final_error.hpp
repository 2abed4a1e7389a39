#pragma once

#include "types/error.hpp"

namespace purser::app {

/// Will the same request be refused again? Then the refusal is kept under its idempotency key;
/// after a passing fault the key can be resumed instead.
inline bool is_final(const Error& error) {
  return error_row(error.code).retry != RetryClass::kSameRequest;
}

}  // namespace purser::app
