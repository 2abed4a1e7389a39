#include "app/provider_access.hpp"

namespace purser::app {
namespace {

bool same_access(const ProjectPayments& a, const ProjectPayments& b) {
  return a.sealed_secret_key == b.sealed_secret_key && a.connected_account == b.connected_account;
}

}  // namespace

ProviderAccess::ProviderAccess(Engine& engine, Projects& projects, PaymentProvider& provider)
    : engine_(engine), projects_(projects), provider_(provider) {}

Result<ProviderCredentials> ProviderAccess::credentials(const ProjectContext& context) {
  return projects_.credentials(context.project);
}

Result<ProviderConnection> ProviderAccess::connect(const ProjectContext& context) {
  ProviderConnection connection;
  PURSER_TRY(connection.as, credentials(context));
  const ProjectPayments& payments = context.project.payments;
  if (!payments.account_id.empty()) {
    connection.account = {payments.account_id, payments.livemode};
    return connection;
  }
  PURSER_TRY(connection.account, provider_.account(connection.as));
  const ProjectId& project = context.project.id;
  auto kept = engine_.execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
    Decision decision;
    PURSER_TRY(const std::optional<Project> current, batch.project(project));
    // Another key may have been set meanwhile; its account is asked for by whoever uses it.
    if (current && same_access(current->payments, payments)) {
      PURSER_CHECK_OK(
          projects_.set_account(batch, project, connection.account, decision.after_commit));
    }
    return decision;
  });
  if (!kept) return std::move(kept).error();
  return connection;
}

}  // namespace purser::app
