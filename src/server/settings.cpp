#include "server/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "crypto/crypto.hpp"
#include "server/settings_source.hpp"

namespace purser::server {
namespace {

bool is_secret(const SettingRow& row) {
  return row.type == SettingType::kSecret || row.type == SettingType::kSecretList;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return parts;
}

/// What a row accepts, as the end of a sentence that begins with "must be".
std::string allowed(const SettingRow& row) {
  switch (row.type) {
    case SettingType::kText:
      return "a text";
    case SettingType::kInteger:
      return fmt::format("an integer from {} to {} ({})", row.min, row.max, row.unit);
    case SettingType::kBoolean:
      return "true or false";
    case SettingType::kChoice:
      return "one of " + fmt::format("{}", fmt::join(split(row.choices, '|'), ", "));
    case SettingType::kAddress:
      return "HOST:PORT with a port from 0 to 65535";
    case SettingType::kUrl:
      return "an absolute http or https URL without a query, fragment or slash at its end";
    case SettingType::kSecret:
      return "a text that is not empty";
    case SettingType::kSecretList:
      return "a list of texts that are not empty";
  }
  std::abort();
}

bool is_base_url(std::string_view text) {
  std::string_view rest;
  if (text.starts_with("https://")) rest = text.substr(8);
  if (text.starts_with("http://")) rest = text.substr(7);
  return !rest.empty() && rest.front() != '/' && rest.back() != '/' &&
         rest.find_first_of("?#@ \\\"<>") == std::string_view::npos;
}

/// The value of text from the environment or a flag; nothing when it is not of the row's type.
SettingValue from_text(const SettingRow& row, const std::string& text) {
  switch (row.type) {
    case SettingType::kInteger:
      if (const auto number = parse_integer(text)) return *number;
      return {};
    case SettingType::kBoolean:
      if (text == "true") return true;
      if (text == "false") return false;
      return {};
    case SettingType::kSecretList:
      return split(text, ',');
    default:
      return text;
  }
}

/// Whether a value of a source is one that the row accepts.
bool accepts(const SettingRow& row, const SettingValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  switch (row.type) {
    case SettingType::kInteger: {
      const auto* number = std::get_if<std::int64_t>(&value);
      return number != nullptr && *number >= row.min && *number <= row.max;
    }
    case SettingType::kBoolean:
      return std::holds_alternative<bool>(value);
    case SettingType::kText:
      return text != nullptr && text->find('\0') == std::string::npos;
    case SettingType::kSecret:
      return text != nullptr && !text->empty();
    case SettingType::kChoice: {
      const auto choices = split(row.choices, '|');
      return text != nullptr && std::find(choices.begin(), choices.end(), *text) != choices.end();
    }
    case SettingType::kAddress:
      return text != nullptr && parse_address(*text).has_value();
    case SettingType::kUrl:
      return text != nullptr && is_base_url(*text);
    case SettingType::kSecretList: {
      const auto* texts = std::get_if<std::vector<std::string>>(&value);
      return texts != nullptr && !texts->empty() &&
             std::none_of(texts->begin(), texts->end(), [](const auto& t) { return t.empty(); });
    }
  }
  std::abort();
}

std::string shown(const SettingRow& row, const SettingValue& value) {
  if (is_secret(row)) return "[redacted]";
  if (const auto* text = std::get_if<std::string>(&value)) return fmt::format("\"{}\"", *text);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return "a value of another type";
}

/// Collects the values of the sources and everything that is wrong with them.
class Loader {
 public:
  explicit Loader(std::array<EffectiveSetting, kSettingCount>& values) : values_(values) {}

  void defaults() {
    for (std::size_t i = 0; i < kSettingCount; ++i) {
      if (kSettings[i].fallback.empty()) continue;
      values_[i].value = from_text(kSettings[i], std::string(kSettings[i].fallback));
      if (!accepts(kSettings[i], values_[i].value)) std::abort();
    }
  }

  void file(const std::vector<RawSetting>& raws) {
    for (const RawSetting& raw : raws) {
      const auto row = find([&](const SettingRow& r) { return r.key == raw.key; });
      if (!row) {
        complain("{} ({}): there is no such setting; `purser config` lists them all", raw.key,
                 raw.origin);
      } else {
        take(*row, raw.value, raw.origin, shown(kSettings[*row], raw.value));
      }
    }
  }

  void environment(const std::vector<std::pair<std::string, std::string>>& variables) {
    for (const auto& variable : variables) {
      const std::string& name = variable.first;
      const std::string& text = variable.second;
      const auto row = find([&](const SettingRow& r) { return r.env == name; });
      if (!row) {
        if (looks_like_ours(name)) {
          complain("environment {}: there is no such setting; `purser config` lists them all",
                   name);
        }
      } else if (!text.empty()) {  // an empty variable counts as absent
        take_text(*row, text, "environment " + name);
      }
    }
  }

  void flags(const std::map<std::string, std::string>& flags) {
    for (const auto& entry : flags) {
      const std::string& flag = entry.first;
      const auto row = find([&](const SettingRow& r) { return !r.flag.empty() && r.flag == flag; });
      if (!row) std::abort();  // the command line is made from the table
      take_text(*row, entry.second, "flag --" + flag);
    }
  }

  template <class... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    problems_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  std::vector<std::string> take_problems() { return std::move(problems_); }

 private:
  template <class Predicate>
  static std::optional<std::size_t> find(Predicate predicate) {
    const auto* row = std::find_if(std::begin(kSettings), std::end(kSettings), predicate);
    if (row == std::end(kSettings)) return std::nullopt;
    return static_cast<std::size_t>(row - std::begin(kSettings));
  }

