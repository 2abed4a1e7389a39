#pragma once

// What selling, subscriptions and billing answer, as JSON: one function for each shape of
// answer_schemas_sales.cpp.

#include <string>
#include <vector>

#include "app/billing.hpp"
#include "app/subscriptions.hpp"
#include "domain/plan_change.hpp"
#include "json/json.hpp"

namespace purser::http {

/// What a customer owns of one product: the purchases of a stackable product folded into one.
struct OwnedProduct {
  const domain::Purchase* newest;                  ///< whose product, and subscription, is shown
  Quantity quantity;                               ///< of all of them
  bool has_options = false;                        ///< a subscription in a product line
  std::vector<domain::SwitchOption> options = {};  ///< borrowed from the catalog
};
/// The rows of a list of purchases that is ordered as app::OwnedPage is. `now` decides what can be
/// canceled.
std::vector<OwnedProduct> fold_products(const std::vector<const domain::Purchase*>& purchases,
                                        const domain::Catalog& catalog, bool from_client);

void write(json::Writer& out, const OwnedProduct& owned, Timestamp now);
void write(json::Writer& out, const app::Invoice& invoice);
void write(json::Writer& out, const app::Transaction& transaction);
void write(json::Writer& out, const app::InboxEvent& event);

std::string encode_url(const std::string& url);
std::string encode_grant(const domain::Purchase& purchase);
std::string encode_subscription(const domain::Purchase& purchase, Timestamp now);
std::string encode_preview(const app::SwitchPreview& preview);
std::string encode_billing(const app::CustomerBilling& billing);
std::string encode_default_payment_method(const app::RemotePaymentMethod& method);
std::string encode_setup_intent(const app::SetupIntentForClient& intent);
std::string encode_refund(const app::Refund& refund);
std::string encode_inbox_event(const app::InboxEvent& event);
std::string encode_payment_account(const app::ProviderAccountState& account);

}  // namespace purser::http
