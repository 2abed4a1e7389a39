#include "adapters/postgres/servers.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace purser::postgres {
namespace {

struct Free {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// Of these the first server has the first, and so on. Source: PostgreSQL's manual, "Specifying
// Multiple Hosts".
constexpr std::string_view kListed[] = {"host", "hostaddr", "port"};

bool is_listed(std::string_view keyword) {
  return std::find(std::begin(kListed), std::end(kListed), keyword) != std::end(kListed);
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

std::size_t count_servers(const ConnectionParameters& all) {
  std::size_t count = 1;
  for (const auto& [keyword, value] : all) {
    if (is_listed(keyword)) count = std::max(count, split(value).size());
  }
  return count;
}

}  // namespace

Result<std::vector<ConnectionParameters>> servers_of(const std::string& uri) {
  const std::unique_ptr<PQconninfoOption, Free> parsed(PQconninfoParse(uri.c_str(), nullptr));
  if (!parsed) {
    // What libpq says of it may quote the password.
    return Error{ErrorCode::kStoreUnavailable,
                 "The database's URI is none that libpq can read; it looks like "
                 "postgres://user@host:5432/database?sslmode=verify-full."};
  }
  ConnectionParameters all;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) all.emplace_back(option->keyword, option->val);
  }
  std::vector<ConnectionParameters> servers(count_servers(all), all);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    for (auto& [keyword, value] : servers[i]) {
      if (!is_listed(keyword)) continue;
      const std::vector<std::string> parts = split(value);
      // One port counts for all of them; what fits in no way is left for libpq to refuse.
      if (parts.size() == servers.size()) value = parts[i];
    }
  }
  return servers;
}

}  // namespace purser::postgres
