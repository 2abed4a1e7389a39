#include "adapters/stripe/objects.hpp"

namespace purser::stripe {
namespace {

constexpr std::size_t kMaxIdBytes = 255;

Error odd(const std::string& what) {
  return {ErrorCode::kPaymentProviderUnavailable,
          "Stripe's answer could not be read. Send the same request again to resume.",
          {},
          LogDetail("an answer that Stripe would not give: " + what)};
}

Error not_an_event(const std::string& what) {
  return {ErrorCode::kBodyParsingError, "The body is not a Stripe event: " + what + '.'};
}

bool is_id(const std::optional<std::string>& id) {
  return id && !id->empty() && id->size() <= kMaxIdBytes;
}

// A reference to another object: its id, the object itself where it was expanded, or empty for
// null.
std::optional<std::string> read_reference(const json::Value* value) {
  if (value == nullptr || value->is_null()) return std::string();
  if (const std::string* id = value->as_string()) return *id;
  return value->string_at("id");
}

std::optional<app::RemoteCheckoutSession::Status> read_status(const std::string& text) {
  using Status = app::RemoteCheckoutSession::Status;
  if (text == "open") return Status::kOpen;
  if (text == "complete") return Status::kComplete;
  if (text == "expired") return Status::kExpired;
  return std::nullopt;
}

// Absent is null for Stripe; an amount without its currency, or the reverse of what a sale can be,
// is odd.
Result<std::optional<Money>> read_amount(const json::Value& object) {
  const json::Value* amount = object.find("amount_total");
  if (amount == nullptr || amount->is_null()) return std::optional<Money>();
  const auto currency = Currency::parse(object.string_at("currency").value_or(""));
  if (amount->as_int() == nullptr || *amount->as_int() < 0 || !currency) return odd("amount_total");
  return std::optional(Money(*amount->as_int(), *currency));
}

}  // namespace

Result<std::string> read_id(const json::Value& object) {
  auto id = object.string_at("id");
  if (!is_id(id)) return odd("no id");
  return *std::move(id);
}

Result<app::RemoteCheckoutSession> read_checkout_session(const json::Value& object) {
  if (object.string_at("object") != "checkout.session") return odd("not a checkout session");
  app::RemoteCheckoutSession session;
  PURSER_TRY(session.id, read_id(object));
  const auto status = read_status(object.string_at("status").value_or(""));
  const std::string payment = object.string_at("payment_status").value_or("");
  const auto livemode = object.bool_at("livemode");
  const auto payment_ref = read_reference(object.find("payment_intent"));
  const auto customer = read_reference(object.find("customer"));
  if (!status || !livemode || !payment_ref || !customer) return odd("fields of " + session.id);
  if (payment != "paid" && payment != "unpaid" && payment != "no_payment_required") {
    return odd("payment_status of " + session.id);
  }
  PURSER_TRY(session.amount_total, read_amount(object));
  using Status = app::RemoteCheckoutSession::Status;
  session.status = *status;
  session.url = object.string_at("url").value_or("");
  session.paid =
      payment == "paid" || (payment == "no_payment_required" && *status == Status::kComplete);
  session.payment_ref = *payment_ref;
  session.customer = *customer;
  session.reference = object.string_at("client_reference_id").value_or("");
  session.livemode = *livemode;
  return session;
}

Result<app::RemoteWebhookEndpoint> read_webhook_endpoint(const json::Value& object) {
  app::RemoteWebhookEndpoint endpoint;
  PURSER_TRY(endpoint.id, read_id(object));
  auto secret = object.string_at("secret");
  if (!secret || secret->empty()) return odd("a webhook endpoint without its secret");
  endpoint.secret = Secret(*std::move(secret));
  return endpoint;
}

Result<app::ProviderEvent> read_event(const std::string& payload) {
  auto parsed = json::parse(payload);
  if (!parsed) return not_an_event("it is not JSON as Stripe writes it");
  const json::Value& object = *parsed;
  if (object.string_at("object") != "event") return not_an_event("object is not \"event\"");
  const auto id = object.string_at("id");
  const auto type = object.string_at("type");
  const auto livemode = object.bool_at("livemode");
  if (!is_id(id)) return not_an_event("it has no id");
  if (!is_id(type)) return not_an_event("it has no type");
  if (!livemode) return not_an_event("livemode is missing");
  const json::Value* data = object.find("data");
  const json::Value* subject = data == nullptr ? nullptr : data->find("object");
  if (subject == nullptr || subject->as_object() == nullptr) {
    return not_an_event("it has no data.object");
  }
  app::ProviderEvent event;
  event.id = *id;
  event.type = *type;
  event.object_id = subject->string_at("id").value_or("");  // a balance, for one, has none
  event.account = object.string_at("account").value_or("");
  event.livemode = *livemode;
  if (event.object_id.size() > kMaxIdBytes || event.account.size() > kMaxIdBytes) {
    return not_an_event("an id is too long");
  }
  return event;
}

}  // namespace purser::stripe
