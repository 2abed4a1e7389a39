#pragma once

// How stores keep an item account: a few bytes that hold exactly one value each.

#include <string>
#include <string_view>

#include "domain/ledger.hpp"
#include "types/result.hpp"

namespace purser::codec {

/// The account as bytes: a version byte, then base-128 variable-length integers and length-prefixed
/// sources. An account of one manual, never-expiring lot takes 6 to 13 bytes, an empty one 4.
/// Equal accounts have equal bytes.
std::string encode_account(const domain::ItemAccount& account);

/// The inverse of encode_account, which also reads what version 1 wrote: a repeat as a term that
/// granted its quantity and has no end. Thread-safe. Errors: kInternalError for anything else:
/// another version, a truncated or overlong text, and an account that breaks the invariants of
/// domain::ItemAccount.
Result<domain::ItemAccount> decode_account(std::string_view bytes);

}  // namespace purser::codec
