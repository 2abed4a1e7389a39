#pragma once

// The part of the rules of switching that needs no subscription.

#include "domain/purchase.hpp"

namespace purser::domain {

/// Could a subscription of `from` become one of `to`, whoever of this customer's type has it? In
/// this order: `to` is visible to the caller and for this customer type; both in one product line;
/// neither an add-on. Errors: kProductDoesNotExist, kProductCustomerTypeDoesNotMatch,
/// kSwitchNotPossible (details.reason: "not_in_one_product_line", "add_on"). Pure; thread-safe.
Status check_plans(const Product& from, const Product& to, const CustomerKey& customer,
                   bool from_client);

}  // namespace purser::domain
