#include "purser/client_app.hpp"

#include <utility>

#include "purser/purser.hpp"
#include "sdk/calls.hpp"

namespace purser::sdk {

namespace {

std::shared_ptr<detail::Core> make_core(ClientOptions options) {
  ConnectionOptions connection;
  connection.base_url = std::move(options.base_url);
  connection.project_id = std::move(options.project_id);
  connection.publishable_client_key = std::move(options.publishable_client_key);
  connection.token_store =
      options.token_store ? std::move(options.token_store) : make_memory_token_store();
  connection.retry = options.retry;
  connection.transport = options.transport ? std::move(options.transport) : make_curl_transport();
  return std::make_shared<detail::Core>(std::move(connection), CallAccess::kClient,
                                        options.async_threads);
}

}  // namespace

const char* version() { return PURSER_SDK_VERSION; }

ClientApp::ClientApp(ClientOptions options) : core_(make_core(std::move(options))) {}

void ClientApp::set_tokens(const Tokens& tokens) { core_->connection.set_tokens(tokens); }

Result<CurrentUser> ClientApp::current_user(const CallOptions& options) const {
  return detail::call(core_, detail::get(core_, "/users/me", options),
                      [this](const Answer& answer) -> Result<CurrentUser> {
                        auto user = codec::read_user(answer.body);
                        if (!user) return user.error();
                        return CurrentUser(core_, *std::move(user));
                      });
}

Result<Team> ClientApp::get_team(std::string_view team_id, const CallOptions& options) const {
  return detail::call(core_, detail::get(core_, "/teams/" + percent_encode(team_id), options),
                      [this](const Answer& answer) -> Result<Team> {
                        auto team = codec::read_team(answer.body);
                        if (!team) return team.error();
                        return Team(core_, *std::move(team));
                      });
}

}  // namespace purser::sdk
