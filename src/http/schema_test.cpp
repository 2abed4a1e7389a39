#include "http/schema.hpp"

#include <gtest/gtest.h>

#include "http/schemas.hpp"

namespace purser::http {
namespace {

std::vector<std::string> wrong(const Schema& schema, std::string_view text) {
  FieldErrors errors;
  const auto document = json::parse(text);
  EXPECT_TRUE(document) << text;
  check_shape(schema, *document, "body", errors);
  std::vector<std::string> paths;
  for (const FieldError& error : errors) paths.push_back(error.path);
  return paths;
}

using Paths = std::vector<std::string>;

TEST(Schema, TakesTheDocumentedShape) {
  EXPECT_EQ(wrong(schemas::kChangeQuantity, R"({"change":5})"), Paths{});
  EXPECT_EQ(wrong(schemas::kChangeQuantity,
                  R"({"change":-5,"expires_at":"2030-01-01T00:00:00Z","description":"x"})"),
            Paths{});
  EXPECT_EQ(wrong(schemas::kNewMembership, "{}"), Paths{});
}

TEST(Schema, NamesEveryWrongFieldAtOnce) {
  EXPECT_EQ(wrong(schemas::kChangeQuantity, R"({"change":"5","expires_at":7,"extra":1})"),
            (Paths{"body.change", "body.expires_at", "body.extra"}));
}

TEST(Schema, IntegersAreIntegersWithinTheirRange) {
  for (const char* bad : {"1.5", "\"5\"", "1e3", "1e400", "true", "9007199254740992",
                          "-9007199254740992", "9223372036854775808", "[]", "{}"}) {
    EXPECT_EQ(wrong(schemas::kChangeQuantity, "{\"change\":" + std::string(bad) + "}"),
              Paths{"body.change"})
        << bad;
  }
  EXPECT_EQ(wrong(schemas::kChangeQuantity, R"({"change":9007199254740991})"), Paths{});
  EXPECT_EQ(wrong(schemas::kTryDecrease, R"({"amount":0})"), Paths{"body.amount"});
  EXPECT_EQ(wrong(schemas::kTryDecrease, R"({"amount":-1})"), Paths{"body.amount"});
}

TEST(Schema, NullIsAbsentUnlessTheFieldIsNullable) {
  EXPECT_EQ(wrong(schemas::kChangeQuantity, R"({"change":null})"), Paths{"body.change"});
  EXPECT_EQ(wrong(schemas::kChangeQuantity, R"({"change":1,"description":null})"), Paths{});
  EXPECT_EQ(wrong(schemas::kUserChange, R"({"primary_email":null})"), Paths{});
}

TEST(Schema, IdsHaveOneTo128Bytes) {
  const auto id_of = [](std::size_t length) {
    return "{\"user_id\":\"" + std::string(length, 'x') + "\"}";
  };
  EXPECT_EQ(wrong(schemas::kNewSession, id_of(0)), Paths{"body.user_id"});
  EXPECT_EQ(wrong(schemas::kNewSession, id_of(1)), Paths{});
  EXPECT_EQ(wrong(schemas::kNewSession, id_of(128)), Paths{});
  EXPECT_EQ(wrong(schemas::kNewSession, id_of(129)), Paths{"body.user_id"});
}

TEST(Schema, LooksIntoArraysOfObjects) {
  EXPECT_EQ(wrong(schemas::kItemBatch, R"({"operations":[]})"), Paths{"body.operations"});
  EXPECT_EQ(wrong(schemas::kItemBatch,
                  R"({"operations":[{"item_id":"a","change":1},{"change":1,"n":2},3]})"),
            (Paths{"body.operations.1.item_id", "body.operations.1.n", "body.operations.2"}));
}

TEST(Schema, TheRootMustBeAnObject) {
  for (const char* bad : {"[]", "1", "\"x\"", "null", "true"}) {
    EXPECT_EQ(wrong(schemas::kRefresh, bad), Paths{"body"}) << bad;
  }
}

TEST(Schema, ChoicesAreClosed) {
  EXPECT_EQ(wrong(schemas::kNewKey, R"({"access_type":"server"})"), Paths{});
  EXPECT_EQ(wrong(schemas::kNewKey, R"({"access_type":"root"})"), Paths{"body.access_type"});
}

TEST(Utf8, RefusesWhatIsNotCleanText) {
  EXPECT_TRUE(is_clean_utf8("plain, Grüße, 日本, 🙂"));
  EXPECT_TRUE(is_clean_utf8("\r\n\t"));
  using std::string_literals::operator""s;
  for (const std::string& bad : {"\0"s, "a\xff"s, "\xc0\x80"s, "\xe0\x80\x80"s, "\xed\xa0\x80"s,
                                 "\xf4\x90\x80\x80"s, "\xf0\x80\x80\x80"s, "\xc3"s, "\x80"s}) {
    EXPECT_FALSE(is_clean_utf8(bad));
  }
}

TEST(SchemaErrors, CarryEveryPlace) {
  const Error error = schema_error({{"body.a", "is required"}, {"body.b", "is required"}});
  EXPECT_EQ(error.code, ErrorCode::kSchemaError);
  EXPECT_NE(error.message.find("body.a is required"), std::string::npos);
  EXPECT_EQ(std::get<std::vector<FieldError>>(error.details.at(0).second).size(), 2U);
}

}  // namespace
}  // namespace purser::http
