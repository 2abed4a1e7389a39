#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sandbox/failure.hpp"
#include "types/money.hpp"

namespace purser::sandbox {

/// The largest amount that Stripe charges at once: eight digits of minor units.
/// Source: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
inline constexpr std::int64_t kMaxAmount = 99'999'999;

/// The smallest amount that Stripe charges in a currency, in minor units. Source: the same page.
std::int64_t minimum_amount(Currency currency);

/// "$10.00", "¥1000", "10.000 KWD".
std::string display_amount(std::int64_t minor_units, Currency currency);

/// A refusal when the amount cannot be charged; `what` begins the sentence.
std::optional<Failure> check_chargeable(std::int64_t minor_units, Currency currency,
                                        const std::string& what);

/// The refusal of a code that is no currency.
Failure invalid_currency(const std::string& code, const std::string& param);

}  // namespace purser::sandbox
