#include "app/billing.hpp"

#include <algorithm>
#include <utility>

#include "app/final_error.hpp"
#include "app/items.hpp"
#include "app/remote_objects.hpp"

namespace purser::app {
namespace {

constexpr std::string_view kResourceMissing = "resource_missing";
constexpr std::size_t kMaxIntentId = 255;  // of the provider's ids

Error intent_not_found(const std::string& id) {
  return {ErrorCode::kSetupIntentNotFound,
          "This customer has no such setup intent.",
          {{"setup_intent_id", id}}};
}
Error intent_not_succeeded(const std::string& id) {
  return {ErrorCode::kSetupIntentNotSucceeded,
          "The setup intent has not succeeded yet; confirm it first.",
          {{"setup_intent_id", id}}};
}

// Ids become parts of the provider's URLs; whatever else is sent as one names nothing.
bool could_be_an_id(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && text.size() <= kMaxIntentId &&
         std::all_of(text.begin(), text.end(), plain);
}

bool runs_at_provider(const domain::Purchase& purchase) {
  const auto& subscription = purchase.subscription;
  return subscription && !subscription->is_local() && !domain::is_final(subscription->status);
}

Status require_customer(StoreView& view, const ProjectContext& context,
                        const CustomerKey& customer) {
  if (customer.project != context.project.id) return customer_not_found(customer);
  return require_customer_exists(view, customer);
}

/// Makes the intent for the provider's customer; one that somebody deleted there is made anew.
Result<RemoteSetupIntent> make_intent(PaymentProvider& provider, const ProviderCredentials& as,
                                      RemoteObjects& remote, const CustomerKey& customer,
                                      const std::string& operation) {
  const auto ask = [&](const std::string& owner) {
    // Another customer is another request, which must not come under the same key.
    return provider.create_setup_intent(as, owner,
                                        "purser-setup-intent-" + operation + "-" + owner);
  };
  PURSER_TRY(const std::string owner, remote.customer(customer));
  auto intent = ask(owner);
  if (intent || provider_code(intent.error()) != kResourceMissing) return intent;
  PURSER_CHECK_OK(remote.forget(RemoteKind::kCustomer, remote_name(customer), owner));
  PURSER_TRY(const std::string successor, remote.customer(customer));
  return ask(successor);
}

}  // namespace

Billing::Billing(Engine& engine, Store& store, ProviderAccess& access, Ids& ids)
    : engine_(engine), store_(store), access_(access), ids_(ids) {}

Result<CustomerBilling> Billing::billing(const ProjectContext& context,
                                         const CustomerKey& customer) {
  PURSER_CHECK_OK(require_customer(*store_.view(), context, customer));
  const auto connection = access_.connect(context);
  if (!connection) {
    if (connection.error().code == ErrorCode::kPaymentsNotConfigured) return CustomerBilling{};
    return connection.error();
  }
  RemoteObjects remote(engine_, store_, access_.provider(), *connection, context.project.id);
  PURSER_TRY(const std::optional<std::string> known, remote.known_customer(customer));
  if (!known) return CustomerBilling{};
  auto method = access_.provider().default_payment_method(connection->as, *known);
  if (method) return CustomerBilling{true, *std::move(method)};
  // Somebody deleted the customer there; the next that needs one makes it anew.
  if (provider_code(method.error()) == kResourceMissing) return CustomerBilling{};
  return std::move(method).error();
}

Result<EngineReply> Billing::create_setup_intent(
    const std::shared_ptr<const ProjectContext>& context,
    const std::optional<IdempotencyScope>& scope, const CustomerKey& customer,
    EncodeIntent encode) {
  PURSER_TRY(const Engine::Operation operation, engine_.start_operation(scope, ids_.unique_id()));
  if (operation.replay) return EngineReply{*operation.replay, true};

  const auto make = [&]() -> Result<SetupIntentForClient> {
    PURSER_CHECK_OK(require_customer(*store_.view(), *context, customer));
    PURSER_TRY(const ProviderConnection connection, access_.connect(*context));
    RemoteObjects remote(engine_, store_, access_.provider(), connection, context->project.id);
    PURSER_TRY(RemoteSetupIntent intent,
               make_intent(access_.provider(), connection.as, remote, customer, operation.id));
    return SetupIntentForClient{std::move(intent.client_secret), connection.account.id};
  };
  const auto made = make();
  if (!made && !is_final(made.error())) {
    engine_.abandon_operation(scope);  // the same key resumes
    return made.error();
  }
  return engine_.finish_operation(scope, operation.id, [&](StoreBatch&) -> Result<Decision> {
    return Decision{encode(made), true, true, {}};
  });
}

Result<EngineReply> Billing::set_default_payment_method(
    const std::shared_ptr<const ProjectContext>& context,
    const std::optional<IdempotencyScope>& scope, const CustomerKey& customer,
    const std::string& setup_intent, EncodeMethod encode) {
  PURSER_TRY(const Engine::Operation operation, engine_.start_operation(scope, ids_.unique_id()));
  if (operation.replay) return EngineReply{*operation.replay, true};

  const auto made = make_default(*context, customer, setup_intent, operation.id);
  if (!made && !is_final(made.error())) {
    engine_.abandon_operation(scope);
    return made.error();
  }
  return engine_.finish_operation(scope, operation.id, [&](StoreBatch&) -> Result<Decision> {
    return Decision{encode(made), true, true, {}};
  });
}

Result<RemotePaymentMethod> Billing::make_default(const ProjectContext& context,
                                                  const CustomerKey& customer,
                                                  const std::string& setup_intent,
                                                  const std::string& operation) {
  PURSER_CHECK_OK(require_customer(*store_.view(), context, customer));
  PURSER_TRY(const ProviderConnection connection, access_.connect(context));
  PaymentProvider& provider = access_.provider();
  RemoteObjects remote(engine_, store_, provider, connection, context.project.id);
  PURSER_TRY(const std::optional<std::string> owner, remote.known_customer(customer));
  if (!owner || !could_be_an_id(setup_intent)) return intent_not_found(setup_intent);

  auto intent = provider.setup_intent(connection.as, setup_intent);
  const bool missing = !intent && provider_code(intent.error()) == kResourceMissing;
  // Another customer's intent must look exactly like one that does not exist.
  if (missing || (intent && intent->customer != *owner)) return intent_not_found(setup_intent);
  if (!intent) return std::move(intent).error();
  if (!intent->succeeded) return intent_not_succeeded(setup_intent);

  const std::string key = "purser-default-method-" + operation;
  PURSER_TRY(RemotePaymentMethod method, provider.set_default_payment_method(
                                             connection.as, *owner, intent->payment_method, key));
  PURSER_CHECK_OK(make_default_of_subscriptions(connection.as, customer, method.id, key));
  return method;
}

Status Billing::make_default_of_subscriptions(const ProviderCredentials& as,
                                              const CustomerKey& customer,
                                              const std::string& payment_method,
                                              const std::string& key) {
  PURSER_TRY(const std::vector<domain::Purchase> owned, store_.view()->owned(customer));
  PaymentProvider& provider = access_.provider();
  for (const domain::Purchase& purchase : owned) {
    if (!runs_at_provider(purchase)) continue;
    const std::string& ref = purchase.subscription->remote_ref;
    std::string own_key = key;
    own_key += "-" + ref;
    Status set = provider.set_subscription_payment_method(as, ref, payment_method, own_key);
    if (set) continue;
    if (set.error().code != ErrorCode::kPaymentProviderRefused) return set;
    // It may have ended there, and the news is not here yet: nothing will be charged for it.
    const auto now = provider.subscription(as, ref);
    const bool gone =
        now ? domain::is_final(now->status) : provider_code(now.error()) == kResourceMissing;
    if (!gone) return set;
  }
  return {};
}

}  // namespace purser::app
