#include "http/decode.hpp"

#include <gtest/gtest.h>

namespace purser::http {
namespace {

const Route& route(std::string_view operation) {
  for (const Route& candidate : routes()) {
    if (candidate.operation == operation) return candidate;
  }
  ADD_FAILURE() << "no route " << operation;
  return routes()[0];
}

ErrorCode body_code(std::string_view operation, std::string_view body) {
  const auto decoded = decode_body(route(operation), body);
  return decoded ? ErrorCode::kInternalError : decoded.error().code;
}

std::vector<std::string> paths_of(const Error& error) {
  std::vector<std::string> paths;
  for (const auto& [name, value] : error.details) {
    if (name != "fields") continue;
    for (const FieldError& field : std::get<std::vector<FieldError>>(value)) {
      paths.push_back(field.path);
    }
  }
  return paths;
}

net::Request request(std::string body, std::vector<net::Header> headers) {
  net::Request made;
  made.body = std::move(body);
  made.headers = std::move(headers);
  return made;
}

ErrorCode frame_code(std::string_view operation, const net::Request& of) {
  const Status status = check_body_frame(route(operation), of);
  return status ? ErrorCode::kInternalError : status.error().code;
}
constexpr ErrorCode kFine = ErrorCode::kInternalError;

TEST(DecodeBody, RefusesWhatIsNotJson) {
  for (const char* bad : {"", "  ", "{", "{]", "nul", "{\"amount\":1}x", "{'amount':1}"}) {
    EXPECT_EQ(body_code("tryDecreaseItem", bad), ErrorCode::kBodyParsingError) << bad;
  }
}

TEST(DecodeBody, RefusesTrickyJson) {
  using std::string_literals::operator""s;
  std::string deep = "1";
  for (int i = 0; i < 40; ++i) deep.insert(0, "[").append("]");
  for (const std::string& bad :
       {R"({"amount":1,"amount":2})"s, R"({"amount":1,"description":"\u0000"})"s,
        "{\"amount\":" + deep + "}", R"({"amount":1,"extra":true})"s, R"({"amount":1.0})"s}) {
    EXPECT_EQ(body_code("tryDecreaseItem", bad), ErrorCode::kSchemaError) << bad;
  }
  const ErrorCode bad_utf8 =
      body_code("tryDecreaseItem", "{\"amount\":1,\"description\":\"\xff\"}");
  EXPECT_TRUE(bad_utf8 == ErrorCode::kSchemaError || bad_utf8 == ErrorCode::kBodyParsingError);
}

TEST(DecodeBody, DuplicateKeysAreNamed) {
  const auto decoded = decode_body(route("tryDecreaseItem"), R"({"amount":1,"amount":2})");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(paths_of(decoded.error()), std::vector<std::string>{"body.amount"});
}

TEST(DecodeBody, ChecksThatSpanFields) {
  EXPECT_EQ(body_code("changeItemQuantity", R"({"change":0})"), ErrorCode::kSchemaError);
  EXPECT_EQ(body_code("changeItemQuantity", R"({"change":-1,"expires_at":"2030-01-01T00:00:00Z"})"),
            ErrorCode::kSchemaError);
  EXPECT_EQ(body_code("createCheckoutUrl", "{}"), ErrorCode::kSchemaError);
  EXPECT_EQ(body_code("createCheckoutUrl", R"({"product_id":"a","product":{}})"),
            ErrorCode::kSchemaError);
  EXPECT_EQ(body_code("createCheckoutUrl", R"({"product_id":"a","product":null})"), kFine);
  EXPECT_EQ(body_code("createUser", R"({"id":"me"})"), ErrorCode::kSchemaError);
  const auto batch =
      decode_body(route("changeItems"),
                  R"({"operations":[{"item_id":"a"},{"item_id":"a","change":1,"try_decrease":1},
          {"item_id":"a","change":0},
          {"item_id":"a","try_decrease":1,"expires_at":"2030-01-01T00:00:00Z"}]})");
  ASSERT_FALSE(batch);
  EXPECT_EQ(paths_of(batch.error()),
            (std::vector<std::string>{"body.operations.0", "body.operations.1",
                                      "body.operations.2.change", "body.operations.3.expires_at"}));
}

TEST(DecodeBody, CardNumbersAreRefusedBeforeAnythingElse) {
  EXPECT_EQ(body_code("createUser", R"({"card_number":"4242424242424242"})"),
            ErrorCode::kCardDataRefused);
  EXPECT_EQ(body_code("createUser", R"({"display_name":"4242 4242 4242 4242"})"),
            ErrorCode::kCardDataRefused);
}

TEST(DecodeBody, RoutesWithoutABodyTakeNothing) {
  EXPECT_EQ(body_code("verify", ""), kFine);
  EXPECT_EQ(body_code("verify", " {} "), kFine);
  EXPECT_EQ(body_code("verify", R"({"a":1})"), ErrorCode::kSchemaError);
  EXPECT_EQ(body_code("verify", "x"), ErrorCode::kBodyParsingError);
}

