#include <algorithm>

#include "tests/app/fake_provider.hpp"

// Customers, prices and checkout sessions.

namespace purser::app::testing {
namespace {

using SessionStatus = RemoteCheckoutSession::Status;

constexpr Millis kDay{24LL * 3'600'000};

std::string interval_text(const std::optional<CalendarInterval>& interval) {
  if (!interval) return "once";
  return std::string(to_string(interval->unit)) + "*" + std::to_string(interval->count);
}

}  // namespace

Result<std::string> FakeProvider::create_customer(const ProviderCredentials& as,
                                                  const NewRemoteCustomer& customer,
                                                  const std::string& key) {
  std::string parameters = customer.display_name + "|" + customer.email.value_or("");
  for (const auto& [name, value] : customer.metadata)
    parameters.append("|").append(name).append("=").append(value);
  return once<std::string>(as, "create_customer", key, parameters, [&]() -> Result<std::string> {
    const std::string id = next_id("cus_");
    customers_[id].described = customer;
    return id;
  });
}

Result<std::string> FakeProvider::create_product(const ProviderCredentials& as,
                                                 const std::string& name,
                                                 const std::string& reference,
                                                 const std::string& key) {
  return once<std::string>(as, "create_product", key, name + "|" + reference,
                           [&]() -> Result<std::string> {
                             const std::string id = next_id("prod_");
                             products_[id] = name;
                             return id;
                           });
}

Result<std::string> FakeProvider::create_price(const ProviderCredentials& as,
                                               const NewRemotePrice& price,
                                               const std::string& key) {
  const std::string parameters = price.product + "|" + price.amount.to_decimal() + "|" +
                                 std::string(price.amount.currency().code()) + "|" +
                                 interval_text(price.interval) + "|" + price.reference;
  return once<std::string>(as, "create_price", key, parameters, [&]() -> Result<std::string> {
    if (products_.count(price.product) == 0) {
      return provider_refused("resource_missing", "No such product: '" + price.product + "'");
    }
    const std::string id = next_id("price_");
    prices_.emplace(id, Price{price.product, price.amount, price.interval});
    return id;
  });
}

Result<RemoteCheckoutSession> FakeProvider::create_checkout_session(
    const ProviderCredentials& as, const NewCheckoutSession& session, const std::string& key) {
  std::string parameters = session.customer + "|" + session.price + "|" +
                           std::to_string(session.quantity) + "|" + session.success_url + "|" +
                           session.cancel_url + "|" + session.reference;
  if (session.is_embedded) parameters += "|embedded";
  if (session.is_subscription) parameters += "|subscription";
  if (session.trial_end) parameters += "|until " + std::to_string(session.trial_end->millis());
  if (session.trial_days) parameters += "|days " + std::to_string(*session.trial_days);
  return once<RemoteCheckoutSession>(as, "create_checkout_session", key, parameters,
                                     [&] { return open_session(session); });
}

Result<RemoteCheckoutSession> FakeProvider::open_session(const NewCheckoutSession& session) {
  constexpr Millis kKeyForgotten{23LL * 3'600'000};
  const bool old = session.asked_at.millis() > 0 && now() - session.asked_at > kKeyForgotten;
  for (const auto& [id, known] : sessions_) {
    if (old && known.asked.reference == session.reference) return known.remote;
  }
  if (customers_.count(session.customer) == 0) {
    return provider_refused("resource_missing", "No such customer: '" + session.customer + "'");
  }
  const auto price = prices_.find(session.price);
  if (price == prices_.end()) {
    return provider_refused("resource_missing", "No such price: '" + session.price + "'");
  }
  if (session.is_subscription != price->second.interval.has_value()) {
    return provider_refused("parameter_invalid", "The price does not fit the session's mode.");
  }
  if (session.trial_end && *session.trial_end - now() < Millis{2 * kDay.count}) {
    return provider_refused("parameter_invalid", "trial_end must be 2 days in the future.");
  }
  PURSER_TRY(Money total, price->second.amount.times(session.quantity));
  if (session.trial_end || session.trial_days) total = Money(0, total.currency());
  RemoteCheckoutSession remote;
  remote.id = next_id("cs_");
  if (session.is_embedded) {
    remote.client_secret = Secret(remote.id + "_secret_x");
  } else {
    remote.url = "https://pay.test/" + remote.id;
  }
  remote.amount_total = total;
  remote.reference = session.reference;
  remote.customer = session.customer;
  remote.livemode = livemode;
  sessions_[remote.id] = {remote, session};
  return remote;
}

Result<RemoteCheckoutSession> FakeProvider::checkout_session(const ProviderCredentials& as,
                                                             const std::string& id) {
  return read<RemoteCheckoutSession>(
      as, "checkout_session", [&]() -> Result<RemoteCheckoutSession> {
        const auto found = sessions_.find(id);
        if (found == sessions_.end()) {
          return provider_refused("resource_missing", "No such session: " + id);
        }
        return found->second.remote;
      });
}

Status FakeProvider::expire_checkout_session(const ProviderCredentials& as, const std::string& id,
                                             const std::string& key) {
  const auto done = once<bool>(as, "expire_checkout_session", key, id, [&]() -> Result<bool> {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) {
      return provider_refused("resource_missing", "No such session: " + id);
    }
    RemoteCheckoutSession& remote = found->second.remote;
    if (remote.status != SessionStatus::kOpen) return true;
    remote.status = SessionStatus::kExpired;
    remote.url.clear();
    return true;
  });
  if (!done) return done.error();
  return {};
}

