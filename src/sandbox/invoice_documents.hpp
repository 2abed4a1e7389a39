#pragma once

#include <string>
#include <vector>

#include "sandbox/api.hpp"

namespace purser::sandbox {

// The documents of billing, as Stripe shapes them.

/// One line of an invoice, before it is one.
struct Line {
  std::string description;
  json::Value price;  ///< null for a plain amount
  std::int64_t quantity = 1;
  std::int64_t amount = 0;
  std::string currency;
  bool proration = false;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::string subscription = {};  ///< empty: not of a subscription
  std::string item = {};          ///< the subscription item
  std::string invoice_item = {};  ///< the pending item it was, or is to become
};

/// What an invoice is made of.
struct InvoiceOrder {
  std::string subscription = {};
  std::string reason = "manual";
  std::string currency;
  std::vector<Line> lines = {};
  std::int64_t period_start = 0;
  std::int64_t period_end = 0;
  json::Value description = {};
  json::Value metadata = empty_object();
  json::Value subscription_metadata = {};
  json::Value default_payment_method = {};
  bool auto_advance = true;
  json::Value finalizes_at = {};
};

/// The plan in a price's clothes that older fields show. Source:
/// https://docs.stripe.com/api/plans/object
json::Value plan_of(const json::Value& price);

/// A draft for the customer, whose balance is applied to what is due.
json::Value invoice_document(World& world, const std::string& id, const Record& customer,
                             const InvoiceOrder& order);
/// Puts what is due after the customer's balance into a draft.
void apply_balance(json::Value& invoice, std::int64_t balance);

json::Value invoice_item_document(World& world, const Record& customer, const Line& line);
/// The line that a pending item becomes.
Line line_of_item(const json::Value& item);

std::int64_t sum_of(const std::vector<Line>& lines);

}  // namespace purser::sandbox
