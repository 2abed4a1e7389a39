#include "adapters/postgres/archived.hpp"

#include <algorithm>

#include "codec/account_codec.hpp"

namespace purser::postgres {

#define PURSER_OF_ACCOUNT                                                              \
  " JOIN customers c ON c.id = o.customer_id JOIN projects p ON p.row = c.project_id " \
  "JOIN item_names i ON i.row = o.item_id WHERE p.id = $1 AND c.type = $2 AND "        \
  "c.external_id = $3 AND i.project_id = p.row AND i.item = $4"

Result<std::optional<app::LedgerOpening>> read_opening(Connection& db, const ItemKey& key) {
  PURSER_TRY(sql::Cursor row, db.query("SELECT o.last_entry, o.account, o.at FROM ledger_openings "
                                       "o" PURSER_OF_ACCOUNT,
                                       key.customer.project.str(), key.customer.type,
                                       key.customer.id, key.item.str()));
  PURSER_TRY(const bool found, row.step());
  if (!found) return std::optional<app::LedgerOpening>();
  PURSER_TRY(const domain::ItemAccount account, codec::decode_account(row.view(1)));
  PURSER_TRY(const auto opening,
             row.checked(app::LedgerOpening{row.integer(0), account.quantity(), row.timestamp(2)}));
  return std::optional(opening);
}

Result<std::optional<Timestamp>> read_archived_grant(Connection& db, const ItemKey& key,
                                                     const PurchaseId& purchase) {
  PURSER_TRY(sql::Cursor row,
             db.query("SELECT coalesce(o.last_repeat_at, o.sold_at) FROM ledger_opening_grants "
                      "o" PURSER_OF_ACCOUNT " AND o.source = $5",
                      key.customer.project.str(), key.customer.type, key.customer.id,
                      key.item.str(), purchase.str()));
  PURSER_TRY(const bool found, row.step());
  if (!found) return std::optional<Timestamp>();
  return row.checked(row.optional_timestamp(0));
}

#undef PURSER_OF_ACCOUNT

}  // namespace purser::postgres
