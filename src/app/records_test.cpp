#include "app/records.hpp"

#include <gtest/gtest.h>

namespace purser::app {
namespace {

template <class Enum, class Parse>
void expect_round_trip(int count, Parse parse) {
  for (int i = 0; i < count; ++i) {
    const auto value = static_cast<Enum>(i);
    EXPECT_EQ(parse(to_string(value)), value) << to_string(value);
  }
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse("Client"));
  EXPECT_FALSE(parse("no such thing"));
}

TEST(Records, NamesOfEveryEnumerationParseBack) {
  expect_round_trip<AccessType>(3, parse_access_type);
  expect_round_trip<TransactionKind>(3, parse_transaction_kind);
  expect_round_trip<CheckoutState>(6, parse_checkout_state);
  expect_round_trip<InboxState>(4, parse_inbox_state);
}

TEST(Records, AccessTypesAreOrderedByWhatTheyMayDo) {
  EXPECT_LT(AccessType::kClient, AccessType::kServer);
  EXPECT_LT(AccessType::kServer, AccessType::kAdmin);
}

}  // namespace
}  // namespace purser::app
