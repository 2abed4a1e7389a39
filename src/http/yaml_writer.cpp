#include "http/yaml_writer.hpp"

namespace purser::http {

void YamlWriter::indent() { out_.append(2 * depth_, ' '); }

YamlWriter& YamlWriter::open(std::string_view name) {
  indent();
  out_.append(name).append(":\n");
  ++depth_;
  return *this;
}

YamlWriter& YamlWriter::close() {
  --depth_;
  return *this;
}

YamlWriter& YamlWriter::raw(std::string_view name, std::string_view value) {
  indent();
  out_.append(name).append(": ").append(value).append("\n");
  return *this;
}

YamlWriter& YamlWriter::text(std::string_view name, std::string_view value) {
  return raw(name, yaml_quoted(value));
}

YamlWriter& YamlWriter::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

YamlWriter& YamlWriter::flag(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

YamlWriter& YamlWriter::open_element(std::string_view name, std::string_view value) {
  indent();
  out_.append("- ").append(name).append(": ").append(yaml_quoted(value)).append("\n");
  ++depth_;
  return *this;
}

std::string yaml_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? ' ' : c;
  }
  return quoted + "\"";
}

}  // namespace purser::http
