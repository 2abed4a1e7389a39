#include "adapters/jwks/http_fetch.hpp"

#include "adapters/outbound/guarded_curl.hpp"

namespace purser::jwks {
namespace {

/// What the callbacks of one fetch share.
struct Fetching {
  outbound::Guard guard;
  std::size_t max_bytes = 0;
  std::string body;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& fetching = *static_cast<Fetching*>(context);
  const std::size_t length = size * count;
  if (length > fetching.max_bytes - fetching.body.size()) {
    fetching.guard.refusal = "the document is too large";
    return 0;
  }
  fetching.body.append(data, length);
  return length;
}

Error failed(const std::string& url, const std::string& why) {
  return Error::internal("GET " + url + ": " + why);
}

void set_options(CURL* curl, const HttpFetchOptions& options, Fetching& fetching) {
  outbound::set_guarded(curl, fetching.guard);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count));
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &fetching);
}

}  // namespace

HttpFetch::HttpFetch(HttpFetchOptions options) : options_(std::move(options)) {
  outbound::initialise_curl();
}

Result<std::string> HttpFetch::get(const std::string& url) {
  const outbound::UrlPtr parsed = outbound::parse_url(url);
  Fetching fetching;
  fetching.guard.allow_private = options_.allow_private;
  fetching.max_bytes = options_.max_bytes;
  if (const auto refusal = outbound::refusal_of(parsed, fetching.guard))
    return failed(url, *refusal);

  const outbound::CurlPtr curl(curl_easy_init());
  if (!curl) return failed(url, "libcurl has no memory");
  const outbound::SlistPtr overrides = outbound::list_of(options_.overrides);
  const outbound::SlistPtr headers = outbound::list_of({"Accept: application/json"});
  set_options(curl.get(), options_, fetching);
  curl_easy_setopt(curl.get(), CURLOPT_CURLU, parsed.get());
  curl_easy_setopt(curl.get(), CURLOPT_RESOLVE, overrides.get());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    const char* refusal = fetching.guard.refusal;
    return failed(url, refusal != nullptr ? refusal : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return failed(url, "status " + std::to_string(status));
  return std::move(fetching.body);
}

}  // namespace purser::jwks
