#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace purser {

/// An identifier of one kind of thing. Ids of different kinds do not mix, compare or convert.
/// A value; 1–128 bytes once it came through a decoder (the empty id means "none yet").
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}

  const std::string& str() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string value_;
};

using ProjectId = Id<struct ProjectTag>;
using ItemId = Id<struct ItemTag>;
using ProductId = Id<struct ProductTag>;
using ProductLineId = Id<struct ProductLineTag>;
using PriceId = Id<struct PriceTag>;
using UserId = Id<struct UserTag>;
using TeamId = Id<struct TeamTag>;
using PurchaseId = Id<struct PurchaseTag>;
using CheckoutId = Id<struct CheckoutTag>;
using TransactionId = Id<struct TransactionTag>;
using KeyId = Id<struct KeyTag>;
using SessionId = Id<struct SessionTag>;

}  // namespace purser

template <class Tag>
struct std::hash<purser::Id<Tag>> {
  std::size_t operator()(const purser::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
