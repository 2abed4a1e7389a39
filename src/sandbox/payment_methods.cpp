#include "sandbox/payment_methods.hpp"

namespace purser::sandbox {
namespace {

constexpr CardExpiry kTestExpiry{12, 2099};

Failure not_of_customer(const std::string& id, const std::string& param) {
  return invalid("The customer does not have a payment method with the ID " + id +
                     ". The payment method must be attached to the customer.",
                 param, "resource_missing");
}

// The test card that `card[number]` or `card[token]` names, with its expiry.
const TestCard* read_card_params(Call& call, CardExpiry& expiry) {
  auto card = call.params.group("card");
  if (!card) {
    call.params.complain(invalid("Missing required param: card.", "card", "parameter_missing"));
    return nullptr;
  }
  if (const auto token = card->text("token")) {
    const TestCard* known = find_test_card_by_alias(*token);
    if (known == nullptr) card->complain(no_such("token", *token, "card[token]"));
    return known;
  }
  const std::string number = card->required_text("number", 25);
  expiry.month = static_cast<int>(card->integer("exp_month", 1, 12).value_or(0));
  expiry.year = static_cast<int>(card->integer("exp_year", 0, 2999).value_or(0));
  if (expiry.year < 100 && expiry.year > 0) expiry.year += 2000;
  for (const char* required : {"exp_month", "exp_year"}) {
    if (!card->has(required)) card->required_text(required);
  }
  (void)card->text("cvc", 4);
  const TestCard* known = find_test_card(card_digits(number).value_or(""));
  if (known == nullptr) {
    Failure failure = invalid(
        "Your card was declined. The sandbox takes Stripe's test cards only; never send a real "
        "card number.",
        "card[number]", "card_declined");
    failure.status = 402;
    failure.type = "card_error";
    failure.decline_code = "test_mode_live_card";
    card->complain(std::move(failure));
  } else if (has_expired(expiry, call.world.now_seconds())) {
    Failure failure = invalid("Your card's expiration date is in the past.", "card[exp_year]",
                              "invalid_expiry_year");
    failure.status = 402;
    failure.type = "card_error";
    card->complain(std::move(failure));
  }
  return known;
}

Buyer read_buyer(Call& call) {
  Buyer buyer;
  if (auto details = call.params.group("billing_details")) {
    buyer.name = details->text("name").value_or("");
    buyer.email = details->text("email").value_or("");
  }
  return buyer;
}

Answer create_method(Call& call) {
  call.params.required_text("type");
  call.params.one_of("type", {"card"});
  CardExpiry expiry = kTestExpiry;
  const TestCard* card = read_card_params(call, expiry);
  const Buyer buyer = read_buyer(call);
  json::Value metadata = empty_object();
  call.params.apply_metadata(metadata);
  if (const auto failure = call.params.finish()) return *failure;
  Record& method = add_card_method(call.scene(), *card, expiry, buyer);
  set(method.doc, "metadata", std::move(metadata));
  return method.doc;
}

Answer attach(Call& call) {
  const std::string customer = call.params.required_text("customer");
  if (const auto failure = call.params.finish()) return *failure;
  const Scene scene = call.scene();
  if (enter_customer(scene, customer) == nullptr) {
    return no_such("customer", customer, "customer");
  }
  const auto found = find_method(scene, call.id(), "id");
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  Record& method = *std::get<Record*>(found);
  if (auto failure = attach_method(scene, method, customer)) return *std::move(failure);
  return method.doc;
}

// Everything that named the method as its default loses it.
void forget_method(const Scene& scene, const std::string& id) {
  for (const auto& customer : scene.account.of(kCustomer).in_order()) {
    json::Value doc = customer->doc;
    json::Value* settings = doc.find("invoice_settings");
    if (settings == nullptr || text_at(*settings, "default_payment_method") != id) continue;
    set(*settings, "default_payment_method", nullptr);
    save(scene, kCustomer, *customer, std::move(doc), "customer.updated");
  }
  for (const auto& subscription : scene.account.of(kSubscription).in_order()) {
    if (text_at(subscription->doc, "default_payment_method") != id) continue;
    json::Value doc = subscription->doc;
    set(doc, "default_payment_method", nullptr);
    save(scene, kSubscription, *subscription, std::move(doc), "customer.subscription.updated");
  }
}

Answer detach(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  const Scene scene = call.scene();
  Record* method = scene.find(kPaymentMethod, call.id());
  if (method == nullptr) return no_such("PaymentMethod", call.id());
  if (text_at(method->doc, "customer").empty()) {
    return invalid(
        "The payment method you provided is not attached to a customer so detachment is "
        "impossible.",
        "payment_method");
  }
  enter_time_of(scene, method->doc);
  json::Value doc = method->doc;
  set(doc, "customer", nullptr);
  set(method->hidden, "detached", true);
  save(scene, kPaymentMethod, *method, std::move(doc), "payment_method.detached");
  forget_method(scene, call.id());
  return method->doc;
}

Answer update_method(Call& call) {
  Record* method = call.world.find(call.account, kPaymentMethod, call.id());
  if (method == nullptr) return no_such("PaymentMethod", call.id());
  json::Value doc = method->doc;
  if (auto details = call.params.group("billing_details")) {
    json::Value& shown = *doc.find("billing_details");
    for (const char* field : {"name", "email", "phone"}) {
      if (const auto text = details->clearable_text(field)) set(shown, field, *text);
    }
  }
  call.params.apply_metadata(*doc.find("metadata"));
  if (const auto failure = call.params.finish()) return *failure;
  save(call.scene(), kPaymentMethod, *method, std::move(doc), "payment_method.updated");
  return method->doc;
}

Answer retrieve_method(Call& call) { return retrieve(call, kPaymentMethod, "PaymentMethod"); }

Answer list_methods(Call& call) {
  if (!call.params.has("customer")) {
    call.params.complain(
        invalid("Missing required param: customer.", "customer", "parameter_missing"));
  }
  return list(call, kPaymentMethod, "/v1/payment_methods",
              both(by_field(call, "customer"), by_field(call, "type")));
}

Filter of_customer(const std::string& id) {
  return [id](const Record& record) { return text_at(record.doc, "customer") == id; };
}

Answer list_methods_of_customer(Call& call) {
  const Record* customer = call.world.find(call.account, kCustomer, call.id());
  if (customer == nullptr || customer->deleted()) return no_such("customer", call.id());
  return list(call, kPaymentMethod, "/v1/customers/" + call.id() + "/payment_methods",
              both(by_field(call, "type"), of_customer(call.id())));
}

Answer retrieve_method_of_customer(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  const Record* method = call.world.find(call.account, kPaymentMethod, call.ids.at(1));
  if (method == nullptr || text_at(method->doc, "customer") != call.id()) {
    return no_such("PaymentMethod", call.ids.at(1));
  }
  return method->doc;
}

}  // namespace

const TestCard* card_of(const Record& method) {
  return find_test_card(text_at(method.hidden, "card"));
}

bool is_set_up(const Record& method) { return bool_at(method.hidden, "set_up"); }

Record& add_card_method(const Scene& scene, const TestCard& card, CardExpiry expiry,
                        const Buyer& buyer) {
  return scene.put(kPaymentMethod, new_card_method(scene.world, card, expiry, buyer),
                   object({{"card", card.number}}));
}

std::variant<Record*, Failure> find_method(const Scene& scene, const std::string& id,
                                           const std::string& param) {
  if (const TestCard* card = find_test_card_by_alias(id)) {
    return &add_card_method(scene, *card, kTestExpiry, {});
  }
  if (Record* known = scene.find(kPaymentMethod, id)) return known;
  return no_such("PaymentMethod", id, param);
}

bool method_exists(const Scene& scene, const std::string& id) {
  return find_test_card_by_alias(id) != nullptr || scene.find(kPaymentMethod, id) != nullptr;
}

std::variant<Record*, Failure> find_method_of(const Scene& scene, const Record& customer,
                                              const std::string& id, const std::string& param) {
  auto found = find_method(scene, id, param);
  if (std::holds_alternative<Failure>(found)) return found;
  Record& method = *std::get<Record*>(found);
  if (method.id() != id) {
    if (auto failure = attach_method(scene, method, customer.id())) return *std::move(failure);
  } else if (text_at(method.doc, "customer") != customer.id()) {
    return not_of_customer(id, param);
  }
  return &method;
}

std::optional<Failure> attach_method(const Scene& scene, Record& method,
                                     const std::string& customer) {
  const std::string owner = text_at(method.doc, "customer");
  if (owner == customer) return std::nullopt;
  if (!owner.empty()) {
    return invalid("The payment method you provided has already been attached to a customer.",
                   "payment_method");
  }
  if (bool_at(method.hidden, "detached")) {
    return invalid(
        "This PaymentMethod was previously used without being attached to a Customer or was "
        "detached from a Customer, and may not be used again. To use a PaymentMethod multiple "
        "times, you must attach it to a Customer first.",
        "payment_method");
  }
  const TestCard* card = card_of(method);
  if (card != nullptr && verdict_on_saving(*card, true) == Verdict::kDeclines) {
    return card_failure(*card);
  }
  json::Value doc = method.doc;
  set(doc, "customer", customer);
  save(scene, kPaymentMethod, method, std::move(doc), "payment_method.attached");
  return std::nullopt;
}

void keep_method(const Scene& scene, Record& method, const std::string& customer) {
  set(method.hidden, "set_up", true);
  scene.changed(kPaymentMethod, method);
  if (customer.empty() || text_at(method.doc, "customer") == customer) return;
  json::Value doc = method.doc;
  set(doc, "customer", customer);
  save(scene, kPaymentMethod, method, std::move(doc), "payment_method.attached");
}

Record* default_method(const Scene& scene, const Record& customer,
                       const json::Value& subscription) {
  const std::string own = text_at(subscription, "default_payment_method");
  const std::string general =
      text_at(at(customer.doc, "invoice_settings"), "default_payment_method");
  const std::string& id = own.empty() ? general : own;
  return id.empty() ? nullptr : scene.find(kPaymentMethod, id);
}

std::optional<Failure> set_default_method(const Scene& scene, const Record& customer,
                                          json::Value& target, const std::string& field,
                                          const std::optional<std::string>& id,
                                          const std::string& param) {
  if (!id) {
    set(target, field, nullptr);
    return std::nullopt;
  }
  const auto found = find_method_of(scene, customer, *id, param);
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  set(target, field, std::get<Record*>(found)->id());
  return std::nullopt;
}

std::optional<Failure> refusal_of(const Record& method, Presence presence) {
  const TestCard* card = card_of(method);
  if (card == nullptr) return std::nullopt;
  const Verdict verdict = verdict_on_charge(*card, is_set_up(method), presence);
  if (verdict == Verdict::kPays) return std::nullopt;
  if (verdict == Verdict::kDeclines) return card_failure(*card);
  Failure failure = invalid("Your card was declined. This transaction requires authentication.", {},
                            "authentication_required");
  failure.status = 402;
  failure.type = "card_error";
  failure.decline_code = "authentication_required";
  return failure;
}

Failure card_failure(const TestCard& card) {
  Failure failure = invalid(std::string(card.message), {}, std::string(card.code));
  failure.status = 402;
  failure.type = "card_error";
  failure.decline_code = card.decline_code;
  return failure;
}

std::vector<Route> payment_method_routes() {
  return {{"POST", "/v1/payment_methods", create_method},
          {"GET", "/v1/payment_methods", list_methods},
          {"GET", "/v1/payment_methods/:id", retrieve_method},
          {"POST", "/v1/payment_methods/:id", update_method},
          {"POST", "/v1/payment_methods/:id/attach", attach},
          {"POST", "/v1/payment_methods/:id/detach", detach},
          {"GET", "/v1/customers/:id/payment_methods", list_methods_of_customer},
          {"GET", "/v1/customers/:id/payment_methods/:method", retrieve_method_of_customer}};
}

}  // namespace purser::sandbox
