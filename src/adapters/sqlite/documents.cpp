#include "adapters/sqlite/documents.hpp"

#include "codec/catalog_codec.hpp"
#include "crypto/crypto.hpp"
#include "json/json.hpp"

namespace purser::sqlite {
namespace {

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

}  // namespace

std::string encode_settings(const app::ProjectSettings& settings) {
  json::Writer out;
  out.begin_object();
  write_texts(out, "trusted_domains", settings.trusted_domains);
  out.field("allow_localhost", settings.allow_localhost);
  out.field("block_new_purchases", settings.block_new_purchases);
  out.field("test_mode", settings.test_mode);
  out.field("require_publishable_client_key", settings.require_publishable_client_key);
  out.key("oidc_issuers").begin_array();
  for (const app::OidcIssuer& issuer : settings.oidc_issuers) {
    out.begin_object();
    out.field("issuer", issuer.issuer);
    out.field("audience", issuer.audience);
    out.field("jwks_url", issuer.jwks_url);
    out.end_object();
  }
  out.end_array().end_object();
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
  return payments;
}

std::string encode_product(const domain::Product& product) {
  json::Writer out;
  codec::write_product(out, product);
  return out.take();
}

Result<domain::Product> decode_product(std::string_view text, const ProductId& id) {
  PURSER_TRY(const json::Value document, json::parse(text));
  auto product = codec::decode_product(document, id, "product");
  if (!product) return unreadable("product snapshot " + id.str());
  return *std::move(product);
}

}  // namespace purser::sqlite
