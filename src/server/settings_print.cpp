#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "json/json.hpp"
#include "server/settings.hpp"
#include "types/secret.hpp"

namespace purser::server {
namespace {

bool is_secret(const SettingRow& row) {
  return row.type == SettingType::kSecret || row.type == SettingType::kSecretList;
}

/// A URI as it may be shown: without the password that it may hold.
std::string shown(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  const std::size_t begin = scheme + 3;
  std::string safe = text;
  const std::size_t at = text.substr(0, text.find('/', begin)).rfind('@');
  const std::size_t colon = text.find(':', begin);
  if (at != std::string::npos && colon < at) {
    safe = text.substr(0, colon + 1) + "***" + text.substr(at);
  }
  const std::size_t option = safe.find("password=");
  if (option == std::string::npos) return safe;
  const std::size_t value = option + 9;
  const std::size_t end = std::min(safe.find('&', value), safe.size());
  return safe.substr(0, value) + "***" + safe.substr(end);
}

void write_value(json::Writer& out, const SettingRow& row, const SettingValue& value) {
  if (std::holds_alternative<std::monostate>(value)) {
    out.null();
  } else if (is_secret(row)) {
    out.string(Secret::redacted());
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out.boolean(*flag);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.integer(*number);
  } else {
    out.string(shown(std::get<std::string>(value)));
  }
}

std::string type_words(const SettingRow& row) {
  switch (row.type) {
    case SettingType::kText:
      return "text";
    case SettingType::kInteger:
      return fmt::format("{} to {} {}", row.min, row.max, row.unit);
    case SettingType::kBoolean:
      return "`true` or `false`";
    case SettingType::kChoice: {
      std::string words;
      for (const char c : row.choices) {
        if (c == '|') {
          words += "`, `";
        } else {
          words += c;
        }
      }
      return "`" + words + "`";
    }
    case SettingType::kAddress:
      return "`HOST:PORT`";
    case SettingType::kUrl:
      return "URL";
    case SettingType::kSecret:
      return "secret";
    case SettingType::kSecretList:
      return "list of secrets";
  }
  std::abort();
}

std::string code(std::string_view text) {
  return text.empty() ? std::string("–") : fmt::format("`{}`", text);
}

}  // namespace

std::string print_settings(const Settings& settings, bool as_json) {
  json::Writer document;
  document.begin_object();
  std::string lines;
  for (std::size_t i = 0; i < kSettingCount; ++i) {
    const EffectiveSetting& effective = settings.effective(i);
    json::Writer value;
    write_value(value, kSettings[i], effective.value);
    lines += fmt::format("{:<34} {:<28} {}\n", kSettings[i].key, value.str(), effective.origin);
    document.key(kSettings[i].key).begin_object();
    document.key("value").raw(value.str());
    document.field("origin", effective.origin).end_object();
  }
  document.end_object();
  return as_json ? document.take() + "\n" : lines;
}

std::string settings_reference() {
  std::string out =
      "# Settings\n\n"
      "Generated from `src/server/settings_table.hpp` by `purser reference settings`; edit that, "
      "not this.\n\n"
      "A setting is read from, the later ones winning: its default, the TOML file named by "
      "`--config` (or\n"
      "`PURSER_CONFIG`), the environment, the command line. An empty environment variable counts "
      "as absent. A key\n"
      "that does not exist, a value of the wrong type or out of bounds: the server does not start "
      "and names it.\n"
      "`purser config` prints what is in effect and where it came from. Secrets have no flag, "
      "because everybody on\n"
      "a machine can see the command lines of its processes.\n";
  for (const SettingRow& row : kSettings) {
    const std::string flag = row.flag.empty() ? "–" : fmt::format("`--{}`", row.flag);
    out += fmt::format(
        "\n## `{}`\n\n{}\n\n"
        "| environment | flag | allowed | default | takes effect |\n"
        "|---|---|---|---|---|\n"
        "| `{}` | {} | {} | {} | {} |\n",
        row.key, row.description, row.env, flag, type_words(row), code(row.fallback),
        row.needs_restart ? "at the next start" : "on SIGHUP");
  }
  return out;
}

}  // namespace purser::server
