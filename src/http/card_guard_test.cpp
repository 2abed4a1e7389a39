#include "http/card_guard.hpp"

#include <gtest/gtest.h>

namespace purser::http {
namespace {

bool carries(std::string_view text) {
  const auto document = json::parse(text);
  EXPECT_TRUE(document) << text;
  return carries_card_number(*document);
}

TEST(CardGuard, FindsALoneNumberAnywhere) {
  EXPECT_TRUE(carries(R"({"description":"4242424242424242"})"));
  EXPECT_TRUE(carries(R"({"a":{"b":["x","4000 0000 0000 0002"]}})"));
  EXPECT_TRUE(carries(R"({"x":"3782-822463-10005"})"));
  EXPECT_TRUE(carries(R"(["5555555555554444"])"));
  EXPECT_TRUE(carries(R"({"x":"6011111111111117"})"));
}

TEST(CardGuard, FindsNumbersBesideCardNames) {
  EXPECT_TRUE(carries(R"({"card_number":"4242424242424242"})"));
  EXPECT_TRUE(carries(R"({"cardNumber":4242424242424242})"));
  EXPECT_TRUE(carries(R"({"cvc":"123","note":"pay with 4242 4242 4242 4242 please"})"));
  EXPECT_TRUE(carries(R"({"payment":{"card":{"number":"9999999999999995"}}})"));
}

TEST(CardGuard, LeavesOtherNumbersAlone) {
  EXPECT_FALSE(carries(R"({"description":"4242424242424241"})"));  // wrong check digit
  EXPECT_FALSE(carries(R"({"change":4242424242424242})"));         // a quantity
  EXPECT_FALSE(carries(R"({"id":"1234567890123452"})"));           // no issuer's range
  EXPECT_FALSE(carries(R"({"description":"order 4242424242424242 of May"})"));
  EXPECT_FALSE(carries(R"({"card":"visa","last4":"4242"})"));
  EXPECT_FALSE(carries(R"({"id":"550e8400-e29b-41d4-a716-446655440000"})"));
  EXPECT_FALSE(carries("{}"));
}

}  // namespace
}  // namespace purser::http
