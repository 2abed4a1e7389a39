#include "adapters/jwks/http_fetch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace purser::jwks {
namespace {

// None of these reaches a socket: they are refused as URLs or by their address.
TEST(HttpFetch, RefusesWhatMustNotBeReached) {
  HttpFetch fetch{HttpFetchOptions{}};
  for (const char* url : {"",
                          "jwks",
                          "//host/jwks",
                          "file:///etc/passwd",
                          "ftp://1.1.1.1/",
                          "gopher://127.0.0.1/",
                          "http://1.1.1.1/",
                          "http://127.0.0.1/",
                          "https://user:pw@1.1.1.1/",
                          "https://127.0.0.1/",
                          "https://127.1/",
                          "https://2130706433/",
                          "https://0x7f000001/",
                          "https://0177.0.0.1/",
                          "https://[::1]/",
                          "https://[::ffff:127.0.0.1]/",
                          "https://10.0.0.1/",
                          "https://0.0.0.0/",
                          "https://169.254.169.254/latest/meta-data/",
                          "https://localhost/",
                          "https:///x",
                          "https://192.168.1.1:22/",
                          "https://224.0.0.1/"}) {
    const auto result = fetch.get(url);
    ASSERT_FALSE(result) << url;
    EXPECT_EQ(result.error().code, ErrorCode::kInternalError) << url;
  }
}

TEST(HttpFetch, SaysWhyItRefuses) {
  HttpFetch fetch{HttpFetchOptions{}};
  EXPECT_NE(fetch.get("https://127.0.0.1/").error().log.for_log().find("a private address"),
            std::string::npos);
  EXPECT_NE(fetch.get("http://1.1.1.1/").error().log.for_log().find("https is needed"),
            std::string::npos);
}

// What a rebinding name server does: the name is public by the look of it, its address is not.
TEST(HttpFetch, JudgesTheAddressThatANameResolvesTo) {
  HttpFetchOptions options;
  options.overrides = {"issuer.example:443:127.0.0.1", "mixed.example:443:10.0.0.1,[::1]",
                       "cloud.example:443:169.254.169.254"};
  HttpFetch fetch(options);
  for (const char* host : {"issuer.example", "mixed.example", "cloud.example"}) {
    const auto result = fetch.get(std::string("https://") + host + "/jwks");
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().log.for_log().find("a private address"), std::string::npos) << host;
  }
}

TEST(HttpFetch, PlainHttpNeverLeavesThePrivateNetwork) {
  HttpFetchOptions options;
  options.allow_private = true;
  options.overrides = {"issuer.example:80:1.1.1.1"};
  HttpFetch fetch(options);
  EXPECT_NE(fetch.get("http://issuer.example/").error().log.for_log().find("plain http"),
            std::string::npos);
}

}  // namespace
}  // namespace purser::jwks
