#include <array>
#include <charconv>

#include "json/json.hpp"

namespace purser::json {
namespace {

constexpr bool needs_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

void append_escaped(std::string& out, unsigned char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!needs_escape(c)) continue;
    out.append(text, start, i - start);
    append_escaped(out, c);
    start = i + 1;
  }
  out.append(text, start);
  out += '"';
}

}  // namespace

void Writer::separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

Writer& Writer::begin_object() {
  separate();
  out_ += '{';
  needs_comma_ = false;
  return *this;
}

Writer& Writer::end_object() {
  out_ += '}';
  needs_comma_ = true;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  out_ += '[';
  needs_comma_ = false;
  return *this;
}

Writer& Writer::end_array() {
  out_ += ']';
  needs_comma_ = true;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  append_string(out_, name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

Writer& Writer::string(std::string_view value) {
  separate();
  append_string(out_, value);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  separate();
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out_.append(digits.data(), end);
  return *this;
}

Writer& Writer::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  return *this;
}

Writer& Writer::null() {
  separate();
  out_ += "null";
  return *this;
}

Writer& Writer::raw(std::string_view json_text) {
  separate();
  out_ += json_text;
  return *this;
}

Writer& Writer::value(const Value& value) {
  struct Visitor {
    Writer& w;
    void operator()(std::nullptr_t) { w.null(); }
    void operator()(bool flag) { w.boolean(flag); }
    void operator()(std::int64_t number) { w.integer(number); }
    void operator()(const Number& number) { w.raw(number.text); }
    void operator()(const std::string& text) { w.string(text); }
    void operator()(const Array& array) {
      w.begin_array();
      for (const Value& element : array) w.value(element);
      w.end_array();
    }
    void operator()(const Object& object) {
      w.begin_object();
      for (const Member& member : object) w.key(member.first).value(member.second);
      w.end_object();
    }
  };
  std::visit(Visitor{*this}, value.storage());
  return *this;
}

std::string dump(const Value& value) {
  Writer writer;
  writer.value(value);
  return writer.take();
}

}  // namespace purser::json
