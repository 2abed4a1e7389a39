#include <vector>

#include "app/money_back.hpp"
#include "app/purchase_book.hpp"
#include "app/refunds.hpp"

namespace purser::app {

Result<bool> Refunds::sync_payment(const ProjectId& project, const std::string& payment_ref) {
  const auto context = registry_.project(project);
  if (!context) return false;
  PURSER_TRY(const std::optional<Invoice> invoice,
             store_.view()->invoice_by_payment(project, payment_ref));
  if (!invoice) return false;
  PURSER_TRY(const ProviderConnection connection, access_.connect(*context));
  PURSER_TRY(const std::vector<RemoteRefund> refunds,
             access_.provider().refunds_of(connection.as, payment_ref));
  if (refunds.empty()) return true;
  const Status recorded = engine_.apply([&](StoreBatch& batch) -> Status {
    PurchaseBook book(batch, ids_, grace_of(context->project.settings));
    for (const RemoteRefund& refund : refunds) {
      PURSER_CHECK_OK(record_refund(batch, book, project, refund));
    }
    return {};
  });
  if (!recorded) return recorded.error();
  return true;
}

}  // namespace purser::app
