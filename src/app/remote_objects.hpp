#pragma once

// The provider's counterparts of our customers, products and prices: made once, mapped, reused.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "app/engine.hpp"
#include "app/ports/payment_provider.hpp"
#include "app/ports/store.hpp"
#include "app/provider_access.hpp"

namespace purser::app {

/// The provider's own code for a refusal ("resource_missing"); empty for any other error.
std::string provider_code(const Error& error);

/// A price of a product version. Borrows the product for the call.
struct PlanRef {
  const domain::Product& product;
  std::int64_t catalog_version = 0;  ///< 0 for an inline product
  const PriceId& price;
  std::string inline_owner;  ///< whose an inline product is: the checkout's id, by which its remote
                             ///< objects are named; else unused
};

/// The local names under which remote objects are mapped.
std::string remote_name(const CustomerKey& customer);  ///< "user/abc"
std::string remote_price_name(const PlanRef& plan);    ///< "pro@7/monthly", "checkout:<id>/monthly"

/// How the provider's session and subscription of a checkout name it: the checkout's id; where the
/// buyer chooses on a page, followed by "." and what tells this choice from the others, so that a
/// look-up does not find the session of another one.
std::string session_reference(const Checkout& checkout);
/// The checkout that a reference names.
CheckoutId referenced_checkout(const std::string& reference);

/// Works for one operation on one thread. Every object is made under an idempotency key derived
/// from what it stands for, so whoever asks, however often, gets the same one. Calls block. Errors
/// of all: those of the provider and of the engine.
class RemoteObjects {
 public:
  RemoteObjects(Engine& engine, Store& store, PaymentProvider& provider,
                const ProviderConnection& connection, ProjectId project);

  /// The provider's customer (cus_…), made when there is none.
  Result<std::string> customer(const CustomerKey& key);
  /// The same, absent when there is none.
  Result<std::optional<std::string>> known_customer(const CustomerKey& key);
  /// The provider's price (price_…), made with its product when there is none.
  Result<std::string> price(const PlanRef& plan);

  /// Makes the customer, product, price and session that the checkout needs, as far as they are not
  /// there yet. A mapped object that the provider has lost is forgotten and made anew, once.
  Result<RemoteCheckoutSession> open_session(const Checkout& checkout,
                                             const std::string& success_url,
                                             const std::string& cancel_url, bool is_embedded);
  /// Forgets a mapped object that the provider says it does not have, so that the next call makes
  /// it anew.
  Status forget(RemoteKind kind, const std::string& local, const std::string& gone);

 private:
  using Create = std::function<Result<std::string>(const std::string& idempotency_key)>;

  Result<std::string> product(const PlanRef& plan);
  Result<RemoteCheckoutSession> create_session(const Checkout& checkout,
                                               const NewCheckoutSession& wanted);
  Result<std::string> make_price(const PlanRef& plan, const std::string& local);
  /// The mapped object, else a new one; `identity` tells versions of the object apart in its key.
  Result<std::string> ensure(RemoteKind kind, const std::string& local, const std::string& identity,
                             const Create& create);
  Result<std::optional<std::string>> mapped(RemoteKind kind, const std::string& local);
  std::string key_for(RemoteKind kind, const std::string& local, const std::string& identity) const;

  Engine& engine_;
  Store& store_;
  PaymentProvider& provider_;
  ProviderCredentials as_;
  ProjectId project_;
  std::string account_id_;
  std::map<std::string, std::string> lost_;  ///< local → the remote object that is gone
};

}  // namespace purser::app
