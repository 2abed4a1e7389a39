#pragma once

// For tests of Stack Auth's protocol: requests as its SDKs send them.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/http/api_world.hpp"

namespace purser::http_test {

class CompatTest : public testing::Test {
 protected:
  Headers named(std::string_view access) const {
    return {{"x-stack-access-type", std::string(access)},
            {"x-stack-project-id", api_.world.project.str()},
            {"content-type", "application/json"}};
  }
  Headers server_headers() const {
    Headers headers = named("server");
    headers.emplace_back("x-stack-secret-server-key", api_.world.keys.secret_server_key.reveal());
    return headers;
  }
  Headers admin_headers() const {
    Headers headers = named("admin");
    headers.emplace_back("x-stack-super-secret-admin-key",
                         api_.world.keys.super_secret_admin_key.reveal());
    return headers;
  }
  /// `user` empty: nobody is signed in.
  Headers client_headers(const std::string& user = {}) const {
    Headers headers = named("client");
    headers.emplace_back("x-stack-publishable-client-key",
                         api_.world.keys.publishable_client_key.reveal());
    if (!user.empty()) headers.emplace_back("x-stack-access-token", token_of(user));
    return headers;
  }
  std::string token_of(const std::string& user) const {
    return "own:" + api_.world.project.str() + ":" + user + ":s";
  }

  /// `path` stands below /api/v1.
  Answer server(std::string_view method, const std::string& path, const std::string& body = {}) {
    return api_.send(method, "/api/v1" + path, server_headers(), body);
  }
  Answer admin(std::string_view method, const std::string& path, const std::string& body = {}) {
    return api_.send(method, "/api/v1" + path, admin_headers(), body);
  }
  Answer client(const std::string& user, std::string_view method, const std::string& path,
                const std::string& body = {}) {
    return api_.send(method, "/api/v1" + path, client_headers(user), body);
  }

  /// A known error, with its code in the header too.
  static void expect_known(const Answer& answer, int status, const std::string& code,
                           const std::string& details = "null") {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.code(), code) << answer.body;
    const auto header = answer.headers.find("x-stack-known-error");
    EXPECT_EQ(header == answer.headers.end() ? "" : header->second, code);
    const json::Value document = answer.json();
    const json::Value* shown = document.find("details");
    EXPECT_EQ(shown == nullptr ? "" : json::dump(*shown), details);
  }
  /// An error that is nothing but its sentence.
  static void expect_plain(const Answer& answer, int status, const std::string& text) {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, text);
    EXPECT_EQ(answer.headers.at("content-type"), "text/plain; charset=utf-8");
    EXPECT_FALSE(answer.headers.contains("x-stack-known-error"));
  }

  ApiWorld api_;
};

}  // namespace purser::http_test
