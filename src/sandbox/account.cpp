#include "sandbox/api.hpp"

namespace purser::sandbox {
namespace {

Answer retrieve_account(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  return object({{"id", call.account.id},
                 {"object", "account"},
                 {"business_profile", object({{"name", "Sandbox"}, {"url", nullptr}})},
                 {"business_type", nullptr},
                 {"capabilities", object({{"card_payments", "active"}, {"transfers", "active"}})},
                 {"charges_enabled", true},
                 {"country", "US"},
                 {"default_currency", "usd"},
                 {"details_submitted", true},
                 {"email", nullptr},
                 {"metadata", empty_object()},
                 {"payouts_enabled", true},
                 {"settings", object({{"dashboard", object({{"display_name", "Sandbox"}})}})},
                 {"type", "standard"}});
}

// A platform may look at its connected accounts by id, and at itself.
Answer retrieve_account_by_id(Call& call) {
  Account* account = call.world.connected_account(call.account, call.id());
  if (account == nullptr) return no_such("account", call.id());
  Call inner{call.world, *account, call.base_url, call.cause, call.api_version, {}, call.params};
  return retrieve_account(inner);
}

}  // namespace

std::vector<Route> account_routes() {
  return {{"GET", "/v1/account", retrieve_account},
          {"GET", "/v1/accounts/:id", retrieve_account_by_id}};
}

}  // namespace purser::sandbox
