#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"

namespace purser::stripe {

Result<app::ProviderAccountState> read_account(const json::Value& object) {
  Fields fields(object, "account");
  app::ProviderAccountState state;
  state.id = fields.id();
  state.charges_enabled = fields.flag("charges_enabled");
  state.details_submitted = fields.flag("details_submitted");
  state.payouts_enabled = fields.flag("payouts_enabled");
  PURSER_CHECK_OK(fields.status());
  return state;
}

Result<app::RemoteWebhookEndpoint> read_webhook_endpoint(const json::Value& object) {
  Fields fields(object, "");
  app::RemoteWebhookEndpoint endpoint;
  endpoint.id = fields.id();
  std::string secret = fields.text("secret");  // given once, when the endpoint is made
  if (secret.empty()) fields.refuse("secret");
  PURSER_CHECK_OK(fields.status());
  endpoint.secret = Secret(std::move(secret));
  return endpoint;
}

}  // namespace purser::stripe
