#include "sandbox/params.hpp"

#include <algorithm>
#include <charconv>

#include "sandbox/document.hpp"

namespace purser::sandbox {
namespace {

constexpr std::size_t kMaxParams = 1000;
constexpr std::size_t kMaxDepth = 8;

// "a[b][0][]" → a, b, 0, "" ; nothing when the brackets do not match.
std::optional<std::vector<std::string>> split_name(const std::string& name) {
  std::vector<std::string> steps;
  std::size_t open = name.find('[');
  steps.push_back(name.substr(0, open));
  if (steps[0].empty() || steps[0].find(']') != std::string::npos) return std::nullopt;
  while (open != std::string::npos) {
    const std::size_t close = name.find(']', open);
    if (close == std::string::npos) return std::nullopt;
    steps.push_back(name.substr(open + 1, close - open - 1));
    if (steps.back().find('[') != std::string::npos) return std::nullopt;
    if (close + 1 == name.size()) break;
    if (name[close + 1] != '[') return std::nullopt;
    open = close + 1;
  }
  if (steps.size() > kMaxDepth) return std::nullopt;
  return steps;
}

// What can be written to JSON and read back.
bool is_plain_text(const std::string& text) {
  return json::parse(json::dump(json::Value(text))).has_value();
}

bool valid_metadata_key(const std::string& key) {
  return !key.empty() && key.size() <= 40 && key.find_first_of("[]") == std::string::npos;
}

bool is_web_address(const std::string& text) {
  const bool http = text.rfind("http://", 0) == 0 || text.rfind("https://", 0) == 0;
  if (!http || text.find_first_of(" \t\r\n\"<>\\") != std::string::npos) return false;
  const std::size_t host = text.find("//") + 2;
  return host < text.size() && text[host] != '/' && text[host] != '?' && text[host] != ':';
}

}  // namespace

std::variant<Params, Failure> Params::parse(
    const std::vector<std::pair<std::string, std::string>>& fields) {
  Params params;
  if (fields.size() > kMaxParams) return invalid("Too many parameters.");
  for (const auto& [name, value] : fields) {
    if (!is_plain_text(name) || !is_plain_text(value)) {
      return invalid("Invalid request: parameters must be UTF-8 text without NUL.");
    }
    const auto steps = split_name(name);
    if (!steps) return invalid("Invalid parameter name: " + name, name);
    Param* node = params.root_.get();
    for (const std::string& step : *steps) {
      const auto known = std::find_if(node->children.begin(), node->children.end(),
                                      [&](const Param& child) { return child.name == step; });
      if (known != node->children.end() && !step.empty()) {
        node = &*known;
      } else {
        const bool appended = step.empty();
        node->children.push_back(
            {appended ? std::to_string(node->children.size()) : step, std::nullopt, {}, false});
        node = &node->children.back();
      }
    }
    node->value = value;
    if (!node->children.empty()) return invalid("Invalid object: " + name, name);
  }
  return params;
}

std::string Params::full_name(const std::string& name) const {
  return prefix_.empty() ? name : prefix_ + "[" + name + "]";
}

Param* Params::find(std::string_view name) const {
  for (Param& child : here_->children) {
    if (child.name == name) return &child;
  }
  return nullptr;
}

bool Params::has(std::string_view name) const { return find(name) != nullptr; }

bool Params::is_plain(std::string_view name) const {
  const Param* param = find(name);
  return param != nullptr && param->value.has_value();
}

std::string Params::peek(std::string_view name) const {
  const Param* param = find(name);
  return param == nullptr ? "" : param->value.value_or("");
}

bool Params::is(const std::string& name, std::string_view value) {
  Param* param = find(name);
  if (param == nullptr || param->value != value) return false;
  param->used = true;
  return true;
}

void Params::complain(Failure failure) {
  if (!*complaint_) *complaint_ = std::move(failure);
}

std::optional<std::string> Params::scalar(const std::string& name) {
  Param* param = find(name);
  if (param == nullptr) return std::nullopt;
  param->used = true;
  if (!param->children.empty() || !param->value) {
    complain(invalid("Invalid string: " + full_name(name), full_name(name)));
    return std::nullopt;
  }
  return param->value;
}

std::optional<std::optional<std::string>> Params::clearable_text(const std::string& name,
                                                                 std::size_t max_length) {
  auto value = scalar(name);
  if (!value) return std::nullopt;
  if (value->size() > max_length) {
    complain(
        invalid("Invalid string: must be at most " + std::to_string(max_length) + " characters",
                full_name(name), "parameter_invalid_string_too_long"));
  }
  if (value->empty()) return std::optional<std::string>();
  return value;
}

std::optional<std::string> Params::text(const std::string& name, std::size_t max_length) {
  const auto value = clearable_text(name, max_length);
  if (!value) return std::nullopt;
  if (!*value) {
    complain(
        invalid("You passed an empty string for '" + full_name(name) +
                    "'. We assume empty values are an attempt to unset a parameter; however '" +
                    full_name(name) + "' cannot be unset.",
                full_name(name), "parameter_invalid_empty"));
  }
  return *value;
}

std::string Params::required_text(const std::string& name, std::size_t max_length) {
  if (!has(name)) {
    complain(invalid("Missing required param: " + full_name(name) + ".", full_name(name),
                     "parameter_missing"));
  }
  return text(name, max_length).value_or("");
}

std::optional<std::int64_t> Params::integer(const std::string& name, std::int64_t min,
                                            std::int64_t max) {
  const auto value = scalar(name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [rest, error] = std::from_chars(value->data(), end, number);
  if (value->empty() || error != std::errc{} || rest != end) {
    complain(invalid("Invalid integer: " + *value, full_name(name), "parameter_invalid_integer"));
    return std::nullopt;
  }
  if (number < min) {
    complain(invalid("This value must be greater than or equal to " + std::to_string(min) + ".",
                     full_name(name), "parameter_invalid_integer"));
    return min;
  }
  if (number > max) {
    complain(invalid("This value must be less than or equal to " + std::to_string(max) + ".",
                     full_name(name), "parameter_invalid_integer"));
    return max;
  }
  return number;
}

std::optional<bool> Params::boolean(const std::string& name) {
  const auto value = scalar(name);
  if (!value) return std::nullopt;
  if (*value == "true" || *value == "1") return true;
  if (*value != "false" && *value != "0") {
    complain(invalid("Invalid boolean: " + *value, full_name(name)));
  }
  return false;
}

std::optional<std::string> Params::one_of(const std::string& name,
                                          std::initializer_list<std::string_view> allowed) {
  auto value = scalar(name);
  if (!value) return std::nullopt;
  if (std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) return value;
  std::string list;
  for (const std::string_view option : allowed) {
    if (!list.empty()) list += ", ";
    list += option;
  }
  complain(invalid("Invalid " + full_name(name) + ": must be one of " + list, full_name(name)));
  return std::string(*allowed.begin());
}

std::optional<std::string> Params::url(const std::string& name) {
  auto value = text(name);
  if (value && !is_web_address(*value)) {
    complain(invalid("Not a valid URL", full_name(name), "url_invalid"));
  }
  return value;
}

std::vector<std::string> Params::text_list(const std::string& name) {
  std::vector<std::string> values;
  Param* param = find(name);
  if (param == nullptr) return values;
  param->used = true;
  if (param->value) {
    complain(invalid("Invalid array", full_name(name)));
    return values;
  }
  for (Param& child : param->children) {
    child.used = true;
    if (!child.value || !child.children.empty() || child.value->empty()) {
      complain(invalid("Invalid string: " + full_name(name), full_name(name)));
    } else {
      values.push_back(*child.value);
    }
  }
  return values;
}

std::optional<Params> Params::group(const std::string& name) {
  Param* param = find(name);
  if (param == nullptr) return std::nullopt;
  param->used = true;
  if (param->value) {
    complain(invalid("Invalid object", full_name(name)));
    return std::nullopt;
  }
  Params inner = *this;
  inner.here_ = param;
  inner.prefix_ = full_name(name);
  return inner;
}

std::vector<Params> Params::group_list(const std::string& name) {
  std::vector<Params> groups;
  auto list = group(name);
  if (!list) return groups;
  for (const Param& child : list->here_->children) {
    if (auto inner = list->group(child.name)) groups.push_back(*std::move(inner));
  }
  return groups;
}

void Params::apply_metadata(json::Value& metadata) {
  Param* param = find("metadata");
  if (param == nullptr) return;
  param->used = true;
  if (param->value) {
    if (param->value->empty()) {
      metadata = empty_object();
    } else {
      complain(invalid("Invalid object", full_name("metadata")));
    }
    return;
  }
  for (Param& child : param->children) {
    child.used = true;
    const std::string name = full_name("metadata") + "[" + child.name + "]";
    if (!child.value || !child.children.empty()) {
      complain(invalid("Metadata values must be strings.", name));
    } else if (!valid_metadata_key(child.name)) {
      complain(
          invalid("Metadata keys must be at most 40 characters, without square brackets.", name));
    } else if (child.value->size() > 500) {
      complain(invalid("Metadata values can have up to 500 characters.", name));
    } else if (child.value->empty()) {
      metadata.erase(child.name);
    } else {
      set(metadata, child.name, *child.value);
    }
  }
  if (metadata.as_object()->size() > 50) {
    complain(invalid("You can have up to 50 metadata keys.", full_name("metadata")));
  }
}

const Param* Params::first_unused(const Param& param, std::string& path) const {
  for (const Param& child : param.children) {
    const std::string name = path.empty() ? child.name : path + "[" + child.name + "]";
    if (!child.used) {
      path = name;
      return &child;
    }
    std::string inner = name;
    if (const Param* found = first_unused(child, inner)) {
      path = inner;
      return found;
    }
  }
  return nullptr;
}

std::optional<Failure> Params::finish() {
  std::string path;
  if (!*complaint_ && first_unused(*root_, path) != nullptr) {
    complain(invalid("Received unknown parameter: " + path, path, "parameter_unknown"));
  }
  return *complaint_;
}

}  // namespace purser::sandbox
