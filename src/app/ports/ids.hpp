#pragma once

#include <string>
#include <string_view>

#include "types/secret.hpp"

namespace purser::app {

/// Where identifiers and secrets come from. Thread-safe.
class Ids {
 public:
  virtual ~Ids() = default;
  /// A time-ordered unique id (UUIDv7, RFC 9562) in its canonical text form, 36 characters.
  virtual std::string unique_id() = 0;
  /// `prefix` followed by 32 random bytes in base64url (43 characters), e.g. "ssk_…".
  virtual Secret secret(std::string_view prefix) = 0;
};

}  // namespace purser::app
