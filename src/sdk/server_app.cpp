#include "purser/server_app.hpp"

#include <utility>

#include "sdk/calls.hpp"

namespace purser::sdk {

namespace detail {

/// Makes the handles of users and teams from what the server says of them.
struct Handles {
  std::shared_ptr<Core> core;

  Result<ServerUser> user(const json::Value& value) const {
    auto profile = codec::read_user(value);
    if (!profile) return profile.error();
    return ServerUser(core, *std::move(profile));
  }
  Result<ServerTeam> team(const json::Value& value) const {
    auto info = codec::read_team(value);
    if (!info) return info.error();
    return ServerTeam(core, *std::move(info));
  }

  Result<ServerUser> call_user(const Call& request) const {
    return call(core, request, [this](const Answer& answer) { return user(answer.body); });
  }
  Result<ServerTeam> call_team(const Call& request) const {
    return call(core, request, [this](const Answer& answer) { return team(answer.body); });
  }
};

}  // namespace detail

using detail::body_of;
using detail::call;
using detail::get;
using detail::send;
using detail::with_page;

namespace {

std::shared_ptr<detail::Core> make_core(ServerOptions options) {
  ConnectionOptions connection;
  connection.base_url = std::move(options.base_url);
  connection.project_id = std::move(options.project_id);
  connection.secret_server_key = std::move(options.secret_server_key);
  connection.super_secret_admin_key = std::move(options.super_secret_admin_key);
  connection.retry = options.retry;
  connection.transport = options.transport ? std::move(options.transport) : make_curl_transport();
  return std::make_shared<detail::Core>(std::move(connection), CallAccess::kServer,
                                        options.async_threads);
}

std::string user_path(std::string_view id) { return "/users/" + percent_encode(id); }
std::string team_path(std::string_view id) { return "/teams/" + percent_encode(id); }
std::string member_path(std::string_view team, std::string_view user) {
  return "/team-memberships/" + percent_encode(team) + "/" + percent_encode(user);
}
std::string member_body(bool administrator) {
  return json::Writer().begin_object().field("administrator", administrator).end_object().take();
}

Result<void> nothing(const Answer&) { return {}; }

}  // namespace

ServerApp::ServerApp(ServerOptions options) : core_(make_core(std::move(options))) {}

ServerCustomer ServerApp::user(std::string_view user_id) const {
  return {core_, CustomerType::kUser, std::string(user_id)};
}
ServerCustomer ServerApp::team(std::string_view team_id) const {
  return {core_, CustomerType::kTeam, std::string(team_id)};
}
CustomCustomer ServerApp::custom_customer(std::string_view name) const {
  return {core_, std::string(name)};
}

// Users.

Result<ServerUser> ServerApp::create_user(const NewUser& user) const {
  return detail::Handles{core_}.call_user(
      send(core_, "POST", "/users", codec::write_new_user(user), user.call));
}

Result<ServerUser> ServerApp::get_user(std::string_view user_id, const CallOptions& options) const {
  return detail::Handles{core_}.call_user(get(core_, user_path(user_id), options));
}

Result<Page<ServerUser>> ServerApp::list_users(const PageOptions& page,
                                               const CallOptions& options) const {
  const detail::Handles handles{core_};
  return call(core_, get(core_, with_page("/users", page), options), [&](const Answer& answer) {
    return codec::read_page(answer.body,
                            [&](const json::Value& value) { return handles.user(value); });
  });
}

Result<ServerUser> ServerApp::update_user(std::string_view user_id, const UserChange& change,
                                          const CallOptions& options) const {
  return detail::Handles{core_}.call_user(
      send(core_, "PATCH", user_path(user_id), codec::write_user_change(change), options));
}

Result<void> ServerApp::delete_user(std::string_view user_id, const CallOptions& options) const {
  return call(core_, send(core_, "DELETE", user_path(user_id), {}, options), nothing);
}

// Teams.

Result<ServerTeam> ServerApp::create_team(const NewTeam& team) const {
  return detail::Handles{core_}.call_team(
      send(core_, "POST", "/teams", codec::write_new_team(team), team.call));
}

Result<ServerTeam> ServerApp::get_team(std::string_view team_id, const CallOptions& options) const {
  return detail::Handles{core_}.call_team(get(core_, team_path(team_id), options));
}

Result<Page<ServerTeam>> ServerApp::list_teams(const PageOptions& page,
                                               const CallOptions& options) const {
  const detail::Handles handles{core_};
  return call(core_, get(core_, with_page("/teams", page), options), [&](const Answer& answer) {
    return codec::read_page(answer.body,
                            [&](const json::Value& value) { return handles.team(value); });
  });
}

Result<ServerTeam> ServerApp::update_team(std::string_view team_id, std::string_view display_name,
                                          const CallOptions& options) const {
  json::Writer body;
  body.begin_object().field("display_name", display_name).end_object();
  return detail::Handles{core_}.call_team(
      send(core_, "PATCH", team_path(team_id), body.take(), options));
}

Result<void> ServerApp::delete_team(std::string_view team_id, const CallOptions& options) const {
  return call(core_, send(core_, "DELETE", team_path(team_id), {}, options), nothing);
}

// Memberships.

Result<Membership> ServerApp::add_member(std::string_view team_id, std::string_view user_id,
                                         bool administrator, const CallOptions& options) const {
  return call(
      core_,
      send(core_, "POST", member_path(team_id, user_id), member_body(administrator), options),
      body_of(codec::read_membership));
}

Result<Membership> ServerApp::update_member(std::string_view team_id, std::string_view user_id,
                                            bool administrator, const CallOptions& options) const {
  return call(
      core_,
      send(core_, "PATCH", member_path(team_id, user_id), member_body(administrator), options),
      body_of(codec::read_membership));
}

Result<void> ServerApp::remove_member(std::string_view team_id, std::string_view user_id,
                                      const CallOptions& options) const {
  return call(core_, send(core_, "DELETE", member_path(team_id, user_id), {}, options), nothing);
}

namespace {

Result<Page<Membership>> list_memberships_at(const std::shared_ptr<detail::Core>& core,
                                             const std::string& path, const PageOptions& page,
                                             const CallOptions& options) {
  return call(core, get(core, with_page(path, page), options), [](const Answer& answer) {
    return codec::read_page(answer.body, codec::read_membership);
  });
}

}  // namespace

Result<Page<Membership>> ServerApp::list_members(std::string_view team_id, const PageOptions& page,
                                                 const CallOptions& options) const {
  return list_memberships_at(core_, "/team-memberships?team_id=" + percent_encode(team_id), page,
                             options);
}

Result<Page<Membership>> ServerApp::list_memberships(std::string_view user_id,
                                                     const PageOptions& page,
                                                     const CallOptions& options) const {
  return list_memberships_at(core_, "/team-memberships?user_id=" + percent_encode(user_id), page,
                             options);
}

// Sessions.

Result<NewSession> ServerApp::create_session(std::string_view user_id,
                                             const CallOptions& options) const {
  json::Writer body;
  body.begin_object().field("user_id", user_id).end_object();
  return call(core_, send(core_, "POST", "/sessions", body.take(), options),
              body_of(codec::read_session));
}

Result<void> ServerApp::revoke_session(std::string_view session_id,
                                       const CallOptions& options) const {
  return call(core_, send(core_, "DELETE", "/sessions/" + percent_encode(session_id), {}, options),
              nothing);
}

// Refunds.

Result<Refund> ServerApp::refund_purchase(std::string_view purchase_id,
                                          const RefundOptions& options) const {
  return call(core_,
              Call{"POST", "/purchases/" + percent_encode(purchase_id) + "/refund",
                   codec::write_refund(options), CallAccess::kAdmin, options.call},
              body_of(codec::read_refund));
}

// The catalog.

Result<std::string> ServerApp::get_catalog(const CallOptions& options) const {
  return call(core_, Call{"GET", "/catalog", {}, CallAccess::kAdmin, options},
              [](const Answer& answer) -> Result<std::string> { return answer.text; });
}

Result<CatalogDiff> ServerApp::put_catalog(std::string_view json, bool dry_run,
                                           const CallOptions& options) const {
  const auto document = json::parse(json);
  if (!document || document->as_object() == nullptr) {
    return Error(ErrorCode::kInvalidArgument, "The catalog must be a JSON object.");
  }
  return call(core_,
              Call{"PUT", dry_run ? "/catalog?dry_run=true" : "/catalog", std::string(json),
                   CallAccess::kAdmin, options},
              body_of(codec::read_catalog_diff));
}

}  // namespace purser::sdk
