#include "adapters/sql/documents.hpp"
#include "adapters/sql/rows.hpp"

// What customers were billed and given back.

namespace purser::sql::rows {

Result<app::Invoice> invoice(Cursor& row) {
  app::Invoice invoice;
  invoice.id = row.text(0);
  invoice.customer = {ProjectId(row.text(1)), row.enumeration(2, CustomerType::kCustom),
                      row.text(3)};
  invoice.purchase = PurchaseId(row.text(4));
  invoice.number = row.text(5);
  invoice.status = row.enumeration(6, app::InvoiceStatus::kVoid);
  invoice.total = money(row, 7, 8);
  invoice.amount_paid = row.integer(9);
  invoice.refunded = row.integer(10);
  invoice.payment_ref = row.text(11);
  invoice.hosted_url = row.text(12);
  invoice.period_start = row.optional_timestamp(13);
  invoice.period_end = row.optional_timestamp(14);
  invoice.created_at = row.timestamp(15);
  return row.checked(std::move(invoice));
}

Result<app::Refund> refund(Cursor& row, const ProjectId& project) {
  app::Refund refund;
  refund.project = project;
  refund.id = row.text(0);
  refund.purchase = PurchaseId(row.text(1));
  refund.invoice = row.text(2);
  refund.payment_ref = row.text(3);
  refund.amount = money(row, 4, 5);
  refund.quantity = row.quantity(6);
  refund.reason = row.text(7);
  refund.state = row.enumeration(8, app::RefundState::kFailed);
  refund.remote_ref = row.text(9);
  refund.error = row.text(10);
  refund.created_at = row.timestamp(11);
  return row.checked(std::move(refund));
}

Result<app::Dispute> dispute(Cursor& row, const ProjectId& project) {
  app::Dispute dispute;
  dispute.project = project;
  dispute.id = row.text(0);
  dispute.purchase = PurchaseId(row.text(1));
  dispute.payment_ref = row.text(2);
  dispute.amount = money(row, 3, 4);
  dispute.state = row.enumeration(5, app::DisputeState::kLost);
  PURSER_TRY(dispute.taken, decode_taken(row.view(6)));
  dispute.ended_purchase = row.boolean(7);
  dispute.created_at = row.timestamp(8);
  return row.checked(std::move(dispute));
}

}  // namespace purser::sql::rows
