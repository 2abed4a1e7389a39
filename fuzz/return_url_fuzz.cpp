// The address to which a buyer is sent back, judged against a second opinion: libcurl's URL parser.

#include <curl/curl.h>

#include <string>

#include "app/sales.hpp"
#include "fuzz/fuzz.hpp"

namespace {

// The part of a URL as libcurl reads it; "?" when it reads none.
std::string part_of(const std::string& url, CURLUPart part) {
  CURLU* parsed = curl_url();
  char* text = nullptr;
  std::string out = "?";
  if (curl_url_set(parsed, CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) == CURLUE_OK &&
      curl_url_get(parsed, part, &text, 0) == CURLUE_OK) {
    out = text;
  }
  curl_free(text);
  curl_url_cleanup(parsed);
  return out;
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() > end.size() && std::string_view(text).substr(text.size() - end.size()) == end;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string url(purser::fuzz::text_of(data, size));
  purser::app::ProjectSettings settings;
  settings.trusted_domains = {"https://app.example.com", "https://*.shop.example"};
  settings.allow_localhost = true;
  if (!purser::app::is_trusted_redirect(settings, url)) return 0;

  for (const char c : url) FUZZ_REQUIRE(c > ' ' && c < '\x7f' && c != '\\');
  FUZZ_REQUIRE(part_of(url, CURLUPART_USER) == "?");
  const std::string scheme = lower(part_of(url, CURLUPART_SCHEME));
  const std::string host = lower(part_of(url, CURLUPART_HOST));
  const bool local = host == "localhost" || host == "127.0.0.1" || host == "[::1]" ||
                     ends_with(host, ".localhost");
  FUZZ_REQUIRE(local || scheme == "https");
  FUZZ_REQUIRE(local || host == "app.example.com" || ends_with(host, ".shop.example"));
  return 0;
}
