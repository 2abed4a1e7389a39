#include <algorithm>

#include "tests/app/fake_provider.hpp"

// Refunds and disputes.

namespace purser::app::testing {

Result<RemoteRefund> FakeProvider::create_refund(const ProviderCredentials& as,
                                                 const NewRefund& refund, const std::string& key) {
  const std::string parameters = refund.payment_ref + "|" +
                                 (refund.amount ? refund.amount->to_decimal() : "all") + "|" +
                                 refund.reason + "|" + refund.reference;
  return once<RemoteRefund>(as, "create_refund", key, parameters, [&]() -> Result<RemoteRefund> {
    constexpr Millis kKeyForgotten{23LL * 3'600'000};
    const bool old = refund.asked_at.millis() > 0 && now() - refund.asked_at > kKeyForgotten;
    for (const Refund& known : refunds_) {
      const bool same = !refund.reference.empty() && known.remote.reference == refund.reference;
      if (old && same) return known.remote;
    }
    for (const auto& [id, dispute] : disputes_) {
      const bool charged_back = !banks_only_inquire && dispute.state != DisputeState::kWon;
      if (charged_back && dispute.payment_ref == refund.payment_ref) {
        return provider_refused("charge_disputed", "The charge has been charged back.");
      }
    }
    std::optional<std::int64_t> amount;
    if (refund.amount) amount = refund.amount->minor_units();
    return add_refund(refund.payment_ref, amount, refund.reference, key);
  });
}

Result<RemoteRefund> FakeProvider::add_refund(const std::string& payment,
                                              std::optional<std::int64_t> amount,
                                              const std::string& reference,
                                              const std::string& key) {
  const auto paid = std::find_if(payments_.begin(), payments_.end(),
                                 [&](const Payment& known) { return known.id == payment; });
  if (paid == payments_.end()) {
    return provider_refused("resource_missing", "No such payment: '" + payment + "'");
  }
  const std::int64_t left = paid->amount.minor_units() - paid->refunded;
  const std::int64_t wanted = amount.value_or(left);
  if (left == 0) return provider_refused("charge_already_refunded", "It was refunded already.");
  if (wanted <= 0 || wanted > left) {
    return provider_refused("amount_too_large", "That is more than what is left.");
  }
  paid->refunded += wanted;
  RemoteRefund made;
  made.id = next_id("re_");
  made.payment_ref = payment;
  made.amount = Money(wanted, paid->amount.currency());
  made.status = RemoteRefund::Status::kSucceeded;
  made.reference = reference;
  made.created_at = now();
  refunds_.push_back({made, payment, key});
  return made;
}

std::string FakeProvider::refund_at_provider(const std::string& payment, std::int64_t amount) {
  std::lock_guard lock(mutex_);
  return add_refund(payment, amount, "", "").value().id;
}

void FakeProvider::set_refund_state(const std::string& refund, RemoteRefund::Status status) {
  std::lock_guard lock(mutex_);
  for (Refund& known : refunds_) {
    if (known.remote.id != refund) continue;
    known.remote.status = status;
    if (status != RemoteRefund::Status::kFailed) continue;
    known.remote.failure_reason = "lost_or_stolen_card";
    for (Payment& paid : payments_) {
      if (paid.id == known.payment) paid.refunded -= known.remote.amount.minor_units();
    }
  }
}

Result<std::vector<RemoteRefund>> FakeProvider::refunds_of(const ProviderCredentials& as,
                                                           const std::string& payment_ref) {
  return read<std::vector<RemoteRefund>>(as, "refunds_of",
                                         [&]() -> Result<std::vector<RemoteRefund>> {
                                           std::vector<RemoteRefund> found;
                                           for (const Refund& known : refunds_) {
                                             if (known.payment == payment_ref) {
                                               found.push_back(known.remote);
                                             }
                                           }
                                           return found;
                                         });
}

std::string FakeProvider::dispute(const std::string& payment, std::optional<std::int64_t> amount) {
  std::lock_guard lock(mutex_);
  const auto paid = std::find_if(payments_.begin(), payments_.end(),
                                 [&](const Payment& known) { return known.id == payment; });
  RemoteDispute made;
  made.id = next_id("dp_");
  made.payment_ref = payment;
  if (paid != payments_.end()) {
    made.amount = Money(amount.value_or(paid->amount.minor_units()), paid->amount.currency());
  }
  made.created_at = now();
  made.livemode = livemode;
  disputes_[made.id] = made;
  return made.id;
}

void FakeProvider::close_dispute(const std::string& dispute, DisputeState state) {
  std::lock_guard lock(mutex_);
  disputes_.at(dispute).state = state;
}

Result<RemoteDispute> FakeProvider::dispute(const ProviderCredentials& as, const std::string& id) {
  return read<RemoteDispute>(as, "dispute", [&]() -> Result<RemoteDispute> {
    const auto found = disputes_.find(id);
    if (found == disputes_.end()) {
      return provider_refused("resource_missing", "No such dispute: '" + id + "'");
    }
    return found->second;
  });
}

}  // namespace purser::app::testing
