#pragma once

#include <string>

#include "sandbox/api.hpp"

namespace purser::sandbox {

/// An onboarding link that can still be used; `account` is the connected account it is for.
struct Onboarding {
  Account* account = nullptr;
  Record* link = nullptr;
  bool usable = false;  ///< neither used nor too old
};
Onboarding find_onboarding(World& world, const std::string& token);
/// The seller has told all: the account can take payments, and the link is used up.
void complete_onboarding(World& world, const Onboarding& onboarding);

}  // namespace purser::sandbox
