#include "sandbox/session_options.hpp"

#include "sandbox/setup_intents.hpp"
#include "sandbox/subscriptions.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kShortestTrial = 48 * 60 * 60;

json::Value read_payment_intent_data(Call& call) {
  json::Value data = object({{"metadata", empty_object()}});
  auto params = call.params.group("payment_intent_data");
  if (!params) return data;
  if (const auto text = params->text("description", 1000)) set(data, "description", *text);
  if (const auto text = params->text("receipt_email", 512)) set(data, "receipt_email", *text);
  if (const auto text = params->text("statement_descriptor", 22)) {
    set(data, "statement_descriptor", *text);
  }
  if (const auto use = params->one_of("setup_future_usage", {"off_session", "on_session"})) {
    set(data, "setup_future_usage", *use);
  }
  params->one_of("capture_method", {"automatic", "automatic_async"});
  params->apply_metadata(*data.find("metadata"));
  return data;
}

json::Value read_subscription_data(Call& call) {
  json::Value data = object({{"metadata", empty_object()}});
  auto params = call.params.group("subscription_data");
  if (!params) return data;
  set(data, "description", params->text("description", 500));
  const auto end = read_trial_end(call, *params);
  const auto days = params->integer("trial_period_days", 1, 730);
  if (end && days) {
    params->complain(invalid("You cannot pass both trial_end and trial_period_days.",
                             params->full_name("trial_period_days")));
  }
  if (end && *end < call.world.now_seconds() + kShortestTrial) {
    params->complain(invalid("The `trial_end` date has to be at least 2 days in the future.",
                             params->full_name("trial_end")));
  }
  set(data, "trial_end", end);
  set(data, "trial_period_days", days);
  if (auto settings = params->group("trial_settings")) {
    if (auto behavior = settings->group("end_behavior")) {
      set(data, "missing_payment_method",
          behavior->one_of("missing_payment_method", {"create_invoice", "cancel"}));
    }
  }
  params->apply_metadata(*data.find("metadata"));
  return data;
}

json::Value read_setup_data(Call& call) {
  json::Value data = object({{"metadata", empty_object()}});
  auto params = call.params.group("setup_intent_data");
  if (!params) return data;
  set(data, "description", params->text("description", 1000));
  params->apply_metadata(*data.find("metadata"));
  return data;
}

json::Value invoice_creation(bool enabled, const json::Value& data) {
  return object({{"enabled", enabled},
                 {"invoice_data", object({{"account_tax_ids", nullptr},
                                          {"custom_fields", nullptr},
                                          {"description", at(data, "description")},
                                          {"footer", nullptr},
                                          {"issuer", nullptr},
                                          {"metadata", at(data, "metadata")},
                                          {"rendering_options", nullptr}})}});
}

json::Value read_invoice_creation(Call& call, json::Value& session) {
  json::Value data = object({{"enabled", false}, {"metadata", empty_object()}});
  set(session, "invoice_creation", invoice_creation(false, data));
  auto params = call.params.group("invoice_creation");
  if (!params) return data;
  const bool enabled = params->boolean("enabled").value_or(false);
  set(data, "enabled", enabled);
  if (auto invoice = params->group("invoice_data")) {
    set(data, "description", invoice->text("description", 1500));
    invoice->apply_metadata(*data.find("metadata"));
  }
  set(session, "invoice_creation", invoice_creation(enabled, data));
  if (enabled && at(session, "customer").is_null()) set(session, "customer_creation", "always");
  return data;
}

// The parameters that another mode would take are refused as Stripe refuses them.
void refuse_foreign(Call& call, const std::string& mode) {
  const std::pair<const char*, const char*> kOwners[] = {
      {"payment_intent_data", "payment"},    {"invoice_creation", "payment"},
      {"subscription_data", "subscription"}, {"payment_method_collection", "subscription"},
      {"setup_intent_data", "setup"},
  };
  for (const auto& [name, owner] : kOwners) {
    if (!call.params.has(name) || mode == owner) continue;
    call.params.complain(
        invalid("You can not pass `" + std::string(name) + "` in `" + mode + "` mode.", name));
  }
  if (mode == "setup" && call.params.has("line_items")) {
    call.params.complain(invalid("You can not pass `line_items` in `setup` mode.", "line_items"));
  }
}

}  // namespace

std::string read_mode(Call& call) {
  std::string mode = call.params.required_text("mode");
  if (mode != "payment" && mode != "subscription" && mode != "setup") {
    call.params.complain(
        invalid("Invalid mode: must be one of payment, setup, or subscription", "mode"));
  }
  return mode;
}

json::Value read_mode_options(Call& call, const std::string& mode, json::Value& session) {
  refuse_foreign(call, mode);
  json::Value hidden = object({{"payment_intent_data", read_payment_intent_data(call)},
                               {"subscription_data", read_subscription_data(call)},
                               {"setup_intent_data", read_setup_data(call)},
                               {"invoice_creation", read_invoice_creation(call, session)}});
  const auto collection =
      call.params.one_of("payment_method_collection", {"always", "if_required"});
  set(session, "mode", mode);
  if (mode == "setup") {
    // Sold is nothing; the currency only decides which methods Stripe would offer.
    set(session, "currency", call.params.text("currency", 3));
    set(session, "payment_status", "no_payment_required");
  } else if (const auto currency = call.params.text("currency", 3)) {
    set(hidden, "wanted_currency", *currency);
  }
  if (mode != "payment") {
    set(session, "payment_method_collection", collection.value_or("always"));
    set(session, "invoice_creation", nullptr);
    if (at(session, "customer").is_null() && mode == "subscription") {
      set(session, "customer_creation", "always");
    }
  }
  return hidden;
}

void finish_session(const Scene& scene, const std::string& mode, const SessionLines& lines,
                    json::Value& session, const json::Value& hidden) {
  if (mode == "setup") {
    const json::Value& data = at(hidden, "setup_intent_data");
    SetupOrder order;
    order.customer = at(session, "customer");
    order.description = at(data, "description");
    order.metadata = at(data, "metadata");
    set(session, "setup_intent", add_setup_intent(scene, order).id());
    return;
  }
  const json::Value& data = at(hidden, "subscription_data");
  const bool trial = !at(data, "trial_end").is_null() || !at(data, "trial_period_days").is_null();
  const std::int64_t due = lines.total - (trial ? lines.recurring : 0);
  set(session, "amount_subtotal", due);
  set(session, "amount_total", due);
  set(session, "currency", lines.currency->lower());
}

}  // namespace purser::sandbox
