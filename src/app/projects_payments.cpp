#include <utility>

#include "app/events.hpp"
#include "app/projects.hpp"
#include "app/sealed.hpp"

namespace purser::app {
namespace {

Error project_not_found(const ProjectId& id) {
  return {ErrorCode::kProjectNotFound, "No such project.", {{"project_id", id.str()}}};
}
Error has_own_key() {
  return {ErrorCode::kAlreadyExists,
          "The project has a Stripe key of its own; set stripe_secret_key to \"\" in its settings "
          "before connecting an account."};
}

}  // namespace

Result<ProviderCredentials> Projects::platform_credentials(const ProjectId& project) const {
  if (default_payments_.credentials) {
    PURSER_TRY(ProviderCredentials platform, default_payments_.credentials(project));
    platform.connected_account.clear();
    return platform;
  }
  return Error{ErrorCode::kPaymentsNotConfigured,
               "The server has no Stripe key under which accounts can be connected."};
}

Result<ProviderCredentials> Projects::credentials(const Project& project) const {
  const ProjectPayments& payments = project.payments;
  if (!payments.connected_account.empty()) {
    PURSER_TRY(ProviderCredentials as, platform_credentials(project.id));
    as.connected_account = payments.connected_account;
    return as;
  }
  if (payments.sealed_secret_key.empty()) {
    if (default_payments_.credentials) return default_payments_.credentials(project.id);
    return Error{ErrorCode::kPaymentsNotConfigured,
                 "The project has no Stripe key; set stripe_secret_key in its settings first."};
  }
  auto key = crypto::open(encryption_key_, sealed_context(project.id, kSealedStripeKey),
                          payments.sealed_secret_key);
  if (!key) return Error::internal("a Stripe key does not open; is encryption_key the right one?");
  return ProviderCredentials{*std::move(key), ""};
}

Result<std::vector<Secret>> Projects::webhook_secrets(const Project& project) const {
  const bool uses_default = project.payments.sealed_secret_key.empty();
  if (uses_default && default_payments_.webhook_secrets) {
    return default_payments_.webhook_secrets(project.id);
  }
  std::vector<Secret> secrets;
  for (const std::string& sealed : project.payments.sealed_webhook_secrets) {
    auto secret =
        crypto::open(encryption_key_, sealed_context(project.id, kSealedWebhookSecret), sealed);
    if (!secret) {
      return Error::internal("a webhook secret does not open; is encryption_key the right one?");
    }
    secrets.push_back(*std::move(secret));
  }
  return secrets;
}

Status Projects::set_account(StoreBatch& batch, const ProjectId& project,
                             const ProviderAccount& account, AfterCommit& after) {
  PURSER_TRY(std::optional<Project> found, batch.project(project));
  if (!found) return project_not_found(project);
  // Asked for before an account was connected: it is not the project's any more.
  const std::string& connected = found->payments.connected_account;
  if (!connected.empty() && connected != account.id) return {};
  found->payments.account_id = account.id;
  found->payments.livemode = account.livemode;
  PURSER_CHECK_OK(batch.update_project(*found));
  after.emplace_back([this, updated = *found] { registry_.publish(updated); });
  return {};
}

Result<std::string> Projects::connect_account(StoreBatch& batch, const ProjectId& project,
                                              const ProviderAccount& account, AfterCommit& after) {
  PURSER_TRY(std::optional<Project> found, batch.project(project));
  if (!found) return project_not_found(project);
  ProjectPayments& payments = found->payments;
  if (!payments.sealed_secret_key.empty()) return has_own_key();
  if (!payments.connected_account.empty()) return payments.connected_account;
  payments.connected_account = account.id;
  payments.account_id = account.id;
  payments.livemode = account.livemode;
  PURSER_CHECK_OK(batch.update_project(*found));
  PURSER_CHECK_OK(append_event(batch, project, "project.connected", {{"account_id", account.id}}));
  after.emplace_back([this, updated = *found] { registry_.publish(updated); });
  return account.id;
}

}  // namespace purser::app
