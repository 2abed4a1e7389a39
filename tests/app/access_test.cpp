#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

class AccessTest : public ::testing::Test {
 protected:
  AccessTest() {
    NewProject wanted;
    wanted.id = ProjectId("other");
    other_ = world_
                 .write<CreatedProject>([&](auto& batch, auto& after) {
                   return world_.projects->create(batch, wanted, after);
                 })
                 ->keys;
  }

  /// The outcome in words: "client", "server", "admin", with "+user", or the error's code.
  std::string outcome(const Credentials& credentials) {
    const auto fast = world_.access->authenticate_fast(credentials);
    const auto full = world_.access->authenticate(credentials);
    std::string text = say(full);
    if (fast && say(*fast) != text) return "fast says " + say(*fast) + ", full says " + text;
    return text;
  }
  static std::string say(const Result<Principal>& principal) {
    if (!principal) return std::string(error_row(principal.error().code).name);
    std::string text(to_string(principal->access));
    if (principal->user) text += "+" + principal->user->str();
    return text;
  }

  Credentials with(const std::string& type, const std::string& project = "shop") const {
    Credentials credentials;
    credentials.access_type = type;
    credentials.project_id = project;
    credentials.publishable_client_key = world_.keys.publishable_client_key;
    credentials.secret_server_key = world_.keys.secret_server_key;
    credentials.super_secret_admin_key = world_.keys.super_secret_admin_key;
    return credentials;
  }
  static Credentials bearer(const Secret& secret, const std::string& project = "") {
    Credentials credentials;
    credentials.bearer = secret;
    credentials.project_id = project;
    return credentials;
  }
  Credentials client(const std::string& token) const {
    Credentials credentials = with("client");
    credentials.access_token = Secret(token);
    return credentials;
  }
  Principal principal(const Credentials& credentials) {
    return *world_.access->authenticate(credentials);
  }
  void trust(const std::vector<std::string>& issuers) {
    SettingsChange change;
    change.oidc_issuers.emplace();
    for (const std::string& issuer : issuers) {
      change.oidc_issuers->push_back({issuer, "shop", "https://" + issuer + "/jwks"});
    }
    world_.settings(change);
  }

  World world_;
  ProjectKeys other_;
};

TEST_F(AccessTest, EachAccessTypeNeedsItsOwnKey) {
  EXPECT_EQ(outcome(with("client")), "client");
  EXPECT_EQ(outcome(with("server")), "server");
  EXPECT_EQ(outcome(with("admin")), "admin");
  Credentials none;
  none.project_id = "shop";
  none.access_type = "client";
  EXPECT_EQ(outcome(none), "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT");
  none.access_type = "server";
  EXPECT_EQ(outcome(none), "INVALID_SECRET_SERVER_KEY");
  none.access_type = "admin";
  EXPECT_EQ(outcome(none), "INVALID_SUPER_SECRET_ADMIN_KEY");
}

TEST_F(AccessTest, WhatIsMissingIsNamedInOrder) {
  EXPECT_EQ(outcome({}), "ACCESS_TYPE_REQUIRED");
  Credentials credentials = with("");
  EXPECT_EQ(outcome(credentials), "PROJECT_KEY_WITHOUT_ACCESS_TYPE");
  EXPECT_EQ(outcome(with("root")), "INVALID_ACCESS_TYPE");
  EXPECT_EQ(outcome(with("server", "")), "ACCESS_TYPE_WITHOUT_PROJECT_ID");
  EXPECT_EQ(outcome(with("server", "nowhere")), "CURRENT_PROJECT_NOT_FOUND");
  EXPECT_EQ(outcome(bearer(Secret("own:shop:alice:s1"))), "ACCESS_TYPE_WITHOUT_PROJECT_ID");
}

TEST_F(AccessTest, ABearerKeyNamesItsAccessTypeAndItsProject) {
  EXPECT_EQ(outcome(bearer(world_.keys.publishable_client_key)), "client");
  EXPECT_EQ(outcome(bearer(world_.keys.secret_server_key)), "server");
  EXPECT_EQ(outcome(bearer(world_.keys.super_secret_admin_key)), "admin");
  EXPECT_EQ(outcome(bearer(world_.keys.secret_server_key, "shop")), "server");
  EXPECT_EQ(outcome(bearer(world_.keys.secret_server_key, "other")), "INVALID_SECRET_SERVER_KEY");
  EXPECT_EQ(outcome(bearer(Secret("ssk_unknown"))), "INVALID_SECRET_SERVER_KEY");
  Credentials typed = bearer(world_.keys.secret_server_key, "shop");
  typed.access_type = "server";
  EXPECT_EQ(outcome(typed), "server");
  typed.access_type = "admin";
  EXPECT_EQ(outcome(typed), "INVALID_SUPER_SECRET_ADMIN_KEY");
}

