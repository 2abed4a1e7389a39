// Secrets are compared in constant time, by a function with that name.
#include "types/secret.hpp"

bool same(const purser::Secret& a, const purser::Secret& b) {
#ifdef PURSER_MUST_NOT_COMPILE
  return a == b;
#else
  return a.empty() == b.empty();
#endif
}
