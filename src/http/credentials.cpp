#include "http/credentials.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "crypto/crypto.hpp"
#include "http/schema.hpp"

namespace purser::http {
namespace {

enum class Name { kAccessType, kProjectId, kClientKey, kServerKey, kAdminKey, kAccessToken };
constexpr std::size_t kNames = 6;

struct Known {
  std::string_view rest;
  Name name;
};
constexpr Known kKnown[] = {
    {"access-type", Name::kAccessType},           {"project-id", Name::kProjectId},
    {"publishable-client-key", Name::kClientKey}, {"secret-server-key", Name::kServerKey},
    {"super-secret-admin-key", Name::kAdminKey},  {"access-token", Name::kAccessToken},
};

std::optional<Name> known_name(std::string_view rest) {
  for (const Known& known : kKnown) {
    if (net::same_header_name(rest, known.rest)) return known.name;
  }
  return std::nullopt;
}

// The value found for each name, and the rank of the prefix it was found under.
struct Found {
  std::array<std::string_view, kNames> values{};
  std::array<std::size_t, kNames> ranks{};

  std::string text(Name name) const { return std::string(values[static_cast<std::size_t>(name)]); }
  void copy(Name name, Secret& to) const {
    if (std::string found_text = text(name); !found_text.empty())
      to = Secret(std::move(found_text));
  }
};

void take(Found& found, const net::Header& header) {
  for (std::size_t rank = 0; rank < std::size(kHeaderPrefixes); ++rank) {
    const std::string_view prefix = kHeaderPrefixes[rank];
    const std::string_view name = header.name;
    if (name.size() <= prefix.size()) continue;
    if (!net::same_header_name(name.substr(0, prefix.size()), prefix)) continue;
    const auto known = known_name(name.substr(prefix.size()));
    if (!known) return;
    const auto at = static_cast<std::size_t>(*known);
    if (found.values[at].empty() || rank < found.ranks[at]) {
      found.values[at] = header.value;
      found.ranks[at] = rank;
    }
    return;
  }
}

// Errors repeat these two, and an answer can carry only text; bytes that are none name nothing.
std::string printable(std::string text) {
  if (!is_clean_utf8(text)) return net::percent_encode(text);
  return text;
}

}  // namespace

app::Credentials read_credentials(const net::Request& request) {
  Found found;
  app::Credentials credentials;
  for (const net::Header& header : request.headers) {
    if (header.value.empty()) continue;
    if (header.name.size() > 2 && (header.name[0] | 0x20) == 'x' && header.name[1] == '-') {
      take(found, header);
    } else if (credentials.bearer.empty() && net::same_header_name(header.name, "authorization")) {
      const std::string_view value = header.value;
      if (value.size() > 7 && net::same_header_name(value.substr(0, 7), "bearer ")) {
        std::string_view token = value.substr(7);
        token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
        credentials.bearer = Secret(std::string(token));
      }
    }
  }
  credentials.access_type = printable(found.text(Name::kAccessType));
  credentials.project_id = printable(found.text(Name::kProjectId));
  found.copy(Name::kClientKey, credentials.publishable_client_key);
  found.copy(Name::kServerKey, credentials.secret_server_key);
  found.copy(Name::kAdminKey, credentials.super_secret_admin_key);
  found.copy(Name::kAccessToken, credentials.access_token);
  return credentials;
}

bool has_root_key(const net::Request& request, const crypto::Digest& root_key_hash) {
  const std::string_view sent = request.header("x-purser-root-key");
  const crypto::Digest hash = crypto::sha256(sent);
  const std::string_view given(reinterpret_cast<const char*>(hash.data()), hash.size());
  const std::string_view wanted(reinterpret_cast<const char*>(root_key_hash.data()),
                                root_key_hash.size());
  return !sent.empty() && crypto::constant_time_equal(given, wanted);
}

}  // namespace purser::http