TEST_F(AccessTest, UnknownRevokedForeignAndOtherKindsOfKeysAnswerAlike) {
  const auto error_of = [&](const Secret& key) {
    Credentials credentials;
    credentials.access_type = "server";
    credentials.project_id = "shop";
    credentials.secret_server_key = key;
    return world_.access->authenticate(credentials).error();
  };
  const auto keys = *world_.projects->keys(world_.project);
  for (const ApiKey& key : keys) {
    if (key.access != AccessType::kServer) continue;
    std::optional<Status> revoked;
    (void)world_.engine->execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
      Decision decision;
      revoked = world_.projects->revoke_key(batch, world_.project, key.id, decision.after_commit);
      return decision;
    });
    ASSERT_TRUE(revoked->has_value());
  }
  const Error unknown = error_of(Secret("ssk_nothing"));
  for (const Secret& key : {world_.keys.secret_server_key, other_.secret_server_key,
                            world_.keys.super_secret_admin_key, Secret("x")}) {
    const Error error = error_of(key);
    EXPECT_EQ(error.code, unknown.code);
    EXPECT_EQ(error.message, unknown.message);
    EXPECT_EQ(error.details, unknown.details);
  }
  world_.reopen();
  EXPECT_EQ(error_of(world_.keys.secret_server_key).code, ErrorCode::kInvalidSecretServerKey);
}

TEST_F(AccessTest, TheClientKeyIsOptionalWhenTheProjectSaysSo) {
  SettingsChange change;
  change.require_publishable_client_key = false;
  world_.settings(change);
  Credentials credentials;
  credentials.access_type = "client";
  credentials.project_id = "shop";
  EXPECT_EQ(outcome(credentials), "client");
  credentials.publishable_client_key = Secret("pck_wrong");
  EXPECT_EQ(outcome(credentials), "INVALID_PUBLISHABLE_CLIENT_KEY") << "a key that is sent counts";
  EXPECT_EQ(outcome(bearer(Secret("own:shop:alice:s1"), "shop")), "client+alice");
}

TEST_F(AccessTest, TokensAreCheckedWheneverTheyArePresent) {
  EXPECT_EQ(outcome(client("own:shop:alice:s1")), "client+alice");
  EXPECT_EQ(outcome(client("own:other:alice:s1")), "INVALID_PROJECT_FOR_ACCESS_TOKEN");
  EXPECT_EQ(outcome(client("rubbish")), "UNPARSABLE_ACCESS_TOKEN");
  EXPECT_EQ(outcome(client("expired")), "ACCESS_TOKEN_EXPIRED");
  Credentials server = with("server");
  server.access_token = Secret("rubbish");
  EXPECT_EQ(outcome(server), "UNPARSABLE_ACCESS_TOKEN");
  server.access_token = Secret("own:shop:alice:s1");
  EXPECT_EQ(outcome(server), "server+alice");
  EXPECT_EQ(principal(server).session.str(), "s1");
}

TEST_F(AccessTest, TheFastWayNeedsAVerifiedTokenAndThenNoWork) {
  const Credentials credentials = client("own:shop:alice:s1");
  EXPECT_FALSE(world_.access->authenticate_fast(credentials).has_value());
  ASSERT_TRUE(world_.access->authenticate(credentials).has_value());
  ASSERT_TRUE(world_.access->authenticate_fast(credentials).has_value());
  EXPECT_EQ(world_.tokens.verified, 1);
}

TEST_F(AccessTest, TheFastWayDoesNotAskTheStoreForAForeignUser) {
  trust({"idp.example"});
  const Credentials credentials = client("foreign:idp.example:sub-1:");
  ASSERT_EQ(outcome(credentials), "client+sub-1");
  EXPECT_FALSE(world_.access->authenticate_fast(credentials).has_value());
}

TEST_F(AccessTest, AForeignUserIsCreatedOnceAndFoundAgain) {
  trust({"idp.example"});
  const Credentials credentials = client("foreign:idp.example:sub-1:s@example.com");
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  threads.reserve(10);
  (void)world_.access->authenticate(client("foreign:idp.example:warm:"));
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      const auto result = world_.access->authenticate(credentials);
      if (result && result->user == UserId("sub-1")) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 10);
  const auto user = world_.store->view()->user(world_.project, UserId("sub-1"));
  ASSERT_TRUE(user->has_value());
  EXPECT_EQ((*user)->primary_email, "s@example.com");
  EXPECT_EQ((*user)->external_subject, "idp.example|sub-1");
  EXPECT_EQ(outcome(credentials), "client+sub-1");
}

