#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "purser/customer.hpp"

namespace purser::sdk {

/// A program in the hands of an end user: acts for the user whose tokens it holds, and may do only
/// what that user may. Holds no secret of the project.
///
/// When the server says that the access token has expired or is not readable, the app renews it
/// with the refresh token once per call, saves the new one in the token store and repeats the call;
/// threads that meet the same expired token share one renewal.
///
/// Thread safety: may be used from many threads; copies share connections, threads and tokens.
/// Errors: wrong options are reported by the first call, as kInvalidArgument.
class ClientApp {
 public:
  explicit ClientApp(ClientOptions options);

  /// Signs a user in (the tokens come from your server: ServerApp::create_session) or, with
  /// different tokens, changes the user.
  void set_tokens(const Tokens& tokens);

  /// The signed-in user. Errors: kNotSignedIn; kRefreshTokenNotFound when the session has ended.
  Result<CurrentUser> current_user(const CallOptions& call = {}) const;
  std::future<Result<CurrentUser>> current_user_async() const {
    return detail::async(core_, [self = *this] { return self.current_user(); });
  }

  /// A team of the signed-in user. Errors: kTeamNotFound also when the user is not a member.
  Result<Team> get_team(std::string_view team_id, const CallOptions& call = {}) const;
  std::future<Result<Team>> get_team_async(std::string team_id) const {
    return detail::async(
        core_, [self = *this, team_id = std::move(team_id)] { return self.get_team(team_id); });
  }

 private:
  std::shared_ptr<detail::Core> core_;
};

}  // namespace purser::sdk
