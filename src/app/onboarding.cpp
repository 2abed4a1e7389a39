#include <utility>

#include "app/billing.hpp"
#include "app/sales.hpp"

namespace purser::app {
namespace {

Error has_own_key() {
  return {ErrorCode::kAlreadyExists,
          "The project has a Stripe key of its own; set stripe_secret_key to \"\" in its settings "
          "before connecting an account."};
}
Error redirect_refused(const std::string& url) {
  return {ErrorCode::kRedirectUrlNotWhitelisted,
          "The return_url is not on one of the project's trusted domains; add its origin to "
          "trusted_domains.",
          {{"return_url", url}}};
}

/// Makes the account, or finds the one made before: the key is the project's for ever.
Result<ProviderAccount> make_account(PaymentProvider& provider, ProviderCredentials platform,
                                     const ProjectId& project) {
  PURSER_TRY(const std::string account,
             provider.create_connected_account(platform, {{"purser_project", project.str()}},
                                               "purser-account-" + project.str()));
  platform.connected_account = account;
  PURSER_TRY(const ProviderAccount seen, provider.account(platform));
  if (seen.id != account) {
    return Error::internal("asked for account " + account + ", the provider answered " + seen.id);
  }
  return seen;
}

}  // namespace

Onboarding::Onboarding(Engine& engine, Projects& projects, ProviderAccess& access,
                       std::string public_url)
    : engine_(engine), projects_(projects), access_(access), public_url_(std::move(public_url)) {}

Result<std::string> Onboarding::link(const std::shared_ptr<const ProjectContext>& context,
                                     const std::string& return_url) {
  const Project& project = context->project;
  if (!project.payments.sealed_secret_key.empty()) return has_own_key();
  if (!return_url.empty() && !is_trusted_redirect(project.settings, return_url)) {
    return redirect_refused(return_url);
  }
  PURSER_TRY(const ProviderCredentials platform, projects_.platform_credentials(project.id));
  std::string account = project.payments.connected_account;
  if (account.empty()) {
    PURSER_TRY(const ProviderAccount made, make_account(access_.provider(), platform, project.id));
    PURSER_TRY(account, connect(project.id, made));
  }
  // A link that was used or is too old sends its visitor back as well: only an administrator can
  // ask for another one.
  const std::string& back = return_url.empty() ? public_url_ : return_url;
  return access_.provider().create_onboarding_link(platform, account, back, back);
}

Result<std::string> Onboarding::connect(const ProjectId& project, const ProviderAccount& made) {
  Result<std::string> standing = std::string();
  auto recorded = engine_.execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
    Decision decision;
    standing = projects_.connect_account(batch, project, made, decision.after_commit);
    if (!standing) return standing.error();
    return decision;
  });
  if (!recorded) return std::move(recorded).error();
  return standing;
}

Result<ProviderAccountState> Onboarding::account(const ProjectContext& context) {
  PURSER_TRY(const ProviderConnection connection, access_.connect(context));
  return access_.provider().account_state(connection.as);
}

}  // namespace purser::app
