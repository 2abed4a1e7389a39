#include "tests/app/fake_provider.hpp"

#include <algorithm>

namespace purser::app::testing {
namespace {

Error unavailable() {
  return {ErrorCode::kPaymentProviderUnavailable, "The provider did not answer."};
}
Error refused(const std::string& code, const std::string& message) {
  return {ErrorCode::kPaymentProviderRefused,
          "The provider refused.",
          {{"provider_code", code}, {"provider_message", message}}};
}

}  // namespace

FakeProvider::Fault FakeProvider::fault(const std::string& call) {
  {
    std::lock_guard lock(mutex_);
    ++calls_[call];
  }
  std::lock_guard lock(plan_mutex_);  // a plan may look at the provider
  return plan ? plan(call) : Fault::kNone;
}

std::string FakeProvider::next_id(const std::string& prefix) {
  return prefix + std::to_string(++counter_);
}

Result<std::string> FakeProvider::once(const std::string& call, const std::string& key,
                                       const std::string& parameters,
                                       const std::function<Result<std::string>()>& make) {
  const Fault planned = fault(call);
  if (planned == Fault::kUnavailable) return unavailable();
  if (planned == Fault::kRefuse) return refused("parameter_invalid", "No.");
  std::lock_guard lock(mutex_);
  const auto known = keys_.find(key);
  std::string id;
  if (known != keys_.end()) {
    if (known->second.parameters != parameters) {
      return refused("idempotency_error", "The key was used with other parameters.");
    }
    id = known->second.id;
  } else {
    PURSER_TRY(id, make());
    keys_[key] = {parameters, id};
  }
  if (planned == Fault::kLoseAnswer) return unavailable();
  return id;
}

std::string FakeProvider::pay(const std::string& session, bool settled) {
  std::lock_guard lock(mutex_);
  RemoteCheckoutSession& remote = sessions_.at(session).remote;
  remote.status = RemoteCheckoutSession::Status::kComplete;
  remote.paid = settled;
  remote.url.clear();
  if (remote.payment_ref.empty()) remote.payment_ref = next_id("pi_");
  return remote.payment_ref;
}

void FakeProvider::expire(const std::string& session) {
  edit(session, [](RemoteCheckoutSession& remote) {
    remote.status = RemoteCheckoutSession::Status::kExpired;
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

std::size_t FakeProvider::customers() const {
  std::lock_guard lock(mutex_);
  return customers_.size();
}
std::size_t FakeProvider::products() const {
  std::lock_guard lock(mutex_);
  return products_.size();
}
std::size_t FakeProvider::prices() const {
  std::lock_guard lock(mutex_);
  return prices_.size();
}
std::vector<FakeProvider::Session> FakeProvider::sessions() const {
  std::lock_guard lock(mutex_);
  std::vector<Session> all;
  for (const auto& [id, session] : sessions_) all.push_back(session);
  return all;
}
std::vector<FakeProvider::Refund> FakeProvider::refunds() const {
  std::lock_guard lock(mutex_);
  return refunds_;
}
int FakeProvider::calls(const std::string& call) const {
  std::lock_guard lock(mutex_);
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}
FakeProvider::Price FakeProvider::price_of(const Session& session) const {
  std::lock_guard lock(mutex_);
  return prices_.at(session.asked.price);
}

Result<ProviderAccount> FakeProvider::account(const ProviderCredentials&) {
  if (fault("account") != Fault::kNone) return unavailable();
  std::lock_guard lock(mutex_);
  return ProviderAccount{account_id, livemode};
}

Result<std::string> FakeProvider::create_customer(const ProviderCredentials&,
                                                  const NewRemoteCustomer& customer,
                                                  const std::string& key) {
  std::string parameters = customer.display_name + "|" + customer.email.value_or("");
  for (const auto& [name, value] : customer.metadata)
    parameters.append("|").append(name).append("=").append(value);
  return once("create_customer", key, parameters, [&]() -> Result<std::string> {
    const std::string id = next_id("cus_");
    customers_[id] = customer;
    return id;
  });
}

Result<std::string> FakeProvider::create_product(const ProviderCredentials&,
                                                 const std::string& name,
                                                 const std::string& reference,
                                                 const std::string& key) {
  return once("create_product", key, name + "|" + reference, [&]() -> Result<std::string> {
    const std::string id = next_id("prod_");
    products_[id] = name;
    return id;
  });
}

Result<std::string> FakeProvider::create_price(const ProviderCredentials&,
                                               const std::string& product, const Money& amount,
                                               const std::string& reference,
                                               const std::string& key) {
  const std::string parameters = product + "|" + amount.to_decimal() + "|" + reference;
  return once("create_price", key, parameters, [&]() -> Result<std::string> {
    if (products_.count(product) == 0) {
      return refused("resource_missing", "No such product: '" + product + "'");
    }
    const std::string id = next_id("price_");
    prices_.emplace(id, Price{product, amount});
    return id;
  });
}

Result<RemoteCheckoutSession> FakeProvider::create_checkout_session(
    const ProviderCredentials&, const NewCheckoutSession& session, const std::string& key) {
  const std::string parameters = session.customer + "|" + session.price + "|" +
                                 std::to_string(session.quantity) + "|" + session.success_url +
                                 "|" + session.cancel_url + "|" + session.reference;
  PURSER_TRY(const std::string made,
             once("create_checkout_session", key, parameters, [&]() -> Result<std::string> {
               if (customers_.count(session.customer) == 0) {
                 return refused("resource_missing", "No such customer: '" + session.customer + "'");
               }
               const auto price = prices_.find(session.price);
               if (price == prices_.end()) {
                 return refused("resource_missing", "No such price: '" + session.price + "'");
               }
               PURSER_TRY(const Money total, price->second.amount.times(session.quantity));
               const std::string id = next_id("cs_");
               RemoteCheckoutSession remote;
               remote.id = id;
               remote.url = "https://pay.test/" + id;
               remote.amount_total = total;
               remote.reference = session.reference;
               remote.customer = session.customer;
               remote.livemode = livemode;
               sessions_[id] = {remote, session};
               return id;
             }));
  std::lock_guard lock(mutex_);
  return sessions_.at(made).remote;
}

Result<RemoteCheckoutSession> FakeProvider::checkout_session(const ProviderCredentials&,
                                                             const std::string& id) {
  if (fault("checkout_session") != Fault::kNone) return unavailable();
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return refused("resource_missing", "No such session: " + id);
  return found->second.remote;
}

Status FakeProvider::refund_payment(const ProviderCredentials&, const std::string& payment_ref,
                                    const std::string& key) {
  const auto made = once("refund_payment", key, payment_ref, [&]() -> Result<std::string> {
    refunds_.push_back({payment_ref, key});
    return next_id("re_");
  });
  if (!made) return made.error();
  return {};
}

Result<RemoteWebhookEndpoint> FakeProvider::create_webhook_endpoint(const ProviderCredentials&,
                                                                    const std::string&,
                                                                    const std::string&) {
  return RemoteWebhookEndpoint{"we_1", Secret("whsec_1")};
}

Result<ProviderEvent> FakeProvider::verify_event(const std::string& payload,
                                                 const std::string& header,
                                                 const std::vector<Secret>& secrets, Timestamp) {
  const bool good = std::any_of(secrets.begin(), secrets.end(), [&](const Secret& secret) {
    return header == "signed:" + secret.reveal();
  });
  if (!good) return Error{ErrorCode::kWebhookSignatureInvalid, "The signature is wrong."};
  std::vector<std::string> parts(1);
  for (const char c : payload) {
    if (c == '|') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() != 5) return Error{ErrorCode::kBodyParsingError, "Not an event."};
  return ProviderEvent{parts[0], parts[1], parts[2], parts[3], parts[4] == "live"};
}

}  // namespace purser::app::testing
