#include <simdjson.h>

#include <charconv>
#include <unordered_set>

#include "json/json.hpp"

namespace purser::json {
namespace {

namespace ondemand = simdjson::ondemand;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t i) {
  while (i < text.size() && is_digit(text[i])) ++i;
  return i;
}

// RFC 8259 section 6: [-] int [frac] [exp]. Sets `integral` when there is neither frac nor exp.
bool is_number(std::string_view text, bool& integral) {
  std::size_t i = (!text.empty() && text[0] == '-') ? 1 : 0;
  if (i >= text.size() || !is_digit(text[i])) return false;
  i = text[i] == '0' ? i + 1 : skip_digits(text, i);
  integral = i == text.size();
  if (i < text.size() && text[i] == '.') {
    const std::size_t end = skip_digits(text, i + 1);
    if (end == i + 1) return false;
    i = end;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const std::size_t end = skip_digits(text, i);
    if (end == i) return false;
    i = end;
  }
  return i == text.size();
}

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// simdjson's raw tokens carry the white space behind them.
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_white(text.front())) text.remove_prefix(1);
  return text;
}

// The document's text with the zero bytes behind it that simdjson may read; kept per thread, so
// that a request does not allocate it anew.
class Workspace {
 public:
  ondemand::parser parser;

  simdjson::padded_string_view load(std::string_view text) {
    buffer_.assign(text);
    buffer_.append(simdjson::SIMDJSON_PADDING, '\0');
    return simdjson::padded_string_view(buffer_.data(), text.size(), buffer_.size());
  }

  // One large document must not pin its memory for the life of the thread.
  void trim() {
    if (buffer_.size() <= kKeptBytes) return;
    buffer_ = std::string();
    parser = ondemand::parser();
  }

 private:
  static constexpr std::size_t kKeptBytes = 64 * 1024;
  std::string buffer_;
};

class Reader {
 public:
  explicit Reader(int max_depth) : max_depth_(max_depth) {}

  Result<Value> read(simdjson::padded_string_view text, ondemand::parser& parser) {
    const std::string_view token = trimmed({text.data(), text.size()});
    if (token.empty()) return not_json();
    const char first = token.front();
    if (first != '{' && first != '[' && first != '"') return scalar(token);
    ondemand::document document;
    if (parser.iterate(text).get(document) != simdjson::SUCCESS) return not_json();
    PURSER_TRY(Value value, read_any(document, 0));
    const char* rest = nullptr;  // there must be none
    if (document.current_location().get(rest) == simdjson::SUCCESS) return not_json();
    return value;
  }

 private:
  static Error not_json() { return {ErrorCode::kBodyParsingError, "The body is not valid JSON."}; }

  Error refused(std::string message) const {
    std::string sentence = "The JSON document has a part that is not allowed: " + message + ".";
    std::vector<FieldError> fields{{path_, std::move(message)}};
    return {ErrorCode::kSchemaError, std::move(sentence), {{"fields", std::move(fields)}}};
  }

  // Documents (the root) and values have the same methods but no common base.
  template <class Node>
  Result<Value> read_any(Node& node, int depth) {
    ondemand::json_type type;
    if (node.type().get(type) != simdjson::SUCCESS) return not_json();
    switch (type) {
      case ondemand::json_type::object:
        return read_object(node, depth + 1);
      case ondemand::json_type::array:
        return read_array(node, depth + 1);
      case ondemand::json_type::string:
        return read_string(node);
      default:
        return read_token(node);
    }
  }

  template <class Node>
  Result<Value> read_string(Node& node) {
    std::string_view text;
    if (node.get_string().get(text) != simdjson::SUCCESS) return not_json();
    if (text.find('\0') != std::string_view::npos) return refused("must not contain NUL");
    return Value(std::string(text));
  }

  Result<Value> read_token(ondemand::value& node) { return scalar(trimmed(node.raw_json_token())); }
  Result<Value> read_token(ondemand::document&) { return not_json(); }  // read() has seen to it

  // Numbers are taken over from their text: simdjson would read them as doubles, or refuse what a
  // double cannot hold.
  static Result<Value> scalar(std::string_view token) {
    if (token == "null") return Value();
    if (token == "true") return Value(true);
    if (token == "false") return Value(false);
    bool integral = false;
    if (!is_number(token, integral)) return not_json();
    if (integral) {
      std::int64_t number = 0;
      if (std::from_chars(token.data(), token.data() + token.size(), number).ec == std::errc{}) {
        return Value(number);
      }
    }
    return Value(Number{std::string(token)});
  }

  template <class Node>
  Result<Value> read_array(Node& node, int depth) {
    if (depth > max_depth_) return refused("is nested too deeply");
    ondemand::array array;
    if (node.get_array().get(array) != simdjson::SUCCESS) return not_json();
    Array values;
    const std::size_t path_size = path_.size();
    for (auto element : array) {
      ondemand::value child;
      if (element.get(child) != simdjson::SUCCESS) return not_json();
      enter(std::to_string(values.size()));
      PURSER_TRY(Value value, read_any(child, depth));
      path_.resize(path_size);
      values.push_back(std::move(value));
    }
    return Value(std::move(values));
  }

  template <class Node>
  Result<Value> read_object(Node& node, int depth) {
    if (depth > max_depth_) return refused("is nested too deeply");
    ondemand::object object;
    if (node.get_object().get(object) != simdjson::SUCCESS) return not_json();
    Object members;
    std::unordered_set<std::string> seen;  // used only once the object is large
    const std::size_t path_size = path_.size();
    for (auto field : object) {
      std::string_view key;
      ondemand::value child;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return not_json();
      if (field.value().get(child) != simdjson::SUCCESS) return not_json();
      enter(key);
      if (key.find('\0') != std::string_view::npos) return refused("must not contain NUL");
      if (!is_new_key(members, seen, key)) return refused("is there twice");
      members.emplace_back(std::string(key), Value());
      PURSER_TRY(members.back().second, read_any(child, depth));
      path_.resize(path_size);
    }
    return Value(std::move(members));
  }

  static bool is_new_key(const Object& members, std::unordered_set<std::string>& seen,
                         std::string_view key) {
    constexpr std::size_t kSmall = 16;
    if (members.size() < kSmall) {
      for (const Member& member : members) {
        if (member.first == key) return false;
      }
      return true;
    }
    if (seen.empty()) {
      for (const Member& member : members) seen.insert(member.first);
    }
    return seen.emplace(key).second;
  }

  void enter(std::string_view step) {
    if (!path_.empty()) path_ += '.';
    path_ += step;
  }

  int max_depth_;
  std::string path_;
};

}  // namespace

Result<Value> parse(std::string_view text, int max_depth) {
  thread_local Workspace workspace;
  Result<Value> result = Reader(max_depth).read(workspace.load(text), workspace.parser);
  workspace.trim();
  return result;
}

}  // namespace purser::json
