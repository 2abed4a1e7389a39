#include "adapters/postgres/archive_writes.hpp"

#include "adapters/postgres/arrays.hpp"
#include "codec/account_codec.hpp"

namespace purser::postgres {
namespace {

void send_openings(Connection& db, const sql::CarriedAccounts& accounts) {
  IntegerArray customer;
  IntegerArray item;
  IntegerArray last_entry;
  BytesArray account;
  IntegerArray at;
  IntegerArray greatest;
  for (const auto& [key, carried] : accounts) {
    customer.append(key.customer);
    item.append(key.item);
    last_entry.append(carried.last_entry);
    account.append(std::string_view(codec::encode_account(carried.account)));
    at.append(carried.at.millis());
    greatest.append(carried.greatest.value());
  }
  const Param params[] = {customer.param(), item.param(), last_entry.param(),
                          account.param(),  at.param(),   greatest.param()};
  db.send(
      "INSERT INTO ledger_openings(customer_id, item_id, last_entry, account, at, greatest) SELECT "
      "* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bigint[], "
      "$6::bigint[]) ON CONFLICT(customer_id, item_id) DO UPDATE SET last_entry = "
      "excluded.last_entry, account = excluded.account, at = excluded.at, greatest = "
      "excluded.greatest",
      params);
}

void send_grants(Connection& db, const sql::CarriedAccounts& accounts) {
  IntegerArray customer;
  IntegerArray item;
  TextArray source;
  IntegerArray sales;
  IntegerArray sold_at;
  IntegerArray repeats;
  IntegerArray first_repeat_at;
  IntegerArray last_repeat_at;
  IntegerArray switched;
  for (const auto& [key, carried] : accounts) {
    for (const auto& [purchase, grants] : carried.grants) {
      customer.append(key.customer);
      item.append(key.item);
      source.append(purchase);
      sales.append(grants.sales);
      sold_at.append(grants.sold_at);
      repeats.append(grants.repeats);
      first_repeat_at.append(grants.first_repeat_at);
      last_repeat_at.append(grants.last_repeat_at);
      switched.append(static_cast<std::int64_t>(grants.switched));
    }
  }
  if (customer.size() == 0) return;
  const Param params[] = {customer.param(),        item.param(),           source.param(),
                          sales.param(),           sold_at.param(),        repeats.param(),
                          first_repeat_at.param(), last_repeat_at.param(), switched.param()};
  db.send(
      "INSERT INTO ledger_opening_grants(customer_id, item_id, source, sales, sold_at, repeats, "
      "first_repeat_at, last_repeat_at, switched) SELECT * FROM unnest($1::bigint[], "
      "$2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], "
      "$8::bigint[], $9::bigint[]) ON CONFLICT(customer_id, item_id, source) DO UPDATE SET sales = "
      "excluded.sales, sold_at = excluded.sold_at, repeats = excluded.repeats, first_repeat_at = "
      "excluded.first_repeat_at, last_repeat_at = excluded.last_repeat_at, switched = "
      "excluded.switched",
      params);
}

}  // namespace

Result<sql::CarriedAccounts> load_carried(Connection& db, const std::set<sql::AccountKey>& keys) {
  sql::CarriedAccounts accounts;
  if (keys.empty()) return accounts;
  IntegerArray customer;
  IntegerArray item;
  for (const sql::AccountKey& key : keys) {
    customer.append(key.customer);
    item.append(key.item);
  }
  const Param params[] = {customer.param(), item.param()};
  db.send("SELECT " PURSER_OPENING_COLUMNS
          " FROM unnest($1::bigint[], $2::bigint[]) AS k(c, i) JOIN ledger_openings o ON "
          "o.customer_id = k.c AND o.item_id = k.i",
          params);
  db.send("SELECT " PURSER_OPENING_GRANT_COLUMNS
          " FROM unnest($1::bigint[], $2::bigint[]) AS k(c, i) JOIN ledger_opening_grants o ON "
          "o.customer_id = k.c AND o.item_id = k.i",
          params);
  PURSER_TRY(std::vector<Rows> answers, db.collect());
  sql::Cursor openings = cursor_over(std::move(answers[0]));
  PURSER_CHECK_OK(sql::read_openings(openings, accounts));
  sql::Cursor grants = cursor_over(std::move(answers[1]));
  PURSER_CHECK_OK(sql::read_opening_grants(grants, accounts));
  return accounts;
}

Status write_carried(Connection& db, const sql::CarriedAccounts& accounts) {
  if (accounts.empty()) return {};
  send_openings(db, accounts);
  send_grants(db, accounts);
  PURSER_CHECK_OK(db.collect());
  return {};
}

}  // namespace purser::postgres
