#include "app/remote_state.hpp"

#include <algorithm>

namespace purser::app {
namespace {

using domain::SubscriptionStatus;

/// A period begins some time before its invoice is paid (Stripe leaves it a draft for an hour), and
/// the subscription is active meanwhile. Source:
/// https://docs.stripe.com/billing/invoices/subscription#subscription-renewals
bool is_renewal_open(const RemoteSubscription& remote) {
  if (!remote.latest_invoice) return false;
  const RemoteInvoice& latest = *remote.latest_invoice;
  const bool of_this_period =
      latest.period_start && *latest.period_start >= remote.current_period_start;
  return latest.is_renewal && of_this_period && latest.status != InvoiceStatus::kPaid;
}

Timestamp paid_through(const RemoteSubscription& remote,
                       const std::optional<domain::Subscription>& before) {
  const bool paid = remote.status == SubscriptionStatus::kTrialing ||
                    (remote.status == SubscriptionStatus::kActive && !is_renewal_open(remote));
  if (paid) return remote.current_period_end;
  if (before) return std::min(before->paid_through, remote.current_period_start);
  // Never heard of: everything before this period was paid, if there was anything.
  const bool began = remote.status != SubscriptionStatus::kIncomplete &&
                     remote.status != SubscriptionStatus::kIncompleteExpired;
  return began ? remote.current_period_start : Timestamp();
}

}  // namespace

std::vector<std::string> charged_payments(std::span<const RemoteInvoice> invoices) {
  std::vector<std::string> payments;
  for (const RemoteInvoice& invoice : invoices) {
    const bool charged = invoice.amount_paid > 0 && !invoice.payment_ref.empty();
    if (charged) payments.push_back(invoice.payment_ref);
  }
  return payments;
}

domain::Subscription subscription_of(const RemoteSubscription& remote,
                                     const std::optional<domain::Subscription>& before) {
  if (before && !domain::is_reachable(before->status, remote.status)) return *before;
  if (before && domain::is_final(before->status)) return *before;
  domain::Subscription now = before.value_or(domain::Subscription());
  now.status = remote.status;
  now.anchor = remote.billing_anchor;
  now.current_period_start = remote.current_period_start;
  now.current_period_end = remote.current_period_end;
  now.paid_through = paid_through(remote, before);
  if (remote.trial_end) now.trial_end = remote.trial_end;
  now.cancel_at_period_end = remote.cancel_at_period_end;
  now.ended_at = remote.ended_at;
  now.remote_ref = remote.id;
  return now;
}

Invoice invoice_of(const RemoteInvoice& remote, const CustomerKey& customer,
                   const PurchaseId& purchase, const std::optional<Invoice>& before) {
  Invoice invoice;
  invoice.id = remote.id;
  invoice.customer = customer;
  invoice.purchase = purchase;
  invoice.number = remote.number;
  invoice.status = remote.status;
  invoice.total = remote.total;
  invoice.amount_paid = remote.amount_paid;
  invoice.refunded = before ? before->refunded : 0;
  invoice.payment_ref = remote.payment_ref;
  invoice.hosted_url = remote.hosted_url;
  invoice.period_start = remote.period_start;
  invoice.period_end = remote.period_end;
  invoice.created_at = remote.created_at;
  return invoice;
}

}  // namespace purser::app
