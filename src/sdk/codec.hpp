#pragma once

// The public types as JSON: one decoder per answer, one encoder per request. Decoders ignore
// members that they do not know; a missing or wrong one that they need makes kMalformedAnswer.

#include <string>
#include <string_view>

#include "json/json.hpp"
#include "purser/model.hpp"

namespace purser::sdk::codec {

Result<Item> read_item(const json::Value& value);
Result<std::int64_t> read_quantity(const json::Value& value);
Result<TryDecreaseResult> read_try_decrease(const json::Value& value);
Result<BatchResult> read_batch(const json::Value& value);
Result<LedgerEntry> read_ledger_entry(const json::Value& value);
Result<CustomerProduct> read_product(const json::Value& value);
Result<Grant> read_grant(const json::Value& value);
Result<Subscription> read_subscription_reply(const json::Value& value);
Result<SwitchPreview> read_switch_preview(const json::Value& value);
Result<CustomerBilling> read_billing(const json::Value& value);
Result<CustomerDefaultPaymentMethod> read_default_payment_method(const json::Value& value);
Result<CustomerPaymentMethodSetupIntent> read_setup_intent(const json::Value& value);
Result<Invoice> read_invoice(const json::Value& value);
Result<Transaction> read_transaction(const json::Value& value);
Result<Refund> read_refund(const json::Value& value);
Result<std::string> read_checkout_url(const json::Value& value);
Result<User> read_user(const json::Value& value);
Result<TeamInfo> read_team(const json::Value& value);
Result<Membership> read_membership(const json::Value& value);
Result<NewSession> read_session(const json::Value& value);
Result<CatalogDiff> read_catalog_diff(const json::Value& value);

/// Reads `{"items": […], "pagination": {"next_cursor": …}}`.
Result<std::vector<const json::Value*>> read_page_items(const json::Value& value);
std::optional<std::string> read_next_cursor(const json::Value& value);

template <class Read>
auto read_page(const json::Value& value, Read read)
    -> Result<Page<typename decltype(read(value))::value_type>> {
  Page<typename decltype(read(value))::value_type> page;
  auto rows = read_page_items(value);
  if (!rows) return rows.error();
  for (const auto* row : *rows) {
    auto item = read(*row);
    if (!item) return item.error();
    page.items.push_back(*std::move(item));
  }
  page.next_cursor = read_next_cursor(value);
  return page;
}

std::string write_checkout(const CheckoutOptions& options);
std::string write_grant(const GrantOptions& options);
std::string write_switch(const SwitchSubscriptionOptions& options);
std::string write_setup_intent_choice(std::string_view setup_intent_id);
std::string write_refund(const RefundOptions& options);
std::string write_change(std::int64_t change, const ChangeOptions& options);
std::string write_try_decrease(std::int64_t amount, const ChangeOptions& options);
std::string write_batch(const std::vector<BatchCommand>& commands, const BatchOptions& options);
std::string write_new_user(const NewUser& user);
std::string write_user_change(const UserChange& change);
std::string write_new_team(const NewTeam& team);

/// ISO 8601 with milliseconds; nothing for instants before 1970 or after 9999.
std::optional<std::string> write_time(Time time);

}  // namespace purser::sdk::codec
