#include "sandbox/connect.hpp"

#include <algorithm>

// Accounts, connected accounts and their onboarding. Source:
// https://docs.stripe.com/connect/hosted-onboarding

namespace purser::sandbox {
namespace {

constexpr std::int64_t kLinkSeconds = 5 * 60;
const Cause kSeller;  // what happens in the browser has no API request behind it

json::Value requirements(bool complete) {
  json::Value due = complete ? empty_array() : array({"business_profile.url", "external_account"});
  return object({{"alternatives", empty_array()},
                 {"current_deadline", nullptr},
                 {"currently_due", due},
                 {"disabled_reason", complete ? Any(nullptr) : Any("requirements.past_due")},
                 {"errors", empty_array()},
                 {"eventually_due", due},
                 {"past_due", due},
                 {"pending_verification", empty_array()}});
}

json::Value capabilities(bool complete) {
  const char* state = complete ? "active" : "inactive";
  return object({{"card_payments", state}, {"transfers", state}});
}

json::Value no_profile() {
  return object({{"annual_revenue", nullptr},
                 {"estimated_worker_count", nullptr},
                 {"mcc", nullptr},
                 {"name", "Sandbox"},
                 {"support_address", nullptr},
                 {"support_email", nullptr},
                 {"support_phone", nullptr},
                 {"support_url", nullptr},
                 {"url", nullptr}});
}

json::Value no_settings() {
  return object({{"branding", object({{"icon", nullptr},
                                      {"logo", nullptr},
                                      {"primary_color", nullptr},
                                      {"secondary_color", nullptr}})},
                 {"card_payments", object({{"statement_descriptor_prefix", nullptr},
                                           {"statement_descriptor_prefix_kana", nullptr},
                                           {"statement_descriptor_prefix_kanji", nullptr}})},
                 {"dashboard", object({{"display_name", "Sandbox"}, {"timezone", "Etc/UTC"}})},
                 {"payments", object({{"statement_descriptor", nullptr},
                                      {"statement_descriptor_kana", nullptr},
                                      {"statement_descriptor_kanji", nullptr},
                                      {"statement_descriptor_prefix_kana", nullptr},
                                      {"statement_descriptor_prefix_kanji", nullptr}})}});
}

json::Value account_document(const std::string& id, bool complete) {
  return object({{"id", id},
                 {"object", "account"},
                 {"business_profile", no_profile()},
                 {"business_type", nullptr},
                 {"capabilities", capabilities(complete)},
                 {"charges_enabled", complete},
                 {"country", "US"},
                 {"default_currency", "usd"},
                 {"details_submitted", complete},
                 {"email", nullptr},
                 {"metadata", empty_object()},
                 {"payouts_enabled", complete},
                 {"requirements", requirements(complete)},
                 {"settings", no_settings()},
                 {"type", "standard"}});
}

// What is known of an account: made over the API, or one that was simply used.
json::Value describe(World& world, Account& account) {
  const Record* known = world.find(account, kAccount, account.id);
  return known != nullptr ? known->doc : account_document(account.id, true);
}

Answer retrieve_account(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  return describe(call.world, call.account);
}

// A platform may look at its connected accounts by id, and at itself.
Answer retrieve_account_by_id(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  Account* account = call.world.connected_account(call.account, call.id());
  if (account == nullptr) return no_such("account", call.id());
  return describe(call.world, *account);
}

void read_profile(Params& params, json::Value& account) {
  if (auto profile = params.group("business_profile")) {
    json::Value& shown = *account.find("business_profile");
    for (const char* field : {"name", "url"}) {
      if (const auto text = profile->clearable_text(field)) set(shown, field, *text);
    }
  }
  if (const auto email = params.clearable_text("email", 800)) set(account, "email", *email);
  if (auto wanted = params.group("capabilities")) {
    for (const char* name : {"card_payments", "transfers"}) {
      if (auto capability = wanted->group(name)) capability->boolean("requested");
    }
  }
  params.apply_metadata(*account.find("metadata"));
}

// `controller` says in pieces what `type` says in one word; the sandbox needs neither.
void read_controller(Params& params) {
  auto controller = params.group("controller");
  if (!controller) return;
  controller->one_of("requirement_collection", {"stripe", "application"});
  if (auto fees = controller->group("fees")) fees->one_of("payer", {"account", "application"});
  if (auto losses = controller->group("losses")) {
    losses->one_of("payments", {"stripe", "application"});
  }
  if (auto dashboard = controller->group("stripe_dashboard")) {
    dashboard->one_of("type", {"full", "express", "none"});
  }
}

Answer create_account(Call& call) {
  Params& params = call.params;
  const std::string id = call.world.new_id("acct_1", 15);
  json::Value account = account_document(id, false);
  if (params.has("type") && params.has("controller")) {
    params.complain(
        invalid("You may only specify one of these parameters: type, controller.", "controller"));
  }
  set(account, "type",
      params.one_of("type", {"standard", "express", "custom"})
          .value_or(params.has("controller") ? "none" : "standard"));
  read_controller(params);
  if (const auto country = params.text("country", 2)) set(account, "country", *country);
  if (const auto type = params.one_of(
          "business_type", {"company", "government_entity", "individual", "non_profit"})) {
    set(account, "business_type", *type);
  }
  read_profile(params, account);
  if (const auto failure = params.finish()) return *failure;
  set(account, "created", call.world.now_seconds());
  Account& made = *call.world.connected_account(call.account, id);
  call.world.put(made, kAccount, account);
  return account;
}

Record* made_account(Call& call, Account*& account) {
  account = call.world.connected_account(call.account, call.id());
  return account == nullptr ? nullptr : call.world.find(*account, kAccount, call.id());
}

Answer update_account(Call& call) {
  Account* account = nullptr;
  Record* record = made_account(call, account);
  if (record == nullptr) return no_such("account", call.id());
  json::Value doc = record->doc;
  read_profile(call.params, doc);
  if (const auto failure = call.params.finish()) return *failure;
  save({call.world, *account, call.cause}, kAccount, *record, std::move(doc), "account.updated");
  return record->doc;
}

Answer list_accounts(Call& call) {
  std::vector<const Record*> rows;
  for (const auto& [id, account] : call.world.accounts()) {
    if (account->owner != call.account.id) continue;
    const Record* record = call.world.find(*account, kAccount, id);
    if (record != nullptr) rows.push_back(record);
  }
  std::sort(rows.begin(), rows.end(), [](const Record* a, const Record* b) {
    return int_at(a->doc, "created") > int_at(b->doc, "created");
  });
  return list_of(call, "/v1/accounts", rows, kAccount);
}

Answer create_link(Call& call) {
  Params& params = call.params;
  const std::string id = params.required_text("account");
  if (!params.has("type")) params.required_text("type");
  params.one_of("type", {"account_onboarding", "account_update"});
  for (const char* field : {"refresh_url", "return_url"}) {
    if (!params.has(field)) params.required_text(field);
  }
  const auto refresh = params.url("refresh_url");
  const auto back = params.url("return_url");
  params.one_of("collect", {"currently_due", "eventually_due"});
  if (const auto failure = params.finish()) return *failure;
  Account* account = call.world.connected_account(call.account, id);
  if (account == nullptr || call.world.find(*account, kAccount, id) == nullptr) {
    return no_such("account", id, "account");
  }
  const std::int64_t now = call.world.now_seconds();
  const std::string token = call.world.new_id("link_", 24);
  call.world.put(*account, kAccountLink, object({{"id", token}}),
                 object({{"expires_at", now + kLinkSeconds},
                         {"used", false},
                         {"refresh_url", refresh},
                         {"return_url", back}}));
  return object({{"object", kAccountLink},
                 {"created", now},
                 {"expires_at", now + kLinkSeconds},
                 {"url", call.base_url + "/c/onboarding/" + token}});
}

}  // namespace

Onboarding find_onboarding(World& world, const std::string& token) {
  for (const auto& [id, account] : world.accounts()) {
    Record* link = world.find(*account, kAccountLink, token);
    if (link == nullptr) continue;
    const bool usable =
        !bool_at(link->hidden, "used") && int_at(link->hidden, "expires_at") > world.now_seconds();
    return {account.get(), link, usable};
  }
  return {};
}

void complete_onboarding(World& world, const Onboarding& onboarding) {
  set(onboarding.link->hidden, "used", true);
  world.changed(*onboarding.account, kAccountLink, *onboarding.link);
  Record& record = *world.find(*onboarding.account, kAccount, onboarding.account->id);
  json::Value doc = record.doc;
  for (const char* flag : {"charges_enabled", "details_submitted", "payouts_enabled"}) {
    set(doc, flag, true);
  }
  set(doc, "capabilities", capabilities(true));
  set(doc, "requirements", requirements(true));
  save({world, *onboarding.account, kSeller}, kAccount, record, std::move(doc), "account.updated");
}

std::vector<Route> connect_routes() {
  return {{"GET", "/v1/account", retrieve_account},
          {"POST", "/v1/accounts", create_account},
          {"GET", "/v1/accounts", list_accounts},
          {"GET", "/v1/accounts/:id", retrieve_account_by_id},
          {"POST", "/v1/accounts/:id", update_account},
          {"POST", "/v1/account_links", create_link}};
}

}  // namespace purser::sandbox
