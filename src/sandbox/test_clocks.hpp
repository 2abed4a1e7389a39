#pragma once

#include "sandbox/api.hpp"

namespace purser::sandbox {

/// The second at which a test clock stands. Source:
/// https://docs.stripe.com/billing/testing/test-clocks
std::int64_t time_of_clock(const Record& clock);

/// Cancels the customer's subscriptions and deletes the customer.
void delete_customer(const Scene& scene, Record& customer);

}  // namespace purser::sandbox
