#pragma once

// Selling and granting: checkouts, the purchase page, fulfilment after payment, grants without
// payment, what a customer owns.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/ids.hpp"
#include "app/ports/payment_provider.hpp"
#include "app/provider_access.hpp"
#include "app/registry.hpp"
#include "domain/plan_change.hpp"

namespace purser::app {

/// A catalog product by id, or one described in the request.
using ProductChoice = std::variant<ProductId, domain::Product>;

struct NewCheckout {
  CustomerKey customer;
  ProductChoice product;
  std::optional<PriceId> price;  ///< absent: the only one, else the buyer chooses
  Quantity quantity = *Quantity::of(1);
  std::string return_url;  ///< empty: a page of ours that says it is done
  bool from_client = false;
  bool on_page = false;  ///< the buyer confirms on the purchase page, with a single price too
};
struct NewGrant {
  CustomerKey customer;
  ProductChoice product;
  std::optional<PriceId> price;  ///< with an interval: a subscription for which nobody pays
  Quantity quantity = *Quantity::of(1);
};
struct OwnedPage {
  /// Ordered by product id, then purchase id; inline products last. The purchases of one catalog
  /// product are never split between pages: together they are one row of `limit`. Subscriptions are
  /// as of now.
  std::vector<const domain::Purchase*> items;
  std::optional<std::string> next_after;
  // What `items` borrows from:
  OwnedPurchases stored;
  std::vector<std::unique_ptr<domain::Purchase>> as_of_now;  ///< those that time has changed
};
/// What the purchase page of an open checkout shows.
struct PurchasePage {
  Checkout checkout;
  std::string seller;                 ///< the project's display name
  std::vector<domain::Price> prices;  ///< to choose from; one or more
  bool stackable = false;
  bool already_owned = false;  ///< and not stackable: it would be refused
  /// What the buyer owns of its product line: a sale would end it, or be refused.
  std::vector<domain::Product> conflicts;
};
/// What the page that buyers come back to shows.
struct DonePage {
  enum class State { kUnknown, kPending, kGranted, kExpired, kRefunded } state = State::kUnknown;
  std::string product;
  std::string seller;
};

/// Sells. Blocks on the engine and on the provider; not for I/O threads. Thread-safe.
class Sales {
 public:
  Sales(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
        const Clock& clock, Ids& ids, std::string public_url);

  using Encode = std::function<StoredReply(const Result<std::string>& url)>;

  /// Makes a checkout and answers the reply that `encode` makes of its URL. Steps: the intention
  /// (with a snapshot of what is sold) is committed; customer, product, price and session are made
  /// at the provider under keys derived from it; the result is committed with the reply. A crash or
  /// a lost answer in between is resumed by the same idempotency key and makes nothing twice. With
  /// several prices and none chosen, the URL is our purchase page: <public_url>/purchase/<code>. A
  /// test_mode project completes the purchase at once without the provider and answers the done
  /// page (after the purchase page, where there is a choice). Errors: those of domain::check_order
  /// and choose_price; kUserNotFound, kTeamNotFound, kNewPurchasesBlocked,
  /// kRedirectUrlNotWhitelisted, kPaymentsNotConfigured, kPaymentProviderUnavailable,
  /// kPaymentProviderRefused.
  Result<EngineReply> checkout(const std::shared_ptr<const ProjectContext>& context,
                               const std::optional<IdempotencyScope>& scope,
                               const NewCheckout& order, Encode encode);

  /// Whether the project sells at all at the moment. Errors: kNewPurchasesBlocked.
  static Status accepts_orders(const ProjectContext& context);
  /// Whether it can be paid, or needs not in test mode. May block. Errors: kPaymentsNotConfigured.
  Status payable(const ProjectContext& context);

  /// The purchase page behind a code: the project's id, '_' and 192 random bits in hexadecimal
  /// digits, so that it is in lower case as a whole. Errors: kPurchaseCodeNotFound for one that is
  /// unknown, used up or more than 24 hours old.
  Result<PurchasePage> purchase_page(const std::string& code);
  /// The buyer chose: fixes price and quantity and opens the session; answers where to pay.
  /// Choosing the same again answers the same session; another choice closes the session before it.
  /// Errors: as checkout(), and kPurchaseCodeNotFound.
  Result<std::string> choose(const std::string& code, const PriceId& price, Quantity quantity);
  /// The same for a buyer who pays in a form inside the shop's own page: answers the secret with
  /// which the provider's script shows that form, and uses the code up. Errors: as choose(), and
  /// kPaymentsNotConfigured in test mode, where nothing is paid.
  Result<Secret> begin_payment(const std::string& code, const PriceId& price, Quantity quantity);
  /// What the done page says of a checkout; kUnknown when there is no such one.
  Result<DonePage> done_page(const ProjectId& project, const CheckoutId& checkout);

