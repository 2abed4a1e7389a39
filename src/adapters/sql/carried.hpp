#pragma once

// What is carried forward of ledger lines that lie in archives.

#include <map>
#include <string>

#include "adapters/sql/accounts.hpp"
#include "adapters/sql/connection.hpp"
#include "domain/ledger.hpp"

namespace purser::sql {

/// What archived lines granted of an account for one purchase.
struct CarriedGrants {
  std::int64_t sales = 0;            ///< first grants; more than one is a defect
  std::optional<Timestamp> sold_at;  ///< of the first of them
  std::int64_t repeats = 0;
  std::optional<Timestamp> first_repeat_at;
  std::optional<Timestamp> last_repeat_at;
  bool switched = false;
  friend bool operator==(const CarriedGrants&, const CarriedGrants&) = default;
};

/// What an account's archived lines came to.
struct CarriedAccount {
  domain::ItemAccount account;  ///< lots and debt; what lines do not tell (terms) is not in it
  std::int64_t last_entry = 0;
  Timestamp at;                                 ///< of the last line
  Quantity greatest;                            ///< that they ever left
  std::map<std::string, CarriedGrants> grants;  ///< by purchase
  friend bool operator==(const CarriedAccount&, const CarriedAccount&) = default;

  /// Adds the next line. Error: kInternalError, with what is wrong for the log, when it does not
  /// follow.
  Status add(std::int64_t id, std::int64_t previous, const domain::Entry& entry);
};

using CarriedAccounts = std::map<AccountKey, CarriedAccount>;

/// Adds the rows of a query for these columns.
#define PURSER_OPENING_COLUMNS "customer_id, item_id, last_entry, account, at, greatest"
Status read_openings(Cursor& row, CarriedAccounts& accounts);
#define PURSER_OPENING_GRANT_COLUMNS                                                         \
  "customer_id, item_id, source, sales, sold_at, repeats, first_repeat_at, last_repeat_at, " \
  "switched"
Status read_opening_grants(Cursor& row, CarriedAccounts& accounts);

/// What is kept of the accounts behind `after` up to `up_to`.
Result<CarriedAccounts> load_carried(Connection& db, const AccountKey& after,
                                     const AccountKey& up_to);

}  // namespace purser::sql
