#pragma once

// The effective settings: defaults < TOML file < environment < flags, checked against the table.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/settings_table.hpp"
#include "types/result.hpp"
#include "types/secret.hpp"

namespace purser::server {

using SettingValue =
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

/// Where a value came from, in words: "default", "purser.toml line 3", "environment PURSER_DATA",
/// "flag --data".
struct EffectiveSetting {
  SettingValue value;  ///< std::monostate: no value and no default
  std::string origin = "default";
};

/// A host and a port.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};
std::optional<ListenAddress> parse_address(std::string_view text);

/// Checked settings. A value; reading a setting as another type than its row's aborts.
class Settings {
 public:
  /// Where settings are read from.
  struct Sources {
    std::string file;  ///< path of a TOML file; empty: none
    std::vector<std::pair<std::string, std::string>> environment;  ///< NAME, value
    std::map<std::string, std::string> flags;                      ///< row's flag → text
  };

  /// Reads and checks everything. The error's message has one line for each thing that is wrong,
  /// naming the key, where its value came from and what is allowed; values of secrets are not
  /// repeated. Errors: kSchemaError.
  static Result<Settings> load(const Sources& sources);

  bool has(std::size_t row) const;  ///< whether there is a value (a default counts)
  bool boolean(std::size_t row) const;
  std::int64_t integer(std::size_t row) const;
  std::string text(std::size_t row) const;  ///< empty when there is none
  ListenAddress address(std::size_t row) const;
  Secret secret(std::size_t row) const;                ///< empty when there is none
  std::vector<Secret> secrets(std::size_t row) const;  ///< empty when there are none

  const EffectiveSetting& effective(std::size_t row) const { return values_.at(row); }

  /// `database` as a path of an SQLite file.
  std::string database_path() const;
  /// Whether the database is PostgreSQL; there is no database_path then.
  bool is_on_postgres() const;

 private:
  std::array<EffectiveSetting, kSettingCount> values_;
};

/// The effective settings for people, one line each, or as a JSON document. Secrets are redacted.
std::string print_settings(const Settings& settings, bool as_json);

/// docs/reference/settings.md.
std::string settings_reference();

}  // namespace purser::server
