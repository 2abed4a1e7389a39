#include "http/compat/amounts.hpp"

#include <string_view>

namespace purser::http::compat {
namespace {

bool is_plain(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  return whole == "0" || (!whole.empty() && whole.front() != '0' && whole.front() != '-');
}

}  // namespace

std::string major_units(const Money& amount) {
  std::string text = amount.to_decimal();
  const std::size_t point = text.find('.');
  if (point != std::string::npos && text.find_first_not_of('0', point + 1) == std::string::npos) {
    text.resize(point);
  }
  return text;
}

std::optional<Money> read_amount(const json::Value& value, Currency currency) {
  const std::string* text = value.as_string();
  if (text == nullptr || !is_plain(*text)) return std::nullopt;
  return Money::parse_decimal(*text, currency);
}

}  // namespace purser::http::compat
