#pragma once

// Fields of Stripe's objects, read with suspicion: whatever is not as documented is remembered, and
// the whole object is then refused.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "types/money.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::stripe {

/// What becomes of an answer that Stripe would not give: kPaymentProviderUnavailable, because it
/// says nothing about what happened. `what` is for the log.
Error odd_answer(const std::string& what);

/// Whether this can be an id of Stripe's: not empty, at most 255 bytes.
bool is_object_id(const std::string& text);

/// Reads one object's members. A member that is odd reads as an empty value, and status() then says
/// so: read all, then look at it once. Absent and null are the same for Stripe. Not thread-safe.
class Fields {
 public:
  /// `object` must outlive it. `type`: what its member "object" must be; empty: not looked at.
  Fields(const json::Value& object, std::string_view type);

  std::string id();                        ///< its own
  std::string text(std::string_view key);  ///< empty where there is none; at most 5,000 bytes
  std::string url(std::string_view key);   ///< as text; http or https
  std::int64_t integer(std::string_view key);
  std::int64_t amount(std::string_view key);  ///< an integer ≥ 0
  bool flag(std::string_view key);
  /// The id of another object, also where that was expanded; empty for none.
  std::string reference(std::string_view key);
  std::string needed_reference(std::string_view key);
  /// An amount in the object's own `currency`; may be negative.
  Money money(std::string_view key);
  /// Stripe writes instants in seconds since 1970.
  Timestamp time(std::string_view key);
  std::optional<Timestamp> time_if_any(std::string_view key);
  /// A member of `metadata`; empty where there is none.
  std::string metadata(std::string_view key) const;

  /// For what these functions do not know.
  void refuse(std::string_view key);
  Status status() const;

 private:
  const json::Value* find(std::string_view key) const;  ///< nullptr also for null

  const json::Value& object_;
  const std::string_view type_;
  std::string odd_;  ///< the first member that was odd
};

/// Seconds since 1970, or nothing for what no Timestamp can hold.
std::optional<Timestamp> from_seconds(std::int64_t seconds);

/// The rows of a list, e.g. `{"object":"list","data":[…]}`. Borrowed from it.
Result<const json::Array*> rows_of(const json::Value* list, const std::string& what);

}  // namespace purser::stripe
