#include "sandbox/amounts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace purser::sandbox {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 24> kMinimums{{
    {"AED", 200},  {"AUD", 50},  {"BGN", 100},  {"BRL", 50},  {"CAD", 50},   {"CHF", 50},
    {"CZK", 1500}, {"DKK", 250}, {"EUR", 50},   {"GBP", 30},  {"HKD", 400},  {"HUF", 17500},
    {"INR", 50},   {"JPY", 50},  {"MXN", 1000}, {"MYR", 200}, {"NOK", 300},  {"NZD", 50},
    {"PLN", 200},  {"RON", 200}, {"SEK", 300},  {"SGD", 50},  {"THB", 1000}, {"USD", 50},
}};

std::string_view symbol(std::string_view code) {
  if (code == "USD") return "$";
  if (code == "EUR") return "€";
  if (code == "GBP") return "£";
  if (code == "JPY") return "¥";
  return "";
}

}  // namespace

std::int64_t minimum_amount(Currency currency) {
  const auto found = std::find_if(kMinimums.begin(), kMinimums.end(), [&](const auto& entry) {
    return entry.first == currency.code();
  });
  // Elsewhere the minimum is half a dollar after conversion, which a sandbox without rates leaves
  // at one unit of the smallest kind.
  return found == kMinimums.end() ? 1 : found->second;
}

std::string display_amount(std::int64_t minor_units, Currency currency) {
  const std::string decimal = Money(minor_units, currency).to_decimal();
  const std::string_view sign = symbol(currency.code());
  if (sign.empty()) return decimal + " " + std::string(currency.code());
  return std::string(sign) + decimal;
}

std::optional<Failure> check_chargeable(std::int64_t minor_units, Currency currency,
                                        const std::string& what) {
  const std::int64_t minimum = minimum_amount(currency);
  if (minor_units < minimum) {
    return invalid(what + " must be at least " + display_amount(minimum, currency) + " " +
                       currency.lower() + ".",
                   {}, "amount_too_small");
  }
  if (minor_units > kMaxAmount) {
    return invalid(what + " must be no more than " + display_amount(kMaxAmount, currency) + " " +
                       currency.lower() + ".",
                   {}, "amount_too_large");
  }
  return std::nullopt;
}

Failure invalid_currency(const std::string& code, const std::string& param) {
  return invalid("Invalid currency: " + code + ". Use the three-letter ISO 4217 code.", param);
}

}  // namespace purser::sandbox
