#include "tests/postgres/test_database.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace purser::contract {
namespace {

/// The folder of the server, which tests/postgres/server wrote where the environment says.
std::string server_folder() {
  const char* file = std::getenv("PURSER_TEST_POSTGRES");
  std::string folder;
  if (file != nullptr) std::getline(std::ifstream(file), folder);
  if (folder.empty()) {
    std::cerr << "There is no PostgreSQL to test on: start one with tests/postgres/server and set "
                 "PURSER_TEST_POSTGRES to its file.\n";
    std::abort();
  }
  return folder;
}

std::string uri_of(const std::string& database, const std::string& folders = server_folder()) {
  return "postgres:///" + database + "?host=" + folders + "&user=purser";
}

std::string ask_on(const std::string& uri, const std::string& sql) {
  PGconn* connection = PQconnectdb(uri.c_str());
  PGresult* result = PQexec(connection, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    std::cerr << sql << ": " << PQerrorMessage(connection) << '\n';
    std::abort();
  }
  std::string value;
  if (PQntuples(result) > 0) value = PQgetvalue(result, 0, 0);
  PQclear(result);
  PQfinish(connection);
  return value;
}

std::string next_name() {
  static std::atomic<int> count{0};
  return "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

}  // namespace

TestDatabase::TestDatabase() : name_(next_name()), uri_(uri_of(name_)) {
  ask_on(uri_of("postgres"), "CREATE DATABASE " + name_ + " TEMPLATE template0");
}

TestDatabase::~TestDatabase() {
  ask_on(uri_of("postgres"), "DROP DATABASE " + name_ + " WITH (FORCE)");
}

std::string TestDatabase::uri_at(const std::string& folders) const {
  return uri_of(name_, folders);
}

std::string TestDatabase::folder() { return server_folder(); }

void TestDatabase::run(const std::string& sql) const { ask_on(uri_, sql); }

std::string TestDatabase::ask(const std::string& sql) const { return ask_on(uri_, sql); }

}  // namespace purser::contract
