#pragma once

// Selling and granting: checkouts, fulfilment after payment, grants without payment, what a
// customer owns.

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/ids.hpp"
#include "app/ports/payment_provider.hpp"
#include "app/projects.hpp"
#include "app/registry.hpp"

namespace purser::app {

/// A catalog product by id, or one described in the request.
using ProductChoice = std::variant<ProductId, domain::Product>;

struct NewCheckout {
  CustomerKey customer;
  ProductChoice product;
  std::optional<PriceId> price;
  Quantity quantity = *Quantity::of(1);
  std::string return_url;  ///< empty: a page of ours that says it is done
  bool from_client = false;
};
struct NewGrant {
  CustomerKey customer;
  ProductChoice product;
  std::optional<PriceId> price;
  Quantity quantity = *Quantity::of(1);
};
struct OwnedPage {
  /// Ordered by product id, then purchase id; inline products last. The purchases of one catalog
  /// product are never split between pages: together they are one row of `limit`.
  std::vector<domain::Purchase> items;
  std::optional<std::string> next_after;
};

/// Sells. Blocks on the engine and on the provider; not for I/O threads. Thread-safe.
class Sales {
 public:
  Sales(Engine& engine, Store& store, Registry& registry, Projects& projects,
        PaymentProvider& provider, const Clock& clock, Ids& ids, std::string public_url);

  /// Makes a checkout and answers the reply that `encode` makes of its URL. Steps: the intention
  /// (with a snapshot of what is sold) is committed; customer, product, price and session are made
  /// at the provider under keys derived from it; the result is committed with the reply. A crash or
  /// a lost answer in between is resumed by the same idempotency key and makes nothing twice. A
  /// test_mode project completes the purchase at once without the provider and answers a page of
  /// ours. Errors: those of domain::check_order and choose_price; kUserNotFound, kTeamNotFound,
  /// kNewPurchasesBlocked, kRedirectUrlNotWhitelisted, kPaymentsNotConfigured, kNotImplemented (a
  /// price with an interval; several prices and none chosen), kPaymentProviderUnavailable,
  /// kPaymentProviderRefused.
  Result<EngineReply> checkout(const std::shared_ptr<const ProjectContext>& context,
                               const std::optional<IdempotencyScope>& scope,
                               const NewCheckout& order,
                               std::function<StoredReply(const Result<std::string>& url)> encode);

  /// Gives a product without payment (one-time). Errors as above, without the provider's.
  Result<domain::Purchase> grant(const ProjectContext& context, StoreBatch& batch,
                                 const NewGrant& order) const;

  Result<OwnedPage> owned(const ProjectContext& context, const CustomerKey& customer,
                          const std::string& after, int limit, bool from_client);

  /// Looks at the provider's state of a checkout session and does what follows from it: grants
  /// exactly once when paid and matching, refunds when paid but not grantable, expires, or leaves
  /// it. Idempotent; safe in parallel. Called for webhook events, by the sweep and when the buyer
  /// comes back. Errors: kPaymentProviderUnavailable (try again later).
  Status settle(const ProjectId& project, const std::string& session_ref);

  /// One round of the sweep: looks at open checkouts that are due (lost webhooks). Answers how
  /// many.
  Result<int> sweep_checkouts(int limit);
  /// One round of side effects that are due (refunds). Answers how many.
  Result<int> perform_intentions(int limit);

 private:
  using Encode = std::function<StoredReply(const Result<std::string>& url)>;

  Status refuse_unimplemented(const ProjectContext& context,
                              const std::optional<IdempotencyScope>& scope,
                              const NewCheckout& order);
  /// The checkout with this id: that of an unfinished attempt, else a new one. In a test_mode
  /// project it is complete.
  Result<Checkout> record_intention(const ProjectContext& context, const CheckoutId& id,
                                    const NewCheckout& order);
  Result<Checkout> decide_checkout(StoreBatch& batch, const ProjectContext& context,
                                   const CheckoutId& id, const NewCheckout& order,
                                   const Status& payable) const;
  Status complete_test_checkout(StoreBatch& batch, Checkout& checkout) const;
  /// The project's account at the provider, asked for once.
  Result<ProviderAccount> account(const ProjectContext& context, const ProviderCredentials& as);
  /// Makes the checkout's session at the provider; answers the checkout as it is to be recorded.
  Result<Checkout> open_checkout(const ProjectContext& context, Checkout checkout);
  std::string done_page() const { return public_url_ + "/checkout/done"; }

  /// What a session that has ended means for its checkout, within one batch.
  Status conclude(StoreBatch& batch, const ProviderAccount& account, const ProjectId& project,
                  const CheckoutId& id, const RemoteCheckoutSession& session) const;
  Status fulfil(StoreBatch& batch, Checkout checkout, const RemoteCheckoutSession& session) const;
  Status reschedule(const Checkout& checkout);
  Status perform(const Intention& intention);

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  Projects& projects_;
  PaymentProvider& provider_;
  const Clock& clock_;
  Ids& ids_;
  std::string public_url_;
};

/// Is `url` allowed as a redirect target: http(s), no user info, no control characters or
/// backslashes, host on a trusted origin. Pure.
bool is_trusted_redirect(const ProjectSettings& settings, const std::string& url);

}  // namespace purser::app
