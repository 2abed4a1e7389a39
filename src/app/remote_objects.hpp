#pragma once

// The provider's counterparts of our customers, products and prices: made once, mapped, reused.

#include <functional>
#include <map>
#include <string>

#include "app/engine.hpp"
#include "app/ports/payment_provider.hpp"
#include "app/ports/store.hpp"

namespace purser::app {

/// The provider's own code for a refusal ("resource_missing"); empty for any other error.
std::string provider_code(const Error& error);

/// Works for one checkout on one thread. Every object is made under an idempotency key derived from
/// what it stands for, so whoever asks, however often, gets the same one. Calls block.
/// Errors of all: those of the provider and of the engine.
class RemoteObjects {
 public:
  RemoteObjects(Engine& engine, Store& store, PaymentProvider& provider, ProviderCredentials as,
                ProjectId project, std::string account_id);

  /// Makes the customer, product, price and session that the checkout needs, as far as they are not
  /// there yet. A mapped object that the provider has lost is forgotten and made anew, once.
  Result<RemoteCheckoutSession> open_session(const Checkout& checkout,
                                             const std::string& success_url,
                                             const std::string& cancel_url);

 private:
  using Create = std::function<Result<std::string>(const std::string& idempotency_key)>;

  Result<std::string> customer(const CustomerKey& key);
  Result<std::string> product(const Checkout& checkout);
  Result<std::string> price(const Checkout& checkout);
  Result<RemoteCheckoutSession> create_session(const Checkout& checkout,
                                               const NewCheckoutSession& wanted);
  Result<std::string> make_price(const Checkout& checkout, const std::string& local);
  /// The mapped object, else a new one; `identity` tells versions of the object apart in its key.
  Result<std::string> ensure(RemoteKind kind, const std::string& local, const std::string& identity,
                             const Create& create);
  Result<std::optional<std::string>> mapped(RemoteKind kind, const std::string& local);
  Status forget(RemoteKind kind, const std::string& local, const std::string& gone);
  std::string key_for(RemoteKind kind, const std::string& local, const std::string& identity) const;

  Engine& engine_;
  Store& store_;
  PaymentProvider& provider_;
  ProviderCredentials as_;
  ProjectId project_;
  std::string account_id_;
  std::map<std::string, std::string> lost_;  ///< local → the remote object that is gone
};

/// The local names under which remote objects are mapped.
std::string remote_name(const CustomerKey& customer);  ///< "user/abc"

}  // namespace purser::app
