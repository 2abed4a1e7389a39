#include <string>
#include <utility>

#include "app/billing.hpp"
#include "app/projects.hpp"
#include "http/compat/config.hpp"
#include "http/compat/handlers_people.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/people_json.hpp"
#include "http/core.hpp"
#include "http/encode_sales.hpp"
#include "json/json.hpp"

namespace purser::http::compat::handlers {
namespace {

std::string encode_config(const json::Value& tree) {
  json::Writer out;
  out.begin_object().field("config_string", json::dump(tree)).end_object();
  return out.take();
}

Result<Written> change_config(const Call& call, const json::Value& changes, app::StoreBatch& batch,
                              app::AfterCommit& after) {
  auto& projects = call.core.use().projects;
  PURSER_TRY(const auto project, batch.project(call.project()));
  if (!project) return Error::internal("a project of a caller is gone");
  PURSER_TRY(const auto catalog, batch.catalog(call.project()));
  json::Value tree = config_of(project->settings, catalog);
  for (const json::Member& change : *changes.as_object()) {
    set_config(tree, change.first, change.second);
  }
  PURSER_TRY(const ConfigChange change, decode_config(tree));
  PURSER_CHECK_OK(projects.update(batch, call.project(), change.settings, after));
  PURSER_CHECK_OK(projects.put_catalog(batch, call.project(), {change.catalog}, after));
  return Written{.body = encode_success()};
}

}  // namespace

void get_config(const CallPtr& call) {
  const app::ProjectContext& context = call->context();
  const json::Value tree = config_of(context.project.settings, *context.catalog);
  call->core.answer(*call, encode_config(tree));
}

// There is one level here: what is written to any of them stands in "environment".
void get_config_override(const CallPtr& call) {
  if (call->parameter("level") == "environment") return get_config(call);
  call->core.answer(*call, encode_config(json::Value(json::Object())));
}

void update_config_override(const CallPtr& call) {
  const std::string& level = call->parameter("level");
  if (level != "project" && level != "branch" && level != "environment") {
    return call->core.answer(
        *call, schema_error({{"path.level", "must be project, branch or environment"}}));
  }
  auto changes = json::parse(*call->body.string_at("config_override_string"));
  if (!changes || changes->as_object() == nullptr) {
    return call->core.answer(
        *call, schema_error({{"body.config_override_string", "must be a JSON object as text"}}));
  }
  call->core.write(call, [call = call.get(), changes = *std::move(changes)](
                             app::StoreBatch& batch, app::AfterCommit& after) {
    return change_config(*call, changes, batch, after);
  });
}

void set_up_payments(const CallPtr& call) {
  const auto url = call->core.use().onboarding.link(call->principal.context, "");
  if (!url) return call->core.answer(*call, url.error());
  call->core.answer(*call, encode_url(*url));
}

void get_account_info(const CallPtr& call) {
  const auto account = call->core.use().onboarding.account(call->context());
  if (!account && account.error().code == ErrorCode::kPaymentsNotConfigured) {
    return call->core.answer(*call, known(Known::kStripeAccountInfoNotFound));
  }
  if (!account) return call->core.answer(*call, account.error());
  json::Writer out;
  out.begin_object().field("account_id", account->id);
  out.field("charges_enabled", account->charges_enabled);
  out.field("details_submitted", account->details_submitted);
  out.field("payouts_enabled", account->payouts_enabled).end_object();
  call->core.answer(*call, out.take());
}

}  // namespace purser::http::compat::handlers
