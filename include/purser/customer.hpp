#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "purser/async.hpp"
#include "purser/model.hpp"

namespace purser::sdk {

class ClientApp;
class ServerApp;

/// Someone who owns things: what they have, and how to sell them more.
///
/// A handle: cheap to copy, keeps its app's connections and threads alive. It caches nothing;
/// every call asks the server.
///
/// Thread safety: all methods may be called from many threads at the same time.
/// Blocking: the plain methods return when the answer is there, after `RetryOptions::call_timeout`
/// at the latest. Each has a twin `…_async` that returns at once and runs on the app's threads.
/// Errors: besides the codes named at a method, every call may fail with kNoAnswer,
/// kDeadlineExceeded, kUnavailable codes (retryable), kMalformedAnswer, and the codes of keys and
/// tokens. Calls on a user or team that does not exist, or that a client may not touch, answer
/// kUserNotFound or kTeamNotFound.
class Customer {
 public:
  CustomerType type() const { return type_; }
  /// The user's or team's id, or the custom customer's name.
  const std::string& id() const { return id_; }

  /// A URL at which the buyer pays for a product. Send the browser there. One call makes at most
  /// one checkout. Errors: kProductDoesNotExist, kProductCustomerTypeDoesNotMatch,
  /// kProductAlreadyGranted, kProductNotStackable, kProductHasNoPrice, kPriceNotFound,
  /// kAddOnRequiresBase, kProductLineConflict, kRedirectUrlNotWhitelisted, kNewPurchasesBlocked,
  /// kPaymentsNotConfigured, kPaymentProviderUnavailable (retryable).
  Result<std::string> create_checkout_url(const CheckoutOptions& options) const;
  std::future<Result<std::string>> create_checkout_url_async(CheckoutOptions options) const {
    return detail::async(core_, [self = *this, options = std::move(options)] {
      return self.create_checkout_url(options);
    });
  }

  /// How much there is of one item. Errors: kItemNotFound, kItemCustomerTypeDoesNotMatch.
  Result<Item> get_item(std::string_view item_id, const CallOptions& call = {}) const;
  std::future<Result<Item>> get_item_async(std::string item_id) const {
    return detail::async(
        core_, [self = *this, item_id = std::move(item_id)] { return self.get_item(item_id); });
  }

  /// Every item that the catalog has for this type of customer, those of quantity 0 included.
  Result<std::vector<Item>> list_items(const CallOptions& call = {}) const;
  std::future<Result<std::vector<Item>>> list_items_async() const {
    return detail::async(core_, [self = *this] { return self.list_items(); });
  }

  /// Whether the quantity is above 0. Errors: those of get_item.
  Result<bool> has_item(std::string_view item_id, const CallOptions& call = {}) const;
  std::future<Result<bool>> has_item_async(std::string item_id) const {
    return detail::async(
        core_, [self = *this, item_id = std::move(item_id)] { return self.has_item(item_id); });
  }

  /// The quantity, which may be negative. Errors: those of get_item.
  Result<std::int64_t> get_item_quantity(std::string_view item_id,
                                         const CallOptions& call = {}) const;
  std::future<Result<std::int64_t>> get_item_quantity_async(std::string item_id) const {
    return detail::async(core_, [self = *this, item_id = std::move(item_id)] {
      return self.get_item_quantity(item_id);
    });
  }

  /// The products that the customer owns. Errors: kInvalidCursor.
  Result<Page<CustomerProduct>> list_products(const PageOptions& page = {},
                                              const CallOptions& call = {}) const;
  std::future<Result<Page<CustomerProduct>>> list_products_async(PageOptions page = {}) const {
    return detail::async(
        core_, [self = *this, page = std::move(page)] { return self.list_products(page); });
  }

  // Subscriptions.

  /// A subscription, also one that has ended. Errors: kSubscriptionNotFound.
  Result<Subscription> get_subscription(std::string_view subscription_id,
                                        const CallOptions& call = {}) const;
  std::future<Result<Subscription>> get_subscription_async(std::string subscription_id) const {
    return detail::async(core_, [self = *this, subscription_id = std::move(subscription_id)] {
      return self.get_subscription(subscription_id);
    });
  }

  /// Ends a subscription at the end of its period (access stays until then), or now. Errors:
  /// kProductNotOwned, kSubscriptionNotFound, kSubscriptionNotCancelable, kInvalidArgument (neither
  /// product nor subscription named).
  Result<Subscription> cancel_subscription(const CancelOptions& options) const;
  std::future<Result<Subscription>> cancel_subscription_async(CancelOptions options) const {
    return detail::async(core_, [self = *this, options = std::move(options)] {
      return self.cancel_subscription(options);
    });
  }

