#include "http/compat/known_errors.hpp"

#include <gtest/gtest.h>

namespace purser::http::compat {
namespace {

TEST(KnownErrors, SayWhatTheirDetailsSay) {
  const Reply reply = known(Known::kAccessTokenExpired, {{"expired_at_millis", {std::int64_t{0}}},
                                                         {"project_id", {std::string("P")}},
                                                         {"user_id", {std::string("U")}},
                                                         {"refresh_token_id", {std::string("R")}}});
  EXPECT_EQ(reply.status, 401);
  const auto body = json::parse(reply.body);
  ASSERT_TRUE(body.has_value());
  EXPECT_TRUE(body->string_at("error").value_or("").starts_with(
      "Access token has expired. Please refresh it and try again. (The access token expired at "
      "1970-01-01T00:00:00.000Z.) Project ID: P. User ID: U. Refresh token ID: R.\n\nDebug "
      "info: "));
  EXPECT_EQ(json::dump(*body->find("details")),
            R"({"expired_at_millis":0,"project_id":"P","user_id":"U","refresh_token_id":"R"})");
}

// The SDKs read every detail of a code without asking whether it is there.
TEST(KnownErrors, ShowEveryDetailAndNoOther) {
  const Reply reply = known(Known::kTeamNotFound, {{"secret", {std::string("s")}}});
  EXPECT_EQ(
      reply.body,
      R"({"code":"TEAM_NOT_FOUND","details":{"team_id":null},"error":"Team null not found."})");
  EXPECT_EQ(known(Known::kUserNotFound).body,
            R"({"code":"USER_NOT_FOUND","details":null,"error":"User not found."})");
}

TEST(KnownErrors, EverySentenceIsComplete) {
  for (std::size_t i = 0; i < std::size(kKnownRows); ++i) {
    const auto body = json::parse(known(static_cast<Known>(i)).body);
    ASSERT_TRUE(body.has_value()) << kKnownRows[i].code;
    const std::string text = body->string_at("error").value_or("");
    EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
    EXPECT_GE(kKnownRows[i].status, 400);
    EXPECT_LT(kKnownRows[i].status, 500);
  }
}

}  // namespace
}  // namespace purser::http::compat
