#include <algorithm>
#include <array>

#include "types/money.hpp"

namespace purser {
namespace {

struct CurrencyRow {
  std::array<char, 3> code;
  int exponent;
};

// A row from text such as "USD2": the code and the exponent.
constexpr CurrencyRow row(const char (&text)[5]) {
  return {{text[0], text[1], text[2]}, text[3] - '0'};
}

// Active ISO 4217 currencies with a minor unit, by code, with their exponents, and two that were
// replaced lately and still stand in old amounts (ANG by XCG, BGN by EUR). Where Stripe counts
// differently from ISO, Stripe's exponent stands here, since Stripe takes the money: ISK 2 (ISO 0),
// MGA 0 (ISO 2), UGX 2 (ISO 0).
// clang-format off
constexpr CurrencyRow kCurrencies[] = {
    row("AED2"), row("AFN2"), row("ALL2"), row("AMD2"), row("ANG2"), row("AOA2"), row("ARS2"),
    row("AUD2"), row("AWG2"), row("AZN2"), row("BAM2"), row("BBD2"), row("BDT2"), row("BGN2"),
    row("BHD3"), row("BIF0"), row("BMD2"), row("BND2"), row("BOB2"), row("BOV2"), row("BRL2"),
    row("BSD2"), row("BTN2"), row("BWP2"), row("BYN2"), row("BZD2"), row("CAD2"), row("CDF2"),
    row("CHE2"), row("CHF2"), row("CHW2"), row("CLF4"), row("CLP0"), row("CNY2"), row("COP2"),
    row("COU2"), row("CRC2"), row("CUP2"), row("CVE2"), row("CZK2"), row("DJF0"), row("DKK2"),
    row("DOP2"), row("DZD2"), row("EGP2"), row("ERN2"), row("ETB2"), row("EUR2"), row("FJD2"),
    row("FKP2"), row("GBP2"), row("GEL2"), row("GHS2"), row("GIP2"), row("GMD2"), row("GNF0"),
    row("GTQ2"), row("GYD2"), row("HKD2"), row("HNL2"), row("HTG2"), row("HUF2"), row("IDR2"),
    row("ILS2"), row("INR2"), row("IQD3"), row("IRR2"), row("ISK2"), row("JMD2"), row("JOD3"),
    row("JPY0"), row("KES2"), row("KGS2"), row("KHR2"), row("KMF0"), row("KPW2"), row("KRW0"),
    row("KWD3"), row("KYD2"), row("KZT2"), row("LAK2"), row("LBP2"), row("LKR2"), row("LRD2"),
    row("LSL2"), row("LYD3"), row("MAD2"), row("MDL2"), row("MGA0"), row("MKD2"), row("MMK2"),
    row("MNT2"), row("MOP2"), row("MRU2"), row("MUR2"), row("MVR2"), row("MWK2"), row("MXN2"),
    row("MXV2"), row("MYR2"), row("MZN2"), row("NAD2"), row("NGN2"), row("NIO2"), row("NOK2"),
    row("NPR2"), row("NZD2"), row("OMR3"), row("PAB2"), row("PEN2"), row("PGK2"), row("PHP2"),
    row("PKR2"), row("PLN2"), row("PYG0"), row("QAR2"), row("RON2"), row("RSD2"), row("RUB2"),
    row("RWF0"), row("SAR2"), row("SBD2"), row("SCR2"), row("SDG2"), row("SEK2"), row("SGD2"),
    row("SHP2"), row("SLE2"), row("SOS2"), row("SRD2"), row("SSP2"), row("STN2"), row("SVC2"),
    row("SYP2"), row("SZL2"), row("THB2"), row("TJS2"), row("TMT2"), row("TND3"), row("TOP2"),
    row("TRY2"), row("TTD2"), row("TWD2"), row("TZS2"), row("UAH2"), row("UGX2"), row("USD2"),
    row("USN2"), row("UYI0"), row("UYU2"), row("UYW4"), row("UZS2"), row("VED2"), row("VES2"),
    row("VND0"), row("VUV0"), row("WST2"), row("XAD2"), row("XAF0"), row("XCD2"), row("XCG2"),
    row("XOF0"), row("XPF0"), row("YER2"), row("ZAR2"), row("ZMW2"), row("ZWG2"),
};
// clang-format on

constexpr bool less(const CurrencyRow& a, const CurrencyRow& b) { return a.code < b.code; }
static_assert(std::is_sorted(std::begin(kCurrencies), std::end(kCurrencies), less));

const CurrencyRow* find(std::array<char, 3> code) {
  const CurrencyRow wanted{code, 0};
  const auto* at = std::lower_bound(std::begin(kCurrencies), std::end(kCurrencies), wanted, less);
  return at != std::end(kCurrencies) && at->code == code ? at : nullptr;
}

}  // namespace

std::optional<Currency> Currency::parse(std::string_view code) {
  if (code.size() != 3) return std::nullopt;
  std::array<char, 3> upper{};
  for (std::size_t i = 0; i < 3; ++i) {
    const char c = code[i];
    upper[i] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (find(upper) == nullptr) return std::nullopt;
  return Currency(upper);
}

const std::vector<Currency>& Currency::all() {
  static const std::vector<Currency> list = [] {
    std::vector<Currency> currencies;
    for (const CurrencyRow& known : kCurrencies) currencies.push_back(Currency(known.code));
    return currencies;
  }();
  return list;
}

std::string Currency::lower() const {
  std::string text(code());
  for (char& c : text) c = static_cast<char>(c - 'A' + 'a');
  return text;
}

int Currency::exponent() const { return find(code_)->exponent; }

}  // namespace purser
