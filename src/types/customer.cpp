#include "types/customer.hpp"

#include <cstdlib>

namespace purser {

std::string_view to_string(CustomerType type) {
  switch (type) {
    case CustomerType::kUser:
      return "user";
    case CustomerType::kTeam:
      return "team";
    case CustomerType::kCustom:
      return "custom";
  }
  std::abort();
}

std::optional<CustomerType> parse_customer_type(std::string_view text) {
  for (const CustomerType type :
       {CustomerType::kUser, CustomerType::kTeam, CustomerType::kCustom}) {
    if (to_string(type) == text) return type;
  }
  return std::nullopt;
}

}  // namespace purser

namespace {

// Mixes a part into a hash so that equal parts in different places do not cancel each other.
std::size_t mix(std::size_t seed, std::size_t part) noexcept {
  constexpr std::size_t kOddMultiplier = 0x9DDFEA08EB382D69ULL;
  std::size_t mixed = (seed ^ part) * kOddMultiplier;
  mixed ^= mixed >> 47;
  return mixed * kOddMultiplier;
}

}  // namespace

std::size_t std::hash<purser::CustomerKey>::operator()(
    const purser::CustomerKey& key) const noexcept {
  const std::size_t project = std::hash<purser::ProjectId>{}(key.project);
  const std::size_t typed = mix(project, static_cast<std::size_t>(key.type) + 1);
  return mix(typed, std::hash<std::string>{}(key.id));
}

std::size_t std::hash<purser::ItemKey>::operator()(const purser::ItemKey& key) const noexcept {
  return mix(std::hash<purser::CustomerKey>{}(key.customer), std::hash<purser::ItemId>{}(key.item));
}
