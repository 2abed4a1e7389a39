#include "app/redirect.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "app/sales.hpp"

namespace purser::app {
namespace {

ProjectSettings trusting(std::vector<std::string> domains) {
  ProjectSettings settings;
  settings.trusted_domains = std::move(domains);
  settings.allow_localhost = false;
  return settings;
}

TEST(Redirect, AcceptsTheTrustedOriginInEverySpellingOfIt) {
  const ProjectSettings settings = trusting({"https://app.example.com"});
  for (const char* url :
       {"https://app.example.com", "https://app.example.com/",
        "https://app.example.com/done?x=1#top", "https://app.example.com?x=1",
        "https://app.example.com#top", "HTTPS://APP.Example.COM/a", "https://app.example.com:443/",
        "https://app.example.com/@evil.com", "https://app.example.com/?next=https://evil.com"}) {
    EXPECT_TRUE(is_trusted_redirect(settings, url)) << url;
  }
}

TEST(Redirect, RefusesEveryDisguise) {
  const ProjectSettings settings =
      trusting({"https://ok", "https://ok.example.com", "https://*.example.org"});
  const std::vector<std::string> disguises = {
      "",
      "/done",
      "//evil.com",
      "//ok",
      "///ok",
      "https:ok",
      "https:/ok",
      "https:///ok",
      "https:\\\\ok",
      "https://ok\\@evil.com",
      "https://evil.com\\.ok",
      "https://ok/\\evil.com",  // some readers take it for "//evil.com"
      "https://ok/a?b=\\",
      "https://ok@evil.com",
      "https://ok:443@evil.com",
      "https://ok%40evil.com",
      "https://ok%2eevil.com",
      "https://ok%2f.evil.com",
      "https://ok.evil.com",
      "https://ok.example.com.evil.com",
      "https://evilok.example.com",
      "https://ok.example.com.",
      "https://example.org",
      "https://evilexample.org",
      "https://.example.org",
      "https://a..example.org",
      "https://*.example.org",
      "https://a.example.org@evil.com",
      "http://ok",
      "https://ok:80",
      "https://ok:",
      "https://ok:0443",
      "https://ok:99999",
      "https://ok:443x",
      "https://ok :443",
      " https://ok",
      "https://ok ",
      "https://o\tk",
      "https://ok/\r\nSet-Cookie: a=b",
      "https://ok/\x7f",
      std::string("https://ok/\0", 12),
      "https://\xd0\xbek",
      "javascript:alert(1)//https://ok",
      "javascript://ok/%0aalert(1)",
      "data:text/html,hi",
      "ftp://ok",
      "blob:https://ok/1",
      "view-source:https://ok",
      "https://[::1]",
      "https://2130706433",
      "https://0x7f.1",
      "https://127.1",
  };
  for (const std::string& url : disguises) {
    EXPECT_FALSE(is_trusted_redirect(settings, url)) << url;
  }
  EXPECT_FALSE(is_trusted_redirect(settings, "https://ok/" + std::string(2000, 'a')));
}

TEST(Redirect, AWildcardTrustsOneLabelOrMoreButNotTheDomainItself) {
  const ProjectSettings settings = trusting({"https://*.example.com"});
  EXPECT_TRUE(is_trusted_redirect(settings, "https://a.example.com/x"));
  EXPECT_TRUE(is_trusted_redirect(settings, "https://b.a.example.com/x"));
  EXPECT_FALSE(is_trusted_redirect(settings, "https://example.com/x"));
  EXPECT_FALSE(is_trusted_redirect(settings, "http://a.example.com/x"));
  EXPECT_FALSE(is_trusted_redirect(settings, "https://a.example.com:8443/x"));
}

TEST(Redirect, PortsAreExactAndDefaultsAreFilledIn) {
  const ProjectSettings settings =
      trusting({"https://a.example.com:8443", "http://b.example.com", "https://c.example.com:443"});
  EXPECT_TRUE(is_trusted_redirect(settings, "https://a.example.com:8443/"));
  EXPECT_FALSE(is_trusted_redirect(settings, "https://a.example.com/"));
  EXPECT_TRUE(is_trusted_redirect(settings, "http://b.example.com:80/"));
  EXPECT_FALSE(is_trusted_redirect(settings, "http://b.example.com:443/"));
  EXPECT_TRUE(is_trusted_redirect(settings, "https://c.example.com/"));
}

TEST(Redirect, LocalhostIsTrustedOnlyWhenAllowed) {
  ProjectSettings settings;
  EXPECT_TRUE(is_trusted_redirect(settings, "http://localhost:3000/done"));
  EXPECT_TRUE(is_trusted_redirect(settings, "https://127.0.0.1/done"));
  EXPECT_FALSE(is_trusted_redirect(settings, "http://localhost.evil.com/"));
  EXPECT_FALSE(is_trusted_redirect(settings, "http://localhost@evil.com/"));
  EXPECT_FALSE(is_trusted_redirect(settings, "http://127.0.0.1.evil.com/"));
  settings.allow_localhost = false;
  EXPECT_FALSE(is_trusted_redirect(settings, "http://localhost:3000/done"));
}

TEST(Redirect, TrustedDomainsAreOrigins) {
  for (const char* good :
       {"https://a.example.com", "https://a.example.com/", "http://localhost:3000",
        "https://*.example.com", "https://[2001:db8::1]:8443", "http://10.0.0.1"}) {
    EXPECT_TRUE(parse_trusted_domain(good)) << good;
  }
  for (const char* bad :
       {"", "a.example.com", "https://", "https://*", "https://*.com", "https://*.",
        "https://a.*.com", "https://*.10.0.0.1", "https://a.example.com/path",
        "https://a.example.com?x", "https://u@a.example.com", "ftp://a.example.com",
        "https://-a.example.com", "https://a_b.example.com", "https://010.0.0.1"}) {
    EXPECT_FALSE(parse_trusted_domain(bad)) << bad;
  }
}

// The text that a browser would go to, whatever stands around it, is never another host's.
TEST(RedirectProperty, WhatIsTrustedBeginsWithATrustedOrigin) {
  const ProjectSettings settings = trusting({"https://ok.example.com"});
  const std::vector<std::string> pieces = {
      "https:",   "http:", "/",    "//",  "\\", "@", ":",   "ok.example.com",
      "evil.com", ".",     "%2f",  "%40", "#",  "?", "443", "javascript:",
      "\t",       " ",     "[::1]"};
  ASSERT_TRUE(rc::check("trusted URLs start with the trusted origin", [&] {
    const auto choice = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, pieces.size()));
    std::string url = *rc::gen::element<std::string>("", "https://ok.example.com");
    for (const std::size_t i : choice) url += pieces[i];
    if (!is_trusted_redirect(settings, url)) return;
    const std::string origin = "https://ok.example.com";
    RC_ASSERT(url.starts_with(origin));
    const std::string rest = url.substr(origin.size());
    const bool ends = rest.empty() || rest.starts_with('/') || rest.starts_with('?') ||
                      rest.starts_with('#') || rest == ":443" || rest.starts_with(":443/") ||
                      rest.starts_with(":443?") || rest.starts_with(":443#");
    RC_ASSERT(ends);
  }));
}

TEST(RedirectProperty, AnyBytesAreParsedWithoutHarm) {
  ASSERT_TRUE(rc::check("arbitrary text", [](const std::string& text) {
    const auto origin = origin_of_url("https://" + text);
    if (!origin) return;
    RC_ASSERT(origin->host.find_first_of("@%\\ /?#") == std::string::npos);
    RC_ASSERT(!origin->host.empty());
  }));
}

}  // namespace
}  // namespace purser::app
