#include <algorithm>

#include "sandbox/disputes.hpp"
#include "sandbox/service.hpp"

// /_sandbox/…: what Stripe does not have. Parameters come as forms.
//
//   GET    /_sandbox/state, /_sandbox/books                the books of every account
//   GET, POST /_sandbox/settings                           after_dunning=cancel|unpaid|past_due
//   GET, POST /_sandbox/clock                              now: seconds; the clock stands there
//                                                          until it is moved again, always forward
//   POST   /_sandbox/tick                                  everything due now happens; answers when
//                                                          the webhooks of it have been sent once
//   POST   /_sandbox/disputes                              charge or payment_intent, reason
//   GET, POST, DELETE /_sandbox/faults                     see Faults::add
//   POST   /_sandbox/events/{id}/redeliver                 send an event again
//   POST   /_sandbox/events/replay                         ids[], type, since, undelivered: send
//   all
//                                                          events again to which all of it applies,
//                                                          oldest first; answers when they have
//                                                          been sent once
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

}  // namespace

Reply Service::answer_control(const net::Request& request, const std::string& path) {
  auto read = read_params(request);
  if (const auto* failure = std::get_if<Failure>(&read)) return refusal(*failure);
  Params& params = std::get<Params>(read);
  const std::string& method = request.method;
  if ((path == "/_sandbox/state" || path == "/_sandbox/books") && method == "GET")
    return {json_response(200, books_of(*world_))};
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
  if (path == "/_sandbox/settings") return settings(method, params);
  if (path == "/_sandbox/clock") return clock(method, params);
  if (method == "POST") {
    if (path == "/_sandbox/tick") {
      Reply reply{json_response(200, object({{"now", world_->now_seconds()}}))};
      reply.after_deliveries = true;
      return reply;
    }
    if (path == "/_sandbox/disputes") return dispute(params);
    if (path == "/_sandbox/events/replay") return replay(params);
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

Reply Service::replay(Params& params) {
  const auto ids = params.text_list("ids");
  const auto type = params.text("type");
  const auto since = params.integer("since", 0);
  const bool only_undelivered = params.boolean("undelivered").value_or(false);
  if (const auto failure = params.finish()) return refusal(*failure);
  std::set<std::string> missing(ids.begin(), ids.end());
  std::vector<std::pair<Account*, Record*>> chosen;
  for (const auto& [account_id, account] : world_->accounts()) {
    for (const auto& event : account->of(kEvent).in_order()) {
      missing.erase(event->id());
      if (!ids.empty() && std::find(ids.begin(), ids.end(), event->id()) == ids.end()) continue;
      if (type && text_at(event->doc, "type") != *type) continue;
      if (since && int_at(event->doc, "created") < *since) continue;
      if (only_undelivered && int_at(event->doc, "pending_webhooks") == 0) continue;
      chosen.emplace_back(account.get(), event.get());
    }
  }
  if (!missing.empty()) return refusal(no_such("event", *missing.begin()));
  std::stable_sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
    return int_at(a.second->doc, "created") < int_at(b.second->doc, "created");
  });
  std::size_t deliveries = 0;
  for (const auto& [account, event] : chosen) deliveries += courier_.redeliver(*account, *event);
  Reply reply{json_response(200, object({{"events", static_cast<std::int64_t>(chosen.size())},
                                         {"deliveries", static_cast<std::int64_t>(deliveries)}}))};
  reply.after_deliveries = true;
  return reply;
}

Reply Service::settings(const std::string& method, Params& params) {
  if (method == "POST") {
    const auto after = params.one_of("after_dunning", {"cancel", "unpaid", "past_due"});
    if (const auto failure = params.finish()) return refusal(*failure);
    if (after) world_->set_setting(kAfterDunning, json::Value(*after));
  }
  return {json_response(200, object({{"after_dunning", world_->after_dunning()}}))};
}

// What is due by then happens at the next look, so that others can be moved to the same time
// before.
Reply Service::clock(const std::string& method, Params& params) {
  if (method == "POST") {
    params.required_text("now");
    const auto now = params.integer("now", 0);
    if (const auto failure = params.finish()) return refusal(*failure);
    if (!clock_can_be_set_) {
      return refusal(
          invalid("This sandbox lives in its server's time: POST /internal/clock there."));
    }
    if (*now < world_->real_seconds()) {
      return refusal(invalid("Invalid timestamp: time only goes forward.", "now"));
    }
    world_->set_setting(kClock, json::Value(*now));
  }
  return {json_response(200, object({{"now", world_->real_seconds()}}))};
}

Reply Service::dispute(Params& params) {
  const auto charge_id = params.text("charge");
  const auto intent_id = params.text("payment_intent");
  const std::string reason =
      params.one_of("reason", {"fraudulent", "product_not_received", "duplicate", "general"})
          .value_or("fraudulent");
  if (const auto failure = params.finish()) return refusal(*failure);
  static const Cause kBank;
  for (const auto& [id, account] : world_->accounts()) {
    const Scene scene{*world_, *account, kBank};
    const Record* intent = scene.find(kPaymentIntent, intent_id.value_or(""));
    Record* charge = scene.find(kCharge, intent != nullptr ? text_at(intent->doc, "latest_charge")
                                                           : charge_id.value_or(""));
    if (charge == nullptr) continue;
    enter_time_of(scene, charge->doc);
    const auto opened = open_dispute(scene, *charge, reason);
    if (const auto* failure = std::get_if<Failure>(&opened)) return refusal(*failure);
    return {json_response(200, std::get<Record*>(opened)->doc)};
  }
  return refusal(no_such("charge", charge_id.value_or(intent_id.value_or(""))));
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
