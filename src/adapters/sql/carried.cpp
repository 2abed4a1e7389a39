#include "adapters/sql/carried.hpp"

#include <algorithm>

#include "codec/account_codec.hpp"

namespace purser::sql {
namespace {

void note(CarriedGrants& grants, const domain::Entry& entry) {
  switch (entry.cause) {
    case domain::Cause::kPurchase:
      if (grants.sales++ == 0) grants.sold_at = entry.at;
      return;
    case domain::Cause::kRepeat:
      if (grants.repeats++ == 0) grants.first_repeat_at = entry.at;
      grants.last_repeat_at = entry.at;
      return;
    case domain::Cause::kSwitch:
      grants.switched = true;
      return;
    default:
      return;
  }
}

bool tells_of_a_purchase(domain::Cause cause) {
  return cause == domain::Cause::kPurchase || cause == domain::Cause::kRepeat ||
         cause == domain::Cause::kSwitch;
}

}  // namespace

Status CarriedAccount::add(std::int64_t id, std::int64_t previous, const domain::Entry& entry) {
  if (previous != last_entry) {
    return Error::internal("ledger line " + std::to_string(id) + " follows line " +
                           std::to_string(previous) + " instead of " + std::to_string(last_entry));
  }
  PURSER_TRY(account, domain::fold(std::move(account), entry));
  greatest = last_entry == 0 ? entry.quantity_after : std::max(greatest, entry.quantity_after);
  last_entry = id;
  at = entry.at;
  if (tells_of_a_purchase(entry.cause)) note(grants[entry.source.str()], entry);
  return {};
}

Status read_openings(Cursor& row, CarriedAccounts& accounts) {
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    CarriedAccount carried;
    carried.last_entry = row.integer(2);
    PURSER_TRY(carried.account, codec::decode_account(row.view(3)));
    carried.at = row.timestamp(4);
    carried.greatest = row.quantity(5);
    PURSER_TRY(auto checked, row.checked(std::move(carried)));
    accounts.emplace(AccountKey{row.integer(0), row.integer(1)}, std::move(checked));
  }
}

Status read_opening_grants(Cursor& row, CarriedAccounts& accounts) {
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    CarriedGrants grants;
    grants.sales = row.integer(3);
    grants.sold_at = row.optional_timestamp(4);
    grants.repeats = row.integer(5);
    grants.first_repeat_at = row.optional_timestamp(6);
    grants.last_repeat_at = row.optional_timestamp(7);
    grants.switched = row.boolean(8);
    PURSER_TRY(grants, row.checked(grants));
    accounts[{row.integer(0), row.integer(1)}].grants.emplace(row.text(2), grants);
  }
}

Result<CarriedAccounts> load_carried(Connection& db, const AccountKey& after,
                                     const AccountKey& up_to) {
  CarriedAccounts accounts;
  {
    PURSER_TRY(Cursor row, db.query("SELECT " PURSER_OPENING_COLUMNS
                                    " FROM ledger_openings WHERE (customer_id, item_id) > ($1, $2) "
                                    "AND (customer_id, item_id) <= ($3, $4)",
                                    after.customer, after.item, up_to.customer, up_to.item));
    PURSER_CHECK_OK(read_openings(row, accounts));
  }
  PURSER_TRY(Cursor row, db.query("SELECT " PURSER_OPENING_GRANT_COLUMNS
                                  " FROM ledger_opening_grants WHERE (customer_id, item_id) > ($1, "
                                  "$2) AND (customer_id, item_id) <= ($3, $4)",
                                  after.customer, after.item, up_to.customer, up_to.item));
  PURSER_CHECK_OK(read_opening_grants(row, accounts));
  return accounts;
}

}  // namespace purser::sql
