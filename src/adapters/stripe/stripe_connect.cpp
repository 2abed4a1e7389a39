#include "adapters/stripe/calls.hpp"
#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"
#include "adapters/stripe/stripe.hpp"
#include "crypto/crypto.hpp"

namespace purser::stripe {
namespace {

constexpr std::size_t kKeyBytes = 16;

// The account object is the same in both modes; the key's prefix (sk_live_, rk_live_) tells which.
bool is_live(const Secret& secret_key) {
  return secret_key.reveal().find("_live_") != std::string::npos;
}

// Connected accounts are made by the platform itself, never on behalf of one of them.
app::ProviderCredentials platform(const app::ProviderCredentials& as) {
  return {as.secret_key, ""};
}

}  // namespace

Result<app::ProviderAccount> Stripe::account(const app::ProviderCredentials& as) {
  PURSER_TRY(const json::Value object, client_.get(as, "/account"));
  app::ProviderAccount account;
  PURSER_TRY(account.id, read_id(object));
  account.livemode = is_live(as.secret_key);
  return account;
}

Result<app::ProviderAccountState> Stripe::account_state(const app::ProviderCredentials& as) {
  PURSER_TRY(const json::Value object, client_.get(as, "/account"));
  PURSER_TRY(app::ProviderAccountState state, read_account(object));
  state.livemode = is_live(as.secret_key);
  return state;
}

// Source: https://docs.stripe.com/connect/standard-accounts
Result<std::string> Stripe::create_connected_account(const app::ProviderCredentials& as,
                                                     const app::Metadata& metadata,
                                                     const std::string& idempotency_key) {
  Form form;
  form.add({"type"}, "standard");
  for (const auto& [key, value] : metadata) form.add({"metadata", key}, value);
  return make_object(platform(as), {"/accounts", form, idempotency_key});
}

// A link that is made twice harms nobody, so each call has a key of its own. Source:
// https://docs.stripe.com/api/account_links
Result<std::string> Stripe::create_onboarding_link(const app::ProviderCredentials& as,
                                                   const std::string& connected_account,
                                                   const std::string& refresh_url,
                                                   const std::string& return_url) {
  Form form;
  form.add({"account"}, connected_account)
      .add({"refresh_url"}, refresh_url)
      .add({"return_url"}, return_url)
      .add({"type"}, "account_onboarding");
  const std::string key = "onboarding-" + crypto::to_hex(crypto::random_bytes(kKeyBytes));
  PURSER_TRY(const json::Value object, make(platform(as), {"/account_links", form, key}));
  Fields fields(object, "account_link");
  std::string url = fields.url("url");
  if (url.empty()) fields.refuse("url");
  PURSER_CHECK_OK(fields.status());
  return url;
}

}  // namespace purser::stripe
