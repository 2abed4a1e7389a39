// A secret does not get into a log or an answer by formatting, not even with fmt's stream support.
#include <fmt/ostream.h>

#include "types/secret.hpp"

std::string text(const purser::Secret& secret) {
#ifdef PURSER_MUST_NOT_COMPILE
  return fmt::format("{}", secret);
#else
  return fmt::format("{} {}", purser::Secret::redacted(), secret.empty());
#endif
}
