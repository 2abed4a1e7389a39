#include "tests/nodes/wire.hpp"

namespace purser::nodes {

namespace {

constexpr std::size_t kLongest = std::size_t{1} << 26;  // longer than anything that Purser sends

std::size_t length_at(std::string_view bytes) {
  std::size_t length = 0;
  for (const char c : bytes.substr(0, 4)) length = length << 8 | static_cast<unsigned char>(c);
  return length;
}

/// Takes a text that ends with a NUL off the front.
std::string_view take_text(std::string_view& body) {
  const std::size_t end = body.find('\0');
  const std::string_view text = body.substr(0, end);
  body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
  return text;
}

bool is_commit(std::string_view sql) { return sql == "COMMIT"; }

void note(std::set<std::string, std::less<>>& names, std::string_view name, bool is_in) {
  if (is_in) {
    names.emplace(name);
  } else if (const auto found = names.find(name); found != names.end()) {
    names.erase(found);
  }
}

}  // namespace

std::optional<Message> MessageReader::next() {
  const std::size_t type = untyped_ ? 0 : 1;
  if (!ok_ || buffer_.size() < type + 4) return std::nullopt;
  const std::size_t length = length_at(std::string_view(buffer_).substr(type));
  if (length < 4 || length > kLongest) {
    ok_ = false;
    return std::nullopt;
  }
  if (buffer_.size() < type + length) return std::nullopt;
  Message message{untyped_ ? '\0' : buffer_[0], buffer_.substr(0, type + length)};
  buffer_.erase(0, type + length);
  untyped_ = false;
  return message;
}

bool CommitWatch::commits(const Message& message) {
  std::string_view body = message.body();
  switch (message.type) {
    case 'Q':
      return is_commit(take_text(body));
    case 'P': {  // Parse: the statement's name, its text
      const std::string_view name = take_text(body);
      note(statements_, name, is_commit(take_text(body)));
      return false;
    }
    case 'B': {  // Bind: the portal's name, the statement's
      const std::string_view portal = take_text(body);
      note(portals_, portal, statements_.contains(take_text(body)));
      return false;
    }
    case 'E':  // Execute: the portal's name
      return portals_.contains(take_text(body));
    default:
      return false;
  }
}

bool says_committed(const Message& message) {
  return message.type == 'C' && message.body() == std::string_view("COMMIT\0", 7);
}

}  // namespace purser::nodes