  /// Calls off what was to happen at the end of the period: a cancellation or a switch. Errors:
  /// kSubscriptionNotFound, kSubscriptionNotResumable.
  Result<Subscription> resume_subscription(std::string_view subscription_id,
                                           const CallOptions& call = {}) const;
  std::future<Result<Subscription>> resume_subscription_async(std::string subscription_id) const {
    return detail::async(core_, [self = *this, subscription_id = std::move(subscription_id)] {
      return self.resume_subscription(subscription_id);
    });
  }

  /// Changes to another plan of the product line: now, prorated, or at the end of the period. A
  /// declined payment changes nothing. Errors: kProductNotOwned, kProductDoesNotExist,
  /// kSwitchNotPossible, kPriceNotFound, kProductNotStackable, kNewPurchasesBlocked,
  /// kDefaultPaymentMethodRequired, kPaymentFailed, kSwitchConflict (retryable).
  Result<Subscription> switch_subscription(const SwitchSubscriptionOptions& options) const;
  std::future<Result<Subscription>> switch_subscription_async(
      SwitchSubscriptionOptions options) const {
    return detail::async(core_, [self = *this, options = std::move(options)] {
      return self.switch_subscription(options);
    });
  }

  /// To the minor unit what switch_subscription would charge now and at the next renewal. Changes
  /// nothing. Errors: as switch_subscription.
  Result<SwitchPreview> preview_switch(const SwitchSubscriptionOptions& options) const;
  std::future<Result<SwitchPreview>> preview_switch_async(SwitchSubscriptionOptions options) const {
    return detail::async(core_, [self = *this, options = std::move(options)] {
      return self.preview_switch(options);
    });
  }

  // Paying.

  /// Whether Stripe knows the customer, and the default payment method.
  Result<CustomerBilling> get_billing(const CallOptions& call = {}) const;
  std::future<Result<CustomerBilling>> get_billing_async() const {
    return detail::async(core_, [self = *this] { return self.get_billing(); });
  }

  /// For Stripe.js, which confirms the setup in the customer's browser. Errors:
  /// kPaymentsNotConfigured.
  Result<CustomerPaymentMethodSetupIntent> create_payment_method_setup_intent(
      const CallOptions& call = {}) const;
  std::future<Result<CustomerPaymentMethodSetupIntent>> create_payment_method_setup_intent_async()
      const {
    return detail::async(core_,
                         [self = *this] { return self.create_payment_method_setup_intent(); });
  }

  /// Makes the payment method of a setup intent that has succeeded the default, also of running
  /// subscriptions. Errors: kSetupIntentNotFound, kSetupIntentNotSucceeded.
  Result<CustomerDefaultPaymentMethod> set_default_payment_method_from_setup_intent(
      std::string_view setup_intent_id, const CallOptions& call = {}) const;
  std::future<Result<CustomerDefaultPaymentMethod>>
  set_default_payment_method_from_setup_intent_async(std::string setup_intent_id) const {
    return detail::async(core_, [self = *this, setup_intent_id = std::move(setup_intent_id)] {
      return self.set_default_payment_method_from_setup_intent(setup_intent_id);
    });
  }

  /// What the customer owes or has paid, newest first; one-time purchases too. Errors:
  /// kInvalidCursor.
  Result<Page<Invoice>> list_invoices(const PageOptions& page = {},
                                      const CallOptions& call = {}) const;
  std::future<Result<Page<Invoice>>> list_invoices_async(PageOptions page = {}) const {
    return detail::async(
        core_, [self = *this, page = std::move(page)] { return self.list_invoices(page); });
  }

 protected:
  Customer(std::shared_ptr<detail::Core> core, CustomerType type, std::string id);
  const std::shared_ptr<detail::Core>& core() const { return core_; }
  /// "/customers/user/u1" + rest.
  std::string path(std::string_view rest) const;

 private:
  std::shared_ptr<detail::Core> core_;
  CustomerType type_;
  std::string id_;
};

/// The user who is signed in to a ClientApp.
class CurrentUser : public Customer {
 public:
  /// As it was when the handle was made.
  const User& profile() const { return profile_; }

 private:
  friend class ClientApp;
  CurrentUser(std::shared_ptr<detail::Core> core, User profile);
  User profile_;
};

/// A team that the signed-in user belongs to. Only its administrators may see what it has and buy
/// for it; others get kTeamPermissionRequired.
class Team : public Customer {
 public:
  /// As it was when the handle was made.
  const TeamInfo& info() const { return info_; }

 private:
  friend class ClientApp;
  Team(std::shared_ptr<detail::Core> core, TeamInfo info);
  TeamInfo info_;
};

}  // namespace purser::sdk
