#include "json/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace purser::json {
namespace {

Value parsed(std::string_view text) {
  auto result = parse(text);
  EXPECT_TRUE(result.has_value()) << text;
  return result.has_value() ? *std::move(result) : Value();
}

ErrorCode refusal(std::string_view text, int max_depth = 32) {
  auto result = parse(text, max_depth);
  EXPECT_FALSE(result.has_value()) << text << " was read as " << dump(result.value());
  return result.error().code;
}

std::string refused_path(std::string_view text, int max_depth = 32) {
  auto result = parse(text, max_depth);
  if (result.has_value() || result.error().details.empty()) return "(none)";
  return std::get<std::vector<FieldError>>(result.error().details[0].second).at(0).path;
}

TEST(JsonParse, ReadsEveryKindOfValue) {
  const Value value =
      parsed(R"( {"a": [1, -2, true, false, null, "x\n\u00e9\ud83d\ude00"], "b": {}} )");
  const Array& array = *value.find("a")->as_array();
  EXPECT_EQ(*array[0].as_int(), 1);
  EXPECT_EQ(*array[1].as_int(), -2);
  EXPECT_EQ(*array[2].as_bool(), true);
  EXPECT_EQ(*array[3].as_bool(), false);
  EXPECT_TRUE(array[4].is_null());
  EXPECT_EQ(*array[5].as_string(), "x\n\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_TRUE(value.find("b")->as_object()->empty());
  EXPECT_EQ(value.find("c"), nullptr);
}

TEST(JsonParse, ReadsScalarsAtTheRoot) {
  EXPECT_EQ(*parsed(" 7 ").as_int(), 7);
  EXPECT_TRUE(parsed("null").is_null());
  EXPECT_EQ(*parsed("\"x\" ").as_string(), "x");
  EXPECT_EQ(*parsed("\ttrue\r\n").as_bool(), true);
}

TEST(JsonParse, IntegersAreExact) {
  EXPECT_EQ(*parsed("9223372036854775807").as_int(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(*parsed("[-9223372036854775808]").as_array()->at(0).as_int(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(*parsed("-0").as_int(), 0);
}

TEST(JsonParse, OtherNumbersKeepTheirText) {
  for (const char* text : {"1.5", "1e400", "1e2", "1.0", "-0.0", "9223372036854775808",
                           "-9223372036854775809", "1E-7", "0e+1"}) {
    for (const Value& value :
         {parsed(text), parsed("[" + std::string(text) + " ]").as_array()->at(0)}) {
      ASSERT_TRUE(std::holds_alternative<Number>(value.storage())) << text;
      EXPECT_EQ(std::get<Number>(value.storage()).text, text);
      EXPECT_EQ(value.as_int(), nullptr);
    }
  }
}

TEST(JsonParse, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{'a':1}",
                           "[1]]",
                           "[1] 2",
                           "{} {}",
                           "\"a\" \"b\"",
                           "\"a",
                           "\"a\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "\"\\udc00x\"",
                           "\"a\nb\"",
                           "nul",
                           "nulll",
                           "[nul]",
                           "[truex]",
                           "[True]",
                           "01",
                           "[01]",
                           "[+1]",
                           "[.5]",
                           "[5.]",
                           "[1e]",
                           "[1e+]",
                           "[-]",
                           "[0x1]",
                           "[1a]",
                           "[NaN]",
                           "[Infinity]",
                           "// x\n1",
                           "[1]/*x*/",
                           "\xff",
                           "[\"\xc3\"]",
                           "[\"\xed\xa0\x80\"]",
                           "[\"\xc0\xaf\"]",
                           "[\"\xf5\x80\x80\x80\"]",
                           "1 2",
                           "{\"a\":1}}",
                           "[\"a\"b]",
                           "{\"a\":1 \"b\":2}",
                           "{1:2}",
                           "[1}",
                           "{\"a\":1]"}) {
    EXPECT_EQ(refusal(text), ErrorCode::kBodyParsingError) << text;
  }
  EXPECT_EQ(refusal(std::string_view("[1]\0", 4)), ErrorCode::kBodyParsingError);
  EXPECT_EQ(refusal(std::string_view("\0", 1)), ErrorCode::kBodyParsingError);
}

TEST(JsonParse, RefusesDuplicateKeysAlsoWhenEscapedDifferently) {
  EXPECT_EQ(refusal(R"({"a":1,"a":1})"), ErrorCode::kSchemaError);
  EXPECT_EQ(refused_path(R"({"x":[0,{"a":1,"b":2,"\u0061":3}]})"), "x.1.a");
  EXPECT_TRUE(parse(R"({"a":{"a":1},"b":{"a":1}})").has_value());
}

TEST(JsonParse, FindsDuplicateKeysInLargeObjects) {
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(parse(text + "\"last\":0}").has_value());
  EXPECT_EQ(refused_path(text + "\"k3\":0}"), "k3");
  EXPECT_EQ(refused_path(text + "\"k19999\":0}"), "k19999");
}

TEST(JsonParse, RefusesNul) {
  EXPECT_EQ(refusal(R"({"a":"x\u0000y"})"), ErrorCode::kSchemaError);
  EXPECT_EQ(refused_path(R"({"a":{"b":"\u0000"}})"), "a.b");
  EXPECT_EQ(refusal(R"({"a\u0000":1})"), ErrorCode::kSchemaError);
  EXPECT_EQ(refusal(R"("\u0000")"), ErrorCode::kSchemaError);
}

TEST(JsonParse, BoundsTheDepth) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + "1" +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(parse(nested(32)).has_value());
  EXPECT_EQ(refusal(nested(33)), ErrorCode::kSchemaError);
  EXPECT_EQ(refused_path(R"({"a":{"b":{"c":1}}})", 2), "a.b");
  EXPECT_EQ(refusal(nested(100'000)), ErrorCode::kSchemaError);
}

TEST(JsonParse, ReadsAgainAfterADocumentThatWasRefused) {
  EXPECT_EQ(refusal("[1,{\"a\":"), ErrorCode::kBodyParsingError);
  EXPECT_EQ(*parsed("[2]").as_array()->at(0).as_int(), 2);
  EXPECT_TRUE(parse("[\"" + std::string(300'000, 'x') + "\"]").has_value());
  EXPECT_EQ(*parsed("[3]").as_array()->at(0).as_int(), 3);
}

TEST(JsonValue, LooksUpMembersByType) {
  const Value value = parsed(R"({"s":"x","n":5,"b":true,"f":1.5})");
  EXPECT_EQ(value.string_at("s"), "x");
  EXPECT_EQ(value.int_at("n"), 5);
  EXPECT_EQ(value.bool_at("b"), true);
  EXPECT_EQ(value.int_at("f"), std::nullopt);
  EXPECT_EQ(value.int_at("s"), std::nullopt);
  EXPECT_EQ(value.string_at("n"), std::nullopt);
  EXPECT_EQ(parsed("[]").string_at("s"), std::nullopt);
}

TEST(JsonValue, MembersAreSetInTheirPlaceAndErased) {
  Value value = parsed(R"({"a":1,"b":2})");
  value.set("a", Value(std::string("x")));
  value.set("c", Value(true));
  EXPECT_EQ(dump(value), R"({"a":"x","b":2,"c":true})");
  EXPECT_TRUE(value.erase("b"));
  EXPECT_FALSE(value.erase("b"));
  *value.find("c") = Value();
  EXPECT_EQ(dump(value), R"({"a":"x","c":null})");
  Value list = parsed("[1]");
  list.set("a", Value());
  EXPECT_FALSE(list.erase("a"));
  EXPECT_EQ(dump(list), "[1]");
}

TEST(JsonWriter, WritesNestedDocuments) {
  Writer w;
  w.begin_object()
      .field("id", "x")
      .field("n", std::int64_t{-3})
      .field("flag", true)
      .field_or_null("none", std::nullopt)
      .key("list")
      .begin_array()
      .integer(1)
      .begin_object()
      .end_object()
      .string("two")
      .begin_array()
      .end_array()
      .null()
      .raw("{\"raw\":1}")
      .end_array()
      .field("last", std::string_view("y"))
      .end_object();
  EXPECT_EQ(
      w.str(),
      R"({"id":"x","n":-3,"flag":true,"none":null,"list":[1,{},"two",[],null,{"raw":1}],"last":"y"})");
}

TEST(JsonWriter, EscapesExactlyWhatMustBeEscaped) {
  Writer w;
  w.string(std::string_view("\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9", 13));
  EXPECT_EQ(w.str(), "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
}

}  // namespace
}  // namespace purser::json
