#pragma once

// libcurl for URLs that others chose: what every adapter that calls them needs, so that none of
// them reaches where it must not.

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace purser::outbound {

struct CurlDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlPtr = std::unique_ptr<CURL, CurlDeleter>;
using UrlPtr = std::unique_ptr<CURLU, CurlDeleter>;
using SlistPtr = std::unique_ptr<curl_slist, CurlDeleter>;

/// Once per process, before anything else of libcurl. Thread-safe.
void initialise_curl();

/// Nothing for what is no URL, or one with a user name.
UrlPtr parse_url(const std::string& url);
std::optional<std::string> part_of(CURLU* url, CURLUPart part);
SlistPtr list_of(const std::vector<std::string>& lines);

/// Where one transfer may go, and why it went nowhere.
struct Guard {
  bool allow_private = false;  ///< also private addresses, and plain http to them
  bool plain = false;          ///< the URL is http
  const char* refusal = nullptr;
};

/// Why nothing is sent to a URL (of parse_url), as far as can be said without resolving its host,
/// for people; nothing: it may be tried. Tells the guard whether it is plain http.
std::optional<std::string> refusal_of(const UrlPtr& url, Guard& guard);

/// Sets what keeps a transfer where it may go. The address is judged in the moment in which libcurl
/// is about to connect to it, on the very bytes that it connects to: a name that resolves
/// differently a second time (DNS rebinding) or a URL that two parsers read differently gains
/// nothing. Redirects, proxies and other schemes than the guard's are refused; TLS is always
/// verified. The guard must outlive the transfer. A kept connection is judged when it is made: do
/// not share connections between guards that differ.
void set_guarded(CURL* curl, Guard& guard);

}  // namespace purser::outbound
