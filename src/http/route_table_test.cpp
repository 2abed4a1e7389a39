#include <gtest/gtest.h>

#include <set>
#include <type_traits>

#include "http/route.hpp"

namespace purser::http {
namespace {

// A row that forgets one of these must not compile: they have no default to fall back to.
static_assert(!std::is_default_constructible_v<Required<Need>>);
static_assert(!std::is_default_constructible_v<Required<Idempotency>>);
static_assert(!std::is_default_constructible_v<Required<std::size_t>>);
static_assert(!std::is_default_constructible_v<Required<RunsOn>>);
static_assert(!std::is_default_constructible_v<Required<ReplyIs>>);
static_assert(!std::is_default_constructible_v<Required<Input>>);
static_assert(!std::is_default_constructible_v<Required<HandlerFunction>>);
static_assert(!std::is_default_constructible_v<Route>);

bool has_secret(const Schema& schema) {
  for (const Field& field : schema.fields) {
    if (field.secret) return true;
  }
  return false;
}

TEST(RouteTable, NamesAreUnique) {
  std::set<std::string_view> operations;
  std::set<std::string> places;
  for (const Route& route : routes()) {
    EXPECT_TRUE(operations.insert(route.operation).second) << route.operation;
    EXPECT_TRUE(
        places.insert(std::string(to_string(route.method)) + " " + std::string(route.path)).second)
        << route.path;
  }
}

TEST(RouteTable, BodiesHaveShapes) {
  for (const Route& route : routes()) {
    EXPECT_EQ(route.input == Input::kJson, route.request != nullptr) << route.operation;
    EXPECT_TRUE(route.check == nullptr || route.request != nullptr) << route.operation;
    EXPECT_NE(HandlerFunction(route.handler), nullptr) << route.operation;
    EXPECT_GT(std::size_t(route.body_limit), 0U) << route.operation;
    EXPECT_FALSE(route.summary.empty()) << route.operation;
    const bool has_shape =
        route.answer.kind == AnswerKind::kObject || route.answer.kind == AnswerKind::kList;
    EXPECT_EQ(has_shape, route.answer.of != nullptr) << route.operation;
  }
}

TEST(RouteTable, WhatShowsASecretIsSealedUnderIdempotencyKeys) {
  for (const Route& route : routes()) {
    if (route.answer.of == nullptr) continue;
    EXPECT_EQ(route.reply == ReplyIs::kSecret, has_secret(*route.answer.of)) << route.operation;
  }
}

// Reads take no idempotency key, writes do; the exceptions are named with their reason.
TEST(RouteTable, WritesTakeIdempotencyKeys) {
  const std::set<std::string_view> repeat_harmlessly = {
      "refreshSession",      // changes nothing
      "receiveStripeEvent",  // the event's own id counts once
      "setClock",            // the clock stands where it was set
      "reconcile",           // what agrees already stays as it is
      "verify",              // reads
      "backup",              // a second one finds the file and refuses
      "previewSwitch",       // reads
      "connectAccount",      // the account is made once; links are short-lived
      "choosePrice",         // the same choice answers the same session
  };
  for (const Route& route : routes()) {
    const bool reads = route.method == Method::kGet || repeat_harmlessly.contains(route.operation);
    EXPECT_EQ(route.idempotency == Idempotency::kNone, reads) << route.operation;
  }
}

TEST(RouteTable, OnlyTheseArePublic) {
  const std::set<std::string_view> expected = {
      "getJwks",           "receiveStripeEvent", "getHealth",   "getReadiness",    "getMetrics",
      "getApiDescription", "getHomePage",        "getDonePage", "getPurchasePage", "choosePrice"};
  std::set<std::string_view> found;
  for (const Route& route : routes()) {
    if (route.access == Need::kPublic) found.insert(route.operation);
  }
  EXPECT_EQ(found, expected);
}

TEST(RouteTable, ListsTakeCursors) {
  for (const Route& route : routes()) {
    if (route.answer.kind != AnswerKind::kList) continue;
    ASSERT_NE(route.query, nullptr) << route.operation;
    std::set<std::string_view> names;
    for (const Field& field : route.query->fields) names.insert(field.name);
    EXPECT_TRUE(names.contains("cursor") && names.contains("limit")) << route.operation;
  }
}

TEST(RouteTable, ErrorsNameWhatAccessImplies) {
  for (const Route& route : routes()) {
    const auto codes = all_errors(route);
    const std::set<ErrorCode> set(codes.begin(), codes.end());
    EXPECT_EQ(set.size(), codes.size());
    EXPECT_TRUE(set.contains(ErrorCode::kInternalError));
    EXPECT_EQ(set.contains(ErrorCode::kInvalidRootKey), route.access == Need::kRoot);
  }
}

}  // namespace
}  // namespace purser::http
