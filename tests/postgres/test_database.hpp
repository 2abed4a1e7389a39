#pragma once

#include <memory>
#include <string>

namespace purser::contract {

/// An empty database on the tests' own PostgreSQL (tests/postgres/server), which goes with this
/// object. Aborts when there is no server: the test program was started without its fixture.
class TestDatabase {
 public:
  TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  ~TestDatabase();

  const std::string& uri() const { return uri_; }
  /// The same database on a server (or several, with commas) whose socket is in another folder.
  std::string uri_at(const std::string& folders) const;
  /// Where the server's socket is.
  static std::string folder();
  /// Runs SQL on it, as somebody else would.
  void run(const std::string& sql) const;
  /// The first value that a query answers.
  std::string ask(const std::string& sql) const;

 private:
  std::string name_;
  std::string uri_;
};

}  // namespace purser::contract
