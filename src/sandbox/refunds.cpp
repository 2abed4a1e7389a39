#include "sandbox/amounts.hpp"
#include "sandbox/api.hpp"

namespace purser::sandbox {
namespace {

// The charge that a refund is about, by its own id or its payment's; or a refusal.
std::variant<Record*, Failure> find_charge(Call& call, const std::optional<std::string>& charge,
                                           const std::optional<std::string>& intent) {
  std::string id = charge.value_or("");
  if (intent) {
    const Record* payment = call.world.find(call.account, kPaymentIntent, *intent);
    if (payment == nullptr) return no_such("payment_intent", *intent, "payment_intent");
    const std::string latest = text_at(payment->doc, "latest_charge");
    if (latest.empty() || text_at(payment->doc, "status") != "succeeded") {
      return invalid(
          "This PaymentIntent (" + *intent + ") does not have a successful charge to refund.",
          "payment_intent", "payment_intent_unexpected_state");
    }
    if (charge && *charge != latest) {
      return invalid("The charge does not belong to the PaymentIntent.", "charge");
    }
    id = latest;
  }
  Record* record = call.world.find(call.account, kCharge, id);
  if (record == nullptr) return no_such("charge", id, "charge");
  if (text_at(record->doc, "status") != "succeeded") {
    return invalid("Charge " + id + " has not succeeded and cannot be refunded.", "charge");
  }
  return record;
}

json::Value new_refund(Call& call, const json::Value& charge, std::int64_t amount,
                       const std::optional<std::string>& reason) {
  return object({{"id", call.world.new_id("re_3")},
                 {"object", "refund"},
                 {"amount", amount},
                 {"balance_transaction", nullptr},
                 {"charge", text_at(charge, "id")},
                 {"created", call.world.now_seconds()},
                 {"currency", at(charge, "currency")},
                 {"destination_details",
                  object({{"card", object({{"reference_status", "pending"},
                                           {"reference_type", "acquirer_reference_number"},
                                           {"type", "refund"}})},
                          {"type", "card"}})},
                 {"metadata", empty_object()},
                 {"payment_intent", at(charge, "payment_intent")},
                 {"reason", reason},
                 {"receipt_number", nullptr},
                 {"source_transfer_reversal", nullptr},
                 {"status", "succeeded"},
                 {"transfer_reversal", nullptr}});
}

// The amount to give back: what was asked, or all that is left; or a refusal.
std::variant<std::int64_t, Failure> refundable(const json::Value& charge,
                                               const std::optional<std::int64_t>& asked) {
  const std::int64_t left = int_at(charge, "amount") - int_at(charge, "amount_refunded");
  if (left == 0) {
    return invalid("Charge " + text_at(charge, "id") + " has already been refunded.", "charge",
                   "charge_already_refunded");
  }
  if (asked && *asked > left) {
    const Currency currency = *Currency::parse(text_at(charge, "currency"));
    return invalid("Refund amount (" + display_amount(*asked, currency) +
                       ") is greater than unrefunded amount on charge (" +
                       display_amount(left, currency) + ")",
                   "amount");
  }
  return asked.value_or(left);
}

bool dispute_was_won(Call& call, const Record& charge) {
  const Record* dispute =
      call.world.find(call.account, kDispute, text_at(charge.hidden, "dispute"));
  return dispute != nullptr && text_at(dispute->doc, "status") == "won";
}

Answer create_refund(Call& call) {
  Params& params = call.params;
  const auto charge_id = params.text("charge");
  const auto intent_id = params.text("payment_intent");
  const auto asked = params.integer("amount", 1);
  const auto reason = params.one_of("reason", {"duplicate", "fraudulent", "requested_by_customer"});
  json::Value metadata = empty_object();
  params.apply_metadata(metadata);
  if (const auto failure = params.finish()) return *failure;
  if (!charge_id && !intent_id) {
    return invalid(
        "One of the following params should be provided for this request: payment_intent or "
        "charge.");
  }
  const auto found = find_charge(call, charge_id, intent_id);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  Record& charge = *std::get<Record*>(found);
  enter_time_of(call.scene(), charge.doc);
  if (bool_at(charge.doc, "disputed") && !dispute_was_won(call, charge)) {
    return invalid("Charge " + charge.id() + " has been charged back; cannot issue a refund.",
                   "charge", "charge_disputed");
  }
  const auto amount = refundable(charge.doc, asked);
  if (const auto* failure = std::get_if<Failure>(&amount)) return *failure;

  json::Value refund = new_refund(call, charge.doc, std::get<std::int64_t>(amount), reason);
  set(refund, "metadata", std::move(metadata));
  call.world.put(call.account, kRefund, refund);
  const json::Value before = charge.doc;
  const std::int64_t refunded = int_at(before, "amount_refunded") + std::get<std::int64_t>(amount);
  set(charge.doc, "amount_refunded", refunded);
  set(charge.doc, "refunded", refunded == int_at(before, "amount"));
  call.world.changed(call.account, kCharge, charge);
  emit(call.world, call.account, call.cause, "charge.refunded", charge.doc, before);
  emit(call.world, call.account, call.cause, "refund.created", refund);
  return refund;
}

Answer update_refund(Call& call) {
  Record* record = call.world.find(call.account, kRefund, call.id());
  if (record == nullptr) return no_such("refund", call.id());
  json::Value refund = record->doc;
  call.params.apply_metadata(*refund.find("metadata"));
  if (const auto failure = call.params.finish()) return *failure;
  std::swap(record->doc, refund);
  call.world.changed(call.account, kRefund, *record);
  emit(call.world, call.account, call.cause, "refund.updated", record->doc, refund);
  return record->doc;
}

Answer retrieve_refund(Call& call) { return retrieve(call, kRefund, "refund"); }

Answer list_refunds(Call& call) {
  return list(call, kRefund, "/v1/refunds",
              both(by_field(call, "charge"), by_field(call, "payment_intent")));
}

Answer list_refunds_of_charge(Call& call) {
  if (call.world.find(call.account, kCharge, call.id()) == nullptr) {
    return no_such("charge", call.id());
  }
  return list(call, kRefund, "/v1/charges/" + call.id() + "/refunds",
              [id = call.id()](const Record& r) { return text_at(r.doc, "charge") == id; });
}

}  // namespace

std::vector<Route> refund_routes() {
  return {{"POST", "/v1/refunds", create_refund},
          {"GET", "/v1/refunds", list_refunds},
          {"GET", "/v1/refunds/:id", retrieve_refund},
          {"POST", "/v1/refunds/:id", update_refund},
          {"GET", "/v1/charges/:id/refunds", list_refunds_of_charge}};
}

}  // namespace purser::sandbox
