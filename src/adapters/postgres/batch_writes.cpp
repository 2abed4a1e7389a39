#include <algorithm>
#include <charconv>
#include <optional>

#include "adapters/postgres/arrays.hpp"
#include "adapters/postgres/batch.hpp"
#include "codec/account_codec.hpp"

// How a batch ends: everything that was staged goes out in a few statements.

namespace purser::postgres {
namespace {

constexpr char kUuidKey = 'u';
constexpr char kTextKey = 't';

/// The sixteen bytes of a UUID in canonical form, lower case; nothing for any other text.
std::optional<std::string> uuid_bytes(std::string_view key) {
  if (key.size() != 36) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen != (key[i] == '-')) return std::nullopt;
    if (key[i] >= 'A' && key[i] <= 'F') return std::nullopt;  // would not come back as it was
    if (!hyphen) digits.push_back(key[i]);
  }
  return crypto::from_hex(digits);
}

/// The order of rows, in which everybody locks: two batches never wait for each other in a circle.
bool before(const StagedAccount* a, const StagedAccount* b) {
  return std::pair(a->rows.customer, a->rows.item) < std::pair(b->rows.customer, b->rows.item);
}

}  // namespace

std::string pack_key(std::string_view key) {
  if (const auto uuid = uuid_bytes(key)) return kUuidKey + *uuid;
  return kTextKey + std::string(key);
}

void Batch::send_checked_begin() {
  db_.send("BEGIN");
  const auto is_unchanged = [](const auto& entry) { return !entry.second.changed; };
  // What changes is checked as it is written.
  if (std::any_of(accounts_.begin(), accounts_.end(), is_unchanged)) send_account_check();
  send_customer_check();
  if (!records_.empty()) send_record_check();
}

void Batch::send_account_check() {
  std::vector<const StagedAccount*> sorted;
  sorted.reserve(accounts_.size());
  for (const auto& [key, staged] : accounts_) sorted.push_back(&staged);
  std::sort(sorted.begin(), sorted.end(), before);
  IntegerArray customer;
  IntegerArray item;
  IntegerArray last_entry;
  BytesArray account;
  for (const StagedAccount* staged : sorted) {
    customer.append(staged->rows.customer);
    item.append(staged->rows.item);
    last_entry.append(staged->stored.last_entry);
    account.append(std::string_view(staged->stored.bytes));
  }
  const Integer count(customer.size());
  const Param params[] = {customer.param(), item.param(), last_entry.param(), account.param(),
                          count.param()};
  db_.send(
      "WITH held AS (SELECT 1 FROM (SELECT unnest($1::bigint[]) AS customer, unnest($2::bigint[]) "
      "AS item, unnest($3::bigint[]) AS last_entry, unnest($4::bytea[]) AS account) k JOIN "
      "balances b ON b.customer_id = k.customer AND b.item_id = k.item AND b.last_entry = "
      "k.last_entry AND b.account = k.account ORDER BY b.customer_id, b.item_id FOR NO KEY UPDATE "
      "OF b) " PURSER_UNLESS("(SELECT count(*) FROM held) <> $5::bigint"),
      params);
}

// A custom customer is always there. Whoever deletes another one meanwhile does it after this
// batch.
void Batch::send_customer_check() {
  IntegerArray customer;
  for (const auto& [key, staged] : accounts_) {
    if (key.customer.type != CustomerType::kCustom) customer.append(staged.rows.customer);
  }
  if (customer.size() == 0) return;
  const Param params[] = {customer.param()};
  db_.send(PURSER_UNLESS("EXISTS(SELECT 1 FROM (SELECT unnest($1::bigint[]) AS id) k JOIN "
                         "customers c ON c.id = k.id WHERE c.deleted_at IS NOT NULL)"),
           params);
}

// Nobody else makes them either before this batch ends, or the statement that does fails.
void Batch::send_record_check() {
  IntegerArray project;
  BytesArray key;
  for (const auto& [name, staged] : records_) {
    project.append(staged.project);
    key.append(std::string_view(staged.packed_key));
  }
  const Param params[] = {project.param(), key.param()};
  db_.send(PURSER_UNLESS("EXISTS(SELECT 1 FROM (SELECT unnest($1::bigint[]) AS project, "
                         "unnest($2::bytea[]) AS key) k JOIN idempotency r ON r.project_id = "
                         "k.project AND r.key = k.key)"),
           params);
}

void Batch::send_writes() {
  begin_command();  // closes the last one
  send_lines();
  send_changed_accounts();
  send_new_accounts();
  send_records();
}

void Batch::send_lines() {
  if (lines_.empty()) return;
  IntegerArray id;
  IntegerArray customer;
  IntegerArray item;
  IntegerArray previous;
  IntegerArray change;
  IntegerArray after;
  IntegerArray cause;
  IntegerArray at;
  TextArray source;
  IntegerArray expires_at;
  IntegerArray ends_with_source;
  TextArray description;
  for (const StagedLine& line : lines_) {
    const domain::Entry& entry = line.entry;
    id.append(line.id);
    customer.append(line.rows.customer);
    item.append(line.rows.item);
    previous.append(line.previous);
    change.append(entry.change.value());
    after.append(entry.quantity_after.value());
    cause.append(static_cast<std::int64_t>(entry.cause));
    at.append(entry.at.millis());
    source.append_or_null(entry.source.str());
    expires_at.append(entry.expires_at);
    ends_with_source.append(entry.ends_with_source ? std::optional<std::int64_t>(1) : std::nullopt);
    description.append_or_null(entry.description);
  }
  const Param params[] = {id.param(),
                          customer.param(),
                          item.param(),
                          previous.param(),
                          change.param(),
                          after.param(),
                          cause.param(),
                          at.param(),
                          source.param(),
                          expires_at.param(),
                          ends_with_source.param(),
                          description.param()};
  db_.send(
      "INSERT INTO ledger(id, customer_id, item_id, previous, change, quantity_after, cause, at, "
      "source, expires_at, ends_with_source, description) SELECT unnest($1::bigint[]), "
      "unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::bigint[]), "
      "unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::text[]), "
      "unnest($10::bigint[]), unnest($11::bigint[]), unnest($12::text[])",
      params);
}

