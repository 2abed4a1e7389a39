#include "sandbox/disputes.hpp"

#include <array>

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDaysToAnswer = 7;
constexpr std::int64_t kDaySeconds = 24 * 60 * 60;

constexpr std::array kEvidence = {"access_activity_log",
                                  "billing_address",
                                  "cancellation_policy",
                                  "cancellation_policy_disclosure",
                                  "cancellation_rebuttal",
                                  "customer_communication",
                                  "customer_email_address",
                                  "customer_name",
                                  "customer_purchase_ip",
                                  "customer_signature",
                                  "duplicate_charge_documentation",
                                  "duplicate_charge_explanation",
                                  "duplicate_charge_id",
                                  "product_description",
                                  "receipt",
                                  "refund_policy",
                                  "refund_policy_disclosure",
                                  "refund_refusal_explanation",
                                  "service_date",
                                  "service_documentation",
                                  "shipping_address",
                                  "shipping_carrier",
                                  "shipping_date",
                                  "shipping_documentation",
                                  "shipping_tracking_number",
                                  "uncategorized_file",
                                  "uncategorized_text"};

json::Value no_evidence() {
  json::Value evidence = empty_object();
  for (const char* field : kEvidence) set(evidence, field, nullptr);
  return evidence;
}

json::Value new_dispute(World& world, const json::Value& charge, const std::string& reason) {
  const std::int64_t now = world.now_seconds();
  return object(
      {{"id", world.new_id("dp_1")},
       {"object", "dispute"},
       {"amount", at(charge, "amount")},
       {"balance_transactions", empty_array()},
       {"charge", at(charge, "id")},
       {"created", now},
       {"currency", at(charge, "currency")},
       {"evidence", no_evidence()},
       {"evidence_details", object({{"due_by", now + kDaysToAnswer * kDaySeconds},
                                    {"has_evidence", false},
                                    {"past_due", false},
                                    {"submission_count", 0}})},
       {"is_charge_refundable", false},
       {"livemode", false},
       {"metadata", empty_object()},
       {"network_reason_code", reason == "fraudulent" ? "10.4" : "13.1"},
       {"payment_intent", at(charge, "payment_intent")},
       {"payment_method_details",
        object(
            {{"card", object({{"brand", "visa"},
                              {"case_type", "chargeback"},
                              {"network_reason_code", reason == "fraudulent" ? "10.4" : "13.1"}})},
             {"type", "card"}})},
       {"reason", reason},
       {"status", "needs_response"}});
}

// The bank has decided.
void close(const Scene& scene, Record& dispute, bool won) {
  json::Value before = dispute.doc;
  set(dispute.doc, "status", won ? "won" : "lost");
  scene.changed(kDispute, dispute);
  scene.tell("charge.dispute.updated", dispute.doc, before);
  if (won) scene.tell("charge.dispute.funds_reinstated", dispute.doc);
  scene.tell("charge.dispute.closed", dispute.doc);
}

bool is_open(const Record& dispute) {
  const std::string status = text_at(dispute.doc, "status");
  return status == "needs_response" || status == "under_review";
}

void enter_time_of_charge(const Scene& scene, const Record& dispute) {
  const Record* charge = scene.find(kCharge, text_at(dispute.doc, "charge"));
  if (charge != nullptr) enter_time_of(scene, charge->doc);
}

Answer update_dispute(Call& call) {
  const Scene scene = call.scene();
  Record* dispute = scene.find(kDispute, call.id());
  if (dispute == nullptr) return no_such("dispute", call.id());
  json::Value doc = dispute->doc;
  bool sends = false;
  if (auto evidence = call.params.group("evidence")) {
    for (const char* field : kEvidence) {
      const auto text = evidence->clearable_text(field, 20'000);
      if (!text) continue;
      sends = true;
      set(*doc.find("evidence"), field, *text);
    }
  }
  const bool submits = call.params.boolean("submit").value_or(true);
  call.params.apply_metadata(*doc.find("metadata"));
  if (const auto failure = call.params.finish()) return *failure;
  if (sends && text_at(dispute->doc, "status") != "needs_response") {
    return invalid("This dispute is already closed or its evidence was submitted.", "evidence");
  }
  enter_time_of_charge(scene, *dispute);
  json::Value& details = *doc.find("evidence_details");
  if (sends) set(details, "has_evidence", true);
  const std::string text = text_at(at(doc, "evidence"), "uncategorized_text");
  if (sends && submits) {
    set(details, "submission_count", int_at(details, "submission_count") + 1);
    set(doc, "status", "under_review");
  }
  save(scene, kDispute, *dispute, std::move(doc), "charge.dispute.updated");
  if (sends && submits && text == "winning_evidence") close(scene, *dispute, true);
  if (sends && submits && text == "losing_evidence") close(scene, *dispute, false);
  return dispute->doc;
}

Answer close_dispute(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  const Scene scene = call.scene();
  Record* dispute = scene.find(kDispute, call.id());
  if (dispute == nullptr) return no_such("dispute", call.id());
  if (!is_open(*dispute)) return invalid("This dispute is already closed.");
  enter_time_of_charge(scene, *dispute);
  close(scene, *dispute, false);
  return dispute->doc;
}

Answer retrieve_dispute(Call& call) { return retrieve(call, kDispute, "dispute"); }

Answer list_disputes(Call& call) {
  return list(call, kDispute, "/v1/disputes",
              both(by_field(call, "charge"), by_field(call, "payment_intent")));
}

}  // namespace

std::variant<Record*, Failure> open_dispute(const Scene& scene, Record& charge,
                                            const std::string& reason) {
  if (text_at(charge.doc, "status") != "succeeded") {
    return invalid("Only a charge that succeeded can be disputed.", "charge");
  }
  if (bool_at(charge.doc, "disputed")) {
    return invalid("This charge is disputed already.", "charge");
  }
  Record& dispute = scene.put(kDispute, new_dispute(scene.world, charge.doc, reason));
  json::Value before = charge.doc;
  set(charge.doc, "disputed", true);
  // Shown by newer API versions only.
  set(charge.hidden, "dispute", dispute.id());
  scene.changed(kCharge, charge);
  scene.tell("charge.dispute.created", dispute.doc);
  scene.tell("charge.dispute.funds_withdrawn", dispute.doc);
  scene.tell("charge.updated", charge.doc, before);
  return &dispute;
}

void open_due_dispute(const Scene& scene, Record& charge) {
  const std::string reason = text_at(charge.hidden, "dispute_reason");
  charge.hidden.erase("dispute_at");
  enter_time_of(scene, charge.doc);
  scene.changed(kCharge, charge);
  (void)open_dispute(scene, charge, reason);
}

std::vector<Route> dispute_routes() {
  return {{"GET", "/v1/disputes", list_disputes},
          {"GET", "/v1/disputes/:id", retrieve_dispute},
          {"POST", "/v1/disputes/:id", update_dispute},
          {"POST", "/v1/disputes/:id/close", close_dispute}};
}

}  // namespace purser::sandbox
