#pragma once

// A project's configuration as the protocol sees it: one tree of JSON, whose parts are the catalog
// and the settings. What has no meaning here is kept as it came (ProjectSettings::other_config).

#include <optional>
#include <string>
#include <string_view>

#include "app/projects.hpp"
#include "domain/catalog.hpp"
#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::http::compat {

/// The whole tree, defaults included.
json::Value config_of(const app::ProjectSettings& settings, const domain::Catalog& catalog);

/// Sets the value at a dot path, where it replaces what is there and below; null removes it. Keys
/// inside `value` may be dot paths too. The names of older versions are taken for today's.
void set_config(json::Value& tree, std::string_view path, const json::Value& value);

/// A tree as what it consists of.
struct ConfigChange {
  app::SettingsChange settings;
  domain::Catalog catalog;
};
/// Errors: kSchemaError, whose details.fields name every wrong place by its path in the tree.
Result<ConfigChange> decode_config(const json::Value& tree);

/// A flag of other_config, by its dot path.
bool config_flag(const app::ProjectSettings& settings, std::string_view path, bool fallback);

}  // namespace purser::http::compat
