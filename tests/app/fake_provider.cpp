#include "tests/app/fake_provider.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

// Faults, accounts, events, and what tests look at.

namespace purser::app::testing {
namespace {

std::vector<std::string> split(const std::string& payload) {
  std::vector<std::string> parts(1);
  for (const char c : payload) {
    if (c == '|') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

ProviderObject about(std::string_view type, bool names_subject) {
  if (type.starts_with("checkout.session.")) return ProviderObject::kCheckoutSession;
  if (type.starts_with("customer.subscription.")) return ProviderObject::kSubscription;
  if (type.starts_with("invoice.")) {
    return names_subject ? ProviderObject::kSubscription : ProviderObject::kInvoice;
  }
  if (type.starts_with("charge.dispute.")) return ProviderObject::kDispute;
  if (type == "charge.refunded" || type.starts_with("refund.")) return ProviderObject::kPayment;
  if (type == "account.updated") return ProviderObject::kAccount;
  return ProviderObject::kOther;
}

}  // namespace

Error provider_unavailable() {
  return {ErrorCode::kPaymentProviderUnavailable, "The provider did not answer."};
}
Error provider_refused(const std::string& code, const std::string& message) {
  return {ErrorCode::kPaymentProviderRefused,
          "The provider refused.",
          {{"provider_code", code}, {"provider_message", message}}};
}
Error payment_declined(const std::string& code) {
  return {ErrorCode::kPaymentFailed, "The payment was declined.", {{"decline_code", code}}};
}

void FakeProvider::fault_at(int n, Fault fault) {
  std::lock_guard lock(mutex_);
  fault_call_ = calls_total_ + n;
  fault_ = fault;
  faulted_.clear();
}

std::string FakeProvider::faulted() const {
  std::lock_guard lock(mutex_);
  return faulted_;
}

FakeProvider::Fault FakeProvider::fault(const ProviderCredentials& as, const std::string& call) {
  {
    std::lock_guard lock(mutex_);
    ++calls_[call];
    called_as_.push_back(as.connected_account);
    if (++calls_total_ == fault_call_) {
      faulted_ = call;
      return fault_;
    }
  }
  std::lock_guard lock(plan_mutex_);  // a plan may look at the provider
  return plan ? plan(call) : Fault::kNone;
}

std::string FakeProvider::next_id(const std::string& prefix) {
  return prefix + std::to_string(++counter_);
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
std::vector<FakeProvider::Payment> FakeProvider::payments() const {
  std::lock_guard lock(mutex_);
  return payments_;
}
int FakeProvider::charges() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(payments_.size());
}
std::int64_t FakeProvider::charged() const {
  std::lock_guard lock(mutex_);
  return std::accumulate(
      payments_.begin(), payments_.end(), std::int64_t{0},
      [](std::int64_t sum, const Payment& payment) { return sum + payment.amount.minor_units(); });
}
std::vector<FakeProvider::Refund> FakeProvider::refunds() const {
  std::lock_guard lock(mutex_);
  return refunds_;
}
std::vector<RemoteSubscription> FakeProvider::subscriptions() const {
  std::lock_guard lock(mutex_);
  std::vector<RemoteSubscription> all;
  for (const auto& [id, subscription] : subscriptions_) all.push_back(subscription);
  return all;
}
RemoteSubscription FakeProvider::subscription_now(const std::string& id) const {
  std::lock_guard lock(mutex_);
  return subscriptions_.at(id);
}
FakeProvider::Customer FakeProvider::customer(const std::string& id) const {
  std::lock_guard lock(mutex_);
  return customers_.at(id);
}
int FakeProvider::calls() const {
  std::lock_guard lock(mutex_);
  return calls_total_;
}
int FakeProvider::calls(const std::string& call) const {
  std::lock_guard lock(mutex_);
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}
FakeProvider::Price FakeProvider::price_of(const Session& session) const {
  return price(session.asked.price);
}
FakeProvider::Price FakeProvider::price(const std::string& id) const {
  std::lock_guard lock(mutex_);
  return prices_.at(id);
}
std::vector<std::string> FakeProvider::called_as() const {
  std::lock_guard lock(mutex_);
  return called_as_;
}

Result<ProviderAccount> FakeProvider::account(const ProviderCredentials& as) {
  return read<ProviderAccount>(as, "account", [&]() -> Result<ProviderAccount> {
    return ProviderAccount{as.connected_account.empty() ? account_id : as.connected_account,
                           livemode};
  });
}

Result<ProviderAccountState> FakeProvider::account_state(const ProviderCredentials& as) {
  return read<ProviderAccountState>(as, "account_state", [&]() -> Result<ProviderAccountState> {
    ProviderAccountState shown = details;
    shown.id = as.connected_account.empty() ? account_id : as.connected_account;
    shown.livemode = livemode;
    return shown;
  });
}

Result<std::string> FakeProvider::create_connected_account(const ProviderCredentials& as,
                                                           const Metadata& metadata,
                                                           const std::string& key) {
  std::string parameters;
  for (const auto& [name, value] : metadata) parameters += name + "=" + value + "|";
  return once<std::string>(as, "create_connected_account", key, parameters,
                           [&]() -> Result<std::string> { return next_id("acct_connected_"); });
}

Result<std::string> FakeProvider::create_onboarding_link(const ProviderCredentials& as,
                                                         const std::string& connected_account,
                                                         const std::string& refresh_url,
                                                         const std::string& return_url) {
  return read<std::string>(as, "create_onboarding_link", [&]() -> Result<std::string> {
    return "https://connect.test/" + connected_account + "/" + next_id("link_") +
           "?refresh=" + refresh_url + "&return=" + return_url;
  });
}

void FakeProvider::note_event(const std::string& type, const std::string& object,
                              const std::string& subject) {
  std::lock_guard lock(mutex_);
  ProviderEvent event;
  event.id = next_id("evt_noted_");
  event.type = type;
  event.object_id = object;
  event.subject = subject.empty() ? object : subject;
  event.about = about(type, !subject.empty());
  event.livemode = livemode;
  event.created_at = now();
  happened_.push_back(event);
}

Result<ProviderEventPage> FakeProvider::events(const ProviderCredentials& as, Timestamp since,
                                               const std::string& after) {
  return read<ProviderEventPage>(as, "events", [&]() -> Result<ProviderEventPage> {
    ProviderEventPage page;
    bool begun = after.empty();
    for (auto it = happened_.rbegin(); it != happened_.rend() && it->created_at >= since; ++it) {
      if (page.events.size() == 2) {
        page.next_after = page.events.back().id;
        break;
      }
      if (begun) page.events.push_back(*it);
      begun = begun || it->id == after;
    }
    return page;
  });
}

Result<RemoteWebhookEndpoint> FakeProvider::create_webhook_endpoint(const ProviderCredentials& as,
                                                                    const std::string& url,
                                                                    const std::string& key) {
  return once<RemoteWebhookEndpoint>(as, "create_webhook_endpoint", key, url,
                                     [&]() -> Result<RemoteWebhookEndpoint> {
                                       return RemoteWebhookEndpoint{"we_1", Secret("whsec_1")};
                                     });
}

Result<ProviderEvent> FakeProvider::verify_event(const std::string& payload,
                                                 const std::string& header,
                                                 const std::vector<Secret>& secrets, Timestamp) {
  const bool good = std::any_of(secrets.begin(), secrets.end(), [&](const Secret& secret) {
    return header == "signed:" + secret.reveal();
  });
  if (!good) return Error{ErrorCode::kWebhookSignatureInvalid, "The signature is wrong."};
  const std::vector<std::string> parts = split(payload);
  if (parts.size() != 5 && parts.size() != 6) {
    return Error{ErrorCode::kBodyParsingError, "Not an event."};
  }
  const bool names_subject = parts.size() == 6 && !parts[5].empty();
  ProviderEvent event;
  event.id = parts[0];
  event.type = parts[1];
  event.object_id = parts[2];
  event.about = about(event.type, names_subject);
  event.subject = names_subject ? parts[5] : parts[2];
  event.account = parts[3];
  event.livemode = parts[4] == "live";
  return event;
}

}  // namespace purser::app::testing
