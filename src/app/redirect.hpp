#pragma once

// Redirect targets and trusted origins, parsed strictly: what is not understood is not trusted.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace purser::app {

/// Scheme, host and port of a URL, normalised: lower case, the scheme's port filled in.
struct Origin {
  bool secure = false;         ///< https
  bool any_subdomain = false;  ///< "https://*.example.com": one label or more in front of `host`
  std::string host;            ///< a DNS name or IPv4 address, or an IPv6 address in brackets
  std::uint16_t port = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
};

/// The origin of an http(s) URL that is safe to redirect to: no user info, no control characters,
/// spaces, backslashes or non-ASCII, at most 2,000 bytes; nothing for any other.
/// Source: RFC 3986 sections 3.2 and 3.2.2, read strictly where browsers are lenient.
std::optional<Origin> origin_of_url(std::string_view url);

/// A trusted domain of the settings: "https://app.example.com", "http://app.example.com:8080",
/// "https://*.example.com"; no path, query or fragment. Nothing for any other text.
std::optional<Origin> parse_trusted_domain(std::string_view text);

/// Is `origin` what `trusted` names?
bool matches(const Origin& trusted, const Origin& origin);

}  // namespace purser::app
