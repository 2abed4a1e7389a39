#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "json/json.hpp"

namespace purser::json {
namespace {

std::string utf8(std::uint32_t code) {
  std::string out;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
  return out;
}

rc::Gen<std::string> any_text() {
  auto code = rc::gen::map(rc::gen::inRange<std::uint32_t>(1, 0x10ffff), [](std::uint32_t c) {
    const std::uint32_t small =
        c % 3 == 0 ? c % 127 + 1 : c;  // plenty of ASCII and control characters
    return small >= 0xd800 && small < 0xe000 ? small - 0x800 : small;
  });
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(code),
                      [](const std::vector<std::uint32_t>& codes) {
                        std::string out;
                        for (const std::uint32_t c : codes) out += utf8(c);
                        return out;
                      });
}

Value any_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
    case 0:
      return Value();
    case 1:
      return Value(*rc::gen::arbitrary<bool>());
    case 2:
      return Value(*rc::gen::arbitrary<std::int64_t>());
    case 3:
      return Value(Number{std::to_string(*rc::gen::inRange(-999, 999)) +
                          *rc::gen::element<std::string>(".5", "e400", "E-3", ".00e+7")});
    case 4:
      return Value(*any_text());
    case 5: {
      Array array;
      const int count = *rc::gen::inRange(0, 5);
      for (int i = 0; i < count; ++i) array.push_back(any_value(depth - 1));
      return Value(std::move(array));
    }
    default: {
      Object object;
      for (const std::string& key : *rc::gen::container<std::set<std::string>>(any_text())) {
        object.emplace_back(key, any_value(object.size() > 20 ? 0 : depth - 1));
      }
      return Value(std::move(object));
    }
  }
}

TEST(JsonProperty, ParsingWhatWasDumpedGivesTheSameValue) {
  EXPECT_TRUE(rc::check([] {
    const Value value = any_value(3);
    const auto again = parse(dump(value));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == value);
    RC_ASSERT(dump(*again) == dump(value));
  }));
}

TEST(JsonProperty, AnyChangedByteIsRefusedOrReadAsWhatItSays) {
  EXPECT_TRUE(rc::check([] {
    std::string text = dump(any_value(2));
    RC_PRE(!text.empty());
    text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
    const auto value = parse(text);
    if (value.has_value()) RC_ASSERT(*parse(dump(*value)) == *value);
  }));
}

}  // namespace
}  // namespace purser::json
