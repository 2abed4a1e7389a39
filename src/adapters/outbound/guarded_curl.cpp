#include "adapters/outbound/guarded_curl.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <mutex>

#include "adapters/outbound/address.hpp"

namespace purser::outbound {
namespace {

const char* judge(const Guard& guard, const sockaddr* address) {
  switch (classify(address)) {
    case AddressKind::kPublic:
      // What goes by plain http to the outside is anyone's to read and to change.
      return guard.plain ? "plain http to a public address" : nullptr;
    case AddressKind::kPrivate:
      return guard.allow_private ? nullptr : "a private address";
    case AddressKind::kUnusable:
      break;
  }
  return "an address that no host has";
}

curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* address) {
  auto& guard = *static_cast<Guard*>(context);
  if (const char* refusal = judge(guard, &address->addr)) {
    guard.refusal = refusal;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Without resolving it: null for a name, and for an address that is allowed.
const char* refusal_of_host(const Guard& guard, std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    return judge(guard, reinterpret_cast<const sockaddr*>(&v4));
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    return judge(guard, reinterpret_cast<const sockaddr*>(&v6));
  }
  return nullptr;
}

}  // namespace

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

UrlPtr parse_url(const std::string& url) {
  UrlPtr parsed(curl_url());
  if (!parsed ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return nullptr;
  }
  return parsed;
}

std::optional<std::string> part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string out(text);
  curl_free(text);
  return out;
}

SlistPtr list_of(const std::vector<std::string>& lines) {
  SlistPtr list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) break;
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

std::optional<std::string> refusal_of(const UrlPtr& url, Guard& guard) {
  if (!url) return "it is no URL, or has a user name";
  const auto scheme = part_of(url.get(), CURLUPART_SCHEME);
  guard.plain = scheme == "http";
  if (scheme != "https" && !guard.plain) return "its scheme is not https";
  if (guard.plain && !guard.allow_private) return "https is needed";
  const auto host = part_of(url.get(), CURLUPART_HOST);
  if (!host || host->empty()) return "it names no host";
  if (const char* refusal = refusal_of_host(guard, *host)) return refusal;
  return std::nullopt;
}

void set_guarded(CURL* curl, Guard& guard) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  // A transfer that ran out of time does not wait for the resolver's thread, which a name server of
  // somebody's can keep busy for long.
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, guard.plain ? "http" : "https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // a proxy would connect where we cannot look
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &guard);
}

}  // namespace purser::outbound
