#include <algorithm>

#include "tests/app/fake_provider.hpp"

// Invoices, payment methods and setup intents.

namespace purser::app::testing {

RemoteInvoice& FakeProvider::add_invoice(RemoteSubscription& subscription, std::int64_t total,
                                         bool renewal) {
  RemoteInvoice invoice;
  invoice.id = next_id("in_");
  invoice.number = "N-" + invoice.id;
  invoice.status = InvoiceStatus::kOpen;
  invoice.total = Money(total, subscription.unit_amount.currency());
  invoice.hosted_url = "https://invoice.test/" + invoice.id;
  invoice.customer = subscription.customer;
  invoice.subscription = subscription.id;
  invoice.is_renewal = renewal;
  invoice.created_at = now();
  invoice.livemode = livemode;
  return invoices_.emplace_back(invoice);
}

RemoteInvoice& FakeProvider::add_period_invoice(RemoteSubscription& subscription, bool renewal) {
  const std::int64_t total = subscription.unit_amount.minor_units() * subscription.quantity;
  RemoteInvoice& invoice = add_invoice(subscription, total, renewal);
  invoice.period_start = subscription.current_period_start;
  invoice.period_end = subscription.current_period_end;
  return invoice;
}

bool FakeProvider::charge(RemoteInvoice& invoice) {
  Customer& customer = customers_[invoice.customer];
  const std::int64_t total = invoice.total.minor_units();
  const std::int64_t used =
      std::clamp<std::int64_t>(customer.credit, 0, std::max<std::int64_t>(total, 0));
  const std::int64_t due = std::max<std::int64_t>(total, 0) - used;
  if (due > 0 && (customer.declines || !has_method(subscriptions_.at(invoice.subscription)))) {
    invoice.status = InvoiceStatus::kOpen;
    return false;
  }
  customer.credit += std::max<std::int64_t>(-total, 0) - used;
  invoice.status = InvoiceStatus::kPaid;
  invoice.amount_paid = due;
  if (due == 0) return true;
  invoice.payment_ref = next_id("pi_");
  payments_.push_back(
      {invoice.payment_ref, invoice.customer, Money(due, invoice.total.currency()), 0});
  return true;
}

void FakeProvider::show_latest(RemoteSubscription& subscription) {
  for (const RemoteInvoice& invoice : invoices_) {
    if (invoice.subscription == subscription.id) subscription.latest_invoice = invoice;
  }
}

bool FakeProvider::has_method(const RemoteSubscription& subscription) const {
  if (!subscription.default_payment_method.empty()) return true;
  const auto customer = customers_.find(subscription.customer);
  return customer != customers_.end() && !customer->second.default_method.empty();
}

std::vector<RemoteInvoice> FakeProvider::invoices_now(const std::string& subscription) const {
  std::lock_guard lock(mutex_);
  std::vector<RemoteInvoice> found;
  for (const RemoteInvoice& invoice : invoices_) {
    if (invoice.subscription == subscription) found.insert(found.begin(), invoice);
  }
  return found;
}

Result<RemoteInvoice> FakeProvider::invoice(const ProviderCredentials& as, const std::string& id) {
  return read<RemoteInvoice>(as, "invoice", [&]() -> Result<RemoteInvoice> {
    for (const RemoteInvoice& invoice : invoices_) {
      if (invoice.id == id) return invoice;
    }
    return provider_refused("resource_missing", "No such invoice: '" + id + "'");
  });
}

Result<std::vector<RemoteInvoice>> FakeProvider::invoices_of(const ProviderCredentials& as,
                                                             const std::string& subscription,
                                                             int limit) {
  return read<std::vector<RemoteInvoice>>(
      as, "invoices_of", [&]() -> Result<std::vector<RemoteInvoice>> {
        std::vector<RemoteInvoice> found;
        for (auto invoice = invoices_.rbegin(); invoice != invoices_.rend(); ++invoice) {
          const bool wanted = invoice->subscription == subscription &&
                              found.size() < static_cast<std::size_t>(limit);
          if (wanted) found.push_back(*invoice);
        }
        return found;
      });
}

std::string FakeProvider::add_method(const std::string& customer) {
  RemotePaymentMethod shown;
  shown.id = next_id("pm_");
  shown.brand = "visa";
  shown.last4 = "4242";
  shown.exp_month = 12;
  shown.exp_year = 2034;
  methods_[shown.id] = {shown, customer};
  return shown.id;
}

std::string FakeProvider::add_default_method(const std::string& customer) {
  std::lock_guard lock(mutex_);
  return customers_.at(customer).default_method = add_method(customer);
}

void FakeProvider::set_declines(const std::string& customer, bool declines) {
  std::lock_guard lock(mutex_);
  customers_.at(customer).declines = declines;
}

Result<std::optional<RemotePaymentMethod>> FakeProvider::default_payment_method(
    const ProviderCredentials& as, const std::string& customer) {
  using Answer = std::optional<RemotePaymentMethod>;
  return read<Answer>(as, "default_payment_method", [&]() -> Result<Answer> {
    const auto found = customers_.find(customer);
    if (found == customers_.end()) {
      return provider_refused("resource_missing", "No such customer: '" + customer + "'");
    }
    if (found->second.default_method.empty()) return Answer();
    return Answer(methods_.at(found->second.default_method).shown);
  });
}

Result<RemoteSetupIntent> FakeProvider::create_setup_intent(const ProviderCredentials& as,
                                                            const std::string& customer,
                                                            const std::string& key) {
  return once<RemoteSetupIntent>(as, "create_setup_intent", key, customer,
                                 [&]() -> Result<RemoteSetupIntent> {
                                   RemoteSetupIntent intent;
                                   intent.id = next_id("seti_");
                                   intent.client_secret = Secret(intent.id + "_secret");
                                   intent.customer = customer;
                                   setup_intents_[intent.id] = intent;
                                   return intent;
                                 });
}

Result<RemoteSetupIntent> FakeProvider::setup_intent(const ProviderCredentials& as,
                                                     const std::string& id) {
  return read<RemoteSetupIntent>(as, "setup_intent", [&]() -> Result<RemoteSetupIntent> {
    const auto found = setup_intents_.find(id);
    if (found == setup_intents_.end()) {
      return provider_refused("resource_missing", "No such setup intent: '" + id + "'");
    }
    return found->second;
  });
}

std::string FakeProvider::confirm_setup_intent(const std::string& setup_intent) {
  std::lock_guard lock(mutex_);
  RemoteSetupIntent& intent = setup_intents_.at(setup_intent);
  intent.succeeded = true;
  intent.payment_method = add_method(intent.customer);
  return intent.payment_method;
}

Result<RemotePaymentMethod> FakeProvider::set_default_payment_method(
    const ProviderCredentials& as, const std::string& customer, const std::string& payment_method,
    const std::string& key) {
  return once<RemotePaymentMethod>(
      as, "set_default_payment_method", key, customer + "|" + payment_method,
      [&]() -> Result<RemotePaymentMethod> {
        const auto method = methods_.find(payment_method);
        const bool foreign = method == methods_.end() || (!method->second.customer.empty() &&
                                                          method->second.customer != customer);
        if (foreign || customers_.count(customer) == 0) {
          return provider_refused("resource_missing", "No such payment method.");
        }
        method->second.customer = customer;
        customers_[customer].default_method = payment_method;
        return method->second.shown;
      });
}

Status FakeProvider::set_subscription_payment_method(const ProviderCredentials& as,
                                                     const std::string& subscription,
                                                     const std::string& payment_method,
                                                     const std::string& key) {
  const auto done =
      once<bool>(as, "set_subscription_payment_method", key, subscription + "|" + payment_method,
                 [&]() -> Result<bool> {
                   PURSER_TRY(RemoteSubscription * found, find_subscription(subscription));
                   if (methods_.count(payment_method) == 0) {
                     return provider_refused("resource_missing", "No such payment method.");
                   }
                   found->default_payment_method = payment_method;
                   return true;
                 });
  if (!done) return done.error();
  return {};
}

}  // namespace purser::app::testing
