#pragma once

// The messages of PostgreSQL's wire protocol (version 3), as far as one must know them to cut a
// connection at a chosen message. Pure; knows no socket.
// Source: PostgreSQL 15, "Message Formats".

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace purser::nodes {

struct Message {
  char type = 0;      ///< 0: one of those at a connection's beginning, which have none
  std::string bytes;  ///< all of it, as on the wire
  /// What stands behind the type and the length.
  std::string_view body() const { return std::string_view(bytes).substr(type == 0 ? 4 : 5); }
};

/// Splits a stream into its messages.
class MessageReader {
 public:
  enum class Side : std::uint8_t { kClient, kServer };
  explicit MessageReader(Side side) : untyped_(side == Side::kClient) {}

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next whole message.
  std::optional<Message> next();
  /// The bytes of a message that is not whole yet.
  const std::string& rest() const { return buffer_; }
  /// False once the stream cannot be the protocol.
  bool ok() const { return ok_; }

 private:
  std::string buffer_;
  bool untyped_;  // the next message has no type: it begins the connection
  bool ok_ = true;
};

/// Follows the statements of a connection and tells which message of the client commits.
class CommitWatch {
 public:
  /// Notes a message of the client; whether it makes the server commit: the Execute of a COMMIT, or
  /// a query that is one.
  bool commits(const Message& message);

 private:
  std::set<std::string, std::less<>> statements_;  // the names of those that are a COMMIT
  std::set<std::string, std::less<>> portals_;     // and of what was bound to them
};

/// Whether the server says here that it has committed.
bool says_committed(const Message& message);

}  // namespace purser::nodes
