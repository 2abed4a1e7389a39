#include "sandbox/api.hpp"

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

json::Value new_customer(Call& call) {
  return object({{"id", call.world.new_id("cus_", 14)},
                 {"object", "customer"},
                 {"address", nullptr},
                 {"balance", 0},
                 {"created", call.world.now_seconds()},
                 {"currency", nullptr},
                 {"default_source", nullptr},
                 {"delinquent", false},
                 {"description", nullptr},
                 {"discount", nullptr},
                 {"email", nullptr},
                 {"invoice_prefix", call.world.new_id("", 8)},
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

Answer create_customer(Call& call) {
  json::Value customer = new_customer(call);
  apply_fields(call, customer);
  if (const auto failure = call.params.finish()) return *failure;
  call.world.put(call.account, kCustomer, customer);
  emit(call.world, call.account, call.cause, "customer.created", customer);
  return customer;
}

Answer retrieve_customer(Call& call) { return retrieve(call, kCustomer, "customer"); }

Answer update_customer(Call& call) {
  Record* record = call.world.find(call.account, kCustomer, call.id());
  if (record == nullptr || record->deleted()) return no_such("customer", call.id());
  json::Value customer = record->doc;
  apply_fields(call, customer);
  if (const auto failure = call.params.finish()) return *failure;
  std::swap(record->doc, customer);
  call.world.changed(call.account, kCustomer, *record);
  emit(call.world, call.account, call.cause, "customer.updated", record->doc, customer);
  return record->doc;
}

Answer delete_customer(Call& call) {
  Record* record = call.world.find(call.account, kCustomer, call.id());
  if (const auto failure = call.params.finish()) return *failure;
  if (record == nullptr || record->deleted()) return no_such("customer", call.id());
  emit(call.world, call.account, call.cause, "customer.deleted", record->doc);
  record->doc = object({{"id", call.id()}, {"object", "customer"}, {"deleted", true}});
  set(record->hidden, "deleted", true);
  call.world.changed(call.account, kCustomer, *record);
  return record->doc;
}

Answer list_customers(Call& call) {
  return list(call, kCustomer, std::string(kUrl), by_field(call, "email"));
}

}  // namespace

std::vector<Route> customer_routes() {
  return {{"POST", "/v1/customers", create_customer},
          {"GET", "/v1/customers", list_customers},
          {"GET", "/v1/customers/:id", retrieve_customer},
          {"POST", "/v1/customers/:id", update_customer},
          {"DELETE", "/v1/customers/:id", delete_customer}};
}

}  // namespace purser::sandbox