std::string FakeProvider::pay(const std::string& session, bool settled) {
  std::lock_guard lock(mutex_);
  Session& paid = sessions_.at(session);
  RemoteCheckoutSession& remote = paid.remote;
  const bool begins = remote.status != SessionStatus::kComplete;
  remote.status = SessionStatus::kComplete;
  remote.paid = settled;
  remote.url.clear();
  if (paid.asked.is_subscription) {
    if (begins) start_subscription(paid, settled);
    RemoteSubscription& subscription = subscriptions_.at(remote.subscription);
    if (settled && subscription.status == domain::SubscriptionStatus::kIncomplete) {
      for (RemoteInvoice& invoice : invoices_) {
        if (invoice.subscription == subscription.id) charge(invoice);
      }
      subscription.status = domain::SubscriptionStatus::kActive;
      show_latest(subscription);
    }
    return subscription.latest_invoice ? subscription.latest_invoice->payment_ref : std::string();
  }
  if (begins && remote.amount_total->minor_units() > 0) {
    remote.payment_ref = next_id("pi_");
    payments_.push_back({remote.payment_ref, remote.customer, *remote.amount_total, 0});
  }
  return remote.payment_ref;
}

std::string FakeProvider::pay_session(const std::string& session) {
  const std::string payment = pay(session);
  std::lock_guard lock(mutex_);
  const std::string& subscription = sessions_.at(session).remote.subscription;
  return subscription.empty() ? payment : subscription;
}

void FakeProvider::start_subscription(Session& session, bool settled) {
  const NewCheckoutSession& asked = session.asked;
  const Price& price = prices_.at(asked.price);
  RemoteSubscription made;
  made.id = next_id("sub_");
  made.customer = asked.customer;
  made.item = next_id("si_");
  made.price = asked.price;
  made.quantity = asked.quantity;
  made.unit_amount = price.amount;
  made.interval = price.interval;
  made.current_period_start = now();
  made.trial_end = asked.trial_end;
  if (asked.trial_days) made.trial_end = now() + Millis{*asked.trial_days * kDay.count};
  made.billing_anchor = made.trial_end.value_or(now());
  made.current_period_end = made.trial_end.value_or(nth_boundary(now(), *price.interval, 1));
  made.status =
      made.trial_end ? domain::SubscriptionStatus::kTrialing : domain::SubscriptionStatus::kActive;
  made.default_payment_method = add_method(asked.customer);
  made.reference = asked.reference;
  made.livemode = livemode;
  session.remote.subscription = made.id;
  RemoteSubscription& kept = subscriptions_[made.id] = made;
  RemoteInvoice& first =
      made.trial_end ? add_invoice(kept, 0, false) : add_period_invoice(kept, false);
  if (settled) {
    charge(first);
  } else {
    kept.status = domain::SubscriptionStatus::kIncomplete;
  }
  show_latest(kept);
}

void FakeProvider::expire(const std::string& session) {
  edit(session, [](RemoteCheckoutSession& remote) {
    remote.status = SessionStatus::kExpired;
    remote.url.clear();
  });
}

void FakeProvider::edit(const std::string& session,
                        const std::function<void(RemoteCheckoutSession&)>& change) {
  std::lock_guard lock(mutex_);
  change(sessions_.at(session).remote);
}

void FakeProvider::delete_customer(const std::string& id) {
  std::lock_guard lock(mutex_);
  customers_.erase(id);
}
void FakeProvider::delete_price(const std::string& id) {
  std::lock_guard lock(mutex_);
  prices_.erase(id);
}

}  // namespace purser::app::testing
