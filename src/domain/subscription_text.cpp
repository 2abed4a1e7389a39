#include <array>

#include "domain/subscription.hpp"

namespace purser::domain {
namespace {

// In the order of SubscriptionStatus.
constexpr std::array<std::string_view, kSubscriptionStatusCount> kStatusNames = {
    "incomplete", "incomplete_expired", "trialing", "active", "past_due", "unpaid", "paused",
    "canceled"};

}  // namespace

std::string_view to_string(SubscriptionStatus status) {
  return kStatusNames.at(static_cast<std::size_t>(status));
}

std::optional<SubscriptionStatus> parse_subscription_status(std::string_view text) {
  for (std::size_t i = 0; i < kStatusNames.size(); ++i) {
    if (kStatusNames.at(i) == text) return static_cast<SubscriptionStatus>(i);
  }
  return std::nullopt;
}

}  // namespace purser::domain
