#pragma once

// Raw values of settings, before they are checked.

#include <string>
#include <vector>

#include "server/settings.hpp"
#include "types/result.hpp"

namespace purser::server {

/// A value as its source has it. From a TOML file it has a type; elsewhere it is text.
struct RawSetting {
  std::string key;  ///< dotted path
  SettingValue
      value;  ///< std::monostate: of a type that no setting has (a date, a table, a fraction)
  std::string origin;
};

/// Every leaf of a TOML file, in the order of the keys.
/// Errors: kSchemaError with the file and line for a file that cannot be read or is not TOML.
Result<std::vector<RawSetting>> read_toml(const std::string& path);

}  // namespace purser::server
