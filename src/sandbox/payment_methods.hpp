#pragma once

#include <string>
#include <variant>

#include "sandbox/api.hpp"
#include "sandbox/cards.hpp"
#include "sandbox/payment_documents.hpp"

namespace purser::sandbox {

/// The test card behind a payment method; nullptr when it is no card.
const TestCard* card_of(const Record& method);
/// Whether its owner has agreed to later charges.
bool is_set_up(const Record& method);

/// Adds a card that belongs to nobody yet.
Record& add_card_method(const Scene& scene, const TestCard& card, CardExpiry expiry,
                        const Buyer& buyer);
/// The method with this id, or a new one for a well-known id like pm_card_visa; or a refusal.
std::variant<Record*, Failure> find_method(const Scene& scene, const std::string& id,
                                           const std::string& param);
bool method_exists(const Scene& scene, const std::string& id);
/// The same for a method that `customer` will be charged by: it must be attached to them, or be a
/// well-known id, which is attached now.
std::variant<Record*, Failure> find_method_of(const Scene& scene, const Record& customer,
                                              const std::string& id, const std::string& param);

/// Makes the method the customer's; a refusal when the bank declines or it belongs to another.
std::optional<Failure> attach_method(const Scene& scene, Record& method,
                                     const std::string& customer);
/// Notes that the bank has seen the buyer, and attaches without asking again.
void keep_method(const Scene& scene, Record& method, const std::string& customer);

/// The method that pays a customer's invoices, after the subscription's own when `subscription` is
/// not null; nullptr when there is none.
Record* default_method(const Scene& scene, const Record& customer, const json::Value& subscription);
/// Reads `default_payment_method`-like parameters of `customer`; null unsets.
std::optional<Failure> set_default_method(const Scene& scene, const Record& customer,
                                          json::Value& target, const std::string& field,
                                          const std::optional<std::string>& id,
                                          const std::string& param);

/// The 402 that charging the method now would end in; nothing when it would be paid. Nothing is
/// tried.
std::optional<Failure> refusal_of(const Record& method, Presence presence);
/// The 402 of a bank that says no.
Failure card_failure(const TestCard& card);

}  // namespace purser::sandbox
