#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace purser::http {

/// Writes block-style YAML line by line. Texts are always quoted, so no text can become structure.
class YamlWriter {
 public:
  /// "name:" and everything until the matching close() one level deeper.
  YamlWriter& open(std::string_view name);
  YamlWriter& close();
  YamlWriter& text(std::string_view name, std::string_view value);
  YamlWriter& number(std::string_view name, std::int64_t value);
  YamlWriter& flag(std::string_view name, bool value);
  /// "name: value" with a value that is YAML already ("[a, b]").
  YamlWriter& raw(std::string_view name, std::string_view value);
  /// Starts a list's element with its first member; further members follow one level deeper until
  /// close().
  YamlWriter& open_element(std::string_view name, std::string_view text);

  std::string take() { return std::move(out_); }

 private:
  void indent();
  std::string out_;
  std::size_t depth_ = 0;
};

/// The text as a double-quoted YAML scalar.
std::string yaml_quoted(std::string_view text);

}  // namespace purser::http
