#pragma once

// Events that ask an operator to look: each once for each cause, however often what caused it is
// looked at again.

#include <string>
#include <string_view>

#include "app/ports/payment_provider.hpp"
#include "app/ports/store.hpp"
#include "domain/purchase.hpp"

namespace purser::app {

/// The event payment.alarm, once for each object and reason. `object`: the provider's re_… or dp_….
/// Errors: kStoreUnavailable.
Status raise_payment_alarm(StoreBatch& batch, const domain::Purchase& purchase,
                           const std::string& object, const std::string& payment_ref,
                           std::string_view reason);

/// The event checkout.alarm of a checkout that stays as it is, once for each cause. `reason` is for
/// people and may differ from one time to the next. Errors: kStoreUnavailable.
Status raise_checkout_alarm(StoreBatch& batch, const Checkout& checkout,
                            const std::string& payment_ref, std::string_view cause,
                            const std::string& reason);

/// The event subscription.alarm of a subscription that is not what was sold, once for each way in
/// which it is not, and again in its next period. Errors: kStoreUnavailable.
Status raise_subscription_alarm(StoreBatch& batch, const domain::Purchase& purchase,
                                const RemoteSubscription& shown, const std::string& reason);

}  // namespace purser::app
