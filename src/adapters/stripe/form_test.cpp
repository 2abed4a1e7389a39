#include "adapters/stripe/form.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace purser::stripe {
namespace {

TEST(Form, WritesNestedNamesInBrackets) {
  Form form;
  EXPECT_TRUE(form.empty());
  form.add({"mode"}, "payment")
      .add({"line_items", "0", "price"}, "price_1")
      .add({"line_items", "0", "quantity"}, std::int64_t{3})
      .add({"metadata", "k"}, "");
  EXPECT_EQ(form.text(),
            "mode=payment&line_items[0][price]=price_1&line_items[0][quantity]=3&metadata[k]=");
}

TEST(Form, EncodesEverythingThatIsNotUnreserved) {
  Form form;
  form.add({"success_url"}, "https://a.example/x?y={ID}&z=1 2+3#é");
  EXPECT_EQ(form.text(),
            "success_url=https%3A%2F%2Fa.example%2Fx%3Fy%3D%7BID%7D%26z%3D1%202%2B3%23%C3%A9");
}

TEST(Form, ACallersTextOpensNoLevelAndNoParameter) {
  Form form;
  form.add({"metadata", "a][b&c=d"}, "x&amount=1");
  EXPECT_EQ(form.text(), "metadata[a%5D%5Bb%26c%3Dd]=x%26amount%3D1");
}

TEST(Form, WritesTheWholeRangeOfIntegers) {
  Form form;
  form.add({"n"}, INT64_MIN).add({"m"}, INT64_MAX);
  EXPECT_EQ(form.text(), "n=-9223372036854775808&m=9223372036854775807");
}

TEST(Form, AnyBytesBecomeHarmlessText) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const std::string text = percent_encode(bytes);
    RC_ASSERT(std::all_of(text.begin(), text.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '%' || c == '-' || c == '.' || c == '_' || c == '~';
    }));
    const auto reserved = std::count(text.begin(), text.end(), '%');
    RC_ASSERT(text.size() == bytes.size() + 2 * static_cast<std::size_t>(reserved));
  }));
}

}  // namespace
}  // namespace purser::stripe
