// Seats: a team has a number of them, and every member takes one. Two administrators who invite
// somebody at the same moment cannot share the last seat.

#include <cstdlib>
#include <iostream>
#include <purser/purser.hpp>
#include <string>

namespace sdk = purser::sdk;

namespace {

// [invite]
// Adds a user to the team if there is a seat; says whether there was one.
sdk::Result<bool> invite(const sdk::ServerApp& app, const sdk::ServerTeam& team,
                         const std::string& user_id) {
  auto seat = team.try_decrease_quantity("seats", 1, {.description = "seat of " + user_id});
  if (!seat || !*seat) return seat;
  const auto member = app.add_member(team.id(), user_id);
  if (member) return true;
  // The user cannot join after all, so the seat is free again.
  const auto back = team.increase_quantity("seats", 1, {.description = "no member " + user_id});
  return back ? member.error() : back.error();
}
// [invite]

sdk::Result<std::int64_t> remove(const sdk::ServerApp& app, const sdk::ServerTeam& team,
                                 const std::string& user_id) {
  const auto removed = app.remove_member(team.id(), user_id);
  if (!removed) return removed.error();
  return team.increase_quantity("seats", 1, {.description = "left: " + user_id});
}

}  // namespace

int main() {
  sdk::ServerOptions options;
  options.base_url = std::getenv("PURSER_URL");
  options.project_id = std::getenv("PURSER_PROJECT_ID");
  options.secret_server_key = std::getenv("PURSER_SECRET_SERVER_KEY");
  const sdk::ServerApp app(options);

  const auto owner = app.create_user({.display_name = "Ann"}).value();
  const auto team =
      app.create_team({.display_name = "Ann's team", .creator_user_id = owner.id()}).value();
  team.increase_quantity("seats", 2).value();

  std::string last;
  for (const char* name : {"Bea", "Cid", "Dee"}) {
    const auto user = app.create_user({.display_name = name}).value();
    const bool joined = invite(app, team, user.id()).value();
    std::cout << name << (joined ? " joined\n" : " has no seat\n");
    if (joined) last = user.id();
  }
  std::cout << "after one left: " << remove(app, team, last).value() << " seat free\n";
  for (const auto& entry : team.ledger("seats").value()) {
    std::cout << entry.change << " → " << entry.quantity_after << "  " << entry.description << "\n";
  }
}
