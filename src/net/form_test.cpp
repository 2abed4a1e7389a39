#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "net/server.hpp"

namespace purser::net {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(PercentDecode, ReadsEscapesAndRefusesBrokenOnes) {
  EXPECT_EQ(percent_decode("a%20b%2F%c3%A9+"), "a b/\xc3\xa9+");
  EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
  for (const char* text : {"%", "%1", "%g0", "%0g", "a%", "%%20"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("Az09-._~"), "Az09-._~");
  EXPECT_EQ(percent_encode("a b/\xc3\xa9+&="), "a%20b%2F%C3%A9%2B%26%3D");
}

TEST(PercentEncode, DecodesToTheSameText) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    RC_ASSERT(percent_decode(percent_encode(text)) == text);
    RC_ASSERT(percent_decode(percent_encode(text), true) == text);
  }));
}

TEST(ParseForm, KeepsTheOrderAndRepeatedNames) {
  EXPECT_EQ(parse_form("b=1&a%5Bx%5D=2+3&b=&c&d=x=y"),
            (Fields{{"b", "1"}, {"a[x]", "2 3"}, {"b", ""}, {"c", ""}, {"d", "x=y"}}));
  EXPECT_EQ(parse_form(""), Fields{});
  EXPECT_EQ(parse_form("&&a=1&"), (Fields{{"a", "1"}}));
  EXPECT_EQ(parse_form("a=%zz"), std::nullopt);
  EXPECT_EQ(parse_form("%=1"), std::nullopt);
}

TEST(Request, SplitsTheTargetAndFindsHeadersInAnyCase) {
  Request request;
  request.target = "/a%2Fb?x=1?y";
  request.headers = {{"Content-Type", "text/plain"}, {"X-Empty", ""}};
  EXPECT_EQ(request.path(), "/a%2Fb");
  EXPECT_EQ(request.query(), "x=1?y");
  EXPECT_EQ(request.header("content-TYPE"), "text/plain");
  EXPECT_EQ(request.header("x-empty"), "");
  EXPECT_EQ(request.header("x-absent"), "");
  request.target = "/plain";
  EXPECT_EQ(request.path(), "/plain");
  EXPECT_EQ(request.query(), "");
}

}  // namespace
}  // namespace purser::net
