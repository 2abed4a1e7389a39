#include "adapters/postgres/move_tables.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace purser::postgres {
namespace {

// What nodes know of each other, what the schema of this database ran, the move itself, and
// archives, which no other store has.
constexpr std::string_view kOwn[] = {"schema_migrations",
                                     "nodes",
                                     "lanes",
                                     "changes",
                                     "moves",
                                     "ledger_archives",
                                     "ledger_openings",
                                     "ledger_opening_grants"};

struct Column {
  std::string name;
  CopiedAs as = CopiedAs::kInteger;
};
using Tables = std::map<std::string, std::vector<Column>>;
using References = std::map<std::string, std::set<std::string>>;  // from whom, to whom

Result<Tables> read_tables(Connection& db) {
  Tables tables;
  PURSER_TRY(sql::Cursor row,
             db.query("SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL) "
                      "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind "
                      "IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = "
                      "current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped "
                      "ORDER BY c.relname, a.attnum"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) break;
    const std::string_view type = row.view(2);
    const CopiedAs as = type == "bytea"  ? CopiedAs::kBytes
                        : type == "text" ? CopiedAs::kText
                                         : CopiedAs::kInteger;
    tables[row.text(0)].push_back({row.text(1), as});
  }
  for (const std::string_view own : kOwn) tables.erase(std::string(own));
  return tables;
}

Result<References> read_references(Connection& db) {
  References references;
  PURSER_TRY(sql::Cursor row,
             db.query("SELECT f.relname::text, t.relname::text FROM pg_constraint k JOIN pg_class "
                      "f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid WHERE "
                      "k.contype = 'f' AND f.oid <> t.oid AND k.connamespace = "
                      "current_schema()::regnamespace"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return references;
    references[row.text(0)].insert(row.text(1));
  }
}

/// The tables in an order in which nothing refers to what comes later.
std::vector<std::string> in_order(const Tables& tables, References references) {
  std::vector<std::string> order;
  std::set<std::string> left;
  for (const auto& [name, columns] : tables) left.insert(name);
  while (!left.empty()) {
    const auto next = std::find_if(left.begin(), left.end(), [&](const std::string& name) {
      const std::set<std::string>& to = references[name];
      return std::none_of(to.begin(), to.end(),
                          [&](const std::string& other) { return left.contains(other); });
    });
    const auto chosen = next == left.end() ? left.begin() : next;  // a circle: COPY will refuse it
    order.push_back(*chosen);
    left.erase(chosen);
  }
  return order;
}

Error differs(const std::string& what) {
  return Error::internal("the two stores' schemas differ: " + what);
}

Result<TableMove> plan_table(const std::string& name, const std::vector<Column>& columns,
                             const sql::MovedTable& source) {
  TableMove move;
  move.name = name;
  std::string names;
  std::string expressions;
  std::string binary;
  for (const Column& column : columns) {
    const auto from = std::find_if(source.columns.begin(), source.columns.end(),
                                   [&](const auto& c) { return c.name == column.name; });
    if (from == source.columns.end()) return differs(name + "." + column.name + " is only here");
    const char* comma = names.empty() ? "" : ", ";
    names += comma + column.name;
    expressions += comma + from->expression;
    binary += comma + column.name + (column.as == CopiedAs::kInteger ? "::bigint" : "");
    move.columns.push_back(column.as);
  }
  for (const sql::MovedColumn& column : source.columns) {
    const bool here = std::any_of(columns.begin(), columns.end(),
                                  [&](const Column& c) { return c.name == column.name; });
    if (!here) return differs(name + "." + column.name + " is only there");
  }
  move.has_rows = "SELECT EXISTS(SELECT 1 FROM " + name + ")";
  move.count = "SELECT count(*) FROM " + name;
  move.read = "SELECT " + expressions + " FROM " + name;
  move.copy_in = "COPY " + name + "(" + names + ") FROM STDIN";
  move.copy_out = "COPY (SELECT " + binary + " FROM " + name + ") TO STDOUT (FORMAT binary)";
  return move;
}

}  // namespace

Result<std::vector<TableMove>> plan_move(Connection& db, const sql::MovedStore& source) {
  PURSER_TRY(const Tables tables, read_tables(db));
  PURSER_TRY(References references, read_references(db));
  for (const sql::MovedTable& table : source.tables()) {
    if (!tables.contains(table.name)) return differs("the table " + table.name + " is only there");
  }
  std::vector<TableMove> moves;
  for (const std::string& name : in_order(tables, std::move(references))) {
    const auto from = std::find_if(source.tables().begin(), source.tables().end(),
                                   [&](const auto& table) { return table.name == name; });
    if (from == source.tables().end()) return differs("the table " + name + " is only here");
    PURSER_TRY(TableMove move, plan_table(name, tables.at(name), *from));
    moves.push_back(std::move(move));
  }
  return moves;
}

Status continue_numbers(Connection& db) {
  PURSER_CHECK_OK(
      db.exec("DO $$ DECLARE c record; BEGIN FOR c IN SELECT t.relname, a.attname FROM "
              "pg_attribute a JOIN pg_class t ON t.oid = a.attrelid WHERE a.attidentity <> '' AND "
              "t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace LOOP EXECUTE "
              "format('SELECT setval(pg_get_serial_sequence(%L, %L), max(%I)) FROM %I HAVING "
              "max(%I) IS NOT NULL', c.relname, c.attname, c.attname, c.relname, c.attname); END "
              "LOOP; END $$"));
  PURSER_CHECK_OK(
      db.exec("SELECT setval('ledger_ids', greatest((SELECT max(id) + 1 FROM ledger), (SELECT "
              "last_value FROM ledger_ids)), false)"));
  return db.exec(
      "INSERT INTO lanes(node, batch, at) SELECT 'moved', 0, greatest((SELECT max(at) FROM "
      "ledger), "
      "(SELECT max(at) FROM outbox), (SELECT max(created_at) FROM idempotency), 0)");
}

}  // namespace purser::postgres
