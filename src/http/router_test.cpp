#include "http/router.hpp"

#include <gtest/gtest.h>

namespace purser::http {
namespace {

class RouterTest : public testing::Test {
 protected:
  std::string operation(std::string_view method, std::string_view path) const {
    const Match match = router_.find(method, path);
    return match.route == nullptr ? "" : std::string(match.route->operation);
  }
  const Router router_{routes()};
};

TEST_F(RouterTest, FindsEveryRouteUnderEveryMount) {
  for (const Route& route : routes()) {
    std::string path(route.path);
    for (const std::string_view name : parameter_names(route.path)) {
      const std::string braced = "{" + std::string(name) + "}";
      path.replace(path.find(braced), braced.size(), "x%2Fy");
    }
    for (const char* mount : {"", "/api/v1", "/api/latest"}) {
      const Match match = router_.find(to_string(route.method), mount + path);
      ASSERT_NE(match.route, nullptr) << mount << path;
      EXPECT_EQ(match.route->operation, route.operation);
      EXPECT_EQ(match.parameter_count, parameter_names(route.path).size());
    }
  }
}

TEST_F(RouterTest, LiteralsWinOverParameters) {
  EXPECT_EQ(operation("GET", "/users/me"), "getCurrentUser");
  EXPECT_EQ(operation("GET", "/users/other"), "getUser");
  EXPECT_EQ(operation("PATCH", "/users/me"), "updateUser");
  EXPECT_EQ(operation("POST", "/customers/user/u/items/batch"), "changeItems");
  EXPECT_EQ(operation("GET", "/customers/user/u/items/batch"), "getItem");
}

TEST_F(RouterTest, TellsUnknownPathsFromWrongMethods) {
  for (const char* path : {"/nothing", "/users/", "//users", "/api/v1", "/api/v2/users",
                           "/users/a/b/c/d/e/f/g/h/i", "", "users", "/customers/user//items"}) {
    const Match match = router_.find("GET", path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_EQ(match.allowed, "") << path;
  }
  EXPECT_EQ(router_.find("PUT", "/users").allowed, "POST, GET");
  EXPECT_EQ(router_.find("BREW", "/api/v1/catalog").allowed, "GET, PUT");
  EXPECT_EQ(router_.find("POST", "/users/me").allowed, "GET, PATCH, DELETE");
}

TEST_F(RouterTest, HeadIsAGet) { EXPECT_EQ(operation("HEAD", "/healthz"), "getHealth"); }

TEST_F(RouterTest, ParametersAreTheRawSegments) {
  const Match match = router_.find("GET", "/api/v1/customers/custom/a%2Fb/items/credits");
  ASSERT_EQ(match.parameter_count, 3U);
  EXPECT_EQ(match.parameters[1], "a%2Fb");
  EXPECT_EQ(match.parameters[2], "credits");
}

}  // namespace
}  // namespace purser::http
