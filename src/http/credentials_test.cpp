#include "http/credentials.hpp"

#include <gtest/gtest.h>

namespace purser::http {
namespace {

net::Request with(std::vector<net::Header> headers) {
  net::Request request;
  request.headers = std::move(headers);
  return request;
}

TEST(Credentials, EveryPrefixInEveryLetterCase) {
  for (const char* prefix : {"x-purser-", "X-Stack-", "x-HEXCLAVE-"}) {
    const std::string p(prefix);
    const auto read = read_credentials(with({{p + "Access-Type", "server"},
                                             {p + "project-id", "p1"},
                                             {p + "publishable-client-key", "pck"},
                                             {p + "secret-server-key", "ssk"},
                                             {p + "super-secret-admin-key", "sak"},
                                             {p + "access-token", "jwt"}}));
    EXPECT_EQ(read.access_type, "server");
    EXPECT_EQ(read.project_id, "p1");
    EXPECT_EQ(read.publishable_client_key.reveal(), "pck");
    EXPECT_EQ(read.secret_server_key.reveal(), "ssk");
    EXPECT_EQ(read.super_secret_admin_key.reveal(), "sak");
    EXPECT_EQ(read.access_token.reveal(), "jwt");
  }
}

TEST(Credentials, EmptyIsAbsentAndOurPrefixCountsFirst) {
  const auto read = read_credentials(with({{"x-stack-access-type", "client"},
                                           {"x-purser-access-type", "server"},
                                           {"x-purser-project-id", ""},
                                           {"x-hexclave-project-id", "p2"}}));
  EXPECT_EQ(read.access_type, "server");
  EXPECT_EQ(read.project_id, "p2");
  EXPECT_TRUE(read.secret_server_key.empty());
}

TEST(Credentials, Bearer) {
  EXPECT_EQ(read_credentials(with({{"Authorization", "bearer  ssk_1"}})).bearer.reveal(), "ssk_1");
  EXPECT_TRUE(read_credentials(with({{"authorization", "Basic abc"}})).bearer.empty());
  EXPECT_TRUE(read_credentials(with({{"authorization", "Bearer "}})).bearer.empty());
  EXPECT_TRUE(read_credentials(with({{"x-stackaccess-type", "client"}})).access_type.empty());
}

TEST(Credentials, BytesThatAreNoTextCannotReachAnAnswer) {
  const auto read = read_credentials(
      with({{"x-purser-access-type", "\xff"}, {"x-purser-project-id", "gr\xc3\xbc\xc3"}}));
  EXPECT_EQ(read.access_type, "%FF");
  EXPECT_EQ(read.project_id, "gr%C3%BC%C3");
}

TEST(RootKey, IsComparedByItsDigest) {
  const auto digest = crypto::sha256("srk_right");
  EXPECT_TRUE(has_root_key(with({{"X-Purser-Root-Key", "srk_right"}}), digest));
  EXPECT_FALSE(has_root_key(with({{"x-purser-root-key", "srk_wrong"}}), digest));
  EXPECT_FALSE(has_root_key(with({{"x-stack-root-key", "srk_right"}}), digest));
  EXPECT_FALSE(has_root_key(with({}), crypto::sha256("")));
}

}  // namespace
}  // namespace purser::http
