#include <utility>

#include "purser/server_app.hpp"

// The …_async twins: each runs its method on the app's threads.

namespace purser::sdk {

std::future<Result<ServerUser>> ServerApp::create_user_async(NewUser user) const {
  return detail::async(core_,
                       [self = *this, user = std::move(user)] { return self.create_user(user); });
}

std::future<Result<ServerUser>> ServerApp::get_user_async(std::string user_id) const {
  return detail::async(
      core_, [self = *this, user_id = std::move(user_id)] { return self.get_user(user_id); });
}

std::future<Result<Page<ServerUser>>> ServerApp::list_users_async(PageOptions page) const {
  return detail::async(core_,
                       [self = *this, page = std::move(page)] { return self.list_users(page); });
}

std::future<Result<ServerUser>> ServerApp::update_user_async(std::string user_id,
                                                             UserChange change) const {
  return detail::async(core_,
                       [self = *this, user_id = std::move(user_id), change = std::move(change)] {
                         return self.update_user(user_id, change);
                       });
}

std::future<Result<void>> ServerApp::delete_user_async(std::string user_id) const {
  return detail::async(
      core_, [self = *this, user_id = std::move(user_id)] { return self.delete_user(user_id); });
}

std::future<Result<ServerTeam>> ServerApp::create_team_async(NewTeam team) const {
  return detail::async(core_,
                       [self = *this, team = std::move(team)] { return self.create_team(team); });
}

std::future<Result<ServerTeam>> ServerApp::get_team_async(std::string team_id) const {
  return detail::async(
      core_, [self = *this, team_id = std::move(team_id)] { return self.get_team(team_id); });
}

std::future<Result<Page<ServerTeam>>> ServerApp::list_teams_async(PageOptions page) const {
  return detail::async(core_,
                       [self = *this, page = std::move(page)] { return self.list_teams(page); });
}

std::future<Result<ServerTeam>> ServerApp::update_team_async(std::string team_id,
                                                             std::string display_name) const {
  return detail::async(
      core_, [self = *this, team_id = std::move(team_id), display_name = std::move(display_name)] {
        return self.update_team(team_id, display_name);
      });
}

std::future<Result<void>> ServerApp::delete_team_async(std::string team_id) const {
  return detail::async(
      core_, [self = *this, team_id = std::move(team_id)] { return self.delete_team(team_id); });
}

std::future<Result<Membership>> ServerApp::add_member_async(std::string team_id,
                                                            std::string user_id,
                                                            bool administrator) const {
  return detail::async(
      core_, [self = *this, team_id = std::move(team_id), user_id = std::move(user_id),
              administrator] { return self.add_member(team_id, user_id, administrator); });
}

std::future<Result<Membership>> ServerApp::update_member_async(std::string team_id,
                                                               std::string user_id,
                                                               bool administrator) const {
  return detail::async(
      core_, [self = *this, team_id = std::move(team_id), user_id = std::move(user_id),
              administrator] { return self.update_member(team_id, user_id, administrator); });
}

std::future<Result<void>> ServerApp::remove_member_async(std::string team_id,
                                                         std::string user_id) const {
  return detail::async(core_,
                       [self = *this, team_id = std::move(team_id), user_id = std::move(user_id)] {
                         return self.remove_member(team_id, user_id);
                       });
}

std::future<Result<Page<Membership>>> ServerApp::list_members_async(std::string team_id,
                                                                    PageOptions page) const {
  return detail::async(core_, [self = *this, team_id = std::move(team_id), page = std::move(page)] {
    return self.list_members(team_id, page);
  });
}

std::future<Result<Page<Membership>>> ServerApp::list_memberships_async(std::string user_id,
                                                                        PageOptions page) const {
  return detail::async(core_, [self = *this, user_id = std::move(user_id), page = std::move(page)] {
    return self.list_memberships(user_id, page);
  });
}

std::future<Result<NewSession>> ServerApp::create_session_async(std::string user_id) const {
  return detail::async(
      core_, [self = *this, user_id = std::move(user_id)] { return self.create_session(user_id); });
}

std::future<Result<void>> ServerApp::revoke_session_async(std::string session_id) const {
  return detail::async(core_, [self = *this, session_id = std::move(session_id)] {
    return self.revoke_session(session_id);
  });
}

std::future<Result<Refund>> ServerApp::refund_purchase_async(std::string purchase_id,
                                                             RefundOptions options) const {
  return detail::async(
      core_, [self = *this, purchase_id = std::move(purchase_id), options = std::move(options)] {
        return self.refund_purchase(purchase_id, options);
      });
}

std::future<Result<std::string>> ServerApp::get_catalog_async() const {
  return detail::async(core_, [self = *this] { return self.get_catalog(); });
}

std::future<Result<CatalogDiff>> ServerApp::put_catalog_async(std::string json,
                                                              bool dry_run) const {
  return detail::async(core_, [self = *this, json = std::move(json), dry_run] {
    return self.put_catalog(json, dry_run);
  });
}

}  // namespace purser::sdk
