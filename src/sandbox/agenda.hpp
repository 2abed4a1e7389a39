#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "json/json.hpp"

namespace purser::sandbox {

struct Account;
struct Record;
class World;

/// Something that happens by itself when its second has come.
struct Due {
  std::int64_t when = 0;
  int rank = 0;  ///< what goes first within one second
  std::string account;
  std::string kind;
  std::string id;

  friend auto operator<=>(const Due&, const Due&) = default;
};

/// What is due when, on the sandbox's own clock ("") and on every test clock.
class Agenda {
 public:
  /// Looks at a record that is new or was changed.
  void note(const Account& account, std::string_view kind, const Record& record);
  /// The first thing due on a clock at `until` or before.
  std::optional<Due> first(const std::string& clock, std::int64_t until) const;

 private:
  std::map<std::string, std::set<Due>> waiting_;
  std::unordered_map<std::string, std::pair<std::string, Due>> known_;  // by account/id
};

/// Lets everything happen that is due on the sandbox's own clock, in its order and dated when it
/// was due. The world's mutex is held.
void catch_up(World& world);
/// The same for a test clock, up to `until`.
void catch_up(World& world, const std::string& clock, std::int64_t until);

}  // namespace purser::sandbox
