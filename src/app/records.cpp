#include "app/records.hpp"

#include <cstdlib>

namespace purser::app {
namespace {

/// The value whose name `text` is, among the first `count` values of an enumeration.
template <class Enum>
std::optional<Enum> parse_among(std::string_view text, int count) {
  for (int i = 0; i < count; ++i) {
    const auto value = static_cast<Enum>(i);
    if (to_string(value) == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(AccessType type) {
  switch (type) {
    case AccessType::kClient:
      return "client";
    case AccessType::kServer:
      return "server";
    case AccessType::kAdmin:
      return "admin";
  }
  std::abort();
}

std::optional<AccessType> parse_access_type(std::string_view text) {
  return parse_among<AccessType>(text, 3);
}

std::string_view to_string(TransactionKind kind) {
  switch (kind) {
    case TransactionKind::kPurchase:
      return "purchase";
    case TransactionKind::kGrant:
      return "grant";
    case TransactionKind::kRefund:
      return "refund";
    case TransactionKind::kRenewal:
      return "renewal";
    case TransactionKind::kSwitch:
      return "switch";
    case TransactionKind::kCancel:
      return "cancel";
    case TransactionKind::kResume:
      return "resume";
    case TransactionKind::kEnd:
      return "end";
    case TransactionKind::kDispute:
      return "dispute";
    case TransactionKind::kDisputeWon:
      return "dispute_won";
  }
  std::abort();
}

std::optional<TransactionKind> parse_transaction_kind(std::string_view text) {
  return parse_among<TransactionKind>(text, 10);
}

std::string_view to_string(CheckoutState state) {
  switch (state) {
    case CheckoutState::kCreating:
      return "creating";
    case CheckoutState::kOpen:
      return "open";
    case CheckoutState::kCompleted:
      return "completed";
    case CheckoutState::kExpired:
      return "expired";
    case CheckoutState::kRefunded:
      return "refunded";
    case CheckoutState::kAlarmed:
      return "alarmed";
    case CheckoutState::kChoosing:
      return "choosing";
  }
  std::abort();
}

std::optional<CheckoutState> parse_checkout_state(std::string_view text) {
  return parse_among<CheckoutState>(text, 7);
}

std::string_view to_string(InboxState state) {
  switch (state) {
    case InboxState::kPending:
      return "pending";
    case InboxState::kDone:
      return "done";
    case InboxState::kIgnored:
      return "ignored";
    case InboxState::kQuarantined:
      return "quarantined";
  }
  std::abort();
}

std::optional<InboxState> parse_inbox_state(std::string_view text) {
  return parse_among<InboxState>(text, 4);
}

std::string_view to_string(InvoiceStatus status) {
  switch (status) {
    case InvoiceStatus::kDraft:
      return "draft";
    case InvoiceStatus::kOpen:
      return "open";
    case InvoiceStatus::kPaid:
      return "paid";
    case InvoiceStatus::kUncollectible:
      return "uncollectible";
    case InvoiceStatus::kVoid:
      return "void";
  }
  std::abort();
}

std::optional<InvoiceStatus> parse_invoice_status(std::string_view text) {
  return parse_among<InvoiceStatus>(text, 5);
}

std::string_view to_string(RefundState state) {
  switch (state) {
    case RefundState::kRequested:
      return "pending";
    case RefundState::kSucceeded:
      return "succeeded";
    case RefundState::kFailed:
      return "failed";
  }
  std::abort();
}

std::optional<RefundState> parse_refund_state(std::string_view text) {
  return parse_among<RefundState>(text, 3);
}

std::string_view to_string(DisputeState state) {
  switch (state) {
    case DisputeState::kOpen:
      return "open";
    case DisputeState::kWon:
      return "won";
    case DisputeState::kLost:
      return "lost";
  }
  std::abort();
}

std::optional<DisputeState> parse_dispute_state(std::string_view text) {
  return parse_among<DisputeState>(text, 3);
}

std::string_view to_string(EndpointDisabled reason) {
  switch (reason) {
    case EndpointDisabled::kNot:
      return "";
    case EndpointDisabled::kByHand:
      return "manual";
    case EndpointDisabled::kGone:
      return "gone";
    case EndpointDisabled::kFailing:
      return "failing";
  }
  std::abort();
}

std::string_view to_string(DeliveryState state) {
  switch (state) {
    case DeliveryState::kPending:
      return "pending";
    case DeliveryState::kDelivered:
      return "delivered";
    case DeliveryState::kFailed:
      return "failed";
  }
  std::abort();
}

std::optional<DeliveryState> parse_delivery_state(std::string_view text) {
  return parse_among<DeliveryState>(text, 3);
}

}  // namespace purser::app
