#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "adapters/sql/carried.hpp"
#include "adapters/sql/connection.hpp"
#include "adapters/sql/findings.hpp"
#include "adapters/sql/portion.hpp"
#include "adapters/sql/verify.hpp"
#include "domain/purchase.hpp"

namespace purser::sql {

/// What purchases grant, against the ledger of a portion of the customers: every included item
/// once at the sale, and each interval of a repeat once.
class GrantCheck {
 public:
  GrantCheck(Connection& db, Findings& findings, const Portion& portion, const Verified& store)
      : db_(db), findings_(findings), portion_(portion), store_(store), page_(store.page) {}

  /// First, for each account of which older lines were archived: what they granted.
  void carry(const AccountKey& key, const std::map<std::string, CarriedGrants>& grants);
  /// Every line of the portion, in order.
  void note(const AccountKey& key, std::int64_t id, const domain::Entry& entry);
  /// Then: the portion's purchases, counted in the report.
  Status check_purchases(app::VerifyReport& report);

 private:
  // Customer, item, purchase.
  using GrantKey = std::tuple<std::int64_t, std::int64_t, std::string>;
  struct Repeats {
    std::int64_t count = 0;
    Timestamp first;
    Timestamp last;
  };

  void note_repeat(const AccountKey& key, std::int64_t id, const domain::Entry& entry);
  Status load_switched();
  /// The greatest quantity that the account ever had.
  Result<std::int64_t> greatest(const GrantKey& key);
  Status check_purchase(Cursor& row);
  void forget_first_grants(std::int64_t customer, std::string_view purchase);
  Status check_repeats(const GrantKey& key, const domain::IncludedGrant& grant);

  Connection& db_;
  Findings& findings_;
  const Portion portion_;
  const Verified& store_;
  const std::int64_t page_;
  std::map<GrantKey, int> first_grants_;
  std::map<GrantKey, Repeats> repeats_;
  // Customer and purchase, for purchases whose plan was changed: they include other items now than
  // they granted at the sale.
  std::set<std::pair<std::int64_t, std::string>> switched_;
};

}  // namespace purser::sql
