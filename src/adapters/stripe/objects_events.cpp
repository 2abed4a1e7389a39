#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"

namespace purser::stripe {
namespace {

using app::ProviderObject;

Error not_an_event(const std::string& what) {
  return {ErrorCode::kBodyParsingError, "The body is not a Stripe event: " + what + '.'};
}

// The id of another object, wherever it stands; empty for none.
std::string reference_at(const json::Value* object, std::string_view key) {
  const json::Value* value = object == nullptr ? nullptr : object->find(key);
  if (value == nullptr) return {};
  const std::string* id = value->as_string();
  return id != nullptr ? *id : value->string_at("id").value_or("");
}

// Versions from 2025 on name it below `parent`.
std::string subscription_of(const json::Value& invoice) {
  std::string direct = reference_at(&invoice, "subscription");
  if (!direct.empty()) return direct;
  const json::Value* parent = invoice.find("parent");
  const json::Value* details = parent == nullptr ? nullptr : parent->find("subscription_details");
  return reference_at(details, "subscription");
}

/// What an event is about, and its id.
struct Subject {
  ProviderObject about = ProviderObject::kOther;
  std::string id;
};

// Source: https://docs.stripe.com/api/events/types
Subject subject_of(std::string_view type, const json::Value& object, const std::string& own_id) {
  if (type.starts_with("checkout.session.")) return {ProviderObject::kCheckoutSession, own_id};
  if (type.starts_with("customer.subscription.")) return {ProviderObject::kSubscription, own_id};
  if (type.starts_with("invoice.")) {
    std::string subscription = subscription_of(object);
    if (!subscription.empty()) return {ProviderObject::kSubscription, std::move(subscription)};
    return {ProviderObject::kInvoice, own_id};
  }
  if (type.starts_with("charge.dispute.")) return {ProviderObject::kDispute, own_id};
  if (type == "charge.refunded" || type == "charge.refund.updated" || type.starts_with("refund.")) {
    return {ProviderObject::kPayment, reference_at(&object, "payment_intent")};
  }
  if (type == "account.updated") return {ProviderObject::kAccount, own_id};
  return {};
}

Result<app::ProviderEvent> read_envelope(const json::Value& object) {
  if (object.string_at("object") != "event") return not_an_event("object is not \"event\"");
  const auto livemode = object.bool_at("livemode");
  app::ProviderEvent event;
  event.id = object.string_at("id").value_or("");
  event.type = object.string_at("type").value_or("");
  event.account = object.string_at("account").value_or("");
  if (!is_object_id(event.id)) return not_an_event("it has no id");
  if (!is_object_id(event.type)) return not_an_event("it has no type");
  if (!livemode) return not_an_event("livemode is missing");
  if (!event.account.empty() && !is_object_id(event.account)) {
    return not_an_event("the account's id is too long");
  }
  event.livemode = *livemode;
  constexpr std::int64_t kSecond = 1'000;
  const std::int64_t created = object.int_at("created").value_or(0);
  if (created > 0 && created <= Timestamp::kMaxMillis / kSecond) {
    event.created_at = *Timestamp::from_millis(created * kSecond);
  }
  return event;
}

}  // namespace

Result<app::ProviderEvent> read_event(const std::string& payload) {
  const auto parsed = json::parse(payload);
  if (!parsed) return not_an_event("it is not JSON as Stripe writes it");
  return read_event_object(*parsed);
}

Result<app::ProviderEvent> read_event_object(const json::Value& document) {
  PURSER_TRY(app::ProviderEvent event, read_envelope(document));
  const json::Value* data = document.find("data");
  const json::Value* object = data == nullptr ? nullptr : data->find("object");
  if (object == nullptr || object->as_object() == nullptr) {
    return not_an_event("it has no data.object");
  }
  event.object_id = object->string_at("id").value_or("");  // a balance, for one, has none
  Subject subject = subject_of(event.type, *object, event.object_id);
  if (subject.id.empty()) subject = {ProviderObject::kOther, event.object_id};
  event.about = subject.about;
  event.subject = std::move(subject.id);
  for (const std::string& id : {event.object_id, event.subject}) {
    if (!id.empty() && !is_object_id(id)) return not_an_event("an id is too long");
  }
  return event;
}

}  // namespace purser::stripe
