#include "http/encode.hpp"

#include <algorithm>

#include "http/json_fields.hpp"

namespace purser::http {
namespace {

void texts(json::Writer& out, std::string_view name, const std::vector<std::string>& values) {
  out.key(name).begin_array();
  for (const std::string& value : values) out.string(value);
  out.end_array();
}

void write_stripe(json::Writer& out, const app::ProjectPayments& payments) {
  out.begin_object();
  out.field("configured", !payments.sealed_secret_key.empty());
  out.field("webhook_configured", !payments.sealed_webhook_secrets.empty());
  text_or_null(out, "account_id", payments.account_id);
  out.field("connected", !payments.connected_account.empty());
  out.field("livemode", payments.livemode).end_object();
}

}  // namespace

void write(json::Writer& out, const app::ItemView& item) {
  const std::int64_t quantity = item.quantity.value();
  out.begin_object().field("id", item.id.str()).field("display_name", item.display_name);
  out.field("quantity", quantity);
  out.field("non_negative_quantity", std::max<std::int64_t>(0, quantity)).end_object();
}

void write(json::Writer& out, const app::LedgerLine& line) {
  const domain::Entry& entry = line.entry;
  out.begin_object().key("id");
  if (line.id == 0) {
    out.null();
  } else {
    out.string(std::to_string(line.id));
  }
  out.field("change", entry.change.value()).field("quantity_after", entry.quantity_after.value());
  out.field("cause", domain::to_string(entry.cause));
  text_or_null(out, "source", entry.source.str());
  instant_or_null(out, "expires_at", entry.expires_at);
  out.field("description", entry.description);
  instant(out, "created_at", entry.at);
  out.end_object();
}

void write(json::Writer& out, const app::User& user) {
  out.begin_object().field("id", user.id.str()).field("display_name", user.display_name);
  out.field_or_null("primary_email", user.primary_email);
  instant(out, "created_at", user.created_at);
  out.end_object();
}

void write(json::Writer& out, const app::Team& team) {
  out.begin_object().field("id", team.id.str()).field("display_name", team.display_name);
  instant(out, "created_at", team.created_at);
  out.end_object();
}

void write(json::Writer& out, const app::Membership& membership) {
  out.begin_object().field("team_id", membership.team.str());
  out.field("user_id", membership.user.str()).field("administrator", membership.administrator);
  instant(out, "created_at", membership.created_at);
  out.end_object();
}

void write(json::Writer& out, const app::Session& session) {
  out.begin_object().field("id", session.id.str()).field("user_id", session.user.str());
  instant(out, "created_at", session.created_at);
  instant(out, "expires_at", session.expires_at);
  instant_or_null(out, "revoked_at", session.revoked_at);
  out.end_object();
}

void write(json::Writer& out, const app::ApiKey& key) {
  out.begin_object().field("id", key.id.str());
  out.field("access_type", app::to_string(key.access)).field("hint", key.hint);
  out.field("description", key.description);
  instant(out, "created_at", key.created_at);
  instant_or_null(out, "last_used_at", key.last_used_at);
  instant_or_null(out, "revoked_at", key.revoked_at);
  out.end_object();
}

void write(json::Writer& out, const app::Project& project) {
  const app::ProjectSettings& settings = project.settings;
  out.begin_object().field("id", project.id.str()).field("display_name", project.display_name);
  texts(out, "trusted_domains", settings.trusted_domains);
  out.field("allow_localhost", settings.allow_localhost);
  out.field("block_new_purchases", settings.block_new_purchases);
  out.field("test_mode", settings.test_mode);
  out.field("require_publishable_client_key", settings.require_publishable_client_key);
  out.key("oidc_issuers").begin_array();
  for (const app::OidcIssuer& issuer : settings.oidc_issuers) {
    out.begin_object().field("issuer", issuer.issuer).field("audience", issuer.audience);
    out.field("jwks_url", issuer.jwks_url).end_object();
  }
  out.end_array().key("past_due_grace_days").integer(settings.past_due_grace_days);
  out.field("downgrade_effective", domain::to_string(settings.downgrade_effective));
  out.field("allow_private_webhook_addresses", settings.allow_private_webhook_addresses);
  out.key("stripe");
  write_stripe(out, project.payments);
  instant(out, "created_at", project.created_at);
  out.end_object();
}

std::string encode_quantity(Quantity quantity) {
  return json::Writer().begin_object().field("quantity", quantity.value()).end_object().take();
}

std::string encode_try_decrease(const app::TryDecreaseReply& reply) {
  json::Writer out;
  out.begin_object().field("success", reply.success);
  return out.field("quantity", reply.quantity.value()).end_object().take();
}

std::string encode_item_batch(const std::vector<app::BatchResult>& results, bool applied) {
  json::Writer out;
  out.begin_object().field("applied", applied).key("results").begin_array();
  for (const app::BatchResult& result : results) {
    out.begin_object().field("success", result.success);
    out.field("quantity", result.quantity.value()).key("error");
    if (result.error) {
      out.begin_object().field("code", error_row(result.error->code).name);
      out.field("error", result.error->message).end_object();
    } else {
      out.null();
    }
    out.end_object();
  }
  return out.end_array().end_object().take();
}

std::string encode_created_session(const app::CreatedSession& created) {
  json::Writer out;
  out.begin_object().field("id", created.session.id.str());
  out.field("user_id", created.session.user.str());
  instant(out, "created_at", created.session.created_at);
  instant(out, "expires_at", created.session.expires_at);
  out.field("access_token", created.access_token.reveal());
  return out.field("refresh_token", created.refresh_token.reveal()).end_object().take();
}

std::string encode_created_key(const app::CreatedKey& created) {
  const app::ApiKey& key = created.key;
  json::Writer out;
  out.begin_object().field("id", key.id.str());
  out.field("access_type", app::to_string(key.access)).field("key", created.secret.reveal());
  out.field("hint", key.hint).field("description", key.description);
  instant(out, "created_at", key.created_at);
  return out.end_object().take();
}

std::string encode_created_project(const app::CreatedProject& created) {
  json::Writer out;
  out.begin_object().field("project_id", created.project.id.str());
  out.field("display_name", created.project.display_name);
  out.field("publishable_client_key", created.keys.publishable_client_key.reveal());
  out.field("secret_server_key", created.keys.secret_server_key.reveal());
  out.field("super_secret_admin_key", created.keys.super_secret_admin_key.reveal());
  return out.end_object().take();
}

std::string encode_catalog_diff(const domain::CatalogDiff& diff, std::int64_t version,
                                bool is_dry_run) {
  json::Writer out;
  out.begin_object().field("dry_run", is_dry_run).field("version", version);
  texts(out, "added", diff.added);
  texts(out, "changed", diff.changed);
  texts(out, "removed", diff.removed);
  return out.end_object().take();
}

namespace {

void drifts(json::Writer& out, std::string_view name, const std::vector<app::Drift>& all) {
  out.key(name).begin_array();
  for (const app::Drift& drift : all) {
    out.begin_object().field("kind", to_string(drift.about)).field("object", drift.object);
    out.field("what", drift.what).end_object();
  }
  out.end_array();
}

}  // namespace

std::string encode_reconcile_report(const app::ReconcileReport& report) {
  json::Writer out;
  out.begin_object().field("project_id", report.project.str());
  out.field("since", report.since.to_iso8601()).field("until", report.until.to_iso8601());
  out.field("events", std::int64_t{report.events}).field("missed", std::int64_t{report.missed});
  out.field("objects", std::int64_t{report.objects});
  drifts(out, "drift", report.drift);
  drifts(out, "left", report.left);
  return out.end_object().take();
}

std::string encode_verify_report(const app::VerifyReport& report) {
  json::Writer out;
  out.begin_object().field("ok", report.findings.empty()).field("accounts", report.accounts);
  out.field("entries", report.entries).field("purchases", report.purchases);
  out.key("findings").begin_array();
  for (const app::VerifyFinding& finding : report.findings) {
    out.begin_object().field("where", finding.where).field("what", finding.what).end_object();
  }
  return out.end_array().end_object().take();
}

std::string encode_access_token(const Secret& token) {
  return json::Writer().begin_object().field("access_token", token.reveal()).end_object().take();
}

std::string encode_done() { return R"({"success":true})"; }

}  // namespace purser::http
