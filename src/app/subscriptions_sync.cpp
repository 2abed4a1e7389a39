#include <functional>
#include <utility>

#include "app/purchase_book.hpp"
#include "app/remote_objects.hpp"
#include "app/remote_report.hpp"
#include "app/sales.hpp"
#include "app/subscriptions.hpp"

namespace purser::app {

std::unique_lock<std::mutex> Subscriptions::lock(const std::string& remote_ref) {
  return std::unique_lock(locks_[std::hash<std::string>{}(remote_ref) % kLocks]);
}

Status Subscriptions::sync(const ProjectId& project, const std::string& remote_ref) {
  const auto context = registry_.project(project);
  if (!context) return {};
  PURSER_TRY(const ProviderConnection connection, access_.connect(*context));
  const auto alone = lock(remote_ref);
  PURSER_CHECK_OK(refresh(*context, connection, remote_ref));
  return {};
}

Result<RemoteSubscription> Subscriptions::refresh(const ProjectContext& context,
                                                  const ProviderConnection& connection,
                                                  const std::string& remote_ref) {
  const ProjectId& project = context.project.id;
  PURSER_TRY(RemoteSubscription answer, access_.provider().subscription(connection.as, remote_ref));
  PURSER_TRY(auto known, store_.view()->purchase_by_subscription(project, remote_ref));
  if (!known) {
    if (answer.reference.empty()) return answer;  // not sold here
    PURSER_CHECK_OK(sales_.settle_checkout(project, CheckoutId(answer.reference)));
    PURSER_TRY(known, store_.view()->purchase_by_subscription(project, remote_ref));
    if (!known) return answer;
  }
  PURSER_TRY(const SubscriptionReport report,
             complete_report(store_, access_.provider(), connection, project, answer));
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    PurchaseBook book(batch, ids_, grace_of(context.project.settings));
    return apply_report(batch, book, project, report);
  }));
  return answer;
}

Status Subscriptions::sync_invoice(const ProjectId& project, const std::string& invoice_ref) {
  const auto context = registry_.project(project);
  if (!context) return {};
  PURSER_TRY(const ProviderConnection connection, access_.connect(*context));
  PURSER_TRY(const RemoteInvoice invoice, access_.provider().invoice(connection.as, invoice_ref));
  if (invoice.subscription.empty()) return {};
  return sync(project, invoice.subscription);
}

}  // namespace purser::app
