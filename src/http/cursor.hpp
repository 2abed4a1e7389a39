#pragma once

// Cursors of lists: opaque to the caller, signed by us, bound to the list they were made for.

#include <string>
#include <string_view>

#include "types/result.hpp"
#include "types/secret.hpp"

namespace purser::http {

/// Makes and reads cursors. Thread-safe (immutable).
class Cursors {
 public:
  /// The signing key is derived from the server's encryption key, so every node reads every cursor.
  explicit Cursors(const Secret& encryption_key);

  /// A cursor that says "after this row" in the list named `list` (its route, project and owner).
  std::string make(std::string_view list, std::string_view after) const;
  /// What `make` was given. Errors: kInvalidCursor for anything that `make` did not give for
  /// `list`.
  Result<std::string> read(std::string_view list, std::string_view cursor) const;

 private:
  std::string sign(std::string_view list, std::string_view after) const;
  Secret key_;
};

}  // namespace purser::http
