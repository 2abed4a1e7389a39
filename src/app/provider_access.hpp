#pragma once

// How a project reaches its payment provider: credentials, and the account behind them.

#include "app/engine.hpp"
#include "app/ports/payment_provider.hpp"
#include "app/projects.hpp"
#include "app/registry.hpp"

namespace purser::app {

struct ProviderConnection {
  ProviderCredentials as;
  ProviderAccount account;
};

/// Thread-safe; blocks on the engine and, the first time of a project, on the provider.
class ProviderAccess {
 public:
  ProviderAccess(Engine& engine, Projects& projects, PaymentProvider& provider);

  /// The project's credentials and account; the account is asked for once and recorded. Errors:
  /// kPaymentsNotConfigured, and those of the provider.
  Result<ProviderConnection> connect(const ProjectContext& context);
  /// The credentials alone, without asking the provider. Errors: kPaymentsNotConfigured.
  Result<ProviderCredentials> credentials(const ProjectContext& context);

  PaymentProvider& provider() { return provider_; }

 private:
  Engine& engine_;
  Projects& projects_;
  PaymentProvider& provider_;
};

}  // namespace purser::app
