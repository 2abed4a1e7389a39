#pragma once

// What this store keeps in its own way and reads alike for views and batches: the ledger's chains,
// and idempotency records.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/resolver.hpp"
#include "app/ports/store.hpp"

namespace purser::sqlite {

/// Up to `limit` lines of the chain that begins at line `head`, newest first.
Result<std::vector<app::LedgerLine>> ledger_chain(Connection& db, const AccountKey& key,
                                                  std::int64_t head,
                                                  std::optional<std::int64_t> before, int limit);

Result<std::optional<app::IdempotencyRecord>> load_idempotency(Connection& db, Resolver& resolver,
                                                               const ProjectId& project,
                                                               const std::string& key);

/// How an idempotency key lies in the database: a UUID in canonical form as its sixteen bytes, else
/// nothing.
std::optional<std::string> packed_uuid(std::string_view key);

/// An idempotency key to bind: a BLOB when it is a UUID, else TEXT; the two never compare equal.
class PackedKey {
 public:
  explicit PackedKey(std::string_view key) : text_(key), uuid_(packed_uuid(key)) {}
  /// Borrowed from this object and the key.
  sql::Value value() const { return uuid_ ? sql::Value(sql::Blob{*uuid_}) : sql::Value(text_); }

 private:
  std::string_view text_;
  std::optional<std::string> uuid_;
};

}  // namespace purser::sqlite
