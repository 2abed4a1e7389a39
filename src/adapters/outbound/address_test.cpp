#include "adapters/outbound/address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/un.h>

#include <string>

namespace purser::outbound {
namespace {

AddressKind kind_of(const std::string& text) {
  sockaddr_storage storage{};
  if (text.find(':') == std::string::npos) {
    auto* in = reinterpret_cast<sockaddr_in*>(&storage);
    in->sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &in->sin_addr), 1) << text;
  } else {
    auto* in = reinterpret_cast<sockaddr_in6*>(&storage);
    in->sin6_family = AF_INET6;
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &in->sin6_addr), 1) << text;
  }
  return classify(reinterpret_cast<const sockaddr*>(&storage));
}

// Source: IANA IPv4 and IPv6 special-purpose address registries; the edges of every range.
TEST(Classify, Public) {
  for (const char* text :
       {"1.1.1.1",        "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0",      "192.0.1.0",       "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0",      "223.255.255.255", "2606:4700::1111", "2001:200::1",
        "2a00::1",        "::ffff:8.8.8.8",  "64:ff9b::808:808"}) {
    EXPECT_EQ(kind_of(text), AddressKind::kPublic) << text;
  }
}

TEST(Classify, Private) {
  for (const char* text : {"10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.0.0",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.1.2.3",
                           "::ffff:169.254.169.254",
                           "64:ff9b::a00:1",
                           "fc00::1",
                           "fd12:3456::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1"}) {
    EXPECT_EQ(kind_of(text), AddressKind::kPrivate) << text;
  }
}

TEST(Classify, Unusable) {
  for (const char* text : {"0.0.0.0",      "0.1.2.3",         "192.0.2.1",    "192.88.99.1",
                           "198.51.100.1", "203.0.113.1",     "224.0.0.1",    "239.255.255.255",
                           "240.0.0.1",    "255.255.255.255", "::",           "::127.0.0.1",
                           "::2",          "100::1",          "64:ff9b:1::1", "2001::1",
                           "2001:db8::1",  "2002:7f00:1::",   "3fff::1",      "4000::1",
                           "ff02::1",      "::ffff:0.0.0.0"}) {
    EXPECT_EQ(kind_of(text), AddressKind::kUnusable) << text;
  }
}

TEST(Classify, OtherFamiliesAreUnusable) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_EQ(classify(reinterpret_cast<const sockaddr*>(&local)), AddressKind::kUnusable);
}

}  // namespace
}  // namespace purser::outbound
