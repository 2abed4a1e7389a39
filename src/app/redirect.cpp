#include "app/redirect.hpp"

#include <algorithm>
#include <charconv>

#include "app/sales.hpp"

namespace purser::app {
namespace {

constexpr std::size_t kMaxUrlBytes = 2000;
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_plain(std::string_view url) {
  return std::all_of(url.begin(), url.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

// Letters, digits and inner hyphens; underscores are not host names, and browsers disagree about
// them.
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_ipv4(std::string_view host) {
  int parts = 0;
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view part = host.substr(0, dot);
    if (part.empty() || part.size() > 3 || !std::all_of(part.begin(), part.end(), is_digit)) {
      return false;
    }
    if (part.size() > 1 && part.front() == '0') return false;  // octal to some readers
    int value = 0;
    std::from_chars(part.data(), part.data() + part.size(), value);
    if (value > 255) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    host.remove_prefix(dot + 1);
  }
}

// Browsers read a host whose last label is a number as an IPv4 address in one of many spellings
// ("2130706433", "0x7f.1"): only the plain spelling is understood here.
bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  const std::size_t last_dot = host.rfind('.');
  const std::string_view last =
      last_dot == std::string_view::npos ? host : host.substr(last_dot + 1);
  if (!last.empty() && is_digit(last.front())) return is_ipv4(host);
  while (true) {
    const std::size_t dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

bool is_ipv6_literal(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  const std::string_view inner = host.substr(1, host.size() - 2);
  return std::all_of(inner.begin(), inner.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
  });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// "host", "host:port", "[v6]:port"
bool read_authority(std::string_view authority, Origin& origin) {
  std::string lower(authority);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  std::string_view host = lower;
  std::string_view rest;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    rest = host.substr(end + 1);
    host = host.substr(0, end + 1);
    if (!is_ipv6_literal(host)) return false;
  } else {
    const std::size_t colon = host.find(':');
    if (colon != std::string_view::npos) {
      rest = host.substr(colon);
      host = host.substr(0, colon);
    }
    if (!is_host(host)) return false;
  }
  origin.host = std::string(host);
  origin.port = origin.secure ? 443 : 80;
  if (rest.empty()) return true;
  if (!rest.starts_with(':')) return false;
  const auto port = parse_port(rest.substr(1));
  if (!port) return false;
  origin.port = *port;
  return true;
}

// Takes "http://" or "https://" in any letter case off the front.
bool take_scheme(std::string_view& url, Origin& origin) {
  std::string head(url.substr(0, 8));
  std::transform(head.begin(), head.end(), head.begin(), to_lower);
  if (head == "https://") {
    origin.secure = true;
    url.remove_prefix(8);
    return true;
  }
  if (head.starts_with("http://")) {
    url.remove_prefix(7);
    return true;
  }
  return false;
}

bool is_local(const Origin& origin) {
  return origin.host == "localhost" || origin.host == "127.0.0.1";
}

}  // namespace

std::optional<Origin> origin_of_url(std::string_view url) {
  if (url.size() > kMaxUrlBytes || !is_plain(url)) return std::nullopt;
  Origin origin;
  if (!take_scheme(url, origin)) return std::nullopt;
  // User info ('@') and escapes ('%') in the authority are refused by the grammar of the host.
  if (!read_authority(url.substr(0, url.find_first_of("/?#")), origin)) return std::nullopt;
  return origin;
}

std::optional<Origin> parse_trusted_domain(std::string_view text) {
  if (text.size() > kMaxUrlBytes || !is_plain(text)) return std::nullopt;
  Origin origin;
  if (!take_scheme(text, origin)) return std::nullopt;
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.starts_with("*.")) {
    origin.any_subdomain = true;
    text.remove_prefix(2);
  }
  if (!read_authority(text, origin)) return std::nullopt;
  const bool is_name = !origin.host.starts_with('[') && !is_ipv4(origin.host);
  // "https://*.com" would trust everyone.
  if (origin.any_subdomain && (!is_name || origin.host.find('.') == std::string::npos)) {
    return std::nullopt;
  }
  return origin;
}

bool matches(const Origin& trusted, const Origin& origin) {
  if (trusted.secure != origin.secure || trusted.port != origin.port) return false;
  if (!trusted.any_subdomain) return trusted.host == origin.host;
  return origin.host.size() > trusted.host.size() + 1 && origin.host.ends_with(trusted.host) &&
         origin.host[origin.host.size() - trusted.host.size() - 1] == '.';
}

bool is_trusted_redirect(const ProjectSettings& settings, const std::string& url) {
  const auto origin = origin_of_url(url);
  if (!origin) return false;
  if (settings.allow_localhost && is_local(*origin)) return true;
  return std::any_of(settings.trusted_domains.begin(), settings.trusted_domains.end(),
                     [&](const std::string& domain) {
                       const auto trusted = parse_trusted_domain(domain);
                       return trusted && matches(*trusted, *origin);
                     });
}

}  // namespace purser::app
