#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"

namespace purser::stripe {
namespace {

using RefundStatus = app::RemoteRefund::Status;

// Source: https://docs.stripe.com/api/refunds/object#refund_object-status
RefundStatus read_refund_status(Fields& fields) {
  const std::string text = fields.text("status");
  if (text == "succeeded") return RefundStatus::kSucceeded;
  if (text == "failed" || text == "canceled") return RefundStatus::kFailed;
  if (text != "pending" && text != "requires_action") fields.refuse("status");
  return RefundStatus::kPending;
}

// Source: https://docs.stripe.com/api/disputes/object#dispute_object-status
app::DisputeState read_dispute_state(Fields& fields) {
  const std::string text = fields.text("status");
  if (text == "won" || text == "warning_closed") return app::DisputeState::kWon;
  if (text == "lost") return app::DisputeState::kLost;
  if (text != "needs_response" && text != "under_review" && text != "warning_needs_response" &&
      text != "warning_under_review") {
    fields.refuse("status");
  }
  return app::DisputeState::kOpen;
}

}  // namespace

Result<app::RemoteRefund> read_refund(const json::Value& object) {
  Fields fields(object, "refund");
  app::RemoteRefund refund;
  refund.id = fields.id();
  refund.payment_ref = fields.reference("payment_intent");
  fields.amount("amount");
  refund.amount = fields.money("amount");
  refund.status = read_refund_status(fields);
  refund.reference = fields.metadata("purser_refund");
  refund.failure_reason = fields.text("failure_reason");
  if (refund.failure_reason.empty() && refund.status == RefundStatus::kFailed) {
    refund.failure_reason = fields.text("status");
  }
  refund.created_at = fields.time("created");
  PURSER_CHECK_OK(fields.status());
  return refund;
}

Result<app::RemoteDispute> read_dispute(const json::Value& object) {
  Fields fields(object, "dispute");
  app::RemoteDispute dispute;
  dispute.id = fields.id();
  dispute.payment_ref = fields.reference("payment_intent");
  fields.amount("amount");
  dispute.amount = fields.money("amount");
  dispute.state = read_dispute_state(fields);
  dispute.created_at = fields.time("created");
  dispute.livemode = fields.flag("livemode");
  PURSER_CHECK_OK(fields.status());
  return dispute;
}

}  // namespace purser::stripe
