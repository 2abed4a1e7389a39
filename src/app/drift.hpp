#pragma once

// What the provider has and what is recorded here, where the two differ.

#include <string>
#include <string_view>

#include "app/ports/payment_provider.hpp"
#include "app/ports/store.hpp"
#include "app/provider_access.hpp"

namespace purser::app {

/// "checkout_session", "subscription", "invoice", "payment", "dispute", "account", "other".
std::string_view to_string(ProviderObject about);

/// One object of the provider that is recorded otherwise here.
struct Drift {
  ProviderObject about = ProviderObject::kOther;
  std::string object;  ///< cs_…, sub_…, in_…, pi_… or dp_…
  std::string what;    ///< for operators: "past_due there, active here"
};

/// Looks at one object of the provider and compares; blocks. Works for one project on one thread.
class DriftFinder {
 public:
  DriftFinder(Store& store, PaymentProvider& provider, const ProviderConnection& connection,
              ProjectId project)
      : store_(store), provider_(provider), as_(connection.as), project_(std::move(project)) {}

  /// What differs; empty when nothing does, also for what was not sold here. Errors: those of the
  /// provider, kStoreUnavailable.
  Result<std::string> look_at(ProviderObject about, const std::string& subject);

 private:
  Result<std::string> session(const std::string& id);
  Result<std::string> subscription(const std::string& id);
  Result<std::string> invoice(const std::string& id);
  Result<std::string> refunds(const std::string& payment_ref);
  Result<std::string> dispute(const std::string& id);
  Result<std::string> unknown_subscription(StoreView& view, const RemoteSubscription& remote);
  Result<std::string> latest_invoice(StoreView& view, const RemoteSubscription& remote);

  Store& store_;
  PaymentProvider& provider_;
  ProviderCredentials as_;
  ProjectId project_;
};

}  // namespace purser::app
