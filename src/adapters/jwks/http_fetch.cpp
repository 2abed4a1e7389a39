#include "adapters/jwks/http_fetch.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "adapters/jwks/address.hpp"

namespace purser::jwks {
namespace {

struct CurlDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlPtr = std::unique_ptr<CURL, CurlDeleter>;
using UrlPtr = std::unique_ptr<CURLU, CurlDeleter>;
using SlistPtr = std::unique_ptr<curl_slist, CurlDeleter>;

/// What the callbacks of one fetch share.
struct Fetching {
  bool allow_private = false;
  bool plain = false;  // http
  std::size_t max_bytes = 0;
  std::string body;
  const char* refusal = nullptr;
};

const char* judge(const Fetching& fetching, const sockaddr* address) {
  switch (classify(address)) {
    case AddressKind::kPublic:
      // Keys that come over plain http from outside are anyone's keys.
      return fetching.plain ? "plain http to a public address" : nullptr;
    case AddressKind::kPrivate:
      return fetching.allow_private ? nullptr : "a private address";
    case AddressKind::kUnusable:
      break;
  }
  return "an address that no host has";
}

curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* address) {
  auto& fetching = *static_cast<Fetching*>(context);
  if (const char* refusal = judge(fetching, &address->addr)) {
    fetching.refusal = refusal;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& fetching = *static_cast<Fetching*>(context);
  const std::size_t length = size * count;
  if (length > fetching.max_bytes - fetching.body.size()) {
    fetching.refusal = "the document is too large";
    return 0;
  }
  fetching.body.append(data, length);
  return length;
}

Error failed(const std::string& url, const std::string& why) {
  return Error::internal("GET " + url + ": " + why);
}

std::optional<std::string> part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string out(text);
  curl_free(text);
  return out;
}

void set_options(CURL* curl, const HttpFetchOptions& options, Fetching& fetching) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, fetching.plain ? "http" : "https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // a proxy would connect where we cannot look
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count));
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &fetching);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &fetching);
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

}  // namespace

HttpFetch::HttpFetch(HttpFetchOptions options) : options_(std::move(options)) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Result<std::string> HttpFetch::get(const std::string& url) {
  const UrlPtr parsed(curl_url());
  if (!parsed ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return failed(url, "not a URL that is fetched");
  }
  Fetching fetching;
  fetching.allow_private = options_.allow_private;
  fetching.plain = part_of(parsed.get(), CURLUPART_SCHEME) == "http";
  fetching.max_bytes = options_.max_bytes;
  if (fetching.plain && !options_.allow_private) return failed(url, "https is needed");

  const CurlPtr curl(curl_easy_init());
  if (!curl) return failed(url, "libcurl has no memory");
  const SlistPtr overrides = list_of(options_.overrides);
  const SlistPtr headers = list_of({"Accept: application/json"});
  set_options(curl.get(), options_, fetching);
  curl_easy_setopt(curl.get(), CURLOPT_CURLU, parsed.get());
  curl_easy_setopt(curl.get(), CURLOPT_RESOLVE, overrides.get());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    return failed(url, fetching.refusal != nullptr ? fetching.refusal : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return failed(url, "status " + std::to_string(status));
  return std::move(fetching.body);
}

}  // namespace purser::jwks