TEST_F(AccessTest, AForeignSubjectNeverTakesOverAnExistingUser) {
  trust({"idp.example", "idp2.example"});
  const Principal first = principal(client("foreign:idp.example:alice:"));
  EXPECT_NE(first.user->str(), "alice");
  const Principal second = principal(client("foreign:idp2.example:alice:"));
  EXPECT_NE(second.user, first.user);
  const Principal odd = principal(client("foreign:idp.example:with space:"));
  EXPECT_NE(odd.user->str(), "with space");
  EXPECT_EQ(principal(client("foreign:idp.example:alice:")).user, first.user);
}

TEST_F(AccessTest, AnIssuerThatIsNoLongerTrustedIsRefusedAtOnce) {
  trust({"idp.example"});
  const Credentials credentials = client("foreign:idp.example:sub-1:");
  ASSERT_EQ(outcome(credentials), "client+sub-1");
  trust({});
  EXPECT_EQ(outcome(credentials), "UNPARSABLE_ACCESS_TOKEN");
}

TEST_F(AccessTest, RequireKnowsTheOrderOfAccessTypes) {
  const Principal client_access = principal(with("client"));
  const Principal server_access = principal(with("server"));
  const Principal admin_access = principal(with("admin"));
  EXPECT_TRUE(Access::require(client_access, AccessType::kClient).has_value());
  EXPECT_EQ(Access::require(client_access, AccessType::kServer).error().code,
            ErrorCode::kInsufficientAccessType);
  EXPECT_TRUE(Access::require(server_access, AccessType::kServer).has_value());
  EXPECT_EQ(Access::require(server_access, AccessType::kAdmin).error().code,
            ErrorCode::kInsufficientAccessType);
  EXPECT_TRUE(Access::require(admin_access, AccessType::kServer).has_value());
}

TEST_F(AccessTest, AClientTouchesItselfAndTeamsThatItAdministers) {
  world_.add_user("bob");
  world_.add_user("carol");
  world_.add_team("crew");
  for (const bool admin : {true, false}) {
    ASSERT_TRUE(world_
                    .write<Membership>([&](StoreBatch& batch, AfterCommit&) {
                      return world_.people.put_membership(batch, world_.project, TeamId("crew"),
                                                          UserId(admin ? "alice" : "bob"), admin);
                    })
                    .has_value());
  }
  const auto touch = [&](const std::string& who, const CustomerKey& customer) {
    const Credentials credentials = who.empty() ? with("client") : client("own:shop:" + who + ":s");
    const Status status = world_.access->require_customer(principal(credentials), customer);
    return status ? std::string("ok") : std::string(error_row(status.error().code).name);
  };
  EXPECT_EQ(touch("alice", world_.user("alice")), "ok");
  EXPECT_EQ(touch("alice", world_.user("bob")), "USER_NOT_FOUND");
  EXPECT_EQ(touch("alice", world_.user("nobody")), "USER_NOT_FOUND");
  EXPECT_EQ(touch("alice", world_.team("crew")), "ok");
  EXPECT_EQ(touch("bob", world_.team("crew")), "TEAM_PERMISSION_REQUIRED");
  EXPECT_EQ(touch("carol", world_.team("crew")), "TEAM_NOT_FOUND");
  EXPECT_EQ(touch("carol", world_.team("nothing")), "TEAM_NOT_FOUND");
  EXPECT_EQ(touch("alice", world_.custom("x")), "CUSTOMER_NOT_FOUND");
  EXPECT_EQ(touch("", world_.user("alice")), "USER_AUTHENTICATION_REQUIRED");
  const Principal server = principal(with("server"));
  for (const CustomerKey& customer :
       {world_.user("bob"), world_.team("crew"), world_.custom("x")}) {
    EXPECT_TRUE(world_.access->require_customer(server, customer).has_value());
    CustomerKey elsewhere = customer;
    elsewhere.project = ProjectId("other");
    EXPECT_FALSE(world_.access->require_customer(server, elsewhere).has_value());
  }
}

TEST_F(AccessTest, UseOfAKeyIsRememberedToTheMinute) {
  const auto used_at = [&] {
    std::optional<Timestamp> at;
    const auto keys = *world_.projects->keys(world_.project);
    for (const ApiKey& key : keys) {
      if (key.access == AccessType::kServer) at = key.last_used_at;
    }
    return at;
  };
  EXPECT_FALSE(used_at().has_value());
  ASSERT_EQ(outcome(with("server")), "server");
  ASSERT_TRUE(world_.projects->flush_used_keys().has_value());
  ASSERT_TRUE(used_at().has_value());
  EXPECT_EQ(used_at()->millis(), world_.clock.now().millis() / 60'000 * 60'000);
  EXPECT_TRUE(world_.registry->take_used_keys().empty()) << "written once a minute";
  world_.advance({61'000});
  ASSERT_EQ(outcome(with("server")), "server");
  EXPECT_EQ(world_.registry->take_used_keys().size(), 1U);
}

}  // namespace
}  // namespace purser::app::testing
