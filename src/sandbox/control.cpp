#include "sandbox/service.hpp"

// /_sandbox/…: what Stripe does not have. Parameters come as forms.
//
//   GET    /_sandbox/state                                 the books of every account
//   GET, POST, DELETE /_sandbox/faults                     see Faults::add
//   POST   /_sandbox/events/{id}/redeliver                 send an event again
//   POST   /_sandbox/checkout/sessions/{id}/settle         outcome=succeeded|failed: a debit's end

namespace purser::sandbox {
namespace {

Reply refusal(const Failure& failure) {
  return {json_response(failure.status, failure_document(failure))};
}

// The part between a prefix and a suffix; empty when the path has another form.
std::string between(const std::string& path, const std::string& prefix, const std::string& suffix) {
  if (path.size() <= prefix.size() + suffix.size() || path.rfind(prefix, 0) != 0) return {};
  if (path.compare(path.size() - suffix.size(), suffix.size(), suffix) != 0) return {};
  return path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
}

json::Value brief(const Record& record, std::initializer_list<const char*> fields) {
  json::Value result = empty_object();
  for (const char* field : fields) set(result, field, at(record.doc, field));
  return result;
}

json::Value all(const Account& account, std::string_view kind,
                std::initializer_list<const char*> fields) {
  json::Array rows;
  if (const auto found = account.collections.find(kind); found != account.collections.end()) {
    for (const auto& record : found->second.in_order()) rows.push_back(brief(*record, fields));
  }
  return json::Value(std::move(rows));
}

}  // namespace

// Meant for audits: what was paid, for what, and what was given back.
json::Value Service::books() const {
  json::Array accounts;
  for (const auto& [id, account] : world_->accounts()) {
    accounts.push_back(object(
        {{"id", id},
         {"customers", all(*account, kCustomer, {"id", "name", "email", "metadata"})},
         {"checkout_sessions",
          all(*account, kSession,
              {"id", "status", "payment_status", "amount_total", "currency", "customer",
               "client_reference_id", "payment_intent", "metadata"})},
         {"charges", all(*account, kCharge,
                         {"id", "status", "amount", "amount_refunded", "currency", "customer",
                          "payment_intent", "metadata"})},
         {"refunds", all(*account, kRefund,
                         {"id", "status", "amount", "currency", "charge", "payment_intent"})},
         {"events", all(*account, kEvent, {"id", "type", "pending_webhooks"})}}));
  }
  return object({{"accounts", json::Value(std::move(accounts))}});
}

Reply Service::answer_control(const net::Request& request, const std::string& path) {
  auto read = read_params(request);
  if (const auto* failure = std::get_if<Failure>(&read)) return refusal(*failure);
  Params& params = std::get<Params>(read);
  const std::string& method = request.method;
  if (path == "/_sandbox/state" && method == "GET") return {json_response(200, books())};
  if (path == "/_sandbox/faults" && method == "GET")
    return {json_response(200, faults_.describe())};
  if (path == "/_sandbox/faults" && (method == "POST" || method == "DELETE")) {
    if (method == "DELETE") {
      faults_.clear();
    } else if (const auto failure = faults_.add(params)) {
      return refusal(*failure);
    }
    return {json_response(200, faults_.describe())};
  }
  if (method == "POST") {
    const std::string event = between(path, "/_sandbox/events/", "/redeliver");
    if (!event.empty()) return redeliver(event);
    const std::string session = between(path, "/_sandbox/checkout/sessions/", "/settle");
    if (!session.empty()) return settle(session, params);
  }
  return refusal(no_such("control", method + " " + path));
}

Reply Service::redeliver(const std::string& event_id) {
  for (const auto& [id, account] : world_->accounts()) {
    Record* event = world_->find(*account, kEvent, event_id);
    if (event == nullptr) continue;
    courier_.redeliver(*account, *event);
    return {json_response(200, event->doc)};
  }
  return refusal(no_such("event", event_id));
}

Reply Service::settle(const std::string& session_id, Params& params) {
  const std::string outcome =
      params.one_of("outcome", {"succeeded", "failed"}).value_or("succeeded");
  if (const auto failure = params.finish()) return refusal(*failure);
  auto checkout = find_checkout(*world_, session_id);
  if (!checkout) return refusal(no_such("checkout.session", session_id));
  if (!settle_debit(*checkout, outcome == "succeeded")) {
    return refusal(invalid("This session has no debit that is still on its way."));
  }
  return {json_response(200, checkout->session.doc)};
}

}  // namespace purser::sandbox
