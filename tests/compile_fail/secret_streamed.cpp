// A secret does not get into a log or an answer by streaming.
#include <sstream>

#include "types/secret.hpp"

std::string text(const purser::Secret& secret) {
  std::ostringstream out;
#ifdef PURSER_MUST_NOT_COMPILE
  out << secret;
#else
  out << purser::Secret::redacted() << secret.empty();
#endif
  return out.str();
}