  /// An unknown variable is a spelling mistake only where it begins like a group of our settings:
  /// orchestrators set others that begin with PURSER_ by themselves (PURSER_PORT,
  /// PURSER_SERVICE_HOST).
  static bool looks_like_ours(std::string_view name) {
    return std::any_of(std::begin(kSettings), std::end(kSettings), [&](const SettingRow& row) {
      const std::size_t dot = row.key.find('.');
      return dot != std::string_view::npos && name.starts_with(row.env.substr(0, 7 + dot + 1));
    });
  }

  void take_text(std::size_t row, const std::string& text, const std::string& origin) {
    take(row, from_text(kSettings[row], text), origin,
         is_secret(kSettings[row]) ? "[redacted]" : fmt::format("\"{}\"", text));
  }

  void take(std::size_t row, SettingValue value, const std::string& origin,
            const std::string& words) {
    if (!accepts(kSettings[row], value)) {
      complain("{} is {} ({}): it must be {}", kSettings[row].key, words, origin,
               allowed(kSettings[row]));
      return;
    }
    values_[row] = {std::move(value), origin};
  }

  std::array<EffectiveSetting, kSettingCount>& values_;
  std::vector<std::string> problems_;
};

/// The rules that span several settings.
void check_together(const Settings& settings, Loader& loader) {
  const auto origin = [&](std::size_t row) { return settings.effective(row).origin; };
  const std::string database = settings.text(setting("database"));
  const bool is_path = database.starts_with("sqlite:") && database.size() > 7;
  if (!database.empty() && !is_path && !settings.is_on_postgres()) {
    loader.complain("database ({}): it must be sqlite:PATH or postgres://…",
                    origin(setting("database")));
  }
  const std::string key = settings.secret(setting("stripe.secret_key")).reveal();
  const std::string base = settings.text(setting("stripe.base_url"));
  if (!key.empty() && !settings.has(setting("stripe.webhook_secret"))) {
    loader.complain(
        "stripe.webhook_secret: there is a stripe.secret_key ({}) and no secret to verify Stripe's "
        "events with, so that forged ones could not be told apart. Set it to the endpoint's "
        "whsec_…",
        origin(setting("stripe.secret_key")));
  }
  const bool live = key.starts_with("sk_live_") || key.starts_with("rk_live_");
  if (live && !base.empty() && !base.starts_with("https://")) {
    loader.complain("stripe.base_url is \"{}\" ({}): a live key is sent over https only", base,
                    origin(setting("stripe.base_url")));
  }
  if (settings.has(setting("encryption.key"))) {
    const auto bytes = crypto::from_hex(settings.secret(setting("encryption.key")).reveal());
    if (!bytes || bytes->size() != 32) {
      loader.complain(
          "encryption.key ({}): it must be 64 hexadecimal digits; `openssl rand -hex 32` makes one",
          origin(setting("encryption.key")));
    }
    if (settings.has(setting("encryption.key_file"))) {
      loader.complain("encryption.key ({}) and encryption.key_file ({}): set one of them",
                      origin(setting("encryption.key")), origin(setting("encryption.key_file")));
    }
  }
}

}  // namespace

std::optional<ListenAddress> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const auto port = parse_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65'535) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty() || host.find_first_of(" /[]") != std::string_view::npos) return std::nullopt;
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

Result<Settings> Settings::load(const Sources& sources) {
  Settings settings;
  Loader loader(settings.values_);
  loader.defaults();
  if (!sources.file.empty()) {
    PURSER_TRY(const auto raws, read_toml(sources.file));
    loader.file(raws);
  }
  loader.environment(sources.environment);
  loader.flags(sources.flags);
  check_together(settings, loader);
  const auto problems = loader.take_problems();
  if (!problems.empty()) {
    return Error{ErrorCode::kSchemaError, fmt::format("{}", fmt::join(problems, "\n"))};
  }
  return settings;
}

bool Settings::has(std::size_t row) const {
  return !std::holds_alternative<std::monostate>(values_.at(row).value);
}

bool Settings::boolean(std::size_t row) const {
  const auto* value = std::get_if<bool>(&values_.at(row).value);
  if (value == nullptr) std::abort();
  return *value;
}

std::int64_t Settings::integer(std::size_t row) const {
  const auto* value = std::get_if<std::int64_t>(&values_.at(row).value);
  if (value == nullptr) std::abort();
  return *value;
}

std::string Settings::text(std::size_t row) const {
  if (is_secret(kSettings[row])) std::abort();
  if (!has(row)) return {};
  const auto* value = std::get_if<std::string>(&values_.at(row).value);
  if (value == nullptr) std::abort();
  return *value;
}

ListenAddress Settings::address(std::size_t row) const {
  const auto address = parse_address(text(row));
  if (!address) std::abort();
  return *address;
}

Secret Settings::secret(std::size_t row) const {
  if (kSettings[row].type != SettingType::kSecret) std::abort();
  const auto* value = std::get_if<std::string>(&values_.at(row).value);
  return value == nullptr ? Secret() : Secret(*value);
}

std::vector<Secret> Settings::secrets(std::size_t row) const {
  if (kSettings[row].type != SettingType::kSecretList) std::abort();
  std::vector<Secret> secrets;
  if (const auto* values = std::get_if<std::vector<std::string>>(&values_.at(row).value)) {
    for (const std::string& value : *values) secrets.emplace_back(value);
  }
  return secrets;
}

bool Settings::is_on_postgres() const {
  const std::string database = text(setting("database"));
  return database.starts_with("postgres://") || database.starts_with("postgresql://");
}

std::string Settings::database_path() const {
  const std::string database = text(setting("database"));
  if (!database.empty()) return database.substr(std::string_view("sqlite:").size());
  return (std::filesystem::path(text(setting("data"))) / "purser.db").string();
}

}  // namespace purser::server
