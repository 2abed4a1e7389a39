// The one way to a secret's text is reveal(), so that every use can be found.
#include "types/secret.hpp"

std::string text(const purser::Secret& secret) {
#ifdef PURSER_MUST_NOT_COMPILE
  return secret;
#else
  return secret.reveal();
#endif
}
