#pragma once

// How a customer pays, what they were billed, and how a project gets its money.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/ids.hpp"
#include "app/provider_access.hpp"
#include "app/registry.hpp"

namespace purser::app {

struct CustomerBilling {
  bool has_customer = false;  ///< whether the provider knows the customer
  std::optional<RemotePaymentMethod> default_payment_method;
};
struct SetupIntentForClient {
  Secret client_secret;
  std::string account_id;
};
struct InvoicePage {
  std::vector<Invoice> items;  ///< newest first
  std::optional<std::string> next_after;
};
struct TransactionPage {
  std::vector<Transaction> items;  ///< newest first
  std::optional<std::string> next_after;
};

/// Blocks on the engine and on the provider; not for I/O threads. Thread-safe.
/// Errors of all: kUserNotFound, kTeamNotFound, and the provider's where it is asked.
class Billing {
 public:
  Billing(Engine& engine, Store& store, ProviderAccess& access, Ids& ids);

  /// In a project without a provider, or for a customer it does not know: no customer, no method.
  Result<CustomerBilling> billing(const ProjectContext& context, const CustomerKey& customer);

  using EncodeIntent = std::function<StoredReply(const Result<SetupIntentForClient>& intent)>;
  /// For Stripe.js. Makes the provider's customer when there is none. Under an idempotency key, one
  /// intent. Errors: kPaymentsNotConfigured.
  Result<EngineReply> create_setup_intent(const std::shared_ptr<const ProjectContext>& context,
                                          const std::optional<IdempotencyScope>& scope,
                                          const CustomerKey& customer, EncodeIntent encode);

  using EncodeMethod = std::function<StoredReply(const Result<RemotePaymentMethod>& method)>;
  /// Makes the method of a succeeded setup intent of this customer the default, for the customer
  /// and for its running subscriptions. Errors: kSetupIntentNotFound (also another customer's),
  /// kSetupIntentNotSucceeded.
  Result<EngineReply> set_default_payment_method(
      const std::shared_ptr<const ProjectContext>& context,
      const std::optional<IdempotencyScope>& scope, const CustomerKey& customer,
      const std::string& setup_intent, EncodeMethod encode);

  /// `after`: an invoice of the customer; empty: from the newest. Errors: kInvalidCursor.
  Result<InvoicePage> invoices(const ProjectContext& context, const CustomerKey& customer,
                               const std::string& after, int limit);
  Result<TransactionPage> transactions(const ProjectContext& context, const CustomerKey& customer,
                                       const std::string& after, int limit);

 private:
  Result<RemotePaymentMethod> make_default(const ProjectContext& context,
                                           const CustomerKey& customer,
                                           const std::string& setup_intent,
                                           const std::string& operation);
  Status make_default_of_subscriptions(const ProviderCredentials& as, const CustomerKey& customer,
                                       const std::string& payment_method, const std::string& key);
  Status apply_due(const ProjectContext& context, const CustomerKey& customer);

  Engine& engine_;
  Store& store_;
  ProviderAccess& access_;
  Ids& ids_;
};

/// Connecting a project's own account under the platform's key. Blocks. Thread-safe.
class Onboarding {
 public:
  Onboarding(Engine& engine, Projects& projects, ProviderAccess& access, std::string public_url);

  /// A URL where the project's owner connects (or completes) an account; made when there is none,
  /// once. Errors: kPaymentsNotConfigured when the server has no platform key; kAlreadyExists when
  /// the project has a Stripe key of its own; kRedirectUrlNotWhitelisted; the provider's.
  Result<std::string> link(const std::shared_ptr<const ProjectContext>& context,
                           const std::string& return_url);
  /// The account that the project sells through. Errors: kPaymentsNotConfigured; the provider's.
  Result<ProviderAccountState> account(const ProjectContext& context);

 private:
  Result<std::string> connect(const ProjectId& project, const ProviderAccount& made);

  Engine& engine_;
  Projects& projects_;
  ProviderAccess& access_;
  std::string public_url_;
};

}  // namespace purser::app
