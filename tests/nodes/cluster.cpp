#include "tests/nodes/cluster.hpp"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

namespace purser::nodes {

namespace {

using faults::pause_for;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenLooks{10};
constexpr int kLooks = 6'000;  // about a minute, on a machine that does not stand still
constexpr int kStarts = 5;

/// Looks until `is_so` or patience has run out; a hang is a failure, and no time makes a success.
template <class Condition>
bool wait_until(Condition is_so) {
  for (int look = 0; look < kLooks; ++look) {
    if (is_so()) return true;
    pause_for(kBetweenLooks);
  }
  return false;
}

}  // namespace

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)) {}

Cluster::~Cluster() {
  for (Node& node : nodes_) {
    if (node.is_frozen) ::kill(node.server->pid(), SIGCONT);
    node.server.reset();
  }
  nodes_.clear();
  for (const int database : {0, 1}) {
    if (exists_[database]) tool({"stop", folder(database)});
  }
}

std::string Cluster::folder(int database) const {
  return options_.work + (database == 0 ? "/pg-a" : "/pg-b");
}

std::string Cluster::direct_url() const {
  return "postgres://purser@/purser?host=" + folder(primary_);
}

bool Cluster::fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

bool Cluster::tool(std::vector<std::string> words) {
  const std::string log = options_.work + "/postgres.log";
  words.insert(words.begin(), options_.postgres);
  const std::string what = words[1];
  if (faults::wait_for(faults::spawn_program(std::move(words), log)) == 0) return true;
  return fail("tools/postgres " + what + ": " + faults::read_file(log));
}

bool Cluster::make_node(int number) {
  Node& node = at(number);
  const std::string home = options_.work + "/node-" + std::to_string(number);
  std::filesystem::create_directories(home);
  std::string hosts;
  for (const int database : {0, 1}) {
    const std::string socket =
        options_.work + "/s" + std::to_string(number) + (database == 0 ? "a" : "b");
    std::filesystem::create_directories(socket);
    node.proxies[database] = std::make_unique<Proxy>(socket, folder(database));
    if (!node.proxies[database]->start()) return fail("no proxy can listen in " + socket);
    hosts += (database == 0 ? "" : ",") + socket;
  }
  std::vector<std::string> words = {
      "--database", "postgres://purser@/purser?host=" + hosts + "&target_session_attrs=read-write",
      "--encryption-key-file", options_.work + "/encryption.key"};
  words.insert(words.end(), options_.serve.begin(), options_.serve.end());
  node.server = std::make_unique<faults::ServerProcess>(options_.program, home, std::move(words));
  return node.server->spawn() || fail("a node cannot be started");
}

bool Cluster::start() {
  std::ofstream(options_.work + "/encryption.key") << std::string(64, 'a') << "\n";
  std::filesystem::permissions(options_.work + "/encryption.key",
                               std::filesystem::perms::owner_read);
  exists_[0] = true;
  if (!tool({"start", folder(0), "max_connections=200", "max_wal_senders=4"})) return false;
  for (int number = 0; number < options_.nodes; ++number) {
    nodes_.emplace_back();
    if (!make_node(number)) return false;
  }
  for (int number = 0; number < options_.nodes; ++number) {
    if (!node(number).wait_ready() && !restart(number)) return false;
    at(number).port = node(number).port();
  }
  return true;
}

bool Cluster::is_alive(int number) {
  siginfo_t end{};
  // Only looks: its end is still there to be waited for.
  const int status =
      ::waitid(P_PID, static_cast<id_t>(node(number).pid()), &end, WEXITED | WNOHANG | WNOWAIT);
  return status == 0 && end.si_pid == 0;
}

void Cluster::kill(int number) {
  at(number).port = 0;
  node(number).kill();
}

int Cluster::drain(int number) {
  node(number).terminate();
  const int status = node(number).wait_end();
  at(number).port = 0;
  return status;
}

void Cluster::die_while_starting(int number, milliseconds time) {
  node(number).spawn();
  pause_for(time);
  node(number).kill();
}

bool Cluster::restart(int number) {
  // A node that cannot reach the database in time ends; whoever started it starts it again.
  for (int attempt = 0; attempt < kStarts; ++attempt) {
    if (node(number).running()) node(number).kill();
    if (!node(number).start()) continue;
    at(number).port = node(number).port();
    return true;
  }
  return fail("node " + std::to_string(number) + " does not start: " +
              faults::read_file(options_.work + "/node-" + std::to_string(number) + "/server.log"));
}

void Cluster::freeze(int number) {
  ::kill(node(number).pid(), SIGSTOP);
  at(number).is_frozen = true;
}

void Cluster::thaw(int number) {
  if (!at(number).is_frozen) return;
  ::kill(node(number).pid(), SIGCONT);
  at(number).is_frozen = false;
}

bool Cluster::restart_postgres() { return tool({"restart", folder(primary_)}); }

bool Cluster::add_standby() {
  const int other = 1 - primary_;
  if (exists_[other] && !tool({"stop", folder(other)})) return false;
  exists_[other] = true;
  if (!tool({"standby", folder(other), folder(primary_)})) return false;
  const bool asked =
      ask("ALTER SYSTEM SET synchronous_standby_names = '*'") && ask("SELECT pg_reload_conf()");
  const bool is_in_step = asked && wait_until([&] {
                            return ask("SELECT count(*) FROM pg_stat_replication WHERE state = "
                                       "'streaming' AND sync_state = "
                                       "'sync'") == "1";
                          });
  return is_in_step || fail("the standby does not follow");
}

bool Cluster::promote() {
  if (!tool({"crash", folder(primary_)})) return false;
  primary_ = 1 - primary_;
  if (!tool({"promote", folder(primary_)})) return false;
  // The standby may have been copied when its server already waited for one.
  return (ask("ALTER SYSTEM RESET synchronous_standby_names") && ask("SELECT pg_reload_conf()")) ||
         fail("the promoted server cannot be set up");
}

bool Cluster::settle() {
  const bool is_quiet = wait_until([&] {
    return ask("SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
               "backend_type "
               "= 'client backend' AND (xact_start IS NOT NULL OR state = 'active')") == "0";
  });
  return is_quiet || fail("a transaction stays open although nobody asks for anything");
}

int Cluster::verify(std::string& output) {
  return node(0).command({"verify", "--database", direct_url(), "--encryption-key-file",
                          options_.work + "/encryption.key"},
                         output);
}

std::uint64_t Cluster::cuts() const {
  std::uint64_t sum = 0;
  for (const Node& node : nodes_) sum += node.proxies[0]->cuts() + node.proxies[1]->cuts();
  return sum;
}

std::uint64_t Cluster::commits() const {
  std::uint64_t sum = 0;
  for (const Node& node : nodes_) sum += node.proxies[0]->commits() + node.proxies[1]->commits();
  return sum;
}

std::optional<std::string> Cluster::ask(const char* sql) const {
  PGconn* db = PQconnectdb(direct_url().c_str());
  PGresult* answer = PQexec(db, sql);
  std::optional<std::string> value;
  const auto status = PQresultStatus(answer);
  if (status == PGRES_COMMAND_OK) value = "";
  if (status == PGRES_TUPLES_OK) value = PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : "";
  PQclear(answer);
  PQfinish(db);
  return value;
}

}  // namespace purser::nodes
