#include "app/sold.hpp"

#include "app/remote_objects.hpp"

namespace purser::app {
namespace {

std::string difference(const Money& sold, const Money& reported) {
  if (reported.currency() != sold.currency()) return "currency";
  return reported == sold ? "" : "amount";
}

std::string difference(const Checkout& checkout, const RemoteCheckoutSession& session) {
  if (session.reference != session_reference(checkout)) return "reference";
  if (!session.amount_total) return "amount";
  std::string money = difference(checkout.total, *session.amount_total);
  if (!money.empty()) return money;
  return session.livemode == checkout.livemode ? "" : "livemode";
}

/// What a subscription charges from now on must be what was sold too, whatever the session said.
std::string difference(const Checkout& checkout, const domain::Price& price,
                       const RemoteSubscription& subscription) {
  if (subscription.reference != session_reference(checkout)) return "subscription reference";
  if (subscription.livemode != checkout.livemode) return "livemode";
  std::string money = difference(price.amount, subscription.unit_amount);
  if (!money.empty()) return money;
  if (subscription.interval != price.interval) return "interval";
  return subscription.quantity == checkout.quantity.value() ? "" : "quantity";
}

/// Does `remote` stand for our `local` in the account of the checkout?
Result<bool> is_mapped(StoreView& view, const Checkout& checkout, RemoteKind kind,
                       const std::string& local, const std::string& remote) {
  PURSER_TRY(const std::optional<std::string> known,
             view.remote(checkout.customer.project, checkout.account_id, kind, local));
  return known == remote;
}

Result<std::string> subscription_difference(StoreView& view, const Checkout& checkout,
                                            const SessionReport& report) {
  if (!report.subscription) return std::string("subscription");
  const RemoteSubscription& subscription = *report.subscription;
  if (subscription.id != report.session.subscription) return std::string("subscription");
  if (subscription.customer != report.session.customer) return std::string("customer");
  const domain::Price* price = checkout.product.find_price(checkout.price);
  if (price == nullptr) return Error::internal("a checkout's snapshot lacks its price");
  std::string differs = difference(checkout, *price, subscription);
  if (!differs.empty()) return differs;
  const PlanRef plan{checkout.product, checkout.catalog_version, checkout.price, checkout.id.str()};
  PURSER_TRY(const bool same_price, is_mapped(view, checkout, RemoteKind::kPrice,
                                              remote_price_name(plan), subscription.price));
  return std::string(same_price ? "" : "price");
}

}  // namespace

Result<std::string> difference(StoreView& view, const Checkout& checkout,
                               const SessionReport& report) {
  if (report.account.id != checkout.account_id) return std::string("account");
  std::string differs = difference(checkout, report.session);
  if (!differs.empty()) return differs;
  PURSER_TRY(const bool same_customer,
             is_mapped(view, checkout, RemoteKind::kCustomer, remote_name(checkout.customer),
                       report.session.customer));
  if (!same_customer) return std::string("customer");
  if (checkout.is_subscription) return subscription_difference(view, checkout, report);
  return report.session.subscription.empty() ? std::string() : std::string("subscription");
}

}  // namespace purser::app
