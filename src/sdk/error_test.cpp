#include "purser/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "purser/result.hpp"
#include "sdk/error_table.hpp"

namespace purser::sdk {
namespace {

TEST(SdkErrorTest, KnowsEveryErrorOfTheServerWithItsRetryClass) {
  for (const auto& row : purser::kErrorTable) {
    const auto* known = find_error(row.name);
    ASSERT_NE(known, nullptr) << row.name;
    EXPECT_EQ(known->http_status, row.http_status) << row.name;
    EXPECT_EQ(known->retry, row.retry) << row.name;
    EXPECT_EQ(to_string(known->code), row.name);
    EXPECT_LT(static_cast<int>(known->code), 1000) << row.name;
  }
}

TEST(SdkErrorTest, HasNoServerErrorThatTheServerLacks) {
  std::set<ErrorCode> codes;
  std::size_t own = 0;
  for (const auto& row : error_table()) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.name;
    if (static_cast<int>(row.code) >= 1000) {
      ++own;
      EXPECT_EQ(row.http_status, 0) << row.name;
      EXPECT_FALSE(purser::parse_error_code(row.name).has_value()) << row.name;
    } else {
      EXPECT_TRUE(purser::parse_error_code(row.name).has_value()) << row.name;
    }
  }
  EXPECT_EQ(codes.size() - own, std::size(purser::kErrorTable));
}

TEST(SdkErrorTest, RetryableFollowsTheTable) {
  EXPECT_TRUE(Error(ErrorCode::kNoAnswer, "").retryable());
  EXPECT_TRUE(Error(ErrorCode::kOverloaded, "").retryable());
  EXPECT_FALSE(Error(ErrorCode::kItemNotFound, "").retryable());
  EXPECT_FALSE(Error(ErrorCode::kNotSignedIn, "").retryable());
  Error::Parts unknown;
  unknown.http_status = 503;
  EXPECT_TRUE(Error(unknown).retryable());
  unknown.http_status = 418;
  EXPECT_FALSE(Error(unknown).retryable());
}

TEST(SdkErrorTest, CategoriesGroupTheCodes) {
  const auto of = [](ErrorCode code) {
    Error::Parts parts;
    parts.code = code;
    parts.http_status = error_row(code).http_status;
    return Error(parts).category();
  };
  EXPECT_EQ(of(ErrorCode::kNoAnswer), ErrorCategory::kConnection);
  EXPECT_EQ(of(ErrorCode::kRateLimited), ErrorCategory::kUnavailable);
  EXPECT_EQ(of(ErrorCode::kAccessTokenExpired), ErrorCategory::kAuthentication);
  EXPECT_EQ(of(ErrorCode::kNewPurchasesBlocked), ErrorCategory::kAuthentication);
  EXPECT_EQ(of(ErrorCode::kItemNotFound), ErrorCategory::kNotFound);
  EXPECT_EQ(of(ErrorCode::kProductDoesNotExist), ErrorCategory::kNotFound);
  EXPECT_EQ(of(ErrorCode::kProductAlreadyGranted), ErrorCategory::kConflict);
  EXPECT_EQ(of(ErrorCode::kSchemaError), ErrorCategory::kInvalidRequest);
  EXPECT_EQ(of(ErrorCode::kInvalidArgument), ErrorCategory::kInvalidRequest);
  EXPECT_EQ(of(ErrorCode::kInternalError), ErrorCategory::kServerDefect);
  EXPECT_EQ(of(ErrorCode::kMalformedAnswer), ErrorCategory::kServerDefect);
}

TEST(SdkErrorTest, DetailsAreReadable) {
  Error::Parts parts;
  parts.code = ErrorCode::kSchemaError;
  parts.code_text = "SCHEMA_ERROR";
  parts.http_status = 400;
  parts.message = "Wrong.";
  parts.request_id = "r7";
  parts.details_json =
      R"({"item_id":"cr\"x","count":9007199254740993,"ok":true,"none":null,"list":[1],)"
      R"("fields":[{"path":"body.change","message":"must be an integer"}]})";
  const Error error(parts);
  EXPECT_EQ(error.detail("item_id"), "cr\"x");
  EXPECT_EQ(error.detail("count"), "9007199254740993");
  EXPECT_EQ(error.detail("ok"), "true");
  EXPECT_FALSE(error.detail("none").has_value());
  EXPECT_FALSE(error.detail("list").has_value());
  EXPECT_FALSE(error.detail("absent").has_value());
  ASSERT_EQ(error.fields().size(), 1U);
  EXPECT_EQ(error.fields()[0], (FieldError{"body.change", "must be an integer"}));
  EXPECT_EQ(to_string(error),
            "SCHEMA_ERROR (HTTP 400): Wrong. [body.change must be an integer] [request r7]");
}

TEST(SdkResultDeathTest, TheWrongHalfEndsTheProgramWithASentence) {
  const Result<int> failed(Error(ErrorCode::kItemNotFound, "No such item."));
  EXPECT_DEATH(static_cast<void>(failed.value()), "ITEM_NOT_FOUND: No such item");
  const Result<int> fine(1);
  EXPECT_DEATH(static_cast<void>(fine.error()), "call that succeeded");
  EXPECT_EQ(failed.value_or(3), 3);
}

}  // namespace
}  // namespace purser::sdk
