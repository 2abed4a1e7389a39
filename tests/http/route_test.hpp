#pragma once

// For tests of routes when all goes well: each answer has the shape that the table promises, and it
// is remembered which routes were tried.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "http/router.hpp"
#include "tests/http/api_world.hpp"

namespace purser::http_test {

inline std::set<std::string_view>& seen_operations() {
  static std::set<std::string_view> operations;
  return operations;
}

class RouteTest : public testing::Test {
 protected:
  /// Sends with the route's key, expects its status and the shape of its answer.
  Answer good(std::string_view method, const std::string& target, const std::string& body = {}) {
    const http::Router router(http::routes());
    const http::Match match = router.find(method, target.substr(0, target.find('?')));
    if (match.route == nullptr) {
      ADD_FAILURE() << "no route " << method << " " << target;
      return {};
    }
    const Route& route = *match.route;
    seen_operations().insert(route.operation);
    Headers headers = api_.key_for(route);
    headers.emplace_back("content-type", "application/json");
    Answer answer = api_.send(method, target, headers, body);
    EXPECT_EQ(answer.status, route.answer.status) << route.operation << " " << answer.body;
    check_shape_of(route, answer);
    return answer;
  }

  static void check_shape_of(const Route& route, const Answer& answer) {
    if (route.answer.of == nullptr) return;
    http::FieldErrors errors;
    const json::Value document = answer.json();
    if (route.answer.kind == http::AnswerKind::kList) {
      const json::Value* items = document.find("items");
      ASSERT_NE(items, nullptr) << answer.body;
      for (const json::Value& item : *items->as_array()) {
        http::check_shape(*route.answer.of, item, "item", errors);
      }
    } else {
      http::check_shape(*route.answer.of, document, "answer", errors);
    }
    for (const FieldError& error : errors) {
      ADD_FAILURE() << route.operation << ": " << error.path << " " << error.message << "\n"
                    << answer.body;
    }
  }

  ApiWorld api_;
};

}  // namespace purser::http_test
