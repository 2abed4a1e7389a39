#pragma once

#include <string>

#include "sandbox/api.hpp"

namespace purser::sandbox {

// Disputes of charges. Source: https://docs.stripe.com/disputes

/// Opens a dispute about a charge that succeeded and is not disputed yet: the money is withdrawn.
/// Refusals are worded as Stripe would word them if it had such a route.
std::variant<Record*, Failure> open_dispute(const Scene& scene, Record& charge,
                                            const std::string& reason);
/// The dispute that a test card has announced for this charge.
void open_due_dispute(const Scene& scene, Record& charge);

}  // namespace purser::sandbox
