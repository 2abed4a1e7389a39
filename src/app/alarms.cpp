#include "app/alarms.hpp"

#include "app/events.hpp"
#include "app/purchase_book.hpp"

namespace purser::app {
namespace {

/// Whether nobody was told of it before. An alarm is an intention that is done with its event, so
/// that its id makes it one and the same.
Result<bool> is_new(StoreBatch& batch, const ProjectId& project, const std::string& about,
                    std::string_view cause) {
  Intention alarm;
  alarm.id = "purser-alarm-" + about + "-" + std::string(cause);
  alarm.project = project;
  alarm.kind = "alarm";
  alarm.subject = about;
  alarm.next_at = batch.now();
  alarm.done = true;
  Status inserted = batch.insert_intention(alarm);
  if (inserted) return true;
  if (inserted.error().code == ErrorCode::kAlreadyExists) return false;
  return std::move(inserted).error();
}

}  // namespace

Status raise_payment_alarm(StoreBatch& batch, const domain::Purchase& purchase,
                           const std::string& object, const std::string& payment_ref,
                           std::string_view reason) {
  PURSER_TRY(const bool is_first, is_new(batch, purchase.customer.project, object, reason));
  if (!is_first) return {};
  return append_event(batch, purchase.customer, "payment.alarm",
                      {{"purchase_id", purchase.id.str()},
                       {"object", object},
                       {"payment_ref", payment_ref},
                       {"reason", std::string(reason)}});
}

Status raise_checkout_alarm(StoreBatch& batch, const Checkout& checkout,
                            const std::string& payment_ref, std::string_view cause,
                            const std::string& reason) {
  PURSER_TRY(const bool is_first,
             is_new(batch, checkout.customer.project, checkout.id.str(), cause));
  if (!is_first) return {};
  return append_event(
      batch, checkout.customer, "checkout.alarm",
      {{"checkout_id", checkout.id.str()}, {"payment_ref", payment_ref}, {"reason", reason}});
}

Status raise_subscription_alarm(StoreBatch& batch, const domain::Purchase& purchase,
                                const RemoteSubscription& shown, const std::string& reason) {
  const std::string cause = reason + "-" + shown.price + "-" + std::to_string(shown.quantity) +
                            "-" + shown.customer + "-" +
                            std::to_string(shown.current_period_start.millis());
  PURSER_TRY(const bool is_first, is_new(batch, purchase.customer.project, shown.id, cause));
  if (!is_first) return {};
  return append_event(batch, purchase.customer, "subscription.alarm",
                      {{"purchase_id", purchase.id.str()},
                       product_field(purchase),
                       {"subscription_ref", shown.id},
                       {"reason", reason}});
}

}  // namespace purser::app
