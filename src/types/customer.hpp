#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "types/id.hpp"

namespace purser {

enum class CustomerType : std::uint8_t { kUser, kTeam, kCustom };

/// "user", "team" or "custom".
std::string_view to_string(CustomerType type);
/// The inverse of to_string; nothing for any other text.
std::optional<CustomerType> parse_customer_type(std::string_view text);

/// Who owns things: a project's user, team or custom customer. A value.
struct CustomerKey {
  ProjectId project;
  CustomerType type = CustomerType::kUser;
  std::string
      id;  ///< The user's or team's id, or the custom customer's name: 1–128 bytes of UTF-8.
  friend bool operator==(const CustomerKey&, const CustomerKey&) = default;
  friend auto operator<=>(const CustomerKey&, const CustomerKey&) = default;
};

/// One item of one customer. A value.
struct ItemKey {
  CustomerKey customer;
  ItemId item;
  friend bool operator==(const ItemKey&, const ItemKey&) = default;
  friend auto operator<=>(const ItemKey&, const ItemKey&) = default;
};

}  // namespace purser

template <>
struct std::hash<purser::CustomerKey> {
  std::size_t operator()(const purser::CustomerKey& key) const noexcept;
};
template <>
struct std::hash<purser::ItemKey> {
  std::size_t operator()(const purser::ItemKey& key) const noexcept;
};
