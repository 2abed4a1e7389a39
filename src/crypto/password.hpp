#pragma once

// Passwords as they may be stored: hashed with Argon2id. Thread-safe; each call takes some ten
// milliseconds of a core and 19 MiB of memory, which is what makes guessing dear.

#include <string>

#include "types/secret.hpp"

namespace purser::crypto {

/// What is stored of a password: "$argon2id$v=19$m=19456,t=2,p=1$salt$hash", with a salt of its
/// own. Source of the costs: OWASP Password Storage Cheat Sheet; of the form: the PHC string
/// format.
std::string hash_password(const Secret& password);

/// Whether this is the password that was hashed. With an empty hash it takes as long as with
/// another and is false: who measures does not learn which users exist.
bool is_password(const Secret& password, const std::string& hash);

}  // namespace purser::crypto
