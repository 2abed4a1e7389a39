#include "adapters/sql/documents.hpp"

#include "crypto/crypto.hpp"
#include "json/json.hpp"

namespace purser::sql {
namespace {

constexpr std::int64_t kMaxGraceDays = 60;

Error unreadable(const std::string& what) {
  return Error::internal("a stored document is not what it must be: " + what);
}

void write_texts(json::Writer& out, std::string_view name, const std::vector<std::string>& texts) {
  out.key(name).begin_array();
  for (const std::string& text : texts) out.string(text);
  out.end_array();
}

Result<std::vector<std::string>> read_texts(const json::Value& document, std::string_view name) {
  std::vector<std::string> texts;
  const json::Value* member = document.find(name);
  const json::Array* array = member ? member->as_array() : nullptr;
  if (!array) return unreadable(std::string(name));
  for (const json::Value& value : *array) {
    const std::string* text = value.as_string();
    if (!text) return unreadable(std::string(name));
    texts.push_back(*text);
  }
  return texts;
}

Result<bool> read_flag(const json::Value& document, std::string_view name) {
  const auto flag = document.bool_at(name);
  if (!flag) return unreadable(std::string(name));
  return *flag;
}

Result<std::string> read_text(const json::Value& document, std::string_view name) {
  auto text = document.string_at(name);
  if (!text) return unreadable(std::string(name));
  return *std::move(text);
}

// Sealed values are bytes; JSON holds text.
Result<std::string> unpack(const std::string& text) {
  auto bytes = crypto::from_base64url(text);
  if (!bytes) return unreadable("sealed bytes");
  return *std::move(bytes);
}

Result<std::vector<app::OidcIssuer>> read_issuers(const json::Value& document) {
  std::vector<app::OidcIssuer> issuers;
  const json::Value* member = document.find("oidc_issuers");
  const json::Array* array = member ? member->as_array() : nullptr;
  if (!array) return unreadable("oidc_issuers");
  for (const json::Value& value : *array) {
    app::OidcIssuer issuer;
    PURSER_TRY(issuer.issuer, read_text(value, "issuer"));
    PURSER_TRY(issuer.audience, read_text(value, "audience"));
    PURSER_TRY(issuer.jwks_url, read_text(value, "jwks_url"));
    issuers.push_back(std::move(issuer));
  }
  return issuers;
}

// Older documents lack these fields: then the defaults stand.
Status read_later_settings(const json::Value& document, app::ProjectSettings& settings) {
  if (document.find("past_due_grace_days")) {
    const auto days = document.int_at("past_due_grace_days");
    if (!days || *days < 0 || *days > kMaxGraceDays) return unreadable("past_due_grace_days");
    settings.past_due_grace_days = static_cast<int>(*days);
  }
  if (document.find("downgrade_effective")) {
    PURSER_TRY(const std::string name, read_text(document, "downgrade_effective"));
    const auto time = domain::parse_switch_time(name);
    if (!time) return unreadable("downgrade_effective");
    settings.downgrade_effective = *time;
  }
  settings.allow_private_webhook_addresses =
      document.bool_at("allow_private_webhook_addresses").value_or(false);
  settings.owner_team = TeamId(document.string_at("owner_team").value_or(""));
  settings.other_config = document.string_at("other_config").value_or("");
  return {};
}

}  // namespace

std::string encode_settings(const app::ProjectSettings& settings) {
  json::Writer out;
  out.begin_object();
  write_texts(out, "trusted_domains", settings.trusted_domains);
  out.field("allow_localhost", settings.allow_localhost);
  out.field("block_new_purchases", settings.block_new_purchases);
  out.field("test_mode", settings.test_mode);
  out.field("require_publishable_client_key", settings.require_publishable_client_key);
  out.field("past_due_grace_days", static_cast<std::int64_t>(settings.past_due_grace_days));
  out.field("downgrade_effective", domain::to_string(settings.downgrade_effective));
  out.field("allow_private_webhook_addresses", settings.allow_private_webhook_addresses);
  out.key("oidc_issuers").begin_array();
  for (const app::OidcIssuer& issuer : settings.oidc_issuers) {
    out.begin_object();
    out.field("issuer", issuer.issuer);
    out.field("audience", issuer.audience);
    out.field("jwks_url", issuer.jwks_url);
    out.end_object();
  }
  out.end_array();
  if (!settings.owner_team.empty()) out.field("owner_team", settings.owner_team.str());
  if (!settings.other_config.empty()) out.field("other_config", settings.other_config);
  out.end_object();
  return out.take();
}

Result<app::ProjectSettings> decode_settings(std::string_view text) {
  PURSER_TRY(const json::Value document, json::parse(text));
  app::ProjectSettings settings;
  PURSER_TRY(settings.trusted_domains, read_texts(document, "trusted_domains"));
  PURSER_TRY(settings.allow_localhost, read_flag(document, "allow_localhost"));
  PURSER_TRY(settings.block_new_purchases, read_flag(document, "block_new_purchases"));
  PURSER_TRY(settings.test_mode, read_flag(document, "test_mode"));
  PURSER_TRY(settings.require_publishable_client_key,
             read_flag(document, "require_publishable_client_key"));
  PURSER_TRY(settings.oidc_issuers, read_issuers(document));
  PURSER_CHECK_OK(read_later_settings(document, settings));
  return settings;
}

std::string encode_payments(const app::ProjectPayments& payments) {
  json::Writer out;
  out.begin_object();
  out.field("sealed_secret_key", crypto::to_base64url(payments.sealed_secret_key));
  out.key("sealed_webhook_secrets").begin_array();
  for (const std::string& secret : payments.sealed_webhook_secrets) {
    out.string(crypto::to_base64url(secret));
  }
  out.end_array();
  out.field("account_id", payments.account_id);
  out.field("livemode", payments.livemode);
  out.field("connected_account", std::string_view(payments.connected_account));
  if (payments.reconciled_until) {
    out.field("reconciled_until", payments.reconciled_until->millis());
  }
  out.end_object();
  return out.take();
}

Result<app::ProjectPayments> decode_payments(std::string_view text) {
  PURSER_TRY(const json::Value document, json::parse(text));
  app::ProjectPayments payments;
  PURSER_TRY(const std::string key, read_text(document, "sealed_secret_key"));
  PURSER_TRY(payments.sealed_secret_key, unpack(key));
  PURSER_TRY(const auto secrets, read_texts(document, "sealed_webhook_secrets"));
  for (const std::string& secret : secrets) {
    PURSER_TRY(std::string bytes, unpack(secret));
    payments.sealed_webhook_secrets.push_back(std::move(bytes));
  }
  PURSER_TRY(payments.account_id, read_text(document, "account_id"));
  PURSER_TRY(payments.livemode, read_flag(document, "livemode"));
  if (document.find("connected_account")) {  // schema 1 had none
    PURSER_TRY(payments.connected_account, read_text(document, "connected_account"));
  }
  if (const auto until = document.int_at("reconciled_until")) {
    payments.reconciled_until = Timestamp::from_millis(*until);
    if (!payments.reconciled_until) return Error::internal("a stored instant is out of range");
  }
  return payments;
}

std::string encode_taken(const std::vector<app::TakenLot>& taken) {
  json::Writer out;
  out.begin_array();
  for (const app::TakenLot& lot : taken) {
    out.begin_object();
    out.field("item", std::string_view(lot.item.str()));
    out.field("quantity", lot.quantity.value());
    if (lot.expires_at) out.field("expires_at", lot.expires_at->millis());
    out.field("ends_with_source", lot.ends_with_source);
    out.end_object();
  }
  out.end_array();
  return out.take();
}

Result<std::vector<app::TakenLot>> decode_taken(std::string_view text) {
  PURSER_TRY(const json::Value document, json::parse(text));
  const json::Array* array = document.as_array();
  if (!array) return unreadable("taken lots");
  std::vector<app::TakenLot> taken;
  for (const json::Value& value : *array) {
    app::TakenLot lot;
    PURSER_TRY(std::string item, read_text(value, "item"));
    lot.item = ItemId(std::move(item));
    const auto quantity = Quantity::of(value.int_at("quantity").value_or(0));
    if (!quantity || !quantity->is_positive()) return unreadable("quantity of a taken lot");
    lot.quantity = *quantity;
    if (value.find("expires_at")) {
      lot.expires_at = Timestamp::from_millis(value.int_at("expires_at").value_or(-1));
      if (!lot.expires_at) return unreadable("expires_at of a taken lot");
    }
    PURSER_TRY(lot.ends_with_source, read_flag(value, "ends_with_source"));
    taken.push_back(std::move(lot));
  }
  return taken;
}

}  // namespace purser::sql
