// Amounts and instants as text: what is accepted prints and parses as the same value.

#include "fuzz/fuzz.hpp"
#include "types/money.hpp"
#include "types/timestamp.hpp"

namespace {

using purser::Currency;
using purser::Money;
using purser::Timestamp;

void check_money(std::string_view text) {
  for (const char* code : {"JPY", "USD", "KWD", "CLF"}) {  // 0, 2, 3 and 4 decimals
    const auto currency = Currency::parse(code);
    if (!currency) continue;
    const auto money = Money::parse_decimal(text, *currency);
    if (!money) continue;
    FUZZ_REQUIRE(text.find_first_not_of("-.0123456789") == std::string_view::npos);
    const std::string printed = money->to_decimal();
    FUZZ_REQUIRE(Money::parse_decimal(printed, *currency) == money);
  }
  if (const auto currency = Currency::parse(text)) {
    FUZZ_REQUIRE(text.size() == 3);
    FUZZ_REQUIRE(Currency::parse(currency->lower()) == currency);
    FUZZ_REQUIRE(currency->exponent() >= 0 && currency->exponent() <= 4);
  }
}

void check_time(std::string_view text) {
  const auto at = Timestamp::parse_iso8601(text);
  if (!at) return;
  FUZZ_REQUIRE(at->millis() >= 0 && at->millis() <= Timestamp::kMaxMillis);
  FUZZ_REQUIRE(Timestamp::parse_iso8601(at->to_iso8601()) == at);
  for (const auto unit : {purser::IntervalUnit::kDay, purser::IntervalUnit::kWeek,
                          purser::IntervalUnit::kMonth, purser::IntervalUnit::kYear}) {
    const purser::CalendarInterval interval{unit, 1};
    const auto next = purser::nth_boundary(*at, interval, 1);
    FUZZ_REQUIRE(next >= *at);
    if (next.millis() < Timestamp::kMaxMillis) {
      FUZZ_REQUIRE(purser::boundaries_until(*at, interval, next) == 1);
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = purser::fuzz::text_of(data, size);
  check_money(text);
  check_time(text);
  return 0;
}
