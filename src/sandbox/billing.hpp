#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/api.hpp"
#include "sandbox/cards.hpp"
#include "sandbox/intents.hpp"
#include "sandbox/invoice_documents.hpp"

namespace purser::sandbox {

// The life of an invoice: draft, open, then paid, void or uncollectible. Source:
// https://docs.stripe.com/invoicing/overview#invoice-statuses

/// How long a renewal's draft can still be changed before it is finalized. Source:
/// https://docs.stripe.com/billing/invoices/subscription#subscription-lifecycle
inline constexpr std::int64_t kDraftSeconds = 60 * 60;

/// Adds a draft; pending items that it takes in are marked with it.
Record& add_invoice(const Scene& scene, Record& customer, const InvoiceOrder& order);
/// Gives it its number, applies the customer's balance and opens it. What costs nothing is paid.
void finalize_invoice(const Scene& scene, Record& invoice);
/// Tries to get an open invoice paid by a method (nullptr: there is none). `automatic`: a failure
/// is part of the retry schedule.
PaymentResult collect_invoice(const Scene& scene, Record& invoice, Record* method,
                              Presence presence, bool automatic);
/// The buyer's answer to the bank's challenge about an open invoice.
PaymentResult answer_invoice_challenge(const Scene& scene, Record& invoice, bool authenticated);
/// Paid without a charge of ours, for example with a charge that was made before.
void mark_paid(const Scene& scene, Record& invoice, const std::string& charge);
/// The invoice of a sale that was paid before it: `intent` paid all of it.
Record& add_paid_invoice(const Scene& scene, Record& customer, const InvoiceOrder& order,
                         Record& intent);
void void_invoice(const Scene& scene, Record& invoice);

/// When something happens to an invoice by itself.
std::optional<std::int64_t> invoice_due_at(const Record& invoice);
/// Lets that happen: the draft is finalized, the payment tried.
void advance_invoice(const Scene& scene, Record& invoice);
/// Nobody tries any more to get the invoices paid whose `field` ("subscription", "customer") is
/// `id`.
void stop_collecting(const Scene& scene, const std::string& field, const std::string& id);

/// The items that wait for the next invoice of a subscription; with an empty id those that wait
/// for the customer's next invoice of their own.
std::vector<Line> pending_lines(const Scene& scene, const std::string& customer,
                                const std::string& subscription, const std::string& currency);
/// Stores a line as a pending item.
void add_pending(const Scene& scene, const Record& customer, const Line& line);

/// Adds `amount` to a customer's balance, with its transaction.
void move_balance(const Scene& scene, Record& customer, std::int64_t amount,
                  const std::string& type, const json::Value& invoice,
                  const json::Value& description);

}  // namespace purser::sandbox
