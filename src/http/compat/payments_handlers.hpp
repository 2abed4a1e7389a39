#pragma once

// The handlers of the routes about payments. Each answers its call exactly once, at once or later:
// a success with `call->core.answer(*call, body)`, an error of the use cases with
// `call->core.answer(*call, error)` (translate.hpp says how it is worded), an error of the
// protocol's own with `call->core.answer(*call, known(…))` or `plain(…)`.

#include <optional>

#include "http/core.hpp"
#include "http/route.hpp"

namespace purser::http::compat::handlers {

// What a customer has of an item (payments_items.cpp).
void get_item(const CallPtr& call);
void update_quantity(const CallPtr& call);

// What a customer owns (payments_products.cpp).
void list_products(const CallPtr& call);
void grant_product(const CallPtr& call);

// Running subscriptions (payments_subscriptions.cpp).
void cancel_subscription(const CallPtr& call);
void switch_subscription(const CallPtr& call);
/// What these say beyond the wordings of their routes when they fail.
std::optional<Reply> word_cancel_error(const Call& call, const Error& error);
std::optional<Reply> word_switch_error(const Call& call, const Error& error);

// How a customer pays (payments_billing.cpp).
void list_invoices(const CallPtr& call);
void get_billing(const CallPtr& call);
void create_setup_intent(const CallPtr& call);
void set_default_payment_method(const CallPtr& call);
void receive_stripe_event(const CallPtr& call);

// Buying, from the link to the payment (payments_purchases.cpp).
void create_purchase_url(const CallPtr& call);
void validate_code(const CallPtr& call);
void check_code(const CallPtr& call);
void begin_purchase(const CallPtr& call);
void complete_test_purchase(const CallPtr& call);

}  // namespace purser::http::compat::handlers
