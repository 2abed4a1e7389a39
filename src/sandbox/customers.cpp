#include "sandbox/customers.hpp"

#include "sandbox/billing.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/subscriptions.hpp"
#include "sandbox/test_clocks.hpp"

namespace purser::sandbox {
namespace {

constexpr std::string_view kUrl = "/v1/customers";

// The fields that creation and update share.
void apply_fields(Call& call, json::Value& customer) {
  for (const char* field : {"name", "email", "phone", "description"}) {
    if (const auto text = call.params.clearable_text(field)) set(customer, field, *text);
  }
  if (const auto tax = call.params.one_of("tax_exempt", {"none", "exempt", "reverse"})) {
    set(customer, "tax_exempt", *tax);
  }
  call.params.apply_metadata(*customer.find("metadata"));
}

// What creation and update may say about the default payment method; applied after everything was
// read, because a well-known id makes a new method.
struct DefaultMethod {
  std::optional<std::optional<std::string>> id;

  static DefaultMethod read(Call& call) {
    auto settings = call.params.group("invoice_settings");
    if (!settings) return {};
    return {settings->clearable_text("default_payment_method")};
  }
  std::optional<Failure> apply(const Scene& scene, const Record& record,
                               json::Value& customer) const {
    if (!id) return std::nullopt;
    return set_default_method(scene, record, *customer.find("invoice_settings"),
                              "default_payment_method", *id,
                              "invoice_settings[default_payment_method]");
  }
};

Answer create_customer(Call& call) {
  const auto clock = call.params.text("test_clock");
  const Record* found = clock ? call.world.find(call.account, kTestClock, *clock) : nullptr;
  if (clock && (found == nullptr || found->deleted())) {
    call.params.complain(no_such("test clock", *clock, "test_clock"));
  } else if (found != nullptr) {
    call.world.standing_at = time_of_clock(*found);
  }
  json::Value customer = new_customer(call.world);
  apply_fields(call, customer);
  set(customer, "test_clock", clock);
  const auto method = call.params.text("payment_method");
  const DefaultMethod default_method = DefaultMethod::read(call);
  if (const auto failure = call.params.finish()) return *failure;

  const Scene scene = call.scene();
  // The method first: when its bank declines, there is no customer either.
  Record* attached = nullptr;
  const std::string wanted =
      method ? *method : default_method.id.value_or(std::nullopt).value_or("");
  if (!wanted.empty()) {
    const auto known = find_method(scene, wanted, method ? "payment_method" : "invoice_settings");
    if (const auto* failure = std::get_if<Failure>(&known)) return *failure;
    attached = std::get<Record*>(known);
    if (auto failure = attach_method(scene, *attached, text_at(customer, "id"))) {
      return *std::move(failure);
    }
    if (default_method.id) {
      set(*customer.find("invoice_settings"), "default_payment_method", attached->id());
    }
  }
  scene.put(kCustomer, customer);
  scene.tell("customer.created", customer);
  return customer;
}

Answer retrieve_customer(Call& call) { return retrieve(call, kCustomer, "customer"); }

Answer update_customer(Call& call) {
  const Scene scene = call.scene();
  Record* record = enter_customer(scene, call.id());
  if (record == nullptr) return no_such("customer", call.id());
  json::Value customer = record->doc;
  apply_fields(call, customer);
  const auto default_method = DefaultMethod::read(call);
  if (const auto failure = call.params.finish()) return *failure;
  if (auto failure = default_method.apply(scene, *record, customer)) return *std::move(failure);
  save(scene, kCustomer, *record, std::move(customer), "customer.updated");
  return record->doc;
}

Answer remove_customer(Call& call) {
  const Scene scene = call.scene();
  Record* record = enter_customer(scene, call.id());
  if (const auto failure = call.params.finish()) return *failure;
  if (record == nullptr) return no_such("customer", call.id());
  delete_customer(scene, *record);
  return record->doc;
}

Answer list_customers(Call& call) {
  return list(call, kCustomer, std::string(kUrl),
              both(by_field(call, "email"), by_field(call, "test_clock")));
}

}  // namespace

json::Value new_customer(World& world) {
  return object({{"id", world.new_id("cus_", 14)},
                 {"object", "customer"},
                 {"address", nullptr},
                 {"balance", 0},
                 {"created", world.now_seconds()},
                 {"currency", nullptr},
                 {"default_source", nullptr},
                 {"delinquent", false},
                 {"description", nullptr},
                 {"discount", nullptr},
                 {"email", nullptr},
                 {"invoice_prefix", world.new_id("", 8)},
                 {"invoice_settings", object({{"custom_fields", nullptr},
                                              {"default_payment_method", nullptr},
                                              {"footer", nullptr},
                                              {"rendering_options", nullptr}})},
                 {"livemode", false},
                 {"metadata", empty_object()},
                 {"name", nullptr},
                 {"next_invoice_sequence", 1},
                 {"phone", nullptr},
                 {"preferred_locales", empty_array()},
                 {"shipping", nullptr},
                 {"tax_exempt", "none"},
                 {"test_clock", nullptr}});
}

Record* enter_customer(const Scene& scene, const std::string& id) {
  Record* customer = scene.find(kCustomer, id);
  if (customer == nullptr || customer->deleted()) return nullptr;
  const std::string clock = text_at(customer->doc, "test_clock");
  if (!clock.empty()) {
    scene.world.standing_at = time_of_clock(*scene.find(kTestClock, clock));
  }
  return customer;
}

void enter_time_of(const Scene& scene, const json::Value& document) {
  (void)enter_customer(scene, text_at(document, "customer"));
}

void delete_customer(const Scene& scene, Record& customer) {
  cancel_subscriptions_of(scene, customer.id());
  stop_collecting(scene, "customer", customer.id());
  const std::string id = customer.id();
  scene.tell("customer.deleted", customer.doc);
  customer.doc = object({{"id", id}, {"object", "customer"}, {"deleted", true}});
  set(customer.hidden, "deleted", true);
  scene.changed(kCustomer, customer);
}

std::vector<Route> customer_routes() {
  return {{"POST", "/v1/customers", create_customer},
          {"GET", "/v1/customers", list_customers},
          {"GET", "/v1/customers/:id", retrieve_customer},
          {"POST", "/v1/customers/:id", update_customer},
          {"DELETE", "/v1/customers/:id", remove_customer}};
}

}  // namespace purser::sandbox
