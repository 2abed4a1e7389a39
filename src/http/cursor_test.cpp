#include "http/cursor.hpp"

#include <gtest/gtest.h>

namespace purser::http {
namespace {

const Secret kKey(std::string(32, 'k'));

TEST(Cursors, ComeBack) {
  const Cursors cursors(kKey);
  for (const std::string& after : {std::string("user-1"), std::string(), std::string("a\0b", 3)}) {
    const auto read = cursors.read("users", cursors.make("users", after));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, after);
  }
}

TEST(Cursors, AreBoundToTheirList) {
  const Cursors cursors(kKey);
  const std::string cursor = cursors.make("users", "u1");
  EXPECT_FALSE(cursors.read("teams", cursor));
  EXPECT_FALSE(cursors.read("user", "s" + cursor));
  EXPECT_NE(cursors.make("ab", "c"), cursors.make("a", "bc"));
  EXPECT_FALSE(cursors.read("a", cursors.make("ab", "c")));
}

TEST(Cursors, ForgeriesAreRefused) {
  const Cursors cursors(kKey);
  const std::string cursor = cursors.make("users", "user-1");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string forged = cursor;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    const auto read = cursors.read("users", forged);
    EXPECT_FALSE(read) << i;
  }
  for (const std::string& bad : {std::string(), std::string("x"), std::string("!!"),
                                 std::string(5000, 'A'), std::string("user-1")}) {
    const auto read = cursors.read("users", bad);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidCursor);
  }
  EXPECT_FALSE(Cursors(Secret(std::string(32, 'x'))).read("users", cursor));
}

}  // namespace
}  // namespace purser::http
