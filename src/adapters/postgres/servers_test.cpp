#include "adapters/postgres/servers.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace purser::postgres {
namespace {

std::string value(const ConnectionParameters& server, const std::string& keyword) {
  const auto at = std::find_if(server.begin(), server.end(),
                               [&](const auto& one) { return one.first == keyword; });
  return at == server.end() ? "absent" : at->second;
}

TEST(Servers, OneThatIsNamedOrNot) {
  for (const char* uri : {"postgres:///purser", "postgres://ann@db:5433/purser?sslmode=require"}) {
    const auto servers = servers_of(uri);
    ASSERT_TRUE(servers.has_value());
    ASSERT_EQ(servers->size(), 1U);
    EXPECT_EQ(value(servers->front(), "dbname"), "purser");
  }
  const auto servers = servers_of("postgres://ann@db:5433/purser?sslmode=require");
  EXPECT_EQ(value(servers->front(), "host"), "db");
  EXPECT_EQ(value(servers->front(), "port"), "5433");
  EXPECT_EQ(value(servers->front(), "sslmode"), "require");
  EXPECT_EQ(value(servers->front(), "connect_timeout"), "absent");
}

TEST(Servers, EachOfSeveralHasItsOwnHostAndPortAndTheRestIsShared) {
  const auto servers = servers_of("postgres://ann:secret@a:1,b,c:3/purser");
  ASSERT_TRUE(servers.has_value());
  ASSERT_EQ(servers->size(), 3U);
  const char* const hosts[] = {"a", "b", "c"};
  const char* const ports[] = {"1", "", "3"};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(value((*servers)[i], "host"), hosts[i]);
    EXPECT_EQ(value((*servers)[i], "port"), ports[i]);
    EXPECT_EQ(value((*servers)[i], "user"), "ann");
    EXPECT_EQ(value((*servers)[i], "password"), "secret");
  }
}

TEST(Servers, OnePortCountsForAllAndAddressesGoWithTheirHosts) {
  const auto servers =
      servers_of("postgres:///purser?host=a,b&hostaddr=127.0.0.1,127.0.0.2&port=6000");
  ASSERT_TRUE(servers.has_value());
  ASSERT_EQ(servers->size(), 2U);
  EXPECT_EQ(value((*servers)[1], "host"), "b");
  EXPECT_EQ(value((*servers)[1], "hostaddr"), "127.0.0.2");
  EXPECT_EQ(value((*servers)[0], "port"), "6000");
  EXPECT_EQ(value((*servers)[1], "port"), "6000");
}

TEST(Servers, AUriThatCannotBeReadSaysSo) {
  const auto servers = servers_of("postgres://[::1/purser");
  ASSERT_FALSE(servers.has_value());
  EXPECT_NE(servers.error().message.find("URI"), std::string::npos);
}

}  // namespace
}  // namespace purser::postgres
