#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"

namespace purser::stripe {
namespace {

using SessionStatus = app::RemoteCheckoutSession::Status;

SessionStatus read_status(Fields& fields) {
  const std::string text = fields.text("status");
  if (text == "complete") return SessionStatus::kComplete;
  if (text == "expired") return SessionStatus::kExpired;
  if (text != "open") fields.refuse("status");
  return SessionStatus::kOpen;
}

bool read_paid(Fields& fields, SessionStatus status) {
  const std::string text = fields.text("payment_status");
  if (text == "paid") return true;
  if (text == "no_payment_required") return status == SessionStatus::kComplete;
  if (text != "unpaid") fields.refuse("payment_status");
  return false;
}

// An amount without its currency, or below zero, is odd.
std::optional<Money> read_total(const json::Value& object, Fields& fields) {
  const json::Value* amount = object.find("amount_total");
  if (amount == nullptr || amount->is_null()) return std::nullopt;
  fields.amount("amount_total");
  return fields.money("amount_total");
}

}  // namespace

Result<app::RemoteCheckoutSession> read_checkout_session(const json::Value& object) {
  Fields fields(object, "checkout.session");
  app::RemoteCheckoutSession session;
  session.id = fields.id();
  session.url = fields.url("url");
  session.client_secret = Secret(fields.text("client_secret"));
  session.status = read_status(fields);
  session.paid = read_paid(fields, session.status);
  session.amount_total = read_total(object, fields);
  session.payment_ref = fields.reference("payment_intent");
  session.subscription = fields.reference("subscription");
  session.customer = fields.reference("customer");
  session.reference = fields.text("client_reference_id");
  session.livemode = fields.flag("livemode");
  PURSER_CHECK_OK(fields.status());
  return session;
}

}  // namespace purser::stripe
