#include <algorithm>
#include <string>

#include "codec/yaml.hpp"

namespace purser::codec {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view kWordCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789-";

// Words that some reader of YAML takes for a boolean or a null.
bool is_reserved(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const char* word : {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
    if (lower == word) return true;
  }
  return false;
}

// A JSON string is a double-quoted YAML scalar.
std::string scalar_text(const std::string& text) {
  const bool is_word = !text.empty() && kLetters.find(text.front()) != std::string_view::npos &&
                       text.find_first_not_of(kWordCharacters) == std::string::npos;
  return is_word && !is_reserved(text) ? text : json::dump(json::Value(text));
}

bool is_block(const json::Value& value) {
  return value.as_object() != nullptr && !value.as_object()->empty();
}

std::string inline_text(const json::Value& value) {
  if (const std::string* text = value.as_string()) return scalar_text(*text);
  const json::Array* elements = value.as_array();
  if (elements == nullptr) return json::dump(value);
  std::string out = "[";
  for (const json::Value& element : *elements) {
    if (out.size() > 1) out += ", ";
    out += inline_text(element);
  }
  return out + "]";
}

void write_members(std::string& out, const json::Object& object, std::size_t indent) {
  for (const auto& [key, value] : object) {
    out.append(indent, ' ').append(scalar_text(key)).append(":");
    if (is_block(value)) {
      out += '\n';
      write_members(out, *value.as_object(), indent + 2);
    } else {
      out.append(" ").append(inline_text(value)).append("\n");
    }
  }
}

}  // namespace

std::string write_yaml(const json::Value& value) {
  if (!is_block(value)) return inline_text(value) + "\n";
  std::string out;
  write_members(out, *value.as_object(), 0);
  return out;
}

}  // namespace purser::codec
