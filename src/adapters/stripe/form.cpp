#include "adapters/stripe/form.hpp"

namespace purser::stripe {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  append_encoded(out, text);
  return out;
}

Form& Form::add(std::initializer_list<std::string_view> path, std::string_view value) {
  if (!text_.empty()) text_ += '&';
  bool outermost = true;
  for (const std::string_view part : path) {
    if (!outermost) text_ += '[';
    append_encoded(text_, part);
    if (!outermost) text_ += ']';
    outermost = false;
  }
  text_ += '=';
  append_encoded(text_, value);
  return *this;
}

Form& Form::add(std::initializer_list<std::string_view> path, std::int64_t value) {
  return add(path, std::to_string(value));
}

}  // namespace purser::stripe