  /// Gives a product without payment: one-time, or with a price that has an interval a
  /// subscription. Ends what it replaces in its product line. Errors as above, without the
  /// provider's.
  Result<domain::Purchase> grant(const ProjectContext& context, StoreBatch& batch,
                                 const NewGrant& order) const;

  Result<OwnedPage> owned(const ProjectContext& context, const CustomerKey& customer,
                          const std::string& after, int limit, bool from_client);
  /// The same, where it is at hand and little: never waits. Absent: ask `owned`.
  std::optional<Result<OwnedPage>> owned_at_once(const ProjectContext& context,
                                                 const CustomerKey& customer,
                                                 const std::string& after, int limit,
                                                 bool from_client);

  /// Looks at the provider's state of a checkout session and does what follows from it: grants
  /// exactly once when paid and matching, refunds (or ends the subscription) when paid but not
  /// grantable, expires, or leaves it. Idempotent; safe in parallel. Called for webhook events, by
  /// the sweep and when the buyer comes back. Errors: kPaymentProviderUnavailable (try again
  /// later).
  Status settle(const ProjectId& project, const std::string& session_ref);
  /// The same by the checkout's id, or by the reference that objects at the provider carry.
  Status settle_checkout(const ProjectId& project, const CheckoutId& checkout);

  /// One round of the sweep: looks at open checkouts that are due (lost webhooks). One that nobody
  /// has paid in 30 days expires; one of which that cannot be said then, because the provider
  /// refuses to show it, or because it is paid and gives no access, stays open and raises the event
  /// checkout.alarm once. Answers how many.
  Result<int> sweep_checkouts(int limit);

 private:
  /// What a look at a checkout's session has shown, where it does not conclude the checkout.
  enum class Seen {
    kUnpaid,
    kPaid,  ///< and gives no access for now
  };
  /// settle(), for whoever wants to know. kUnpaid when there is no such open checkout.
  Result<Seen> look_at(const ProjectId& project, const std::string& session_ref);
  Status give_back_renewals(const ProjectContext& context, const Checkout& checkout);

  /// What a buyer chose on the purchase page.
  struct Choice {
    crypto::Digest code_hash{};
    PriceId price;
    Quantity quantity;
  };

  Result<Checkout> record_intention(const ProjectContext& context, const CheckoutId& id,
                                    const NewCheckout& order);
  Result<Checkout> decide_checkout(StoreBatch& batch, const ProjectContext& context,
                                   const CheckoutId& id, const NewCheckout& order,
                                   const Status& payable) const;
  Status fix_terms(StoreBatch& batch, const ProjectContext& context, const domain::Price& price,
                   Checkout& checkout) const;
  Status complete_test_checkout(StoreBatch& batch, const ProjectContext& context,
                                Checkout& checkout) const;
  /// A checkout whose session is open.
  struct Opened {
    Checkout checkout;
    Secret client_secret;  ///< of an embedded one
  };
  Result<Opened> open_checkout(const ProjectContext& context, Checkout checkout,
                               bool is_embedded = false);
  std::string done_url(const Checkout& checkout) const;
  std::string back_url(const Checkout& checkout) const;

  Result<Checkout> fix_choice(const ProjectContext& context, const Choice& choice);
  Result<Checkout> decide_choice(StoreBatch& batch, const ProjectContext& context,
                                 const Choice& choice, const Status& payable) const;
  /// Where to pay for a checkout that is open; absent: its session is over, choose again.
  Result<std::optional<std::string>> reuse_session(const ProjectContext& context,
                                                   const Checkout& checkout, const Choice& choice);
  /// Where to pay for a choice that was fixed; absent: another one came in between.
  Result<std::optional<std::string>> open_choice(const ProjectContext& context,
                                                 const Checkout& chosen);
  Result<std::optional<Secret>> open_embedded(const ProjectContext& context,
                                              const Checkout& chosen);
  /// Closes the session on the provider's page that another choice has opened. Errors:
  /// kPurchaseCodeNotFound when it was paid.
  Status close_session(const ProjectContext& context, const Checkout& checkout);
  Status release_session(const Checkout& checkout);

  Status reschedule(const Checkout& checkout, const Result<Seen>& seen);

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  ProviderAccess& access_;
  const Clock& clock_;
  Ids& ids_;
  std::string public_url_;
};

/// Is `url` allowed as a redirect target: http(s), no user info, no control characters or
/// backslashes, host on a trusted origin. Pure.
bool is_trusted_redirect(const ProjectSettings& settings, const std::string& url);

}  // namespace purser::app
