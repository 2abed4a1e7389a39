#include "http/compat/config.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "http/compat/config_catalog.hpp"
#include "http/schema.hpp"

namespace purser::http::compat {
namespace {

// Parts of the tree that are kept elsewhere than in other_config.
constexpr std::array kOwnPaths = {"payments.testMode",      "payments.blockNewPurchases",
                                  "payments.items",         "payments.productLines",
                                  "payments.products",      "project.requirePublishableClientKey",
                                  "domains.allowLocalhost", "domains.trustedDomains"};

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= path.size()) {
    const std::size_t end = std::min(path.find('.', from), path.size());
    parts.emplace_back(path.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

/// What a part of a path is called today. "groups" became "catalogs", and those "productLines".
std::string renamed(const std::vector<std::string>& before, std::string part) {
  if (before.empty() || before.front() != "payments") return part;
  if (before.size() == 1) {
    if (part == "offers") return "products";
    if (part == "groups" || part == "catalogs") return "productLines";
  }
  const bool of_product = before.size() == 3 && before[1] == "products";
  if (of_product && (part == "groupId" || part == "catalogId")) return "productLineId";
  return part;
}

json::Value* child(json::Value& tree, const std::string& name) {
  if (tree.as_object() == nullptr) tree = json::Value(json::Object());
  if (tree.find(name) == nullptr) tree.set(name, json::Value(json::Object()));
  return tree.find(name);
}

void put(json::Value& tree, const std::vector<std::string>& path, json::Value value) {
  json::Value* at = &tree;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) at = child(*at, path[i]);
  if (at->as_object() == nullptr) *at = json::Value(json::Object());
  if (value.is_null()) {
    at->erase(path.back());
  } else {
    at->set(path.back(), std::move(value));
  }
}

void set_below(json::Value& tree, std::vector<std::string> above, std::string_view key,
               const json::Value& value) {
  for (std::string& part : split(key)) {
    std::string name = renamed(above, std::move(part));
    above.push_back(std::move(name));
  }
  const json::Object* members = value.as_object();
  if (members == nullptr) return put(tree, above, value);
  put(tree, above, json::Value(json::Object()));
  for (const json::Member& member : *members) set_below(tree, above, member.first, member.second);
}

const json::Value* find(const json::Value& tree, std::string_view path) {
  const json::Value* at = &tree;
  for (const std::string& part : split(path)) {
    at = at == nullptr ? nullptr : at->find(part);
  }
  return at;
}

std::optional<bool> flag_at(const json::Value& tree, std::string_view path, FieldErrors& errors) {
  const json::Value* value = find(tree, path);
  if (value == nullptr) return std::nullopt;
  if (const bool* flag = value->as_bool()) return *flag;
  errors.push_back({std::string(path), "must be true or false"});
  return std::nullopt;
}

json::Value domains_of(const std::vector<std::string>& trusted) {
  json::Object domains;
  for (std::size_t i = 0; i < trusted.size(); ++i) {
    domains.emplace_back(std::to_string(i),
                         json::Value(json::Object{{"baseUrl", {trusted[i]}},
                                                  {"handlerPath", {std::string("/handler")}}}));
  }
  return {std::move(domains)};
}

std::vector<std::string> read_domains(const json::Value& tree, FieldErrors& errors) {
  std::vector<std::string> trusted;
  const json::Value* domains = find(tree, "domains.trustedDomains");
  if (domains == nullptr || domains->as_object() == nullptr) return trusted;
  for (const auto& [id, domain] : *domains->as_object()) {
    if (auto url = domain.string_at("baseUrl")) {
      trusted.push_back(*std::move(url));
    } else {
      errors.push_back({"domains.trustedDomains." + id + ".baseUrl", "must be a URL"});
    }
  }
  return trusted;
}

std::string rest_of(json::Value tree) {
  for (const char* path : kOwnPaths) put(tree, split(path), json::Value());
  for (const char* part : {"payments", "project", "domains"}) {
    const json::Value* section = tree.find(part);
    const bool is_empty = section != nullptr && section->as_object()->empty();
    if (is_empty) tree.erase(part);
  }
  return tree.as_object()->empty() ? std::string() : json::dump(tree);
}

json::Value other_config(const app::ProjectSettings& settings) {
  auto other = json::parse(settings.other_config.empty() ? "{}" : settings.other_config);
  if (!other || other->as_object() == nullptr) return {json::Object()};
  return *std::move(other);
}

}  // namespace

json::Value config_of(const app::ProjectSettings& settings, const domain::Catalog& catalog) {
  json::Value tree = other_config(settings);
  put(tree, {"payments", "testMode"}, {settings.test_mode});
  put(tree, {"payments", "blockNewPurchases"}, {settings.block_new_purchases});
  for (auto& [name, part] : catalog_config(catalog)) {
    put(tree, {"payments", name}, std::move(part));
  }
  put(tree, {"project", "requirePublishableClientKey"}, {settings.require_publishable_client_key});
  put(tree, {"domains", "allowLocalhost"}, {settings.allow_localhost});
  put(tree, {"domains", "trustedDomains"}, domains_of(settings.trusted_domains));
  return tree;
}

void set_config(json::Value& tree, std::string_view path, const json::Value& value) {
  set_below(tree, {}, path, value);
}

Result<ConfigChange> decode_config(const json::Value& tree) {
  FieldErrors errors;
  ConfigChange change;
  app::SettingsChange& settings = change.settings;
  settings.test_mode = flag_at(tree, "payments.testMode", errors);
  settings.block_new_purchases = flag_at(tree, "payments.blockNewPurchases", errors);
  settings.allow_localhost = flag_at(tree, "domains.allowLocalhost", errors);
  settings.require_publishable_client_key =
      flag_at(tree, "project.requirePublishableClientKey", errors);
  settings.trusted_domains = read_domains(tree, errors);
  const json::Value* payments = tree.find("payments");
  auto catalog = decode_catalog_config(payments == nullptr ? json::Value() : *payments, errors);
  if (!errors.empty()) return schema_error(std::move(errors));
  change.catalog = *std::move(catalog);
  settings.other_config = rest_of(tree);
  return change;
}

bool config_flag(const app::ProjectSettings& settings, std::string_view path, bool fallback) {
  if (settings.other_config.empty()) return fallback;
  const json::Value other = other_config(settings);
  const json::Value* value = find(other, path);
  const bool* flag = value == nullptr ? nullptr : value->as_bool();
  return flag == nullptr ? fallback : *flag;
}

}  // namespace purser::http::compat
