#include "http/compat/amounts.hpp"

#include <gtest/gtest.h>

namespace purser::http::compat {
namespace {

Currency currency(const char* code) { return *Currency::parse(code); }

TEST(Amounts, AreWrittenInMajorUnits) {
  EXPECT_EQ(major_units(Money(1000, currency("USD"))), "10");
  EXPECT_EQ(major_units(Money(100'000, currency("USD"))), "1000");
  EXPECT_EQ(major_units(Money(999, currency("USD"))), "9.99");
  EXPECT_EQ(major_units(Money(1050, currency("USD"))), "10.50");
  EXPECT_EQ(major_units(Money(0, currency("USD"))), "0");
  EXPECT_EQ(major_units(Money(500, currency("JPY"))), "500");
  EXPECT_EQ(major_units(Money(1005, currency("KWD"))), "1.005");
}

TEST(Amounts, AreReadExactly) {
  const auto read = [](json::Value value, const char* code) {
    const auto money = read_amount(value, currency(code));
    return money ? money->minor_units() : -1;
  };
  EXPECT_EQ(read({std::string("10")}, "USD"), 1000);
  EXPECT_EQ(read({std::string("0.5")}, "USD"), 50);
  EXPECT_EQ(read({std::string("0")}, "USD"), 0);
  EXPECT_EQ(read({std::string("500")}, "JPY"), 500);
  for (const char* wrong : {"", "01", "00", "-1", "-0", "1.005", ".5", "1.", "1e3", " 1", "1,0"}) {
    EXPECT_EQ(read({std::string(wrong)}, "USD"), -1) << wrong;
  }
  EXPECT_EQ(read({std::string("1.5")}, "JPY"), -1);
  EXPECT_EQ(read({std::int64_t{10}}, "USD"), -1);
}

}  // namespace
}  // namespace purser::http::compat
