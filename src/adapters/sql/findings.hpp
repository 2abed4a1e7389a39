#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "adapters/sql/accounts.hpp"
#include "adapters/sql/connection.hpp"
#include "app/ports/store.hpp"
#include "types/customer.hpp"

namespace purser::sql {

/// An item's name and the project it belongs to, by row numbers.
struct ItemName {
  std::int64_t project = 0;
  std::string item;
};

/// Collects what verify finds, the first hundred, and names places for people.
class Findings {
 public:
  Findings(Connection& db, app::VerifyReport& report) : db_(db), report_(report) {}

  void add(std::string where, std::string what) {
    if (report_.findings.size() < kLimit) {
      report_.findings.push_back({std::move(where), std::move(what)});
    }
  }
  void add(const AccountKey& key, std::string what) { add(name_of(key), std::move(what)); }

  Status load_items();
  /// Nothing for an item row that does not exist.
  const ItemName* item(std::int64_t row) const;
  /// -1 when the project has no such item.
  std::int64_t item_row(std::int64_t project, const std::string& item) const;
  std::string name_of(const AccountKey& key);
  /// "project p, user u"
  static std::string name_of(const CustomerKey& customer);

 private:
  std::string name_of_customer(std::int64_t row);

  static constexpr std::size_t kLimit = 100;
  Connection& db_;
  app::VerifyReport& report_;
  std::unordered_map<std::int64_t, ItemName> items_;
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> item_rows_;
};

}  // namespace purser::sql
