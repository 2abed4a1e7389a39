#include <algorithm>
#include <utility>

#include "app/billing.hpp"
#include "app/items.hpp"
#include "app/purchase_book.hpp"

namespace purser::app {
namespace {

Status require_customer(StoreView& view, const ProjectContext& context,
                        const CustomerKey& customer) {
  if (customer.project != context.project.id) return customer_not_found(customer);
  return require_customer_exists(view, customer);
}

Status check_invoice(StoreView& view, const CustomerKey& customer, const std::string& id) {
  if (id.empty()) return {};
  PURSER_TRY(const std::optional<Invoice> invoice, view.invoice(customer.project, id));
  if (invoice && invoice->customer == customer) return {};
  return Error{ErrorCode::kInvalidCursor, "The customer has no such invoice to go on after."};
}

/// Cuts the row that was read only to see whether there are more.
template <class Page, class Row, class IdOf>
Page page_of(std::vector<Row> rows, int limit, const IdOf& id_of) {
  Page page;
  const auto wanted = static_cast<std::size_t>(limit);
  const bool more = rows.size() > wanted;
  if (more) rows.resize(wanted, rows.front());
  page.items = std::move(rows);
  if (more) page.next_after = id_of(page.items.back());
  return page;
}

}  // namespace

Result<InvoicePage> Billing::invoices(const ProjectContext& context, const CustomerKey& customer,
                                      const std::string& after, int limit) {
  const auto view = store_.view();
  PURSER_CHECK_OK(require_customer(*view, context, customer));
  PURSER_CHECK_OK(check_invoice(*view, customer, after));
  PURSER_TRY(std::vector<Invoice> rows, view->invoices(customer, {after, limit + 1}));
  return page_of<InvoicePage>(std::move(rows), limit, [](const Invoice& row) { return row.id; });
}

Result<TransactionPage> Billing::transactions(const ProjectContext& context,
                                              const CustomerKey& customer, const std::string& after,
                                              int limit) {
  PURSER_CHECK_OK(require_customer(*store_.view(), context, customer));
  PURSER_CHECK_OK(apply_due(context, customer));
  PURSER_TRY(std::vector<Transaction> rows,
             store_.view()->transactions(customer, {after, limit + 1}));
  return page_of<TransactionPage>(std::move(rows), limit,
                                  [](const Transaction& row) { return row.id.str(); });
}

// Renewals and ends that are due happened before anybody looks, whether a worker ran or not.
Status Billing::apply_due(const ProjectContext& context, const CustomerKey& customer) {
  const Millis grace = grace_of(context.project.settings);
  PURSER_TRY(const std::vector<domain::Purchase> owned, store_.view()->owned(customer));
  const bool may_be_due = std::any_of(owned.begin(), owned.end(), [&](const auto& purchase) {
    return purchase.subscription && domain::next_due(*purchase.subscription, grace);
  });
  if (!may_be_due) return {};
  return engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(PurchaseBook(batch, ids_, grace).owned(customer));
    return {};
  });
}

}  // namespace purser::app
