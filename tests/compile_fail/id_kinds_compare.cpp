// Ids of different kinds do not compare, even when their texts are equal.
#include "types/id.hpp"

bool same(const purser::UserId& user, const purser::TeamId& team) {
#ifdef PURSER_MUST_NOT_COMPILE
  return user == team;
#else
  return user.str() == team.str();
#endif
}
