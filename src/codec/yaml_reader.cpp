#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <sstream>
#include <unordered_set>

#include "codec/yaml.hpp"

namespace purser::codec {
namespace {

struct StopReading {};

// For errors after which going on would make no sense.
[[noreturn]] void stop_reading() {
  throw StopReading();  // tidy: allow throw: the only way out of an event; caught below
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

bool all_of_set(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

// An integer by the core schema of YAML 1.2 (section 10.3.2), or nothing. One that does not fit
// stays exact as text.
std::optional<json::Value> as_integer(std::string_view text) {
  int base = 10;
  std::string_view digits = text;
  if (text.starts_with("0o") || text.starts_with("0x")) {
    base = text[1] == 'o' ? 8 : 16;
    digits.remove_prefix(2);
    if (!all_of_set(digits, base == 8 ? "01234567" : "0123456789abcdefABCDEF")) return std::nullopt;
  } else {
    const bool has_sign = text.starts_with('-') || text.starts_with('+');
    if (!all_of_set(text.substr(has_sign ? 1 : 0), "0123456789")) return std::nullopt;
    if (text.starts_with('+')) digits.remove_prefix(1);
  }
  std::int64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (parsed.ec != std::errc{}) return json::Value(json::Number{std::string(text)});
  return json::Value(number);
}

json::Value plain_scalar(const std::string& text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return json::Value();
  if (is_one_of(text, {"true", "True", "TRUE"})) return json::Value(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return json::Value(false);
  if (auto number = as_integer(text)) return *std::move(number);
  return json::Value(text);
}

std::string place_of(const YAML::Mark& mark) {
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

// Builds the value from the parser's events, so that nothing is expanded that we refuse.
class Builder : public YAML::EventHandler {
 public:
  Builder(int max_depth, FieldErrors& errors) : max_depth_(max_depth), errors_(errors) {}

  json::Value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add_scalar(mark, json::Value(), "");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    error(mark, "aliases are not allowed");
    add_scalar(mark, json::Value(), "");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    // yaml-cpp tells plain ("?") from quoted ("!") scalars by these tags.
    if (tag != "?" && tag != "!" && !tag.empty()) error(mark, "tags are not allowed");
    if (!is_clean_utf8(value)) {
      error(mark, "must be UTF-8 without NUL");
      stop_reading();
    }
    add_scalar(mark, tag == "?" ? plain_scalar(value) : json::Value(value), value, tag == "?");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    begin(mark, tag, anchor, false);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    begin(mark, tag, anchor, true);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Container {
    bool is_map = false;
    std::string path;
    json::Object members;
    json::Array elements;
    std::unordered_set<std::string> keys;
    std::optional<std::string> key;  // read, its value still to come
    bool is_duplicate = false;       // the key was there already: its value is dropped
  };

  std::string path() const {
    if (open_.empty()) return "";
    const Container& top = open_.back();
    if (top.is_map) return top.key ? join_path(top.path, *top.key) : top.path;
    return top.path + "[" + std::to_string(top.elements.size()) + "]";
  }
  void error(const YAML::Mark& mark, const std::string& message) {
    errors_.push_back({path(), message + " (" + place_of(mark) + ")"});
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) error(mark, "anchors are not allowed");
  }
  bool expects_key() const { return !open_.empty() && open_.back().is_map && !open_.back().key; }

  void add_scalar(const YAML::Mark& mark, json::Value value, const std::string& text,
                  bool plain = false) {
    if (!expects_key()) {
      add(std::move(value));
      return;
    }
    if (text.empty()) {
      error(mark, "keys must not be empty");
      stop_reading();
    }
    if (plain && text == "<<") error(mark, "merge keys are not allowed");
    Container& top = open_.back();
    top.key = text;
    top.is_duplicate = !top.keys.insert(text).second;
    if (top.is_duplicate) error(mark, "stands twice");
  }

  void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_map) {
    refuse_anchor(mark, anchor);
    if (tag != "?" && !tag.empty()) error(mark, "tags are not allowed");
    if (expects_key()) {
      error(mark, "keys must be plain text");
      stop_reading();
    }
    if (open_.size() >= static_cast<std::size_t>(max_depth_)) {
      error(mark, "is nested too deeply");
      stop_reading();
    }
    Container container;
    container.is_map = is_map;
    container.path = path();
    open_.push_back(std::move(container));
  }

  void end() {
    Container done = std::move(open_.back());
    open_.pop_back();
    add(done.is_map ? json::Value(std::move(done.members)) : json::Value(std::move(done.elements)));
  }

  void add(json::Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Container& top = open_.back();
    if (!top.is_map) {
      top.elements.push_back(std::move(value));
      return;
    }
    if (!top.is_duplicate) top.members.emplace_back(*std::move(top.key), std::move(value));
    top.key.reset();
  }

  const int max_depth_;
  FieldErrors& errors_;
  std::vector<Container> open_;
  json::Value root_;
};

}  // namespace

json::Value read_yaml(std::string_view text, int max_depth, FieldErrors& errors) {
  if (!is_clean_utf8(text)) {
    errors.push_back({"", "must be UTF-8 without NUL"});
    return {};
  }
  Builder builder(max_depth, errors);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return {};
    Builder ignored(max_depth, errors);
    if (parser.HandleNextDocument(ignored)) errors.push_back({"", "must be one document"});
  } catch (const StopReading&) {
    // Its error stands in the list already.
  } catch (const YAML::Exception& e) {
    errors.push_back({"", e.msg + " (" + place_of(e.mark) + ")"});
  }
  return builder.take();
}

bool is_clean_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto is_tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    const unsigned second = byte(i + 1);
    if (first == 0) return false;
    if (first < 0x80) {
      i += 1;
    } else if (first >= 0xC2 && first <= 0xDF && is_tail(i + 1)) {
      i += 2;
    } else if (first >= 0xE0 && first <= 0xEF && is_tail(i + 1) && is_tail(i + 2)) {
      // Overlong forms and surrogates.
      if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return false;
      i += 3;
    } else if (first >= 0xF0 && first <= 0xF4 && is_tail(i + 1) && is_tail(i + 2) &&
               is_tail(i + 3)) {
      // Overlong forms and code points above U+10FFFF.
      if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return false;
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace purser::codec
