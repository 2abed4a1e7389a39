#include "types/secret.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <new>

namespace purser {
namespace {

TEST(Secret, RevealGivesTheText) {
  EXPECT_EQ(Secret("ssk_1").reveal(), "ssk_1");
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, PrintsRedacted) { EXPECT_EQ(testing::PrintToString(Secret("hunter2")), "[redacted]"); }

TEST(Secret, CopiesAndMovesKeepTheText) {
  const std::string text(100, 'k');
  Secret first{text};
  Secret copy = first;
  Secret moved = std::move(first);
  EXPECT_EQ(copy.reveal(), text);
  EXPECT_EQ(moved.reveal(), text);
  copy = moved;
  EXPECT_EQ(copy.reveal(), text);
  Secret target("old");
  target = std::move(moved);
  EXPECT_EQ(target.reveal(), text);
}

// Short texts live inside the object, where their traces can be looked for without undefined
// behaviour of reading freed memory.
bool object_holds(const unsigned char* bytes, const char* text) {
  const std::size_t length = std::strlen(text);
  for (std::size_t i = 0; i + length <= sizeof(Secret); ++i) {
    if (std::memcmp(bytes + i, text, length) == 0) return true;
  }
  return false;
}

TEST(Secret, LeavesNoTraceBehind) {
  alignas(Secret) unsigned char storage[sizeof(Secret)];
  auto* secret = new (storage) Secret("hunter2");
  ASSERT_TRUE(object_holds(storage, "hunter2"));
  const Secret moved = std::move(*secret);
  EXPECT_FALSE(object_holds(storage, "hunter2"));
  *secret = moved;
  ASSERT_TRUE(object_holds(storage, "hunter2"));
  *secret = Secret("x");
  EXPECT_FALSE(object_holds(storage, "unter2"));
  *secret = moved;
  secret->~Secret();
  EXPECT_FALSE(object_holds(storage, "hunter2"));
}

}  // namespace
}  // namespace purser
