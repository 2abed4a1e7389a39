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
  expect_round_trip<TransactionKind>(10, parse_transaction_kind);
  expect_round_trip<CheckoutState>(7, parse_checkout_state);
  expect_round_trip<InboxState>(4, parse_inbox_state);
  expect_round_trip<InvoiceStatus>(5, parse_invoice_status);
  expect_round_trip<RefundState>(3, parse_refund_state);
  expect_round_trip<DisputeState>(3, parse_dispute_state);
}

// Callers read these names; a refund that is only asked for is "pending" to them.
TEST(Records, NamesThatCallersRead) {
  EXPECT_EQ(to_string(CheckoutState::kChoosing), "choosing");
  EXPECT_EQ(to_string(TransactionKind::kDisputeWon), "dispute_won");
  EXPECT_EQ(to_string(InvoiceStatus::kUncollectible), "uncollectible");
  EXPECT_EQ(to_string(RefundState::kRequested), "pending");
  EXPECT_EQ(to_string(DisputeState::kOpen), "open");
}

TEST(Records, AccessTypesAreOrderedByWhatTheyMayDo) {
  EXPECT_LT(AccessType::kClient, AccessType::kServer);
  EXPECT_LT(AccessType::kServer, AccessType::kAdmin);
}

}  // namespace
}  // namespace purser::app