std::vector<StagedAccount*> Batch::changed_accounts(bool stored) {
  std::vector<StagedAccount*> sorted;
  for (auto& [key, staged] : accounts_) {
    if (staged.changed && stored != staged.stored.bytes.empty()) sorted.push_back(&staged);
  }
  std::sort(sorted.begin(), sorted.end(), before);
  for (StagedAccount* staged : sorted) {
    staged->written = {staged->last_entry, codec::encode_account(staged->account)};
  }
  return sorted;
}

// Each must still be what was decided on, or the statement fails and the batch begins again.
void Batch::send_changed_accounts() {
  IntegerArray customer;
  IntegerArray item;
  IntegerArray entry_before;
  BytesArray account_before;
  IntegerArray last_entry;
  BytesArray account;
  for (const StagedAccount* staged : changed_accounts(true)) {
    customer.append(staged->rows.customer);
    item.append(staged->rows.item);
    entry_before.append(staged->stored.last_entry);
    account_before.append(std::string_view(staged->stored.bytes));
    last_entry.append(staged->written.last_entry);
    account.append(std::string_view(staged->written.bytes));
  }
  if (customer.size() == 0) return;
  const Integer count(customer.size());
  const Param params[] = {customer.param(),       item.param(),       entry_before.param(),
                          account_before.param(), last_entry.param(), account.param(),
                          count.param()};
  db_.send(
      "WITH done AS (UPDATE balances b SET last_entry = k.last_entry, account = k.account FROM "
      "(SELECT unnest($1::bigint[]) AS customer, unnest($2::bigint[]) AS item, "
      "unnest($3::bigint[]) AS entry_before, unnest($4::bytea[]) AS account_before, "
      "unnest($5::bigint[]) AS last_entry, unnest($6::bytea[]) AS account) k WHERE b.customer_id = "
      "k.customer AND b.item_id = k.item AND b.last_entry = k.entry_before AND b.account = "
      "k.account_before RETURNING 1) " PURSER_UNLESS("(SELECT count(*) FROM done) <> $7::bigint"),
      params);
}

void Batch::send_new_accounts() {
  IntegerArray customer;
  IntegerArray item;
  IntegerArray last_entry;
  BytesArray account;
  for (const StagedAccount* staged : changed_accounts(false)) {
    customer.append(staged->rows.customer);
    item.append(staged->rows.item);
    last_entry.append(staged->written.last_entry);
    account.append(std::string_view(staged->written.bytes));
  }
  if (customer.size() == 0) return;
  const Param params[] = {customer.param(), item.param(), last_entry.param(), account.param()};
  db_.send(
      "INSERT INTO balances(customer_id, item_id, last_entry, account) SELECT unnest($1::bigint[]),"
      " unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bytea[])",
      params);
}

void Batch::send_records() {
  std::vector<const StagedRecord*> sorted;
  for (const auto& [name, staged] : records_) {
    if (staged.changed) sorted.push_back(&staged);
  }
  std::sort(sorted.begin(), sorted.end(), [](const StagedRecord* a, const StagedRecord* b) {
    return std::tie(a->project, a->packed_key) < std::tie(b->project, b->packed_key);
  });
  // A record that another node made meanwhile is a violation, after which the batch begins again
  // and finds it: it is never written over.
  for (const bool stored : {true, false}) {
    IntegerArray project;
    BytesArray key;
    BytesArray request_hash;
    IntegerArray created_at;
    IntegerArray status;
    BytesArray body;
    TextArray operation;
    TextArray owner;
    for (const StagedRecord* staged : sorted) {
      if (staged->stored != stored) continue;
      const app::IdempotencyRecord& record = *staged->record;
      const bool done = record.completed;
      project.append(staged->project);
      key.append(std::string_view(staged->packed_key));
      request_hash.append(std::string_view(
          reinterpret_cast<const char*>(record.request_hash.data()), record.request_hash.size()));
      created_at.append(record.created_at.millis());
      status.append(done ? std::optional<std::int64_t>(record.reply.status) : std::nullopt);
      body.append(done ? std::optional<std::string_view>(record.reply.body) : std::nullopt);
      operation.append_or_null(record.operation);
      owner.append_or_null(record.owner);
    }
    if (project.size() == 0) continue;
    const Param params[] = {project.param(), key.param(),  request_hash.param(), created_at.param(),
                            status.param(),  body.param(), operation.param(),    owner.param()};
    if (stored) {
      db_.send(
          "UPDATE idempotency r SET request_hash = k.request_hash, status = k.status, "
          "body = k.body, operation = k.operation, owner = k.owner FROM unnest($1::bigint[], "
          "$2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bytea[], $7::text[], "
          "$8::text[]) AS k(project_id, key, request_hash, created_at, status, body, operation, "
          "owner) WHERE r.project_id = k.project_id AND r.key = k.key",
          params);
    } else {
      db_.send(
          "INSERT INTO idempotency(project_id, key, request_hash, created_at, status, body, "
          "operation, owner) SELECT unnest($1::bigint[]), unnest($2::bytea[]), "
          "unnest($3::bytea[]), "
          "unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::bytea[]), unnest($7::text[]), "
          "unnest($8::text[])",
          params);
    }
  }
}

}  // namespace purser::postgres
