#include "server/settings_source.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace purser::server {
namespace {

SettingValue value_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* array = node.as_array()) {
    std::vector<std::string> texts;
    for (const auto& element : *array) {
      const auto* text = element.as_string();
      if (text == nullptr) return {};
      texts.push_back(text->get());
    }
    return texts;
  }
  return {};
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& file,
             std::vector<RawSetting>& out) {
  for (const auto& [key, node] : table) {
    const std::string path = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      flatten(*inner, path + ".", file, out);
    } else {
      out.push_back(
          {path, value_of(node), fmt::format("{} line {}", file, node.source().begin.line)});
    }
  }
}

}  // namespace

Result<std::vector<RawSetting>> read_toml(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Error{ErrorCode::kSchemaError, fmt::format("The settings file {} is a folder", path)};
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    // An empty file sets the fail bit of `text`; that is a file without settings.
    if (in.is_open() && in.peek() == std::ifstream::traits_type::eof()) {
      return std::vector<RawSetting>{};
    }
    return Error{ErrorCode::kSchemaError, fmt::format("The settings file {} cannot be read: {}",
                                                      path, std::strerror(errno))};
  }
  const toml::parse_result parsed = toml::parse(text.str(), path);
  if (!parsed) {
    return Error{ErrorCode::kSchemaError,
                 fmt::format("{} line {}: {}", path, parsed.error().source().begin.line,
                             parsed.error().description())};
  }
  std::vector<RawSetting> out;
  flatten(parsed.table(), "", path, out);
  return out;
}

}  // namespace purser::server