TEST(BodyFrame, SizeEncodingAndType) {
  const net::Header json{"Content-Type", "Application/JSON; charset=utf-8"};
  EXPECT_EQ(frame_code("createUser", request("{}", {json})), kFine);
  EXPECT_EQ(frame_code("createUser", request(std::string(256 * 1024, ' '), {json})), kFine);
  EXPECT_EQ(frame_code("createUser", request(std::string(256 * 1024 + 1, ' '), {json})),
            ErrorCode::kBodyTooLarge);
  EXPECT_EQ(frame_code("createUser", request("{}", {})), ErrorCode::kUnsupportedMediaType);
  EXPECT_EQ(frame_code("createUser", request("{}", {{"content-type", "text/plain"}})),
            ErrorCode::kUnsupportedMediaType);
  for (const char* coding : {"gzip", "deflate", "br", "zstd"}) {
    EXPECT_EQ(frame_code("createUser", request("{}", {json, {"content-encoding", coding}})),
              ErrorCode::kUnsupportedMediaType);
  }
  EXPECT_EQ(frame_code("createUser", request("{}", {json, {"content-encoding", "identity"}})),
            kFine);
  EXPECT_EQ(frame_code("putCatalog", request("items: {}", {{"content-type", "application/yaml"}})),
            kFine);
  EXPECT_EQ(frame_code("createUser", request("{}", {{"content-type", "application/yaml"}})),
            ErrorCode::kUnsupportedMediaType);
  EXPECT_EQ(frame_code("receiveStripeEvent", request("anything", {})), kFine);
  EXPECT_EQ(frame_code("getHealth", request("", {})), kFine);
}

TEST(DecodeQuery, NamesEveryWrongParameter) {
  const auto fields = [](std::string_view operation, std::string_view query) {
    const auto decoded = decode_query(route(operation), query);
    return decoded ? std::vector<std::string>{} : paths_of(decoded.error());
  };
  using Paths = std::vector<std::string>;
  EXPECT_EQ(fields("listUsers", "limit=10&cursor=abc"), Paths{});
  EXPECT_EQ(fields("listUsers", "limit=99999999999999999999999"), Paths{});
  EXPECT_EQ(fields("listUsers", "limit=&cursor="), Paths{});
  for (const char* bad : {"limit=0", "limit=-1", "limit=x", "limit=1.5", "limit=+1", "limit=%31x",
                          "limit=-99999999999999999999999"}) {
    EXPECT_EQ(fields("listUsers", bad), Paths{"query.limit"}) << bad;
  }
  EXPECT_EQ(fields("listUsers", "limit=1&limit=2"), Paths{"query.limit"});
  EXPECT_EQ(fields("listUsers", "limit=x&other=1"), (Paths{"query.limit", "query.other"}));
  EXPECT_EQ(fields("listUsers", "limit=%"), Paths{"query"});
  EXPECT_EQ(fields("listUsers", "cursor=%00"), Paths{"query.cursor"});
  EXPECT_EQ(fields("getItem", "x=1"), Paths{"query.x"});
  EXPECT_EQ(fields("putCatalog", "dry_run=maybe"), Paths{"query.dry_run"});
  EXPECT_EQ(fields("listSessions", ""), Paths{"query.user_id"});
  EXPECT_EQ(fields("getHomePage", "utm_source=mail"), Paths{});
}

TEST(DecodePath, DecodesAndChecksIds) {
  const Router router(routes());
  const auto decode = [&](const std::string& path) {
    return decode_path(router.find("GET", path));
  };
  const auto values = decode("/customers/custom/acme%2F%C3%A9%201/items/credits");
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (std::vector<std::string>{"custom", "acme/é 1", "credits"}));
  for (const std::string& bad :
       {std::string("/customers/nobody/a/items/x"), std::string("/customers/user/%00/items/x"),
        std::string("/customers/user/%ff/items/x"), std::string("/customers/user/%zz/items/x"),
        "/customers/user/" + std::string(129, 'a') + "/items/x"}) {
    const auto decoded = decode(bad);
    ASSERT_FALSE(decoded) << bad;
    EXPECT_EQ(decoded.error().code, ErrorCode::kSchemaError);
  }
}

TEST(IdempotencyKeys, AreVisibleAscii) {
  const auto decode = [](std::string_view operation, const std::string& key) {
    return decode_idempotency_key(route(operation), request("", {{"Idempotency-Key", key}}));
  };
  EXPECT_EQ(**decode("createUser", "k-1"), "k-1");
  EXPECT_EQ(**decode("createUser", " k-1 "), "k-1");
  EXPECT_EQ(**decode("createUser", std::string(255, 'k')), std::string(255, 'k'));
  EXPECT_FALSE(*decode("createUser", ""));
  EXPECT_FALSE(*decode("listUsers", "k-1"));
  for (const std::string& bad : {std::string(256, 'k'), std::string("a b"), std::string("é"),
                                 std::string("a\tb"), std::string("a\x7f")}) {
    EXPECT_FALSE(decode("createUser", bad)) << bad;
  }
}

}  // namespace
}  // namespace purser::http
