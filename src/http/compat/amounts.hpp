#pragma once

// Amounts of money as the protocol writes them: decimal texts in major units, "10" or "9.99".

#include <optional>
#include <string>

#include "json/json.hpp"
#include "types/money.hpp"

namespace purser::http::compat {

/// Whole amounts have no decimals: "10", not "10.00".
std::string major_units(const Money& amount);

/// The exact inverse; nothing for what is no text, has leading zeros, a sign or more decimals than
/// the currency.
std::optional<Money> read_amount(const json::Value& value, Currency currency);

}  // namespace purser::http::compat
